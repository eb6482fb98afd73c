//! Where code asks AgentCore Identity for credentials, and whether the context of the request is there.

use std::collections::BTreeSet;

use crate::analysis::agent_code::AgentCode;
use crate::analysis::background::run_of_thread;
use crate::analysis::call_sites::{Callers, given_to, parameter};
use crate::analysis::limits;
use crate::analysis::names::leaf;
use crate::analysis::runners::Runner;
use crate::analysis::values::At;
use crate::model::source::ir::StmtKind;
use crate::model::source::walk::{Node, expressions, path_to};
use crate::model::source::{
    ByteRange, Call, EntrypointKind, Expr, ExprKind, FnId, Function, Module, ModuleId, Source,
};

/// Decorators of the SDK that ask Identity for what the function is given.
const ASKS: [&str; 3] = [
    "requires_access_token",
    "requires_api_key",
    "requires_iam_access_token",
];
/// What of the SDK serves, and keeps the workload access token of each request.
const SERVES: [&str; 4] = ["BedrockAgentCoreApp", "serve_a2a", "serve_ag_ui", "AGUIApp"];

/// Methods of Identity's own client that give a credential.
const GIVES: [&str; 2] = ["get_resource_api_key", "get_resource_oauth2_token"];

/// Whether the code asks Identity by its own client.
pub(crate) fn asks_by_client(code: &AgentCode<'_>) -> bool {
    code.calls().any(|(_, _, expr)| {
        let call = expr.as_call();
        call.is_some_and(|call| GIVES.contains(&call.written_name()))
    })
}

/// The functions that a decorator of the SDK asks Identity for, and those that take the workload access token of the request.
pub(crate) fn asking(code: &AgentCode<'_>) -> BTreeSet<FnId> {
    let asks = |function: &&Function| {
        function.decorators.iter().any(|decorator| {
            let target = decorator.as_call().map_or(decorator, |call| &call.callee);
            code.source
                .canonical(function.id.module, target)
                .is_some_and(|name| ASKS.contains(&leaf(&name)))
        })
    };
    let functions = code.modules().flat_map(|module| &module.functions);
    let decorated = functions.filter(asks).map(|function| function.id);
    decorated.chain(taking(code)).collect()
}

/// The functions that take the workload access token of the request.
fn taking(code: &AgentCode<'_>) -> BTreeSet<FnId> {
    let takes = code.calls().filter_map(|(module, function, expr)| {
        let name = code.source.callee_name(module.id, expr)?;
        name.ends_with("BedrockAgentCoreContext.get_workload_access_token")
            .then_some(function)?
    });
    takes.collect()
}

/// The calls that take the token of a request when a module is loaded, where no request is, and whose failure nothing catches; each
/// with its name as written. The decorators make a workload identity of their own there, which the role of the CLI lets them.
pub(crate) fn when_loaded<'a>(code: &AgentCode<'a>) -> Vec<(&'a str, At<'a>)> {
    let asking = taking(code);
    let mut found = Vec::new();
    if asking.is_empty() {
        return found;
    }
    for module in code.modules() {
        for stmt in module.import_time(false) {
            for expr in expressions(std::slice::from_ref(stmt)) {
                let callee = code.source.callee(module.id, expr);
                let asks = callee.is_some_and(|callee| reaches(code, callee, &asking));
                // What stands in a condition, a `try` or a `with` may be left out, or its failure be caught.
                let certain = || {
                    let path = path_to(&module.body, expr.range);
                    path.iter().all(|node| match node {
                        Node::Stmt(stmt) => !matches!(
                            stmt.kind,
                            StmtKind::If(_) | StmtKind::Try(_) | StmtKind::With(_)
                        ),
                        Node::Expr(expr) => !matches!(
                            expr.kind,
                            ExprKind::Conditional(_)
                                | ExprKind::BoolOp { .. }
                                | ExprKind::Lambda(_)
                        ),
                        _ => true,
                    })
                };
                if asks
                    && certain()
                    && let Some(call) = expr.as_call()
                {
                    found.push((call.written_name(), At::new(module.id, expr)));
                }
            }
        }
    }
    found.dedup_by(|(_, one), (_, other)| {
        one.module == other.module && one.expr.range == other.expr.range
    });
    found
}

/// Whether the code keeps the workload access token of a request itself.
pub(crate) fn keeps_token(code: &AgentCode<'_>) -> bool {
    code.calls().any(|(_, _, expr)| {
        expr.as_call().is_some_and(|call| {
            matches!(&call.callee.kind, ExprKind::Attribute { attr, .. }
                if attr.contains("workload_access_token") || attr.contains("WorkloadAccessToken"))
        })
    })
}

/// Whether an application of the SDK serves, which keeps the token of each request.
pub(crate) fn is_served_by_sdk(code: &AgentCode<'_>) -> bool {
    code.calls().any(|(module, _, expr)| {
        let name = code.source.callee_name(module.id, expr);
        name.is_some_and(|name| SERVES.contains(&leaf(name)))
    })
}

/// The routes whose functions run one of these.
pub(crate) fn routes<'a>(code: &AgentCode<'a>, asking: &BTreeSet<FnId>) -> Vec<&'a Function> {
    let entries = code.code.entrypoints.iter();
    let routes = entries.filter(|entry| entry.kind == EntrypointKind::Route);
    routes
        .filter_map(|entry| {
            let function = entry.function?;
            let reaches = reaches(code, function, asking);
            code.source.function(function).filter(|_| reaches)
        })
        .collect()
}

/// The calls that run one of these functions in a thread without the context of who starts it, each with its name as written.
/// `inherits` says that `Thread(context=…)` is known to the interpreter.
pub(crate) fn out_of_context<'a>(
    code: &AgentCode<'a>,
    asking: &BTreeSet<FnId>,
    inherits: bool,
) -> Vec<(&'a str, At<'a>)> {
    let mut found = Vec::new();
    let callers = Callers::new(code);
    let gives = |call: &Call| {
        let given = call.option("context");
        given.is_some_and(|given| !matches!(given.kind, ExprKind::None))
    };
    for (module, function, expr) in code.calls() {
        let Some(call) = expr.as_call() else { continue };
        let at = At::new(module.id, expr);
        let keeps = inherits && gives(call);
        if let Some(target) = threaded(code.source, module, expr, call).filter(|_| !keeps) {
            for (at, function) in targets(&callers, at, function, target) {
                let name = at.expr.as_call().map_or("", Call::written_name);
                if reaches_bare(code, function, asking) {
                    found.push((name, at));
                }
            }
        } else if let Some(run) = run_of_thread(code.source, module.id, expr, call)
            && reaches_bare(code, run, asking)
            && !(inherits && made_by(code.source, run).any(gives))
        {
            found.push((call.written_name(), at));
        }
    }
    found.sort_by_key(|(_, at)| (at.module, at.expr.range));
    found.dedup_by_key(|(_, at)| (at.module, at.expr.range));
    found
}

/// The calls of the constructor of a method's class.
fn made_by(source: &Source, method: FnId) -> impl Iterator<Item = &Call> {
    let class = source.function(method).and_then(|found| found.class);
    let made = class.and_then(|class| source.class(class)?.method("__init__"));
    let body = made.map(|made| source.body(made.module, Some(made)));
    { expressions(body.unwrap_or_default()).into_iter() }.filter_map(|expr| match &expr.kind {
        ExprKind::Call(call) => Some(call.as_ref()),
        _ => None,
    })
}

/// What a call runs in a thread without the context of who starts it: a function, or a coroutine for a loop of that thread.
fn threaded<'a>(source: &Source, module: &Module, expr: &Expr, call: &'a Call) -> Option<&'a Expr> {
    // What a function of the project does with it stands there. The pool of LangChain copies the context.
    let name = source.callee_name(module.id, expr).unwrap_or_default();
    if source.callee(module.id, expr).is_some() || name.contains("ContextThreadPoolExecutor") {
        return None;
    }
    let runner = Runner::of(call)?;
    let maps = call.written_name() == "map" && name.ends_with(".ThreadPoolExecutor.map");
    let bare = runner.is_bare(call) || maps;
    let target = runner.function(call).filter(|_| bare)?;
    let runs = source.canonical(module.id, target);
    match runs.is_some_and(|name| matches!(&*name, "asyncio.run" | "asyncio.runners.run")) {
        true => runner.first_argument(call),
        false => Some(target),
    }
}

/// Calls of helpers that are looked at for what one thread runs.
const MOST_CALLS: usize = 500;

/// The functions that a value is which a thread runs, each with the call that starts it: what a function is given for it is each
/// caller's.
fn targets<'a>(
    callers: &Callers<'a>,
    at: At<'a>,
    function: Option<FnId>,
    value: &'a Expr,
) -> Vec<(At<'a>, FnId)> {
    let source = callers.source();
    let mut found = Vec::new();
    let mut open = vec![(at, function, value)];
    let mut seen: BTreeSet<(ModuleId, ByteRange)> = BTreeSet::new();
    while let Some((at, function, value)) = open.pop() {
        if !seen.insert((at.module, value.range)) {
            continue;
        }
        if seen.len() > MOST_CALLS {
            limits::reached(limits::CALLERS, at.module, at.expr.range);
            break;
        }
        let given = value
            .as_name()
            .and_then(|_| parameter(source, at.module, value))
            .filter(|(of, _)| Some(*of) == function);
        let Some((of, index)) = given else {
            let run = match value.kind {
                ExprKind::Call(_) => source.callee(at.module, value),
                _ => None,
            };
            let run = run.or_else(|| source.function_value(at.module, value));
            found.extend(run.map(|run| (at, run)));
            continue;
        };
        for used in callers.of(of).iter().filter(|used| used.called) {
            let (module, outer) = (used.module, used.expr);
            let Some(call) = outer.as_call() else {
                continue;
            };
            let place = source.module(module);
            let around = place.and_then(|place| place.function_at(outer.range.start));
            if let Some(value) = given_to(source, call, of, index) {
                let around = around.map(|around| around.id);
                open.push((At::new(module, outer), around, value));
            }
        }
    }
    found
}

/// Whether a function runs one of these without entering a context of variables: `lambda: context.run(work)` enters one.
fn reaches_bare(code: &AgentCode<'_>, function: FnId, asking: &BTreeSet<FnId>) -> bool {
    let source = code.source;
    let mut seen = BTreeSet::from([function]);
    let mut open = vec![function];
    while let Some(id) = open.pop() {
        if asking.contains(&id) {
            return true;
        }
        let inside: BTreeSet<FnId> = expressions(source.body(id.module, Some(id)))
            .into_iter()
            .filter_map(|expr| run_in_context(source, id.module, expr))
            .collect();
        let next = source.runs(id.module, Some(id)).into_iter();
        open.extend(next.filter(|next| !inside.contains(next) && seen.insert(*next)));
    }
    false
}

/// The function that a call runs in a context of variables: the first that `run` of something other than a library is given.
fn run_in_context(source: &Source, module: ModuleId, expr: &Expr) -> Option<FnId> {
    let call = expr.as_call()?;
    let ExprKind::Attribute { base, attr } = &call.callee.kind else {
        return None;
    };
    if &**attr != "run" {
        return None;
    }
    let library = source.callee_name(module, expr);
    let library = library.is_some_and(|name| !name.starts_with("contextvars"));
    let unknown = base
        .as_call()
        .is_none_or(|made| made.written_name() == "copy_context");
    let enters = !library && unknown && source.callee(module, expr).is_none();
    source.function_value(module, call.args.first().filter(|_| enters)?)
}

/// Whether a function runs one of these.
fn reaches(code: &AgentCode<'_>, function: FnId, asking: &BTreeSet<FnId>) -> bool {
    let reached = code.source.reach(function);
    reached.iter().any(|id| asking.contains(id))
}
