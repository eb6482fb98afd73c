//! Schemas of voluptuous: `Schema({Required("prompt"): All(str, Length(max=300))})`, called with what they test.

use crate::analysis::dataflow::Ends;
use crate::analysis::limits;
use crate::analysis::names::{Meaning, leaf, package};
use crate::analysis::tested::pattern;
use crate::model::source::{Call, Expr, ExprKind, ModuleId, Source};

use super::rules::{Fields, Rule, Shape};
use super::{own, pydantic};

/// What a schema says that is called: it gives the value back, or raises.
pub(super) fn fields(source: &Source, module: ModuleId, callee: &Expr) -> Option<Fields> {
    let Meaning::Instance(made) = source.meaning(module, callee) else {
        return None;
    };
    let is_schema = is_own(&made.type_name) && leaf(&made.type_name) == "Schema";
    let call = made.call.filter(|_| is_schema)?;
    Some(of_call(source, made.module, call).into_fields())
}

fn shape(source: &Source, module: ModuleId, expr: &Expr) -> Shape {
    let Some(_step) = limits::follow("voluptuous", limits::SCHEMA, module, expr) else {
        return Shape::default();
    };
    match &expr.kind {
        ExprKind::Dict(entries) => {
            let all = entries.iter().map(|entry| {
                let key = entry.key.as_ref()?;
                // `Required("prompt")`
                let inner = key.as_call().and_then(|call| call.args.first());
                let key = inner.unwrap_or(key).as_str()?;
                Some((key.to_owned(), shape(source, module, &entry.value)))
            });
            let all: Vec<_> = all.collect();
            let whole = all.iter().all(Option::is_some);
            let made = Shape::object(all.into_iter().flatten());
            if whole { made } else { made.open() }
        }
        ExprKind::List(items) => {
            let items = items.iter().map(|item| shape(source, module, item));
            Shape::list(Shape::union(items))
        }
        ExprKind::Str(_) | ExprKind::Number(_) | ExprKind::Bool(_) | ExprKind::None => {
            Shape::of(Rule::SET)
        }
        ExprKind::Call(call) => of_call(source, module, call),
        _ => {
            if let Some(function) = own::given(source, module, expr) {
                return Shape::of(own::of_value(source, function, 0, Ends::All));
            }
            match source.meaning(module, expr) {
                Meaning::Instance(made) => made
                    .call
                    .map_or_else(unread, |call| of_call(source, made.module, call)),
                Meaning::Value(at, value) if !value.is(expr) => shape(source, at, value),
                Meaning::Class(class) if pydantic::is_enum(source, class) => Shape::of(Rule::SET),
                Meaning::External(name) if is_own(&name) => Shape::default(),
                _ => match expr.as_name().map(of_type) {
                    Some(rule) if rule != Rule::default() => Shape::of(rule),
                    _ if expr.as_name() == Some("object") => Shape::default(),
                    _ => unread(),
                },
            }
        }
    }
}

/// A validator that is neither of the package nor one of the project's functions.
fn unread() -> Shape {
    Shape::of(Rule::UNREAD)
}

fn is_own(name: &str) -> bool {
    package(name) == "voluptuous"
}

/// What a type of Python says as a validator.
pub(super) fn of_type(name: &str) -> Rule {
    match name {
        "str" => Rule {
            text: true,
            ..Rule::TYPED
        },
        "int" | "float" => Rule {
            number: true,
            ..Rule::TYPED
        },
        "bool" => Rule {
            flag: true,
            ..Rule::TYPED
        },
        "dict" | "list" | "tuple" => Rule::TYPED,
        _ => Rule::default(),
    }
}

fn of_call(source: &Source, module: ModuleId, call: &Call) -> Shape {
    let name = source.canonical(module, &call.callee);
    if !name.is_some_and(|name| is_own(&name)) {
        return unread();
    }
    let of = |expr: &Expr| shape(source, module, expr);
    let first = call.args.first();
    let each = call.args.iter().map(of);
    let max = call.argument(1, "max").is_some();
    let rule = match call.callee.last_name().map_or("", |name| &**name) {
        "Schema" => {
            let extra = call.argument(2, "extra").and_then(Expr::last_name);
            let made = first.map_or_else(Shape::default, of);
            return match extra.map(|name| &**name) {
                None | Some("PREVENT_EXTRA" | "REMOVE_EXTRA") => made,
                Some(_) => made.open(),
            };
        }
        "All" | "And" => {
            return each.fold(Shape::default(), |all, one| Shape {
                rule: all.rule.tested(one.rule),
                fields: all.fields.into_iter().chain(one.fields).collect(),
            });
        }
        "Any" | "Or" => return Shape::union(each),
        "Maybe" | "Coerce" => return first.map_or_else(Shape::default, of),
        "Length" => Rule {
            bounded: max,
            ..Rule::default()
        },
        "Range" | "Clamp" => Rule {
            ranged: max,
            ..Rule::default()
        },
        "In" => Rule::SET,
        "Match" => Rule {
            formatted: true,
            text: true,
            safe: first.is_some_and(|given| pattern::is_safe(source, module, given)),
            bounded: first.is_some_and(|given| pattern::is_bounded(source, module, given)),
            ..Rule::TYPED
        },
        "Boolean" => of_type("bool"),
        "Email" | "Url" | "FqdnUrl" => Rule {
            formatted: true,
            text: true,
            ..Rule::TYPED
        },
        _ => Rule::default(),
    };
    Shape::of(rule)
}
