//! Whether code heeds what a schema says: `const result = schema.safeParse(payload)` does not raise, and what raises may be caught.

use crate::analysis::dataflow::{ends, leaves};
use crate::model::source::ir::{Conditional, If, StmtKind};
use crate::model::source::walk::{expressions, statements, sub_expressions};
use crate::model::source::{ByteRange, Call, Expr, ExprKind, Stmt};

/// Whether what a call raises is caught in its body by a handler that goes on behind.
pub(super) fn is_swallowed(body: &[Stmt], call: &Expr) -> bool {
    let holds = |stmt: &Stmt| stmt.range.contains(call.range);
    statements(body).into_iter().any(|stmt| match &stmt.kind {
        StmtKind::Try(tried) => {
            let mut handlers = tried.handlers.iter();
            tried.body.iter().any(holds)
                && handlers.any(|handler| !ends(&handler.body))
                && !leaves(&tried.finally)
        }
        _ => false,
    })
}

/// Whether the body that a call stands in uses what the call gives, and not only in a log.
pub(super) fn uses(body: &[Stmt], call: &Expr) -> bool {
    for stmt in statements(body) {
        match &stmt.kind {
            StmtKind::Assign(assign) if assign.value.as_deref().is_some_and(|it| is(it, call)) => {
                let bound = name_range(assign.targets.first());
                let Some(name) = assign.targets.first().and_then(Expr::as_name) else {
                    return true;
                };
                let used =
                    |expr: &&Expr| expr.as_name() == Some(name) && !bound.contains(expr.range);
                let mut all = expressions(body).into_iter();
                return all.any(|expr| used(&expr));
            }
            StmtKind::Expr(expr) if is(expr, call) => return false,
            _ => {}
        }
    }
    true
}

/// Whether the body that a call stands in takes its value out of the verdict, leaves by it, chooses by it, or hands it on. One that is only
/// logged, or not looked at, tests nothing.
pub(super) fn heeds(body: &[Stmt], call: &Expr) -> bool {
    let holds = |expr: &Expr| expr.range.contains(call.range);
    for stmt in statements(body) {
        match &stmt.kind {
            StmtKind::Assign(assign) if assign.value.as_deref().is_some_and(|it| is(it, call)) => {
                let targets = assign.targets.iter();
                let mut names = targets.flat_map(sub_expressions);
                // `const { data, success } = …`
                return names.any(|name| {
                    name.as_name().is_some_and(|name| {
                        matches!(name, "data" | "output" | "value")
                            || is_heeded(body, name, name_range(assign.targets.first()))
                    })
                });
            }
            StmtKind::Expr(expr) if is(expr, call) => return false,
            StmtKind::Expr(expr) if holds(expr) => return !is_logged(expr, call.range),
            _ => {}
        }
    }
    true
}

/// Whether an expression is the call, or waits for it.
fn is(expr: &Expr, call: &Expr) -> bool {
    let inner = match &expr.kind {
        ExprKind::Await(inner) => inner,
        _ => expr,
    };
    inner.range == call.range
}

fn name_range(target: Option<&Expr>) -> ByteRange {
    target.map(|target| target.range).unwrap_or_default()
}

fn is_heeded(body: &[Stmt], name: &str, bound: ByteRange) -> bool {
    let names = |expr: &Expr| {
        let all = sub_expressions(expr).into_iter();
        all.filter(|inner| inner.as_name() == Some(name) && !bound.contains(inner.range))
            .map(|inner| inner.range)
            .collect::<Vec<_>>()
    };
    let is_named = |expr: &Expr| !names(expr).is_empty();
    let by_statement = statements(body).into_iter().any(|stmt| match &stmt.kind {
        StmtKind::If(branch) => {
            let If {
                test, body, orelse, ..
            } = &**branch;
            is_named(test) && (leaves(body) || leaves(orelse))
        }
        StmtKind::Return(Some(value)) => is_named(value),
        StmtKind::Raise { value, .. } => value.as_deref().is_some_and(is_named),
        StmtKind::Assert { test, .. } => is_named(test),
        StmtKind::Switch(switch) => is_named(&switch.subject),
        StmtKind::Expr(expr) => names(expr).into_iter().any(|range| !is_logged(expr, range)),
        _ => false,
    });
    by_statement
        || expressions(body).into_iter().any(|expr| match &expr.kind {
            ExprKind::Attribute { base, attr } => {
                matches!(&**attr, "data" | "output" | "value") && base.as_name() == Some(name)
            }
            ExprKind::Conditional(parts) => {
                let Conditional { test, .. } = &**parts;
                is_named(test)
            }
            _ => false,
        })
}

/// Whether a range of an expression is only logged: `console.log(result.success)`.
fn is_logged(expr: &Expr, range: ByteRange) -> bool {
    let logs = |call: &Call| match &call.callee.kind {
        ExprKind::Attribute { base, .. } => base
            .last_name()
            .is_some_and(|name| matches!(&**name, "console" | "log" | "logger" | "logging")),
        ExprKind::Name(name) => &**name == "print",
        _ => false,
    };
    sub_expressions(expr).into_iter().any(|inner| {
        inner
            .as_call()
            .is_some_and(|call| logs(call) && inner.range.contains(range))
    })
}
