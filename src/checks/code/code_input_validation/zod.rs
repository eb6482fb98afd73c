//! zod schemas and JSON Schema literals.

use crate::model::source::resolve::Meaning;
use crate::model::source::{Call, Expr, ExprKind, ModuleId, Source};

use super::schema::{Fields, Rule};

const DEEPEST: u8 = 8;

/// The fields of `z.object({…})`, of a chain that ends in one, of a plain object of zod types, or of a JSON Schema.
pub(super) fn fields(source: &Source, module: ModuleId, expr: &Expr, depth: u8) -> Fields {
    if depth > DEEPEST {
        return Fields::new();
    }
    match &expr.kind {
        ExprKind::Dict(entries) => {
            if expr.entry("properties").is_some() {
                return json_schema(source, module, expr);
            }
            let mut found = Fields::new();
            for entry in entries {
                match entry.key.as_ref().and_then(Expr::as_str) {
                    Some(key) => {
                        let rule = rule(source, module, &entry.value, 0);
                        if rule != Rule::default() {
                            found.insert(key.to_owned(), rule);
                        }
                    }
                    None => found.extend(fields(source, module, &entry.value, depth + 1)),
                }
            }
            found
        }
        ExprKind::Call(call) => of_call(source, module, call, depth),
        ExprKind::Await(inner) => fields(source, module, inner, depth + 1),
        _ => match source.meaning(module, expr) {
            Meaning::Instance(made) => made.call.map_or_else(Fields::new, |call| {
                of_call(source, made.module, call, depth + 1)
            }),
            Meaning::Value(at, value) if !std::ptr::eq(value, expr) => {
                fields(source, at, value, depth + 1)
            }
            _ => Fields::new(),
        },
    }
}

fn of_call(source: &Source, module: ModuleId, call: &Call, depth: u8) -> Fields {
    let ExprKind::Attribute { base, attr } = &call.callee.kind else {
        return match call.args.first() {
            Some(first) if matches!(first.kind, ExprKind::Dict(_)) => {
                fields(source, module, first, depth + 1)
            }
            _ => Fields::new(),
        };
    };
    let inner = |expr: Option<&Expr>| {
        expr.map_or_else(Fields::new, |expr| fields(source, module, expr, depth + 1))
    };
    match &**attr {
        "object" | "strictObject" | "looseObject" => inner(call.args.first()),
        "extend" | "merge" | "safeExtend" | "and" => {
            let mut found = inner(Some(base));
            found.extend(inner(call.args.first()));
            found
        }
        _ => inner(Some(base)),
    }
}

/// What a chain such as `z.string().min(1).max(100)` tests.
fn rule(source: &Source, module: ModuleId, expr: &Expr, depth: u8) -> Rule {
    if depth > DEEPEST {
        return Rule::default();
    }
    let ExprKind::Call(call) = &expr.kind else {
        return match source.meaning(module, expr) {
            Meaning::Instance(made) => made.call.map_or(Rule::default(), |call| {
                chain(source, made.module, call, depth + 1)
            }),
            _ => Rule::default(),
        };
    };
    chain(source, module, call, depth)
}

fn chain(source: &Source, module: ModuleId, call: &Call, depth: u8) -> Rule {
    let ExprKind::Attribute { base, attr } = &call.callee.kind else {
        return Rule::default();
    };
    match &**attr {
        "string" => {
            return Rule {
                text: true,
                ..Rule::TYPED
            };
        }
        "number" | "int" | "bigint" if !is_chain(base) => {
            return Rule {
                number: true,
                ..Rule::TYPED
            };
        }
        "boolean" => {
            return Rule {
                flag: true,
                ..Rule::TYPED
            };
        }
        "uuid" | "guid" | "ulid" | "cuid" | "cuid2" | "nanoid" | "datetime" | "ipv4"
        | "isoDate"
            if !is_chain(base) =>
        {
            return Rule::SET;
        }
        "email" | "url" if !is_chain(base) => {
            return Rule {
                text: true,
                formatted: true,
                ..Rule::TYPED
            };
        }
        "enum" | "nativeEnum" | "literal" => return Rule::SET,
        "array" | "object" | "record" | "tuple" | "strictObject" | "union"
        | "discriminatedUnion"
            if !is_chain(base) =>
        {
            return Rule::TYPED;
        }
        "any" | "unknown" | "custom" => return Rule::default(),
        _ => {}
    }
    let mut found = match &base.kind {
        ExprKind::Call(_) => rule(source, module, base, depth + 1),
        _ => match source
            .type_of(module, base)
            .and_then(|made| made.call.map(|call| (made.module, call)))
        {
            Some((at, inner)) => chain(source, at, inner, depth + 1),
            None => Rule::default(),
        },
    };
    match &**attr {
        "max" | "length" | "lte" | "lt" => {
            found.bounded = true;
            found.ranged = true;
        }
        "uuid" | "guid" | "ulid" | "cuid" | "cuid2" | "nanoid" | "datetime" => {
            found.formatted = true;
            found.bounded = true;
        }
        "regex" => {
            found.formatted = true;
            found.bounded |= call.args.first().is_some_and(|pattern| matches!(&pattern.kind, ExprKind::Regex(text) if text.contains('{') && text.contains('$')));
        }
        "email" | "url" | "startsWith" => found.formatted = true,
        _ => {}
    }
    found
}

/// Whether a receiver is itself a chain (`z.string()`), not `z` or `z.coerce`.
fn is_chain(base: &Expr) -> bool {
    matches!(base.kind, ExprKind::Call(_))
}

/// The properties of a JSON Schema literal.
pub(super) fn json_schema(source: &Source, module: ModuleId, expr: &Expr) -> Fields {
    let mut found = Fields::new();
    let Meaning::Value(_, schema) = source.meaning(module, expr) else {
        return found;
    };
    let Some(ExprKind::Dict(entries)) = schema
        .entry("properties")
        .map(|properties| &properties.kind)
    else {
        return found;
    };
    for entry in entries {
        let Some(key) = entry.key.as_ref().and_then(Expr::as_str) else {
            continue;
        };
        let kind = entry
            .value
            .entry("type")
            .and_then(Expr::as_str)
            .unwrap_or("");
        let has = |name: &str| entry.value.entry(name).is_some();
        let rule = Rule {
            typed: !kind.is_empty(),
            text: kind == "string",
            number: matches!(kind, "integer" | "number"),
            flag: kind == "boolean",
            bounded: has("maxLength") || has("maxItems"),
            ranged: has("maximum") || has("exclusiveMaximum"),
            formatted: has("pattern") || has("format"),
        };
        found.insert(
            key.to_owned(),
            if has("enum") || has("const") {
                Rule::SET
            } else {
                rule
            },
        );
    }
    found
}
