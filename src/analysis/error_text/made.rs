//! Where the text of an exception is made that a handler gets from a helper: that is the line to change.

use crate::analysis::dataflow::Flow;
use crate::analysis::leaving;
use crate::analysis::values;
use crate::model::source::ir::ByteRange;
use crate::model::source::{Expr, ExprKind, ModuleId, Source};

use super::seeds;

/// Most helpers that lead to the place one after the other; beyond it the call of the first is named.
const MOST_HELPERS: usize = 64;

/// The place in a helper, where a value that leaves is what a function of the project returns, and that function makes the text: of an
/// exception that it is given as such, or that it catches itself.
pub(super) fn in_helper<'s>(
    source: &'s Source,
    flow: &Flow,
    mut module: ModuleId,
    mut value: &'s Expr,
) -> Option<(ModuleId, ByteRange)> {
    let mut found = None;
    for _ in 0..MOST_HELPERS {
        let Some(returned) = returned(source, flow, module, value) else {
            return found;
        };
        (module, value) = returned;
        let range = leaving::entry(flow, module, value).unwrap_or(value.range);
        found = Some((module, range));
    }
    None
}

/// What the function returns that a value calls, where it makes the text.
fn returned<'s>(
    source: &'s Source,
    flow: &Flow,
    module: ModuleId,
    value: &Expr,
) -> Option<(ModuleId, &'s Expr)> {
    let call = match &value.kind {
        ExprKind::Await(inner) => inner,
        _ => value,
    };
    let given = call.as_call()?;
    let helper = source.callee(module, call)?;
    let function = source.function(helper)?;
    let leaks = |module, expr: &Expr| seeds::leaking(flow.labels(module, expr)) != 0;
    // What is given as a text was made by the caller.
    let mut args = given
        .args
        .iter()
        .chain(given.keywords.iter().map(|keyword| &keyword.value));
    if function.is_generator || args.any(|arg| arg.as_name().is_none() && leaks(module, arg)) {
        return None;
    }
    let mut all = values::returned(source, helper).into_iter();
    let returned = all.find(|at| leaks(at.module, at.expr))?.expr;
    // A helper that hands on its parameter makes nothing.
    let handed = |expr: &Expr| {
        let name = expr.as_name();
        name.is_some_and(|name| function.params.iter().any(|param| &*param.name == name))
    };
    let at = leaving::entry(flow, helper.module, returned);
    let text = at.and_then(|at| source.module(helper.module).map(|module| module.text(at)));
    let only = text.is_some_and(|text| function.params.iter().any(|param| &*param.name == text));
    (!handed(returned) && !only).then_some((helper.module, returned))
}
