//! The elements that a name stands for one after the other.

use crate::analysis::call_sites::Callers;
use crate::analysis::names::Meaning;
use crate::model::source::module::BindingKind;
use crate::model::source::{Expr, ExprKind, Function, Module, ModuleId};

/// The elements of the lists that callers give for a parameter that a name loops over.
pub(crate) fn looped_over<'a>(
    callers: &Callers<'a>,
    module: ModuleId,
    key: &'a Expr,
) -> Vec<(ModuleId, &'a Expr)> {
    let source = callers.source();
    let (Some(name), Some(place)) = (key.as_name(), source.module(module)) else {
        return Vec::new();
    };
    let function = place.function_at(key.range.start);
    let scope = place
        .scopes
        .get(function.map_or(0, |function| function.id.index as usize + 1));
    let bindings = scope.and_then(|scope| scope.names.get(name));
    let mut found = Vec::new();
    if let Some(function) = function {
        found.extend(mapped(callers, place, function, name));
    }
    for binding in bindings.into_iter().flatten() {
        let BindingKind::Element { iter, path } = &binding.kind else {
            continue;
        };
        if path.is_empty() {
            found.extend(of_parameter(callers, module, iter));
        }
    }
    found
}

/// The elements of what callers give for a parameter: of lists that are written out, or the arguments that it collects
/// (`*names`, `...names`).
pub(crate) fn of_parameter<'a>(
    callers: &Callers<'a>,
    module: ModuleId,
    name: &'a Expr,
) -> Vec<(ModuleId, &'a Expr)> {
    let source = callers.source();
    if let Some(collected) = callers.collected(module, name) {
        return collected;
    }
    let mut found = Vec::new();
    for (at, given) in callers.given(module, name) {
        if let Meaning::Value(at, list) = source.meaning(at, given)
            && let ExprKind::List(items) | ExprKind::Tuple(items) | ExprKind::Set(items) =
                &list.kind
        {
            found.extend(items.iter().map(|item| (at, item)));
        }
    }
    found
}

/// The elements of the list whose method a callback is given to: `KEYS.map((key) => process.env[key])`.
fn mapped<'a>(
    callers: &Callers<'a>,
    place: &'a Module,
    function: &Function,
    name: &str,
) -> Vec<(ModuleId, &'a Expr)> {
    if function
        .params
        .first()
        .is_none_or(|param| &*param.name != name)
    {
        return Vec::new();
    }
    let calls = place.calls().filter_map(|(_, expr)| expr.as_call());
    for call in calls {
        let ExprKind::Attribute { base, attr } = &call.callee.kind else {
            continue;
        };
        let goes_through = matches!(
            &**attr,
            "map" | "forEach" | "filter" | "flatMap" | "find" | "some" | "every"
        );
        let given = call
            .args
            .first()
            .is_some_and(|arg| matches!(arg.kind, ExprKind::Lambda(id) if id == function.id));
        if !goes_through || !given {
            continue;
        }
        return match callers.source().meaning(place.id, base) {
            Meaning::Value(at, list) => match &list.kind {
                ExprKind::List(items) => items.iter().map(|item| (at, item)).collect(),
                _ => Vec::new(),
            },
            _ => of_parameter(callers, place.id, base),
        };
    }
    Vec::new()
}
