//! `snapshot-background-work`: No loop of startup code that requests rely on.

use super::common::{Finding, Found, HOW, OPTIMIZE, Words, each, through};
use crate::analysis::agent_code::AgentCode;
use crate::analysis::api::Tag;
use crate::analysis::effects::{does_something, loops_in_time, never_ends, target, worker_loops};
use crate::analysis::exceptions::words;
use crate::analysis::names::leaf;
use crate::analysis::startup::{Made, expr_at};
use crate::checks::{Category, Check, Need};
use crate::context::Context;
use crate::model::finding::{Fix, Outcome, Severity};
use crate::model::source::{Expr, ExprKind, StmtKind};

pub(super) static CHECK: Check = Check {
    id: "snapshot-background-work",
    title: "Requests rely on no loop that startup code began",
    category: Category::Snapshot,
    severity: Severity::Medium,
    needs: &[Need::Code],
    page: include_str!("snapshot_background_work.md"),
    references: &[OPTIMIZE, HOW],
    run,
};

static WORDS: Words = Words {
    fails: "starts work at intervals before the snapshot",
    consequence: "the loop need not go on in restored sessions, and what it keeps fresh grows old",
    passes: "starts no loop at startup that requests rely on",
};

fn run(context: &Context) -> Vec<Outcome> {
    each(context, &WORDS, |code, facts| {
        let mut found = Found::default();
        for value in &facts.made {
            if !goes_on(code, value) {
                continue;
            }
            if tidies(code, value) {
                found.notes.push((
                    value.place,
                    "clears up at intervals: no request relies on that it goes on".to_owned(),
                ));
                continue;
            }
            found.findings.push(Finding {
                place: value.place,
                severity: Severity::Medium,
                note: format!(
                    "{} is started at startup{}, and nothing ends it before the snapshot",
                    value.api.words,
                    through(code, value.from)
                ),
                always: false,
                hint: None,
            });
        }
        for (function, place, from) in &facts.begun {
            if !never_ends(code.source, *function) {
                continue;
            }
            found.findings.push(Finding {
                place: *place,
                severity: Severity::Medium,
                note: format!(
                    "a loop that waits between its turns is started at startup{}, and nothing ends it before the snapshot",
                    through(code, *from)
                ),
                always: false,
                hint: None,
            });
        }
        found.fixes.push(Fix::new("Do the work when a request needs it").note(
            "Refresh in the handler when what is kept is too old by the wall clock (`time.time()`), or start the loop with the first request \
             of a session and register it with `add_async_task`. Work for all sessions belongs outside of the runtime (EventBridge Scheduler).",
        ));
        found
    })
}

fn goes_on(code: &AgentCode<'_>, value: &Made) -> bool {
    let source = code.source;
    let (module, range) = value.place;
    if value.fate.closed {
        return false;
    }
    if value.api.is(Tag::Interval) {
        let Some(expr) = expr_at(source, module, range) else {
            return false;
        };
        let call = expr.as_call();
        let callback = call
            .and_then(|call| call.args.first())
            .filter(|_| leaf(&value.name) == "setInterval")
            .and_then(|first| source.function_value(module, first));
        return callback.is_none_or(|callback| does_something(source, callback));
    }
    let Some(expr) = expr_at(source, module, range).filter(|_| value.api.is(Tag::ThreadStart))
    else {
        return false;
    };
    if leaf(&value.name) == "Worker" {
        return worker_loops(code, module, expr);
    }
    target(source, module, expr).is_some_and(|target| loops_in_time(source, target))
}

/// Whether an interval does nothing but clear up what is old.
fn tidies(code: &AgentCode<'_>, value: &Made) -> bool {
    let source = code.source;
    let (module, range) = value.place;
    let callback = expr_at(source, module, range)
        .and_then(Expr::as_call)
        .and_then(|call| call.args.first())
        .filter(|_| leaf(&value.name) == "setInterval")
        .and_then(|first| source.function_value(module, first));
    let Some(callback) = callback.and_then(|id| source.function(id)) else {
        return false;
    };
    let [only] = callback.body.as_slice() else {
        return clears(&callback.name);
    };
    let called = match &only.kind {
        StmtKind::Expr(expr) | StmtKind::Return(Some(expr)) => match &expr.kind {
            ExprKind::Await(inner) => inner.as_call(),
            _ => expr.as_call(),
        },
        _ => None,
    };
    let name = called.and_then(|call| match &call.callee.kind {
        ExprKind::Name(name) | ExprKind::Attribute { attr: name, .. } => Some(name),
        _ => None,
    });
    clears(&callback.name) || name.is_some_and(|name| clears(name))
}

fn clears(name: &str) -> bool {
    let first = words(name).into_iter().next();
    first.is_some_and(|first| {
        matches!(
            &*first,
            "clean"
                | "cleanup"
                | "clear"
                | "evict"
                | "expire"
                | "purge"
                | "prune"
                | "sweep"
                | "gc"
                | "reap"
        )
    })
}
