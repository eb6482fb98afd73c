//! `snapshot-ready-ping`: The ping is healthy when initialisation has ended.

use super::common::{Finding, Found, HOW, OPTIMIZE, Words, at, each, through};
use crate::analysis::agent_code::AgentCode;
use crate::analysis::api::Tag;
use crate::analysis::effects::{is_constant, loops_in_time, target, writes_state};
use crate::analysis::exceptions::words;
use crate::analysis::names::{Meaning, leaf};
use crate::analysis::startup::{Place, Snapshot, expr_at, is_ping};
use crate::checks::{Category, Check, Need};
use crate::context::Context;
use crate::model::finding::{Fix, Outcome, Severity};
use crate::model::known::{ReasonCode, Unread};
use crate::model::source::walk::{Node, statements, walk};
use crate::model::source::{
    EntrypointKind, Expr, ExprKind, FnId, Language, Module, ModuleId, Source, StmtKind,
};

pub(super) static CHECK: Check = Check {
    id: "snapshot-ready-ping",
    title: "The ping is healthy only after initialisation",
    category: Category::Snapshot,
    severity: Severity::High,
    needs: &[Need::Code],
    page: include_str!("snapshot_ready_ping.md"),
    references: &[HOW, OPTIMIZE],
    run,
};

static WORDS: Words = Words {
    fails: "answers a healthy ping while initialisation still runs",
    consequence: "the snapshot is taken of a half-initialised process, and every session is restored from it",
    passes: "answers no healthy ping before its initialisation ends",
};

fn run(context: &Context) -> Vec<Outcome> {
    each(context, &WORDS, |code, facts| {
        let mut found = Found::default();
        let Some(healthy) = healthy(code) else {
            return found;
        };
        for (place, from, what) in initialisations(code, facts) {
            found.findings.push(Finding {
                place,
                severity: Severity::High,
                note: format!(
                    "{what}{}, and nothing waits for it; {healthy}",
                    through(code, from)
                ),
                always: false,
                hint: None,
            });
        }
        // A handler as Lambda calls one answers no ping.
        let mut entries = code.code.entrypoints.iter();
        if entries.all(|entry| entry.kind == EntrypointKind::Lambda) {
            found.unknown = Some(Unread::new(
                ReasonCode::Unsupported,
                format!(
                    "no handler of a server that is known here was found in the code of runtime {}: what its ping answers is not known",
                    code.runtime.name
                ),
            ));
        }
        found.fixes.push(Fix::new("Initialise before serving, or gate the ping").note(
            "Call the initialisation and wait for it before `app.run()` or `listen` (`await` the promise, `join` the thread): the health \
             deadline is 120 s. Or keep a flag that the last line of the initialisation sets, and answer `/ping` with 503 until it is set.",
        ));
        found
    })
}

/// Why the ping is healthy at once; `None` where it decides by a state.
fn healthy(code: &AgentCode<'_>) -> Option<String> {
    let pings = code.code.entrypoints.iter();
    let pings: Vec<FnId> = pings
        .filter(|entry| is_ping(code.source, entry))
        .filter_map(|entry| entry.function)
        .collect();
    if pings.is_empty() {
        return Some("the ping of the server answers as soon as it listens".to_owned());
    }
    let constant = pings
        .iter()
        .filter_map(|id| code.source.function(*id))
        .find(|function| is_constant(code.source, function))?;
    Some(format!(
        "the ping at {} always answers the same",
        at(code, (constant.id.module, constant.header))
    ))
}

type Initialisation = (Place, Option<Place>, &'static str);

/// Work of startup code that goes on beside it and sets what requests use.
fn initialisations(code: &AgentCode<'_>, facts: &Snapshot) -> Vec<Initialisation> {
    let source = code.source;
    let mut found = Vec::new();
    for value in facts
        .made
        .iter()
        .filter(|made| made.api.is(Tag::ThreadStart))
    {
        let (module, range) = value.place;
        // A task that startup code awaits is over before it serves.
        let waited = value.fate.closed
            || value
                .fate
                .given
                .iter()
                .any(|name| matches!(leaf(name), "gather" | "wait"));
        let awaited = awaits(code, value.place);
        if waited || awaited {
            continue;
        }
        let Some(expr) = expr_at(source, module, range) else {
            continue;
        };
        let initialises = match target(source, module, expr) {
            Some(target) => writes_state(source, target) && !loops_in_time(source, target),
            None => loads(source, module, expr),
        };
        if initialises {
            found.push((
                value.place,
                value.from,
                "initialisation runs in the background",
            ));
        }
    }
    for module in code.modules() {
        if module.language == Language::TypeScript {
            promises(code, module, &mut found);
        }
    }
    // In a function that startup code calls: `function main() { load(); app.listen(8080); }`.
    for (function, place, from) in &facts.begun {
        let known = found
            .iter()
            .any(|(other, ..)| other.0 == place.0 && other.1.contains(place.1));
        let is_async = source
            .function(*function)
            .is_some_and(|function| function.is_async);
        if !known
            && is_async
            && stands_alone(code, *place)
            && writes_state(source, *function)
            && !serves(code, *function)
            && !loops_in_time(source, *function)
        {
            found.push((*place, *from, "initialisation goes on in a promise"));
        }
    }
    found
}

/// Whether a thread runs a function of a library whose name says that it loads something.
fn loads(source: &Source, module: ModuleId, expr: &Expr) -> bool {
    let Some(call) = expr.as_call() else {
        return false;
    };
    let made = match &call.callee.kind {
        ExprKind::Attribute { base, .. } => source.type_of(module, base),
        _ => None,
    };
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

/// Whether the name that a task is kept under is awaited in the same body.
fn awaits(code: &AgentCode<'_>, (module, range): Place) -> bool {
    let Some(place) = code.source.module(module) else {
        return false;
    };
    let function = place.function_at(range.start).map(|function| function.id);
    let mut kept = None;
    let mut awaited = Vec::new();
    walk(place.body_of(function), &mut |_, node| {
        match node {
            Node::Stmt(stmt) => {
                if let StmtKind::Assign(assign) = &stmt.kind
                    && assign
                        .value
                        .as_deref()
                        .is_some_and(|value| value.range == range)
                {
                    kept = assign.targets.first().and_then(Expr::as_name);
                }
            }
            Node::Expr(expr) => {
                if let ExprKind::Await(inner) = &expr.kind {
                    awaited.extend(inner.as_name());
                }
            }
            Node::Handler(_) | Node::Case(_) => {}
        }
        true
    });
    kept.is_some_and(|kept| awaited.contains(&kept))
}

/// Whether a call is a statement by itself, so that nothing holds what it answers.
fn stands_alone(code: &AgentCode<'_>, (module, range): Place) -> bool {
    let Some(place) = code.source.module(module) else {
        return false;
    };
    let function = place.function_at(range.start).map(|function| function.id);
    statements(place.body_of(function))
        .into_iter()
        .any(|stmt| matches!(&stmt.kind, StmtKind::Expr(expr) if expr.range == range))
}

/// Promises at top level that nothing awaits and whose end sets a state: `load().then((m) => { model = m; })`.
fn promises(code: &AgentCode<'_>, module: &Module, found: &mut Vec<Initialisation>) {
    let source = code.source;
    for stmt in &module.body {
        let StmtKind::Expr(expr) = &stmt.kind else {
            continue;
        };
        if matches!(expr.kind, ExprKind::Await(_)) {
            continue;
        }
        let mut at = expr;
        let mut sets = false;
        // Down a chain of `.then(…).catch(…)`.
        for _ in 0..8 {
            let Some(call) = at.as_call() else { break };
            let ExprKind::Attribute { base, attr } = &call.callee.kind else {
                break;
            };
            if !matches!(&**attr, "then" | "catch" | "finally") {
                break;
            }
            if &**attr == "then" {
                let handlers = call.args.iter();
                sets |= handlers
                    .filter_map(|arg| source.function_value(module.id, arg))
                    .any(|id| writes_state(source, id) && !serves(code, id));
            }
            at = base;
        }
        let started = source.callee(module.id, at).filter(|id| {
            source
                .function(*id)
                .is_some_and(|function| function.is_async)
                && writes_state(source, *id)
                && !serves(code, *id)
                && !loops_in_time(source, *id)
        });
        let serves_then = expr_serves(code, module, expr);
        if (sets || started.is_some()) && !serves_then {
            found.push((
                (module.id, expr.range),
                None,
                "initialisation goes on in a promise",
            ));
        }
    }
}

/// Whether a function starts the server, so that what it awaits before is over by then.
fn serves(code: &AgentCode<'_>, function: FnId) -> bool {
    code.source
        .reach_expressions(function)
        .into_iter()
        .any(|(id, expr)| is_server(code, id.module, expr))
}

fn expr_serves(code: &AgentCode<'_>, module: &Module, expr: &Expr) -> bool {
    let calls = crate::model::source::walk::sub_expressions(expr);
    calls.into_iter().any(|inner| {
        inner
            .as_call()
            .into_iter()
            .flat_map(|call| &call.args)
            .filter_map(|arg| code.source.function_value(module.id, arg))
            .any(|id| serves(code, id))
    })
}

fn is_server(code: &AgentCode<'_>, module: crate::model::source::ModuleId, expr: &Expr) -> bool {
    let Some(call) = expr.as_call() else {
        return false;
    };
    let Some(found) = code.source.module(module) else {
        return false;
    };
    let Some(own) = found
        .calls()
        .map(|(_, call)| call)
        .find(|known| known.range == expr.range)
    else {
        return false;
    };
    let name = code.source.callee_name(module, own).unwrap_or_default();
    crate::analysis::agent_code::starts_serving(call, name)
}
