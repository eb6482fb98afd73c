//! Work at intervals that startup code begins.

use super::Made;
use super::index::{call_at, expr_at};
use crate::analysis::agent_code::AgentCode;
use crate::analysis::api::Tag;
use crate::analysis::effects::{does_something, loops_in_time, target, worker_loops};
use crate::analysis::exceptions::words;
use crate::analysis::names::leaf;
use crate::model::source::{Call, FnId, Source, Stmt, StmtKind};

/// Whether what startup code begins goes on at intervals, and nothing ends it: a timer whose callback does something, a thread, a
/// task or a worker that goes round in time.
pub(crate) fn repeats(code: &AgentCode<'_>, value: &Made) -> bool {
    let source = code.source;
    let (module, range) = value.place;
    if value.fate.closed {
        return false;
    }
    let Some(expr) = expr_at(source, module, range) else {
        return false;
    };
    if value.api.is(Tag::Interval) {
        return timed(source, value).is_none_or(|callback| does_something(source, callback));
    }
    if !value.api.is(Tag::ThreadStart) {
        return false;
    }
    if leaf(&value.name) == "Worker" {
        return worker_loops(code, module, expr);
    }
    target(source, module, expr).is_some_and(|target| loops_in_time(source, target))
}

/// Whether an interval does nothing but clear up what is old, as far as its callback's name or its one call says.
pub(crate) fn clears_up(source: &Source, value: &Made) -> bool {
    let callback = timed(source, value).and_then(|id| source.function(id));
    callback.is_some_and(|callback| {
        says_clearing(&callback.name)
            || only_call(&callback.body).is_some_and(|call| says_clearing(call.written_name()))
    })
}

/// The function of the project that `setInterval` is given.
fn timed(source: &Source, value: &Made) -> Option<FnId> {
    let first = call_at(source, value.place)?.args.first();
    let callback = first.filter(|_| leaf(&value.name) == "setInterval")?;
    source.function_value(value.place.0, callback)
}

/// The call that is all of a body.
fn only_call(body: &[Stmt]) -> Option<&Call> {
    let [only] = body else { return None };
    match &only.kind {
        StmtKind::Expr(expr) | StmtKind::Return(Some(expr)) => expr.as_call(),
        _ => None,
    }
}

fn says_clearing(name: &str) -> bool {
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
