//! Work that a handler starts and does not wait for.

pub(crate) mod tasks;

use std::cell::OnceCell;
use std::collections::BTreeSet;

use crate::analysis::agent_code::AgentCode;
use crate::analysis::runners::{Runner, runs_in_a_context};
use crate::analysis::waited::{cancels, closes, detached, joins, last_wait, starts};
use crate::model::source::ir::LoopKind;
use crate::model::source::walk::{Node, expressions, statements, sub_expressions, walk};
use crate::model::source::{
    ByteRange, Call, EntrypointKind, Expr, ExprKind, FnId, Function, Language, ModuleId, Source,
    StmtKind,
};

/// Work that outlives the function that starts it.
#[derive(Clone, Debug)]
pub(crate) struct Launch {
    /// The module.
    pub module: ModuleId,
    /// The function that starts it.
    pub function: FnId,
    /// The call.
    pub range: ByteRange,
    /// What runs, where it is the project's own function.
    pub target: Option<FnId>,
    /// How, in words.
    pub how: &'static str,
    /// It serves the process, not the request: a daemon thread that waits for work for ever.
    pub service: bool,
}

/// Functions that run while a caller waits for an answer.
pub(crate) fn answering(code: &AgentCode<'_>) -> BTreeSet<FnId> {
    let mut found = BTreeSet::new();
    for entry in &code.code.entrypoints {
        let answers = !matches!(entry.kind, EntrypointKind::Ping | EntrypointKind::AsyncTask);
        if let Some(function) = entry.function.filter(|_| answers) {
            found.extend(code.source.reach(function));
        }
    }
    found
}

/// Work that these functions start and leave running.
pub(crate) fn launches(source: &Source, functions: &BTreeSet<FnId>) -> Vec<Launch> {
    let mut found = Vec::new();
    for function in functions.iter().filter_map(|id| source.function(*id)) {
        let module = function.id.module;
        let Some(language) = source.module(module).map(|module| module.language) else {
            continue;
        };
        let around = Around::default();
        walk(&function.body, &mut |path, node| {
            if let Node::Expr(expr) = node
                && let ExprKind::Call(call) = &expr.kind
                && let Some((how, target)) = match language {
                    Language::Python => python(source, (function, &around), path, expr, call),
                    Language::TypeScript => typescript(source, function, path, expr, call),
                }
            {
                found.push(Launch {
                    module,
                    function: function.id,
                    range: expr.range,
                    target,
                    how,
                    service: language == Language::Python
                        && is_daemon(function, call)
                        && target.is_some_and(|target| waits_for_ever(source, target)),
                });
            }
            true
        });
    }
    found
}

/// `daemon=True`, or `thread.daemon = True` in the function that starts it.
fn is_daemon(function: &Function, call: &Call) -> bool {
    if let Some(given) = call.option("daemon") {
        return matches!(given.kind, ExprKind::Bool(true));
    }
    statements(&function.body).into_iter().any(|stmt| {
        matches!(&stmt.kind, StmtKind::Assign(assign)
            if assign.targets.iter().any(|target| matches!(&target.kind, ExprKind::Attribute { attr, .. } if &**attr == "daemon"))
                && matches!(assign.value.as_deref().map(|value| &value.kind), Some(ExprKind::Bool(true))))
    })
}

/// Whether a function is a loop without an end that waits for a queue or an event at each turn.
fn waits_for_ever(source: &Source, target: FnId) -> bool {
    let Some(function) = source.function(target) else {
        return false;
    };
    function.body.iter().any(|stmt| {
        let StmtKind::Loop(looped) = &stmt.kind else {
            return false;
        };
        let endless = looped.kind == LoopKind::While
            && match looped.iter.as_deref().map(|test| &test.kind) {
                Some(ExprKind::Bool(true)) | None => true,
                Some(ExprKind::Number(text)) => &**text == "1",
                _ => false,
            };
        endless
            && expressions(&looped.body).into_iter().any(|expr| {
                let Some(call) = expr.as_call() else {
                    return false;
                };
                let ExprKind::Attribute { base, attr } = &call.callee.kind else {
                    return false;
                };
                let name = source
                    .type_of(target.module, base)
                    .map(|made| made.type_name.to_string())
                    .unwrap_or_default();
                let kept = match &base.kind {
                    ExprKind::Name(name) | ExprKind::Attribute { attr: name, .. } => {
                        name.to_lowercase()
                    }
                    _ => String::new(),
                };
                match &**attr {
                    "get" => name.contains("Queue") || kept.contains("queue") || kept == "q",
                    "wait" => {
                        name.contains("Event")
                            || name.contains("Condition")
                            || kept.contains("event")
                    }
                    _ => false,
                }
            })
    })
}

type Started = Option<(&'static str, Option<FnId>)>;

/// What is found out once of a function that launches work.
#[derive(Default)]
struct Around {
    joins: OnceCell<bool>,
    starts: OnceCell<bool>,
    last_wait: OnceCell<Option<u32>>,
}

fn python<'a>(
    source: &'a Source,
    (function, around): (&'a Function, &Around),
    path: &[Node<'a>],
    expr: &'a Expr,
    call: &'a Call,
) -> Started {
    let module = function.id.module;
    let name = source.callee_name(module, expr)?;
    let target = |value: Option<&'a Expr>| value.and_then(|value| started(source, module, value));
    match name {
        "threading.Thread" | "multiprocessing.Process" | "threading.Timer" => {
            let index = if name == "threading.Timer" { 1 } else { 9 };
            let given = call
                .option("target")
                .or_else(|| call.option("function"))
                .or_else(|| call.args.get(index));
            let given = match given.is_some_and(runs_in_a_context) {
                true => Runner::given(call).or(given),
                false => given,
            };
            let starts = *around.starts.get_or_init(|| starts(function));
            let joins = *around.joins.get_or_init(|| joins(function));
            let wait = around.last_wait.get_or_init(|| last_wait(source, function));
            let bounded = joins
                || wait.is_some_and(|start| start > expr.range.end)
                || name == "threading.Timer" && cancels(source, function, path, expr);
            (starts && !bounded).then_some(("a thread", target(given)))
        }
        "_thread.start_new_thread" => Some(("a thread", target(call.args.first()))),
        "fastapi.BackgroundTasks.add_task" | "starlette.background.BackgroundTasks.add_task" => {
            Some((
                "a background task of the web framework",
                target(call.args.first()),
            ))
        }
        "starlette.background.BackgroundTask" | "fastapi.background.BackgroundTask" => Some((
            "a background task of the web framework",
            target(call.args.first()),
        )),
        "asyncio.create_task" | "asyncio.ensure_future" | "asyncio.run_coroutine_threadsafe" => {
            detached(source, function, path, expr)
                .then(|| ("an asyncio task", target(call.args.first())))
        }
        _ => {
            let ExprKind::Attribute { base, attr } = &call.callee.kind else {
                return None;
            };
            let looped = [
                "asyncio.get_event_loop",
                "asyncio.get_running_loop",
                "asyncio.new_event_loop",
            ];
            let on_loop = looped.iter().any(|start| name.starts_with(start));
            match &**attr {
                "create_task" if on_loop => detached(source, function, path, expr)
                    .then(|| ("an asyncio task", target(call.args.first()))),
                "run_in_executor" if on_loop => detached(source, function, path, expr)
                    .then(|| ("an executor", target(call.args.get(1)))),
                "submit" if name.contains("PoolExecutor") => {
                    let closes = closes(function, base, expr.range);
                    (!closes && detached(source, function, path, expr))
                        .then(|| ("an executor", target(call.args.first())))
                }
                _ => None,
            }
        }
    }
}

fn typescript<'a>(
    source: &'a Source,
    function: &'a Function,
    path: &[Node<'a>],
    expr: &'a Expr,
    call: &'a Call,
) -> Started {
    let module = function.id.module;
    let name = source.callee_name(module, expr).unwrap_or_default();
    if matches!(
        name,
        "setTimeout"
            | "setImmediate"
            | "timers.setTimeout"
            | "timers.setImmediate"
            | "process.nextTick"
            | "queueMicrotask"
    ) {
        let target = started(source, module, call.args.first()?)?;
        // A timer that only ends a wait or aborts a request is no work.
        return works(source, target).then_some(("a timer", Some(target)));
    }
    if name == "worker_threads.Worker" {
        let ends = expressions(&function.body)
            .into_iter()
            .any(|expr| matches!(&expr.kind, ExprKind::Attribute { attr, .. } if matches!(&**attr, "on" | "once")));
        return (!ends).then_some(("a worker thread", None));
    }
    // `work().then(next)`: what goes on with the request is waited for.
    let answered = path.iter().any(|node| match node {
        Node::Expr(outer) => outer.as_call().is_some_and(|chained| {
            matches!(&chained.callee.kind, ExprKind::Attribute { attr, .. } if matches!(&**attr, "then" | "finally"))
                && chained.args.iter().any(|callback| answers(source, module, callback))
        }),
        _ => false,
    });
    if answered {
        return None;
    }
    if matches!(
        name,
        "Promise.all" | "Promise.allSettled" | "Promise.race" | "Promise.any"
    ) {
        let target = call
            .args
            .iter()
            .flat_map(sub_expressions)
            .find_map(|inner| promised(source, module, inner))?;
        return detached(source, function, path, expr).then_some(("a promise", Some(target)));
    }
    let target = source.callee(module, expr)?;
    let promised = source.function(target)?.is_async && !source.function(target)?.is_generator;
    (promised && detached(source, function, path, expr)).then_some(("a promise", Some(target)))
}

/// The async function of the project that an expression calls, or that it is where it is given to what calls it.
fn promised(source: &Source, module: ModuleId, expr: &Expr) -> Option<FnId> {
    let id = match &expr.kind {
        ExprKind::Call(_) => source.callee(module, expr)?,
        ExprKind::Lambda(id) => *id,
        _ => return None,
    };
    let is_async = |id: FnId| source.function(id).is_some_and(|found| found.is_async);
    let within = source
        .runs(id.module, Some(id))
        .into_iter()
        .find(|inner| is_async(*inner));
    if is_async(id) { Some(id) } else { within }
}

/// Whether a callback of a promise goes on with the request: the response waits for it.
pub(crate) fn answers(source: &Source, module: ModuleId, callback: &Expr) -> bool {
    const ANSWERS: [&str; 5] = ["next", "resolve", "reject", "res", "reply"];
    let Some(function) = source.function_value(module, callback) else {
        return callback
            .as_name()
            .is_some_and(|name| ANSWERS.contains(&name));
    };
    let Some(module) = source.module(function.module) else {
        return false;
    };
    let Some(range) = module.function(function).map(|function| function.range) else {
        return false;
    };
    // The callback itself, and the functions in it.
    let inside = module
        .functions
        .iter()
        .filter(|inner| range.contains(inner.range));
    inside
        .flat_map(|inner| expressions(&inner.body))
        .any(|expr| expr.as_name().is_some_and(|name| ANSWERS.contains(&name)))
}

/// The project's function that a value given to a launcher runs: a function, a lambda, a call of a coroutine, a partial.
fn started<'a>(source: &'a Source, module: ModuleId, value: &'a Expr) -> Option<FnId> {
    match &value.kind {
        ExprKind::Call(_) => source
            .callee(module, value)
            .or_else(|| source.function_value(module, value)),
        _ => source.function_value(module, value),
    }
}

/// Whether a callback of a timer waits for something itself.
fn works(source: &Source, target: FnId) -> bool {
    source
        .function(target)
        .is_some_and(|function| function.is_async)
        || source
            .runs(target.module, Some(target))
            .into_iter()
            .any(|inner| {
                source
                    .function(inner)
                    .is_some_and(|function| function.is_async)
            })
}
