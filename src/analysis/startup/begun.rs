//! Initialisation that startup code begins and does not wait for.

use super::index::expr_at;
use super::{Place, Snapshot};
use crate::analysis::agent_code::{AgentCode, starts_serving};
use crate::analysis::api::Tag;
use crate::analysis::effects::{loops_in_time, target, writes_state};
use crate::analysis::exceptions::words;
use crate::analysis::names::{Meaning, leaf};
use crate::analysis::waited::{awaited_by_name, stands_alone};
use crate::model::source::walk::{Node, expressions, path_to, sub_expressions};
use crate::model::source::{
    Call, Expr, ExprKind, FnId, Language, Module, ModuleId, Source, StmtKind,
};

/// Work of startup code that goes on beside it, and that sets what requests use.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Initialisation {
    /// Where it is begun.
    pub place: Place,
    /// The place at import that leads to it, where it is another.
    pub from: Option<Place>,
    /// How it goes on.
    pub beside: Beside,
}

/// How work goes on beside the code that began it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Beside {
    /// On a thread or in a task.
    Background,
    /// In a promise.
    Promise,
}

/// Longest chain of a promise's methods that is followed.
const CHAIN: usize = 8;

/// The initialisations that startup code begins and waits for nowhere before it serves.
pub(crate) fn initialisations(code: &AgentCode<'_>, facts: &Snapshot) -> Vec<Initialisation> {
    let mut found = in_background(code.source, facts);
    for module in code.modules() {
        if module.language == Language::TypeScript {
            found.extend(in_promises(code.source, module));
        }
    }
    // In a function that startup code calls: `function main() { load(); app.listen(8080); }`.
    for (function, place, from) in &facts.begun {
        let known = found
            .iter()
            .any(|other| other.place.0 == place.0 && other.place.1.contains(place.1));
        if !known
            && stands_alone(code.source, place.0, place.1)
            && initialises_beside(code.source, *function)
        {
            found.push(Initialisation {
                place: *place,
                from: *from,
                beside: Beside::Promise,
            });
        }
    }
    found
}

/// Those of threads and tasks.
fn in_background(source: &Source, facts: &Snapshot) -> Vec<Initialisation> {
    let mut found = Vec::new();
    let started = facts.made.iter();
    for value in started.filter(|made| made.api.is(Tag::ThreadStart)) {
        let (module, range) = value.place;
        // A task that startup code awaits is over before it serves.
        let mut given = value.fate.given.iter();
        let waited = value.fate.closed || given.any(|name| matches!(leaf(name), "gather" | "wait"));
        if waited || awaited_by_name(source, module, range) {
            continue;
        }
        let Some(expr) = expr_at(source, module, range) else {
            continue;
        };
        if ends_with_group(source, module, expr) {
            continue;
        }
        // `INDEX = pool.submit(load)`, and `INDEX.result()` in a request.
        let touched = &value.fate.touched;
        let asked = touched.contains("result") && !touched.contains("done");
        let initialises = match target(source, module, expr) {
            Some(_) if asked => true,
            Some(target) => writes_state(source, target) && !loops_in_time(source, target),
            None => loads(source, module, expr),
        };
        if initialises {
            found.push(Initialisation {
                place: value.place,
                from: value.from,
                beside: Beside::Background,
            });
        }
    }
    found
}

/// Whether a task belongs to a group that is left before the server answers: its `with` waits for it, and yields nothing inside.
fn ends_with_group(source: &Source, module: ModuleId, expr: &Expr) -> bool {
    let group = expr.as_call().and_then(|call| match &call.callee.kind {
        ExprKind::Attribute { base, .. } => base.as_name(),
        _ => None,
    });
    let Some((group, place)) = group.zip(source.module(module)) else {
        return false;
    };
    let function = place.function_at(expr.range.start);
    let body = place.body_of(function.map(|function| function.id));
    path_to(body, expr.range).iter().any(|node| {
        let Node::Stmt(stmt) = node else { return false };
        let StmtKind::With(with) = &stmt.kind else {
            return false;
        };
        let opens = with.items.iter().any(|item| {
            let made = item.context.as_call().map_or("", Call::written_name);
            let named = item.target.as_ref().and_then(Expr::as_name) == Some(group);
            named && matches!(made, "TaskGroup" | "create_task_group")
        });
        let yields = |expr: &Expr| matches!(expr.kind, ExprKind::Yield { .. });
        opens && !expressions(&with.body).into_iter().any(yields)
    })
}

/// Whether a thread runs a function of a library whose name says that it loads something.
fn loads(source: &Source, module: ModuleId, expr: &Expr) -> bool {
    let Some(call) = expr.as_call() else {
        return false;
    };
    let made = source.receiver(module, call);
    let (at, call) = made
        .and_then(|made| Some((made.module, made.call?)))
        .unwrap_or((module, call));
    let target = call.option("target").and_then(|target| {
        let Meaning::External(name) = source.meaning(at, target) else {
            return None;
        };
        words(leaf(&name)).into_iter().next()
    });
    target.is_some_and(|first| {
        matches!(
            &*first,
            "load"
                | "preload"
                | "init"
                | "initialize"
                | "initialise"
                | "warm"
                | "warmup"
                | "build"
                | "prepare"
        )
    })
}

/// Those of promises at top level that nothing awaits: `load().then((m) => { model = m; })`.
fn in_promises(source: &Source, module: &Module) -> Vec<Initialisation> {
    let alone = module.body.iter().filter_map(|stmt| match &stmt.kind {
        StmtKind::Expr(expr) if !matches!(expr.kind, ExprKind::Await(_)) => Some(expr),
        _ => None,
    });
    let initialising = alone.filter(|expr| {
        sets_state(source, module.id, expr) && !gives_server(source, module.id, expr)
    });
    let found = initialising.map(|expr| Initialisation {
        place: (module.id, expr.range),
        from: None,
        beside: Beside::Promise,
    });
    found.collect()
}

/// Whether a promise, or what goes on when it is fulfilled, sets a state.
fn sets_state(source: &Source, module: ModuleId, expr: &Expr) -> bool {
    let (first, callbacks) = chain(expr);
    let mut functions = callbacks
        .into_iter()
        .filter_map(|callback| source.function_value(module, callback));
    functions.any(|id| writes_state(source, id) && !serves(source, id))
        || source
            .callee(module, first)
            .is_some_and(|id| initialises_beside(source, id))
}

/// The promise that a chain of `.then(…).catch(…)` begins with, and what it is to go on with.
fn chain(expr: &Expr) -> (&Expr, Vec<&Expr>) {
    let (mut at, mut callbacks) = (expr, Vec::new());
    for _ in 0..CHAIN {
        let Some(call) = at.as_call() else { break };
        let ExprKind::Attribute { base, attr } = &call.callee.kind else {
            break;
        };
        match &**attr {
            "then" => callbacks.extend(&call.args),
            "catch" | "finally" => {}
            _ => break,
        }
        at = base;
    }
    (at, callbacks)
}

/// Whether a function sets a state in a promise of its own, and neither serves nor goes round in time.
fn initialises_beside(source: &Source, id: FnId) -> bool {
    source
        .function(id)
        .is_some_and(|function| function.is_async)
        && writes_state(source, id)
        && !serves(source, id)
        && !loops_in_time(source, id)
}

/// Whether a function starts the server, so that what it awaits before is over by then.
fn serves(source: &Source, function: FnId) -> bool {
    let mut reached = source.reach_expressions(function).into_iter();
    reached.any(|(id, expr)| {
        let name = source.callee_name(id.module, expr).unwrap_or_default();
        expr.as_call()
            .is_some_and(|call| starts_serving(call, name))
    })
}

/// Whether a call in an expression is given a function that starts the server.
fn gives_server(source: &Source, module: ModuleId, expr: &Expr) -> bool {
    let calls = sub_expressions(expr).into_iter().filter_map(Expr::as_call);
    calls
        .flat_map(|call| &call.args)
        .filter_map(|arg| source.function_value(module, arg))
        .any(|id| serves(source, id))
}
