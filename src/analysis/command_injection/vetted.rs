//! Functions of the project that are given a value before it is evaluated, and raise for what they refuse: a validator whose rules are
//! a parser's cannot be read here, so that nothing is said of what it lets through.

use crate::analysis::dataflow::Step;
use crate::model::source::ir::StmtKind;
use crate::model::source::walk::{expressions, statements};
use crate::model::source::{Expr, FnId, ModuleId, Source};

/// How many functions deep a validator may raise.
const DEEPEST: u8 = 3;

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
            raises(source, function, DEEPEST).then_some(function)
        })
    })
}

/// Whether a function of the project raises, or one that it calls.
fn raises(source: &Source, function: FnId, depth: u8) -> bool {
    let Some(found) = source.function(function) else {
        return false;
    };
    let own = statements(&found.body);
    let raise = |stmt: &&crate::model::source::Stmt| matches!(stmt.kind, StmtKind::Raise { .. });
    own.iter().any(raise)
        || depth > 0
            && called(source, function.module, function).any(|next| raises(source, next, depth - 1))
}

/// The functions of the project that a function calls.
fn called(source: &Source, module: ModuleId, function: FnId) -> impl Iterator<Item = FnId> + '_ {
    let module = source.module(module).into_iter();
    module
        .flat_map(|module| module.calls())
        .filter_map(move |(owner, expr)| {
            (owner == Some(function)).then(|| source.callee(function.module, expr))?
        })
}
