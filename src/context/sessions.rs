//! Sessions as callers keep them: how often a new one is begun, and whether one is ended.

use std::collections::BTreeSet;

use crate::analysis::clients::origin::{self, Origin};
use crate::analysis::clients::places::{Places, Repeat, in_loop};
use crate::analysis::clients::{Call, Kind, Via, http, modules};
use crate::analysis::names::Meaning;
use crate::config::Workload;
use crate::context::Context;
use crate::context::clients::targets;
use crate::model::source::walk::{Node, expressions, path_to, sub_expressions};
use crate::model::source::{
    ByteRange, EntrypointKind, Expr, ExprKind, FnId, Function, ModuleId, Source, Stmt, StmtKind,
};

/// A place that makes a new session id again and again.
pub(crate) struct Renewal {
    /// The module.
    pub(crate) module: ModuleId,
    /// The expression.
    pub(crate) range: ByteRange,
    /// Why it is again and again.
    pub(crate) why: String,
}

/// Where a call gets a new session each time it is made, and it is made more than once.
pub(crate) fn renewals<'a>(
    context: &'a Context,
    places: &Places<'a>,
    call: &Call<'a>,
) -> Vec<Renewal> {
    let source = &context.source;
    let mut found = Vec::new();
    match call.session {
        Some(session) => {
            for origin in origin::of(source, places, session) {
                if let Origin::Fresh {
                    module,
                    function,
                    range,
                } = origin
                    && let Some(why) = again(context, places, module, function, range, call)
                {
                    found.push(Renewal { module, range, why });
                }
            }
        }
        // Left out, the SDK makes one for every call, and so does the service.
        None => {
            let own = call.kind == Kind::Invoke
                && !call.opaque
                && !call.harness
                && call.mcp_session.is_none();
            let at = (call.module.id, call.function, call.expr.range);
            if own
                && http::misspelt(call).is_none()
                && let Some(why) = again(context, places, at.0, at.1, at.2, call)
            {
                let what = match call.via {
                    Via::Sdk => "no runtimeSessionId: the SDK makes a new one",
                    Via::Http => "no session header: the service makes a new session",
                };
                found.push(Renewal {
                    module: at.0,
                    range: at.2,
                    why: format!("{what} {why}"),
                });
            }
        }
    }
    found
}

fn again(
    context: &Context,
    places: &Places<'_>,
    id: ModuleId,
    function: Option<FnId>,
    range: ByteRange,
    call: &Call<'_>,
) -> Option<String> {
    let source = &context.source;
    if in_loop(source.body(id, function), range) {
        return Some("in every turn of the loop".to_owned());
    }
    let function = function?;
    let module = source.module(id)?;
    let about = source.function(function)?;
    if matches!(&*about.name, "__init__" | "constructor" | "__post_init__") {
        return None;
    }
    match places.repeated(function) {
        Some(Repeat::Loop) => Some(format!(
            "in every turn of the loop that calls {}",
            name(&about.name)
        )),
        Some(Repeat::Handler(kind)) => Some(format!("for every {}", words(kind))),
        Some(Repeat::Once) => None,
        None => {
            // Nobody in sight calls it: it is there for others to call. In a script nobody will.
            let nearby = call.function == Some(function)
                || source
                    .reach(function)
                    .iter()
                    .any(|id| Some(*id) == call.function);
            (nearby && !places.is_script(module))
                .then(|| format!("in every call of {}", name(&about.name)))
        }
    }
}

fn name(name: &str) -> String {
    if name.is_empty() {
        "the function around it".to_owned()
    } else {
        format!("{name}()")
    }
}

fn words(kind: EntrypointKind) -> &'static str {
    match kind {
        EntrypointKind::Lambda => "event of the Lambda function",
        EntrypointKind::Route => "request of the route",
        EntrypointKind::AgentTool | EntrypointKind::McpTool => "call of the tool",
        _ => "request of the handler",
    }
}

/// Whether a stop is reachable from the file of a call: it stands in it, in what it runs, or in a module that imports it. On a
/// runtime that takes tokens only the HTTP form works.
pub(crate) fn stopped(context: &Context, calls: &[Call<'_>], call: &Call<'_>) -> bool {
    let source = &context.source;
    let targets = targets(context, call);
    let jwt = !targets.is_empty()
        && targets.iter().all(|agent| {
            context
                .authorizers(*agent)
                .last()
                .is_some_and(|layer| layer.value.kind.value == "CUSTOM_JWT")
        });
    let stops: Vec<&Call<'_>> = calls
        .iter()
        .filter(|stop| stop.kind == Kind::Stop && (!jwt || stop.via == Via::Http))
        .collect();
    let mut near: BTreeSet<ModuleId> = BTreeSet::from([call.module.id]);
    let imported = call
        .module
        .imports
        .iter()
        .filter_map(|import| import.target);
    near.extend(imported);
    for module in modules(source)
        .into_iter()
        .filter_map(|id| source.module(id))
    {
        if module
            .imports
            .iter()
            .any(|import| import.target == Some(call.module.id))
        {
            near.insert(module.id);
        }
    }
    stops.iter().any(|stop| near.contains(&stop.module.id))
}

/// Whether every agent that a call may go to is declared to be of that workload.
pub(crate) fn declared(context: &Context, call: &Call<'_>, workload: Workload) -> bool {
    let targets = targets(context, call);
    !targets.is_empty()
        && targets.iter().all(|agent| {
            context
                .settings
                .runtimes
                .get(agent.name())
                .and_then(|settings| settings.workload.as_ref())
                .is_some_and(|declared| declared.value == workload)
        })
}

/// Whether a person starts the call: in a script, and not in a loop that begins a session in every turn; or by a server of the
/// developer's own.
pub(crate) fn of_a_person<'a>(context: &'a Context, places: &Places<'a>, call: &Call<'a>) -> bool {
    if places.serves_a_developer(call.function) {
        return true;
    }
    let body = context.source.body(call.module.id, call.function);
    let script = places.is_script(call.module) || call.function.is_none();
    let repeats = in_loop(body, call.expr.range) && !renewals(context, places, call).is_empty();
    script && !repeats && !driven(context, places, call)
}

/// Calls that wait for the next message of others.
const RECEIVE: [&str; 22] = [
    "receive_message",
    "receive_messages",
    "receiveMessage",
    "ReceiveMessageCommand",
    "receive",
    "recv",
    "poll",
    "consume",
    "get_message",
    "get_messages",
    "get_updates",
    "getUpdates",
    "brpop",
    "blpop",
    "blmove",
    "xread",
    "xreadgroup",
    "listen",
    "subscribe",
    "get_records",
    "lease_jobs",
    "dequeue",
];
/// Functions that register what runs for every event.
const REGISTERS: [&str; 12] = [
    "on",
    "subscribe",
    "add_handler",
    "add_event_handler",
    "add_listener",
    "addListener",
    "MessageHandler",
    "CommandHandler",
    "basic_consume",
    "register_handler",
    "on_message",
    "process",
];

/// Whether what others send starts the call: a worker that takes messages off a queue, a bot with handlers of events. A main guard does
/// not make it a person's own run.
fn driven<'a>(context: &'a Context, places: &Places<'a>, call: &Call<'a>) -> bool {
    let source = &context.source;
    let mut open = vec![(call.module.id, call.function, call.expr.range)];
    let mut seen: BTreeSet<FnId> = BTreeSet::new();
    while let Some((module, function, range)) = open.pop() {
        if takes_messages(source.body(module, function), range) {
            return true;
        }
        let Some(id) = function.filter(|id| seen.len() < 60 && seen.insert(*id)) else {
            continue;
        };
        if source
            .function(id)
            .is_some_and(|about| is_registered(source, about))
        {
            return true;
        }
        for used in places.uses(id) {
            let call = used.expr.as_call();
            let leaf = call.map_or("", |call| call.written_name());
            if !used.direct && REGISTERS.contains(&leaf) {
                return true;
            }
            open.push((used.module, used.caller, used.expr.range));
        }
    }
    false
}

/// Whether a loop around a place takes what it works on from others.
fn takes_messages(body: &[Stmt], range: ByteRange) -> bool {
    let receives = |expr: &Expr| {
        sub_expressions(expr).into_iter().any(|expr| {
            expr.as_call()
                .is_some_and(|call| RECEIVE.contains(&call.written_name()))
        })
    };
    path_to(body, range).iter().any(|node| {
        let Node::Stmt(Stmt {
            kind: StmtKind::Loop(looped),
            ..
        }) = node
        else {
            return false;
        };
        let within = looped.body.iter().any(|stmt| stmt.range.contains(range));
        within
            && (looped.iter.as_deref().is_some_and(receives)
                || expressions(&looped.body).into_iter().any(|expr| {
                    expr.as_call()
                        .is_some_and(|call| RECEIVE.contains(&call.written_name()))
                }))
    })
}

/// Whether a decorator hands a function to an object that calls it for every event: `@bot.event`, `@app.message("hello")`. Those that
/// make a command of a command line are none.
fn is_registered(source: &Source, function: &Function) -> bool {
    function.decorators.iter().any(|decorator| {
        let target = decorator.as_call().map_or(decorator, |call| &call.callee);
        let ExprKind::Attribute { base, attr } = &target.kind else {
            return false;
        };
        let Some(made) = source.type_of(function.id.module, base) else {
            return false;
        };
        let package = crate::analysis::names::package(&made.type_name);
        !matches!(
            package,
            "click" | "typer" | "fire" | "cyclopts" | "invoke" | "cac"
        ) && !matches!(&**attr, "command" | "group" | "callback" | "setter")
    })
}

/// What the key of a conversation is called.
const CONVERSATION: [&str; 6] = [
    "thread_ts",
    "thread_id",
    "threadid",
    "conversation",
    "chat_id",
    "chatid",
];

/// Whether the session's id is made of the key of a conversation: `uuid5(NAMESPACE_URL, thread_ts)`, `f"slack-{thread_id}"`.
pub(crate) fn of_a_conversation(context: &Context, call: &Call<'_>) -> bool {
    let Some(session) = call.session else {
        return false;
    };
    let source = &context.source;
    let says = |module: ModuleId, expr: &Expr| {
        let text = source.module(module).map(|module| module.text(expr.range));
        let text = text.unwrap_or_default().to_ascii_lowercase();
        text.len() < 400 && CONVERSATION.iter().any(|key| text.contains(key))
    };
    let value = match source.meaning(session.module, session.expr) {
        Meaning::Value(module, value) => (module, value),
        _ => (session.module, session.expr),
    };
    let made = [(session.module, session.expr), value];
    made.into_iter().any(|(module, expr)| says(module, expr))
}
