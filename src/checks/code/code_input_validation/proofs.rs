//! What code proves of a value: a condition by its outcome, a call by not raising, an expression of the value that it makes.

use crate::analysis::names::{Meaning, leaf};
use crate::model::source::{Call, Expr, ExprKind, ModuleId, Source};

use super::compared::{compared, is_fixed_set};
use super::tested::{Tested, type_names};

type Proved<'e> = Vec<(&'e Expr, Tested)>;

/// What a condition says of values when it comes out true, or false.
pub(super) fn when<'e>(
    source: &Source,
    module: ModuleId,
    test: &'e Expr,
    truth: bool,
) -> Proved<'e> {
    match &test.kind {
        ExprKind::Call(call) => asked(source, module, call, truth),
        ExprKind::Compare { left, rest } => {
            let mut found = Vec::new();
            // Of `1 <= x <= 5` either side may have failed.
            if rest.len() > 1 && !truth {
                return found;
            }
            let mut before = &**left;
            for (operator, right) in rest {
                compared(source, module, (before, operator, right), truth, &mut found);
                before = right;
            }
            found
        }
        _ => Vec::new(),
    }
}

fn asked<'e>(source: &Source, module: ModuleId, call: &'e Call, truth: bool) -> Proved<'e> {
    let Some((name, base)) = named(call) else {
        return Vec::new();
    };
    let first = call.args.first();
    let one = |value: Option<&'e Expr>, says: Tested| -> Proved<'e> {
        value.map(|value| (value, says)).into_iter().collect()
    };
    if name == "isinstance" {
        let types = call
            .args
            .get(1)
            .map(|types| type_names(source, module, types))
            .unwrap_or_default();
        return match truth && !types.is_empty() {
            true => one(first, Tested::of_types(&types)),
            false => Vec::new(),
        };
    }
    if !truth {
        return Vec::new();
    }
    match name {
        "isArray" => one(
            first,
            Tested {
                lists: true,
                ..Tested::NOTHING
            },
        ),
        "isInteger" | "isFinite" | "isSafeInteger" => one(first, Tested::NUMBER),
        "fullmatch" | "match" if call.args.len() > 1 => one(call.args.get(1), Tested::PATTERN),
        "fullmatch" => one(first, Tested::PATTERN),
        // `PATTERN.match(x)`, `x.match(/…/)`.
        "match" => first
            .into_iter()
            .chain(base)
            .map(|value| (value, Tested::PATTERN))
            .collect(),
        "test" | "isUUID" | "isUuid" | "validateUuid" => one(first, Tested::PATTERN),
        "isalnum" | "isidentifier" => one(
            base,
            Tested {
                formatted: true,
                ..Tested::TEXT
            },
        ),
        // An allow-list: `ALLOWED.has(x)`, `ALLOWED.includes(x)`, `TABLE.get(x)`.
        "has" | "includes" | "get"
            if base.is_some_and(|base| is_fixed_set(source, module, base)) =>
        {
            one(first, Tested::ONE_OF_A_SET)
        }
        _ => Vec::new(),
    }
}

/// What a call says of values by not raising.
pub(super) fn unless_raised<'e>(source: &Source, module: ModuleId, expr: &'e Expr) -> Proved<'e> {
    let ExprKind::Call(call) = &expr.kind else {
        return Vec::new();
    };
    let Some((name, base)) = named(call) else {
        return Vec::new();
    };
    match (name, base) {
        // Whatever is no text fails there.
        (
            "strip" | "lower" | "upper" | "trim" | "encode" | "splitlines" | "toLowerCase"
            | "toUpperCase" | "startswith" | "startsWith" | "isalnum" | "isidentifier",
            Some(base),
        ) => vec![(base, Tested::TEXT)],
        _ if is_enum(source, module, call) => call
            .args
            .first()
            .map(|value| (value, Tested::ONE_OF_A_SET))
            .into_iter()
            .collect(),
        ("UUID", _) if source.callee(module, expr).is_none() => call
            .args
            .first()
            .map(|value| (value, Tested::PATTERN))
            .into_iter()
            .collect(),
        ("fullmatch", _) if call.args.len() > 1 => vec![(&call.args[1], Tested::TEXT)],
        _ => Vec::new(),
    }
}

/// What holds for the value that an expression makes of another, and that other.
pub(super) fn made<'e>(
    source: &Source,
    module: ModuleId,
    expr: &'e Expr,
) -> Option<(&'e Expr, Tested)> {
    match &expr.kind {
        // `prompt[:10_000]`
        ExprKind::Subscript { base, index } => (matches!(index.kind, ExprKind::Slice(_))
            && has_upper(source, module, index))
        .then_some((&**base, Tested::BOUNDED)),
        ExprKind::Call(call) => {
            if source.callee(module, expr).is_some() {
                return None;
            }
            made_by_call(source, module, call)
        }
        _ => None,
    }
}

fn made_by_call<'e>(
    source: &Source,
    module: ModuleId,
    call: &'e Call,
) -> Option<(&'e Expr, Tested)> {
    let (name, base) = named(call)?;
    let first = call.args.first();
    if is_enum(source, module, call) {
        return Some((first?, Tested::ONE_OF_A_SET));
    }
    let plain = base.is_none();
    match name {
        "str" | "String" if plain => Some((first?, Tested::TEXT)),
        "int" | "float" | "Number" | "parseInt" | "parseFloat" | "Decimal" => {
            Some((first?, Tested::NUMBER))
        }
        "bool" | "Boolean" if plain => Some((
            first?,
            Tested {
                typed: true,
                flag: true,
                ..Tested::NOTHING
            },
        )),
        "UUID" => Some((first?, Tested::PATTERN)),
        "slice" | "substring" | "substr" if call.args.len() > 1 => Some((base?, Tested::BOUNDED)),
        "shorten" => Some((first?, Tested::BOUNDED)),
        "min" | "clamp" => {
            let fixed = call.args.iter().any(|arg| arg.as_number().is_some())
                || call.args.len() > 1
                || name == "clamp";
            let value = call.args.iter().find(|arg| arg.as_number().is_none())?;
            fixed.then_some((value, Tested::RANGED))
        }
        // `TABLE.get(x)`; `TABLE.get(x, x)` lets through what is not in it.
        "get" if is_fixed_set(source, module, base?) && call.args.len() == 1 => {
            Some((first?, Tested::ONE_OF_A_SET))
        }
        other if other.to_lowercase().contains("truncate") => {
            Some((first.or(base)?, Tested::BOUNDED))
        }
        _ => None,
    }
}

/// The last name of what is called, and what it is called on.
fn named(call: &Call) -> Option<(&str, Option<&Expr>)> {
    match &call.callee.kind {
        ExprKind::Name(name) => Some((name, None)),
        ExprKind::Attribute { base, attr } => Some((attr, Some(base))),
        _ => None,
    }
}

/// `Mode(x)`: an enumeration of the project raises for what it does not hold.
fn is_enum(source: &Source, module: ModuleId, call: &Call) -> bool {
    let named = named(call)
        .is_some_and(|(name, _)| name.starts_with(|first: char| first.is_ascii_uppercase()));
    named
        && call.args.len() == 1
        && match source.meaning(module, &call.callee) {
            Meaning::Class(class) => source
                .bases(class)
                .iter()
                .any(|base| matches!(leaf(base), "Enum" | "StrEnum" | "IntEnum")),
            _ => false,
        }
}

/// Whether a slice has an upper end: its text has something behind the first colon.
fn has_upper(source: &Source, module: ModuleId, slice: &Expr) -> bool {
    let text = source
        .module(module)
        .map_or("", |module| module.text(slice.range));
    let mut parts = text.split(':');
    parts.next();
    parts
        .next()
        .is_some_and(|upper| !upper.trim().is_empty() && !upper.trim().starts_with('-'))
}
