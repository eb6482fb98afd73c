//! Which code runs an agent.

use super::bounds::is_framework;
use super::conversations;
use crate::analysis::names::{leaf, package};
use crate::analysis::outward::asks;
use crate::model::source::{Expr, ExprKind, FnId, Module, Source};

/// Whether an expression runs an agent, or is a function that does.
pub(super) fn is_run(source: &Source, module: &Module, expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Call(call) => {
            asks(source, module.id, expr)
                || is_named_run(expr)
                || conversations::is_run(source, module, call)
                || source
                    .callee(module.id, expr)
                    .is_some_and(|function| runs_inside(source, function))
        }
        // `asyncio.to_thread(agent, prompt)`
        ExprKind::Name(_) | ExprKind::Attribute { .. } => {
            source
                .function_value(module.id, expr)
                .is_some_and(|function| runs_inside(source, function))
                || source.type_of(module.id, expr).is_some_and(|made| {
                    is_framework(package(&made.type_name))
                        && leaf(&made.type_name).ends_with("Agent")
                })
        }
        _ => false,
    }
}

/// Whether a function, or what it calls, runs an agent.
fn runs_inside(source: &Source, function: FnId) -> bool {
    let inside = source.reach_expressions(function).into_iter();
    { inside }.any(|(id, inner)| asks(source, id.module, inner) || is_named_run(inner))
}

/// Whether a call is a method that runs nothing but agents, whoever made its receiver.
fn is_named_run(expr: &Expr) -> bool {
    let Some(call) = expr.as_call() else {
        return false;
    };
    matches!(call.callee.kind, ExprKind::Attribute { .. })
        && matches!(
            call.written_name(),
            "invoke_async"
                | "stream_async"
                | "ainvoke"
                | "astream"
                | "astream_events"
                | "kickoff"
                | "kickoff_async"
                | "run_async"
                | "arun"
                | "run_sync"
                | "run_streamed"
                | "run_stream"
                | "run_stream_sync"
                | "run_stream_events"
                | "akickoff"
        )
}
