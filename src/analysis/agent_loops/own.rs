//! Loops of the code's own around calls of a model.

use std::collections::BTreeSet;

use crate::analysis::agent_code::AgentCode;
use crate::analysis::outward::asks;
use crate::analysis::reachability::Live;
use crate::model::source::ir::{Loop, LoopKind};
use crate::model::source::walk::{expressions, statements, sub_expressions};
use crate::model::source::{ByteRange, Expr, ExprKind, Module, Stmt, StmtKind};

/// The heads of the loops of a module that go round a call of a model until its answer ends them.
pub(crate) fn unbounded(
    code: &AgentCode<'_>,
    live: &Live<'_, '_>,
    module: &Module,
) -> Vec<ByteRange> {
    let functions = module.functions.iter();
    let functions = functions.filter(|function| code.may_run(function.id));
    let bodies = functions.map(|function| function.body.as_slice());
    let all = bodies.chain([module.body.as_slice()]).flat_map(statements);
    all.filter_map(|stmt| {
        let StmtKind::Loop(looped) = &stmt.kind else {
            return None;
        };
        let found = (is_endless(looped) || ends_by_answer(code, module, looped))
            && live.runs(module.id, stmt.range)
            && asks_a_model(code, module, looped)
            && !counts_or_waits(looped);
        found.then(|| head(module, stmt, looped))
    })
    .collect()
}

/// Whether nothing of the loop's head ends it: `while True`, `for (;;)`.
fn is_endless(looped: &Loop) -> bool {
    let always = looped.iter.as_deref().is_none_or(|test| match &test.kind {
        ExprKind::Bool(value) => *value,
        ExprKind::Number(number) => &**number == "1",
        _ => false,
    });
    matches!(looped.kind, LoopKind::While | LoopKind::DoWhile) && always
        || looped.kind == LoopKind::CStyle && looped.iter.is_none()
}

/// Whether only what a model answers ends the loop: `while result.stop_reason == "interrupt"`, where the body takes `result` from it.
fn ends_by_answer(code: &AgentCode<'_>, module: &Module, looped: &Loop) -> bool {
    let (LoopKind::While | LoopKind::DoWhile) = looped.kind else {
        return false;
    };
    let Some(test) = looped.iter.as_deref() else {
        return false;
    };
    let inner = sub_expressions(test);
    if inner
        .iter()
        .any(|expr| is_order(expr) || expr.as_call().is_some())
    {
        return false;
    }
    let names: BTreeSet<&str> = inner.iter().filter_map(|expr| expr.as_name()).collect();
    let answered = |stmt: &&Stmt| match &stmt.kind {
        StmtKind::Assign(assign) => assign.value.as_deref().is_some_and(|value| {
            let mut parts = sub_expressions(value).into_iter();
            parts.any(|part| asks(code.source, module.id, part))
        }),
        _ => false,
    };
    let body = statements(&looped.body);
    let targets = body
        .into_iter()
        .filter(answered)
        .flat_map(|stmt| match &stmt.kind {
            StmtKind::Assign(assign) => assign.targets.iter().filter_map(Expr::as_name).collect(),
            _ => Vec::new(),
        });
    let answers: BTreeSet<&str> = targets.collect();
    !names.is_empty() && names.is_subset(&answers)
}

/// Whether an expression compares by order.
fn is_order(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Compare(compared) => compared
            .rest
            .iter()
            .any(|(operator, _)| matches!(*operator, "<" | "<=" | ">" | ">=")),
        _ => false,
    }
}

fn asks_a_model(code: &AgentCode<'_>, module: &Module, looped: &Loop) -> bool {
    let inner = expressions(&looped.body).into_iter();
    { inner }.any(|expr| asks(code.source, module.id, expr))
}

/// Whether a number or a time is compared in the loop: a bound of its own. An input that is waited for is one too.
fn counts_or_waits(looped: &Loop) -> bool {
    let inner = expressions(&looped.body).into_iter();
    { inner }.any(|expr| match &expr.kind {
        _ if is_order(expr) => true,
        ExprKind::Call(call) => matches!(
            call.written_name(),
            "input" | "receive" | "recv" | "receive_text" | "receive_json" | "get" | "next"
        ),
        _ => false,
    })
}

/// What stands before the body of a loop.
fn head(module: &Module, stmt: &Stmt, looped: &Loop) -> ByteRange {
    let ByteRange { start, end } = stmt.range;
    let body = looped.body.first().map(|first| first.range.start.min(end));
    let before = ByteRange {
        start,
        end: body.unwrap_or(end),
    };
    let length = module.text(before).trim_end().len();
    ByteRange {
        start,
        end: start + u32::try_from(length).unwrap_or(0),
    }
}
