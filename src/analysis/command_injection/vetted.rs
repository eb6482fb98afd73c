//! Functions of the project that are given a value before it is evaluated, and raise for what they refuse: a validator whose rules are
//! a parser's cannot be read here, so that nothing is said of what it lets through.

use crate::analysis::dataflow::Step;
use crate::model::source::ir::StmtKind;
use crate::model::source::walk::{expressions, statements};
use crate::model::source::{Expr, FnId, Source, Stmt};

/// The function on the way of a value that may refuse it.
pub(super) fn by(source: &Source, steps: &[Step]) -> Option<FnId> {
    steps.iter().find_map(|step| {
        let module = source.module(step.module)?;
        let value = module.text(step.range);
        let around = module.function_at(step.range.start)?;
        expressions(&around.body).into_iter().find_map(|expr| {
            let call = expr.as_call()?;
            let is_value = |arg: &Expr| arg.as_name() == Some(value);
            let asked = call.args.iter().any(is_value);
            let function = source.callee(step.module, expr).filter(|_| asked)?;
            raises(source, function).then_some(function)
        })
    })
}

/// Whether a function of the project raises, or one that it runs.
fn raises(source: &Source, function: FnId) -> bool {
    let raise = |stmt: &Stmt| matches!(stmt.kind, StmtKind::Raise { .. });
    source.reach(function).iter().any(|id| {
        let body = statements(source.body(id.module, Some(*id)));
        body.into_iter().any(raise)
    })
}
