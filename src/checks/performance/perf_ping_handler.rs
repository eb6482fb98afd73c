//! `perf-ping-handler`: Ping handler reports the real state.

use crate::analysis::agent_code::{self, AgentCode};
use crate::analysis::background::{answering, launches};
use crate::analysis::names::{Meaning, leaf};
use crate::analysis::startup::is_ping_route;
use crate::analysis::values::{self, At, Domain, eval};
use crate::analysis::writes::writes;
use crate::checks::{Category, Check, Need};
use crate::context::{Context, PlatformView, absent_code, installed};
use crate::model::finding::{Evidence, Fix, Outcome, Severity};
use crate::model::project::Agent;
use crate::model::source::module::BindingKind;
use crate::model::source::walk::{expressions, statements, sub_expressions};
use crate::model::source::{
    Call, EntrypointKind, Expr, ExprKind, FnId, Function, Language, Module, ModuleId, Source,
    StmtKind,
};

pub(super) static CHECK: Check = Check {
    id: "perf-ping-handler",
    title: "Ping handler reports the real state",
    category: Category::Performance,
    severity: Severity::High,
    needs: &[Need::Code],
    page: include_str!("perf_ping_handler.md"),
    references: &[
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/runtime-http-protocol-contract.html",
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/runtime-troubleshooting.html",
    ],
    run,
};

/// Clocks, as they are called.
const CLOCKS: [&str; 9] = [
    "time.time",
    "time.time_ns",
    "datetime.datetime.now",
    "datetime.datetime.utcnow",
    "datetime.now",
    "datetime.utcnow",
    "Date.now",
    "Date",
    "performance.now",
];

fn run(context: &Context) -> Vec<Outcome> {
    crate::checks::agents::each_handled(context, |code| judge(context, code))
}

fn judge(context: &Context, code: &AgentCode<'_>) -> Outcome {
    let source = code.source;
    let view = context.platform(Agent::Runtime(code.runtime));
    let mut handlers: Vec<FnId> = code
        .code
        .entrypoints
        .iter()
        .filter(|entry| entry.kind == EntrypointKind::Ping || is_ping_route(source, entry))
        .filter_map(|entry| entry.function)
        .collect();
    handlers.sort();
    handlers.dedup();
    let mut found = Vec::new();
    for function in handlers.iter().filter_map(|id| source.function(*id)) {
        found.extend(always_busy(source, function));
        // The helper that makes the answer stamps it as well as the handler does.
        let makers = source.reach(function.id).into_iter();
        found.extend(
            makers
                .filter_map(|id| source.function(id))
                .find_map(|maker| stamps_now(source, maker)),
        );
    }
    found.extend(forced(code));
    if found.is_empty() {
        let idle: Vec<Evidence> = handlers
            .iter()
            .filter_map(|id| source.function(*id))
            .filter_map(|function| always_idle(source, function))
            .collect();
        if !idle.is_empty() && outlives(code) {
            return reclaimed(code, idle);
        }
    }
    let name = &code.runtime.name;
    if found.is_empty() && !view.is_v1() {
        let functions = handlers.iter().filter_map(|id| source.function(*id));
        let makers = functions.flat_map(|function| source.reach(function.id));
        let frozen = makers
            .filter_map(|id| source.function(id))
            .find_map(|maker| stamps_startup(source, maker));
        if let Some(frozen) = frozen {
            return frozen_stamp(code, &view, frozen);
        }
    }
    if handlers.is_empty()
        && let Some(route) = no_ping(context, code)
    {
        return unanswered(code, route);
    }
    if found.is_empty() {
        let message = match handlers.len() {
            0 if starts_with_sdk(code) => format!(
                "runtime {name} has no ping handler of its own: the SDK reports its real state"
            ),
            0 => format!(
                "runtime {name} has no ping handler of its own that could keep a session alive ({})",
                code.scope()
            ),
            _ => format!("the ping handler of runtime {name} lets a session become idle"),
        };
        return Outcome::pass(code.resource(), message);
    }
    let message = format!(
        "the ping handler of runtime {name} never lets a session become idle: each lives to `maxLifetime` and counts against the session quota"
    );
    Outcome::fail(code.resource(), message).evidences(found).fix(
        Fix::new("Report what is really running").note(
            "Drop the handler: the SDK answers `HealthyBusy` while a task of `add_async_task` runs and `Healthy` otherwise, with the \
             time of the last change of state. A handler of your own must answer `HealthyBusy` only while work runs, and leave \
             `time_of_last_update` out or set it when the state changes, not when it is asked.",
        ),
    )
}

/// Calls that add routes which are not read here.
const MORE_ROUTES: [&str; 14] = [
    "mount",
    "include_router",
    "register_blueprint",
    "register",
    "route",
    "routes",
    "add_url_rule",
    "add_api_route",
    "add_route",
    "add_routes",
    "createServer",
    "dispatch",
    "all",
    "any",
];

/// Programs that may stand before a server in an image and answer for it.
const PROXIES: [&str; 5] = ["nginx", "caddy", "envoy", "haproxy", "traefik"];

/// A route of a server of the code's own, all of whose routes are seen, where none answers `/ping`.
fn no_ping(context: &Context, code: &AgentCode<'_>) -> Option<Evidence> {
    let source = code.source;
    let protocol = code.runtime.protocol.as_ref();
    let whole = code.unread().is_none() && absent_code::of(context, code).is_none();
    if protocol.is_some_and(|protocol| protocol.value != "HTTP") || !whole || starts_with_sdk(code)
    {
        return None;
    }
    if installed::is_container(code.runtime) {
        let manifests = context.manifests(Agent::Runtime(code.runtime))?;
        let text = manifests
            .dockerfile
            .read()?
            .source
            .text
            .to_ascii_lowercase();
        if PROXIES.iter().any(|proxy| text.contains(proxy)) {
            return None;
        }
    }
    let named = ["/ping", "\"ping\"", "'ping'", "`ping`"];
    let speaks = |module: &Module| named.iter().any(|name| module.source.text.contains(name));
    if code.modules().any(speaks) {
        return None;
    }
    let entries = &code.code.entrypoints;
    let mut routes = 0_usize;
    for entry in entries
        .iter()
        .filter(|entry| entry.kind != EntrypointKind::AgentTool)
    {
        let module = source.module(entry.module)?;
        let call = module.call_at(entry.range)?.as_call()?;
        let path = call.args.first()?.as_str()?;
        let plain = path.starts_with('/') && !path.contains(['*', '(', ':', '{', '<']);
        if entry.kind != EntrypointKind::Route || !plain {
            return None;
        }
        routes += 1;
    }
    // What else is put into the server may answer it.
    let path_first = |call: &Call| {
        call.args
            .first()
            .is_some_and(|path| path.as_str().is_some())
    };
    let adds = |module: &Module, expr: &Expr| {
        let Some(call) = expr.as_call() else {
            return false;
        };
        let name = call.callee.last_name().map_or("", |name| &**name);
        let registered = entries
            .iter()
            .any(|entry| entry.module == module.id && entry.range.contains(expr.range));
        let method = matches!(call.callee.kind, ExprKind::Attribute { .. });
        let is_middleware = |arg: &Expr| {
            arg.as_call().is_some()
                && source.callee(module.id, arg).is_none()
                && !arg.as_call().is_some_and(|inner| {
                    inner
                        .callee
                        .last_name()
                        .is_some_and(|name| &**name == "static")
                })
        };
        !registered
            && (MORE_ROUTES.contains(&name)
                && (method || name == "createServer")
                && (!matches!(name, "all" | "any") || path_first(call))
                || method && name == "use" && !call.args.iter().all(is_middleware))
    };
    if routes == 0 || code.calls().any(|(module, _, expr)| adds(module, expr)) {
        return None;
    }
    let first = entries
        .iter()
        .find(|entry| entry.kind == EntrypointKind::Route)?;
    Some(agent_code::evidence(source, first.module, first.range).note("no route answers /ping"))
}

/// A server that does not answer what the platform asks for.
fn unanswered(code: &AgentCode<'_>, route: Evidence) -> Outcome {
    let message = format!(
        "the server of runtime {} has no route GET /ping, which the platform asks for its health: no session gets healthy",
        code.runtime.name
    );
    Outcome::fail(code.resource(), message).evidence(route).fix(
        Fix::new("Answer /ping").note(
            "Add `GET /ping` beside the other routes and answer 200 with {\"status\": \"Healthy\"}, or {\"status\": \"HealthyBusy\"} while work goes on. \
             The platform asks for this path on port 8080 and for no other; a /health of your own may stay.",
        ),
    )
}

/// A handler that says Healthy while work goes on: the platform takes the session for idle.
fn reclaimed(code: &AgentCode<'_>, idle: Vec<Evidence>) -> Outcome {
    let message = format!(
        "the ping handler of runtime {} always answers Healthy, and work outlives the response: the session can be reclaimed in the middle of it",
        code.runtime.name
    );
    Outcome::fail(code.resource(), message).evidences(idle).fix(
        Fix::new("Say HealthyBusy while work runs").note(
            "Register the work with `add_async_task` and complete it in `finally`, and drop the handler: the SDK then answers HealthyBusy while it runs. In a server of your own, count what runs and answer \
             {\"status\": \"HealthyBusy\"} while the count is above zero.",
        ),
    )
}

/// Whether handlers start work that goes on after they have answered.
fn outlives(code: &AgentCode<'_>) -> bool {
    let registered = code.calls().any(|(_, _, expr)| {
        expr.as_call().is_some_and(|call| {
            matches!(&call.callee.kind, ExprKind::Attribute { attr, .. } if matches!(&**attr, "add_async_task" | "addAsyncTask"))
        })
    });
    let tasks = code
        .code
        .entrypoints
        .iter()
        .any(|entry| entry.kind == EntrypointKind::AsyncTask);
    registered
        || tasks
        || launches(code.source, &answering(code))
            .iter()
            .any(|launch| !launch.service)
}

/// Whether every answer is `Healthy`.
fn always_idle<'s>(source: &'s Source, function: &'s Function) -> Option<Evidence> {
    let module = function.id.module;
    let answers = answered(source, function);
    let idle = !answers.is_empty()
        && answers
            .iter()
            .all(|answer| is_status(source, module, answer, &["Healthy", "HEALTHY"]));
    let first = answers.first()?;
    idle.then(|| {
        agent_code::evidence(source, module, first.range).note("answers Healthy whatever runs")
    })
}

/// The time of the last change was taken at startup: on platform version V2 it is that of the deploy.
fn frozen_stamp(code: &AgentCode<'_>, view: &PlatformView, site: Evidence) -> Outcome {
    let message = format!(
        "the ping handler of runtime {} answers with a time that was taken at startup: on platform version V2 that is the time of the deploy, so that every restored session looks idle since then{}",
        code.runtime.name,
        view.words()
    );
    Outcome::fail(code.resource(), message)
        .severity(Severity::Low)
        .evidence(site)
        .fix(Fix::new("Stamp the last change of state").note(
            "Set the time in request code when the state changes (work starts, work ends), or leave `time_of_last_update` out: the SDK fills it in.",
        ))
}

/// Where an answer carries a time that a module took when it was imported and that nothing sets again.
fn stamps_startup(source: &Source, function: &Function) -> Option<Evidence> {
    let module = function.id.module;
    let stamps = expressions(&function.body)
        .into_iter()
        .filter_map(|expr| match &expr.kind {
            ExprKind::Dict(_) => ["time_of_last_update", "timeOfLastUpdate"]
                .into_iter()
                .find_map(|key| expr.entry(key)),
            ExprKind::Call(call) => call
                .keywords
                .iter()
                .find(|keyword| keyword.name.as_deref() == Some("time_of_last_update"))
                .map(|keyword| &keyword.value),
            _ => None,
        });
    stamps.into_iter().find_map(|stamp| {
        let taken = sub_expressions(stamp)
            .into_iter()
            .any(|part| taken_at_startup(source, module, part));
        let note = "a time that was taken at startup";
        taken.then(|| agent_code::evidence(source, module, stamp.range).note(note))
    })
}

/// A name of a module that is bound once, at import, to what a clock says.
fn taken_at_startup(source: &Source, module: ModuleId, expr: &Expr) -> bool {
    let ExprKind::Name(name) = &expr.kind else {
        return false;
    };
    let Some(place) = source.module(module) else {
        return false;
    };
    let local = place.function_at(expr.range.start).is_some_and(|function| {
        let scope = place.scopes.get(function.id.index as usize + 1);
        scope.is_some_and(|scope| scope.names.contains_key(name))
    });
    let written = writes(source, module).into_iter();
    let written = written.filter(|(_, target, _)| target.as_name() == Some(&**name));
    let written_elsewhere = written.count() > 1;
    let bindings = place.scopes.first().and_then(|scope| scope.names.get(name));
    let Some([binding]) = bindings.filter(|_| !local && !written_elsewhere) else {
        return false;
    };
    let BindingKind::Value { value, .. } = &binding.kind else {
        return false;
    };
    sub_expressions(value).into_iter().any(|inner| {
        matches!(inner.kind, ExprKind::Call(_))
            && source
                .callee_name(module, inner)
                .is_some_and(|name| CLOCKS.contains(&name))
    })
}

/// Whether the AgentCore SDK is there to answer the ping; a plain MCP or web server goes without it.
fn starts_with_sdk(code: &AgentCode<'_>) -> bool {
    code.modules().any(|module| {
        module.imports.iter().any(|import| {
            ["bedrock_agentcore", "bedrock-agentcore"]
                .iter()
                .any(|sdk| {
                    let rest = import.module.strip_prefix(sdk);
                    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '/']))
                })
        })
    })
}

/// Everything that a handler answers with: what it returns, and what it sends (`res.status(200).json(…)`, `reply.send(…)`,
/// `ctx.body = …`).
fn answered<'s>(source: &'s Source, function: &'s Function) -> Vec<&'s Expr> {
    let mut found = returned(function);
    let typescript = source
        .module(function.id.module)
        .is_some_and(|module| module.language == Language::TypeScript);
    if !typescript {
        return found;
    }
    for expr in expressions(&function.body) {
        if let ExprKind::Call(call) = &expr.kind
            && let ExprKind::Attribute { attr, .. } = &call.callee.kind
            && matches!(
                &**attr,
                "json" | "send" | "end" | "jsonp" | "body" | "text" | "write"
            )
            && let Some(first) = call.args.first()
            && !found.iter().any(|known| known.range.contains(expr.range))
        {
            found.push(first);
        }
    }
    found.extend(statements(&function.body).into_iter().filter_map(|stmt| {
        let StmtKind::Assign(assign) = &stmt.kind else {
            return None;
        };
        let body = assign.targets.iter().any(
            |target| matches!(&target.kind, ExprKind::Attribute { attr, .. } if &**attr == "body"),
        );
        assign.value.as_deref().filter(|_| body)
    }));
    found
}

/// Everything that a function returns.
fn returned(function: &Function) -> Vec<&Expr> {
    let found = statements(&function.body).into_iter();
    found
        .filter_map(|stmt| match &stmt.kind {
            StmtKind::Return(Some(value)) => Some(value),
            _ => None,
        })
        .collect()
}

/// Whether every answer is `HealthyBusy`.
fn always_busy<'s>(source: &'s Source, function: &'s Function) -> Option<Evidence> {
    let module = function.id.module;
    let answers = answered(source, function);
    let busy = !answers.is_empty() && answers.iter().all(|answer| is_busy(source, module, answer));
    let first = answers.first()?;
    busy.then(|| {
        agent_code::evidence(source, module, first.range)
            .note("answers HealthyBusy whatever the state is")
    })
}

/// Whether an answer says busy, whatever happens.
fn is_busy(source: &Source, module: ModuleId, answer: &Expr) -> bool {
    is_status(source, module, answer, &["HealthyBusy", "HEALTHY_BUSY"])
}

/// Whether an answer is one of these states, whatever happens.
fn is_status<'s>(source: &'s Source, module: ModuleId, answer: &'s Expr, words: &[&str]) -> bool {
    eval(&mut State { source, words }, At::new(module, answer))
}

struct State<'s, 'w> {
    source: &'s Source,
    words: &'w [&'w str],
}

impl<'s> Domain<'s> for State<'s, '_> {
    type Known = bool;
    const QUESTION: &'static str = "status";

    fn unknown(&mut self, _at: At<'s>) -> bool {
        false
    }

    fn text(&mut self, _at: At<'s>, text: &'s str) -> bool {
        self.words
            .iter()
            .any(|word| text.eq_ignore_ascii_case(word))
    }

    fn one_of(&mut self, at: At<'s>, ways: &[&'s Expr]) -> bool {
        let both = matches!(at.expr.kind, ExprKind::Conditional(_));
        both && ways.iter().all(|way| eval(self, at.to(way)))
    }

    fn other(&mut self, at: At<'s>) -> bool {
        match &at.expr.kind {
            ExprKind::Dict(_) => {
                let status = at.expr.entry("status");
                status.is_some_and(|status| eval(self, at.to(status)))
            }
            ExprKind::Call(call) => {
                let helper = self.source.callee(at.module, at.expr);
                let helper = helper.and_then(|id| self.source.function(id));
                if let Some(helper) = helper.filter(|helper| &*helper.name != "__init__") {
                    let made = values::returned(self.source, helper.id);
                    return !made.is_empty() && made.into_iter().all(|value| eval(self, value));
                }
                call.values().any(|value| eval(self, at.to(value)))
            }
            ExprKind::Attribute { base, attr } => {
                self.words.contains(&&**attr) || &**attr == "value" && eval(self, at.to(base))
            }
            ExprKind::Name(name) => self.is_one(at, name) && self.meant(at),
            _ => false,
        }
    }
}

impl<'s> State<'s, '_> {
    /// A name with several values is a state.
    fn is_one(&self, at: At<'s>, name: &str) -> bool {
        let Some(place) = self.source.module(at.module) else {
            return false;
        };
        let mut scopes = vec![place.scopes.first()];
        if let Some(function) = place.function_at(at.expr.range.start) {
            scopes.push(place.scopes.get(function.id.index as usize + 1));
        }
        let scopes = scopes.into_iter().flatten();
        let bindings = scopes.filter_map(|scope| scope.names.get(name));
        bindings.map(<[_]>::len).sum::<usize>() == 1
    }

    fn meant(&mut self, at: At<'s>) -> bool {
        match self.source.meaning(at.module, at.expr) {
            Meaning::Value(module, value) if !value.is(at.expr) => {
                eval(self, At::new(module, value))
            }
            Meaning::External(name) => self.words.contains(&leaf(&name)),
            _ => false,
        }
    }
}

/// Where an answer that can be `Healthy` carries the time of asking as the time of its last change.
fn stamps_now(source: &Source, function: &Function) -> Option<Evidence> {
    let module = function.id.module;
    for expr in expressions(&function.body) {
        let stamp = match &expr.kind {
            ExprKind::Dict(_) => ["time_of_last_update", "timeOfLastUpdate"]
                .into_iter()
                .find_map(|key| expr.entry(key))
                .filter(|_| {
                    !expr
                        .entry("status")
                        .is_some_and(|status| is_busy(source, module, status))
                }),
            ExprKind::Call(call) => call
                .keywords
                .iter()
                .find(|keyword| keyword.name.as_deref() == Some("time_of_last_update"))
                .map(|keyword| &keyword.value)
                .filter(|_| !is_busy(source, module, expr)),
            _ => None,
        };
        if let Some(stamp) = stamp
            && is_now(source, function, stamp)
        {
            let note = "stamps the answer with the time of asking: the idle clock starts again with every ping";
            return Some(agent_code::evidence(source, module, stamp.range).note(note));
        }
    }
    None
}

fn is_now(source: &Source, function: &Function, value: &Expr) -> bool {
    let module = function.id.module;
    let clock = |at: ModuleId, expr: &Expr| {
        matches!(expr.kind, ExprKind::Call(_))
            && source
                .callee_name(at, expr)
                .is_some_and(|name| CLOCKS.contains(&name))
    };
    sub_expressions(value).into_iter().any(|expr| {
        if clock(module, expr) {
            return true;
        }
        // A local name that was given the time just now; one of the module keeps the time of the last change.
        let Some(name) = expr.as_name() else {
            return false;
        };
        let scope = source
            .module(module)
            .and_then(|module| module.scopes.get(function.id.index as usize + 1));
        let bindings = scope.and_then(|scope| scope.names.get(name));
        bindings
            .into_iter()
            .flatten()
            .any(|binding| match &binding.kind {
                BindingKind::Value { value, .. } => {
                    !scope.is_some_and(|scope| scope.outer.iter().any(|outer| &**outer == name))
                        && sub_expressions(value)
                            .into_iter()
                            .any(|inner| clock(module, inner))
                }
                _ => false,
            })
    })
}

/// `force_ping_status(HEALTHY_BUSY)` that nothing takes back.
fn forced(code: &AgentCode<'_>) -> Option<Evidence> {
    let mut forced = None;
    for (module, _, expr) in code.calls() {
        let Some(call) = expr.as_call() else { continue };
        let ExprKind::Attribute { attr, .. } = &call.callee.kind else {
            continue;
        };
        match &**attr {
            "clear_forced_ping_status" | "clearForcedPingStatus" => return None,
            "force_ping_status" | "forcePingStatus" => {
                let busy = call
                    .args
                    .first()
                    .is_some_and(|status| is_busy(code.source, module.id, status));
                if !busy {
                    return None;
                }
                let note = "forces HealthyBusy, and nothing clears it";
                forced = forced.or(Some(
                    agent_code::evidence(code.source, module.id, expr.range).note(note),
                ));
            }
            _ => {}
        }
    }
    forced
}
