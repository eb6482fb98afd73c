//! Where the value of an expression comes from: assignments, attributes, helpers, callers.

use crate::analysis::call_sites::Callers;
use crate::analysis::limits;
use crate::analysis::names::{Meaning, leaf};
use crate::analysis::values;
use crate::model::source::module::BindingKind;
use crate::model::source::{Call, ClassId, Expr, ExprKind, ModuleId};

/// Methods that leave the start of a text as it is.
pub(super) const SAME: [&str; 17] = [
    "rstrip",
    "lstrip",
    "strip",
    "trim",
    "trimEnd",
    "trimStart",
    "replace",
    "toString",
    "removesuffix",
    "lower",
    "toLowerCase",
    "casefold",
    "geturl",
    "get_secret_value",
    "unicode_string",
    "encode",
    "decode",
];
/// Callables whose first argument is the text that they stand for.
const KEEPS: [&str; 4] = ["str", "String", "SecretStr", "quote"];
/// Deepest line of project classes that is followed for an attribute.
const DEEPEST_BASE: u8 = 40;
/// Most values of one name or attribute that are looked at: each may lead to as many again.
const MOST_VALUES: usize = 64;

/// The expressions that the value of another one is taken from, one step on; empty where none is seen.
pub(super) fn behind<'a>(
    callers: &Callers<'a>,
    module: ModuleId,
    expr: &'a Expr,
) -> Vec<(ModuleId, &'a Expr)> {
    let mut found = one_step(callers, module, expr);
    if found.len() > MOST_VALUES {
        limits::reached(limits::CALLERS, module, expr.range);
        found.truncate(MOST_VALUES);
    }
    found
}

fn one_step<'a>(
    callers: &Callers<'a>,
    module: ModuleId,
    expr: &'a Expr,
) -> Vec<(ModuleId, &'a Expr)> {
    let here = |values: Vec<&'a Expr>| values.into_iter().map(|value| (module, value)).collect();
    match &expr.kind {
        ExprKind::Await(inner) => here(vec![inner]),
        ExprKind::BoolOp { values, .. } => here(values.iter().collect()),
        ExprKind::Conditional(ways) => here(vec![&ways.body, &ways.orelse]),
        ExprKind::Call(call) => called(callers, module, expr, call),
        ExprKind::Name(name) => {
            let source = callers.source();
            let mut found: Vec<(ModuleId, &'a Expr)> =
                values::bound(source, module, name, expr.range.start)
                    .into_iter()
                    .filter(|value| !value.range.contains(expr.range))
                    .map(|value| (module, value))
                    .collect();
            if found.is_empty() {
                found = meant(callers, module, expr);
            }
            if found.is_empty() {
                found = callers.given(module, expr);
                found.extend(default(callers, module, expr));
            }
            found
        }
        ExprKind::Attribute { base, attr } => {
            let mut found = attribute(callers, module, expr, base, attr);
            if found.is_empty() {
                found = meant(callers, module, expr);
            }
            found
        }
        _ => Vec::new(),
    }
}

fn meant<'a>(callers: &Callers<'a>, module: ModuleId, expr: &'a Expr) -> Vec<(ModuleId, &'a Expr)> {
    match callers.source().meaning(module, expr) {
        Meaning::Value(at, value) if !value.is(expr) => vec![(at, value)],
        _ => Vec::new(),
    }
}

/// The default of the parameter that a name is.
fn default<'a>(
    callers: &Callers<'a>,
    module: ModuleId,
    name: &'a Expr,
) -> Option<(ModuleId, &'a Expr)> {
    let (function, index) = callers.parameter(module, name)?;
    let found = callers.source().function(function)?;
    let default = found.params.get(index)?.default.as_deref()?;
    Some((function.module, default))
}

fn called<'a>(
    callers: &Callers<'a>,
    module: ModuleId,
    expr: &'a Expr,
    call: &'a Call,
) -> Vec<(ModuleId, &'a Expr)> {
    if let ExprKind::Attribute { base, attr } = &call.callee.kind
        && SAME.contains(&&**attr)
    {
        return vec![(module, base)];
    }
    let source = callers.source();
    if let Some(function) = source.callee(module, expr) {
        let returned = values::returned(source, function).into_iter();
        return returned.map(|value| (value.module, value.expr)).collect();
    }
    let name = source.callee_name(module, expr);
    match (name, call.args.first()) {
        (Some(name), Some(first)) if KEEPS.contains(&leaf(name)) => vec![(module, first)],
        _ => Vec::new(),
    }
}

/// What an attribute of an object of the project is given: in its class, by its constructor's caller, by a property.
fn attribute<'a>(
    callers: &Callers<'a>,
    module: ModuleId,
    expr: &'a Expr,
    base: &'a Expr,
    attr: &str,
) -> Vec<(ModuleId, &'a Expr)> {
    let source = callers.source();
    let own = matches!(base.as_name(), Some("self" | "this" | "cls"))
        .then(|| source.module(module)?.function_at(expr.range.start)?.class)
        .flatten();
    let made = match own {
        Some(_) => None,
        None => source.type_of(module, base),
    };
    let Some(class) = own.or_else(|| made.as_ref()?.class) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    // `Settings(api_key=…)` of a dataclass.
    if let Some(made) = made
        && let Some(value) = made.call.and_then(|call| call.option(attr))
    {
        found.push((made.module, value));
    }
    members(callers, class, attr, 0, &mut found);
    found
}

fn members<'a>(
    callers: &Callers<'a>,
    id: ClassId,
    attr: &str,
    depth: u8,
    found: &mut Vec<(ModuleId, &'a Expr)>,
) {
    let source = callers.source();
    let Some(class) = source.class(id) else {
        return;
    };
    if depth > DEEPEST_BASE {
        limits::reached(limits::NAMES, id.module, class.range);
        return;
    }
    if let Some(method) = class.method(attr) {
        let returned = values::returned(source, method).into_iter();
        found.extend(returned.map(|value| (value.module, value.expr)));
        return;
    }
    let before = found.len();
    for scope in [&class.instance, &class.fields] {
        for binding in scope.names.get(attr).into_iter().flatten() {
            if let BindingKind::Value { value, path, .. } = &binding.kind
                && path.is_empty()
            {
                found.push((id.module, value));
            }
            if found.len() > MOST_VALUES {
                return;
            }
        }
    }
    if found.len() > before {
        return;
    }
    for base in &class.bases {
        if let Meaning::Class(base) = source.meaning(id.module, base)
            && base != id
        {
            members(callers, base, attr, depth + 1, found);
        }
    }
}
