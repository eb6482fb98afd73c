//! Comparisons: a length with a limit, a number with a range, a type with its name, a value with a fixed set.

use crate::model::source::flow::Flow;
use crate::model::source::resolve::{Meaning, leaf};
use crate::model::source::{Expr, ExprKind, ModuleId, Source};

use super::tested::{Tested, by_types, mark, type_names};

pub(super) fn compared(
    source: &Source,
    flow: &Flow,
    module: ModuleId,
    left: &Expr,
    operator: &str,
    right: &Expr,
    found: &mut [Tested],
) {
    for (one, other, operator) in [
        (left, right, operator.to_owned()),
        (right, left, mirrored(operator)),
    ] {
        if let Some(measured) = length_of(one) {
            if is_upper(source, module, &operator, other) {
                mark(flow.labels(module, measured), found, |tested| {
                    tested.bounded = true
                });
            }
            continue;
        }
        if let ExprKind::Unary {
            op: "typeof",
            operand,
        } = &one.kind
        {
            let kind = other.as_str().unwrap_or("").to_owned();
            mark(flow.labels(module, operand), found, |tested| {
                tested.typed = true;
                tested.text_only |= kind == "string";
                tested.number |= kind == "number";
                tested.flag |= kind == "boolean";
                tested.lists |= kind == "object";
            });
        }
        if let Some(call) = one.as_call()
            && call.callee.as_name() == Some("type")
            && let Some(value) = call.args.first()
        {
            let types = type_names(source, module, other);
            mark(flow.labels(module, value), found, |tested| {
                by_types(tested, &types)
            });
        }
        let number = other.as_number().is_some()
            || matches!(other.kind, ExprKind::Name(_) | ExprKind::Attribute { .. })
                && is_number(source, module, other);
        if matches!(&*operator, "<" | "<=" | ">" | ">=") && number {
            mark(flow.labels(module, one), found, |tested| {
                tested.ranged = true;
                tested.number = true;
            });
        }
    }
    if matches!(operator, "in" | "not in") && is_fixed_set(source, module, right) {
        mark(flow.labels(module, left), found, Tested::one_of_a_set);
    }
}

fn mirrored(operator: &str) -> String {
    match operator {
        "<" => ">",
        "<=" => ">=",
        ">" => "<",
        ">=" => "<=",
        other => other,
    }
    .to_owned()
}

/// `len(x)`, `x.length`, `len(x.encode())`.
fn length_of(expr: &Expr) -> Option<&Expr> {
    match &expr.kind {
        ExprKind::Call(call) if matches!(call.callee.as_name(), Some("len")) => call.args.first(),
        ExprKind::Call(call) => match &call.callee.kind {
            ExprKind::Attribute { base, attr }
                if &**attr == "byteLength" && base.as_name() == Some("Buffer") =>
            {
                call.args.first()
            }
            _ => None,
        },
        ExprKind::Attribute { base, attr } if matches!(&**attr, "length" | "byteLength") => {
            Some(base)
        }
        _ => None,
    }
}

/// Whether a comparison of a length keeps it from growing: more than some figure is refused, or up to some figure is let
/// through. `len(x) < 3` refuses what is too short, `len(x) > 0` asks whether there is any.
fn is_upper(source: &Source, module: ModuleId, operator: &str, limit: &Expr) -> bool {
    let figure = limit
        .as_number()
        .or_else(|| constant(source, module, limit));
    let text = source.module(module).map_or(String::new(), |module| {
        module.text(limit.range).to_lowercase()
    });
    if text.contains("min") && !text.contains("max") {
        return false;
    }
    match operator {
        ">" | ">=" => figure.is_none_or(|figure| figure > 1.0),
        "<" | "<=" => figure.is_none_or(|figure| figure > 10.0),
        _ => false,
    }
}

fn constant(source: &Source, module: ModuleId, expr: &Expr) -> Option<f64> {
    match source.meaning(module, expr) {
        Meaning::Value(_, value) => value.as_number(),
        _ => None,
    }
}

fn is_number(source: &Source, module: ModuleId, expr: &Expr) -> bool {
    constant(source, module, expr).is_some()
}

/// A collection of constants, or a name in capitals that stands for one.
pub(super) fn is_fixed_set(source: &Source, module: ModuleId, expr: &Expr) -> bool {
    let fixed = |value: &Expr| match &value.kind {
        ExprKind::List(items) | ExprKind::Tuple(items) | ExprKind::Set(items) => !items.is_empty(),
        ExprKind::Dict(entries) => !entries.is_empty(),
        _ => false,
    };
    if fixed(expr) {
        return true;
    }
    match source.meaning(module, expr) {
        Meaning::Value(_, value) => fixed(value),
        Meaning::Instance(made) => {
            matches!(leaf(&made.type_name), "Set" | "Map" | "frozenset" | "set")
                && made.call.is_some_and(|call| !call.args.is_empty())
        }
        _ => false,
    }
}
