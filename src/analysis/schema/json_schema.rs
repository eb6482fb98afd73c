//! JSON Schema literals.

use crate::analysis::limits;
use crate::analysis::names::Meaning;
use crate::analysis::tested::pattern;
use crate::model::source::{Expr, ExprKind, ModuleId, Source};

use super::{Fields, Rule, Shape, zod};

const DEEPEST: u8 = 40;

/// Whether an object literal is a JSON Schema: it has `properties`, or a `type` that is one of the seven.
pub(crate) fn is_schema(expr: &Expr) -> bool {
    expr.entry("properties").is_some()
        || expr.entry("type").is_some_and(|kind| {
            matches!(
                kind.as_str(),
                Some("string" | "integer" | "number" | "boolean" | "array" | "object" | "null")
            )
        })
}

/// The rules of a schema by path.
pub(crate) fn fields(source: &Source, module: ModuleId, expr: &Expr) -> Fields {
    match source.meaning(module, expr) {
        Meaning::Value(at, schema) => shape(source, at, schema, 0).into_fields(),
        _ => Fields::new(),
    }
}

/// What a schema says.
pub(crate) fn shape(source: &Source, module: ModuleId, expr: &Expr, depth: u8) -> Shape {
    if depth > DEEPEST {
        limits::reached(limits::SCHEMA, module, expr.range);
        return Shape::default();
    }
    // A schema that holds another one twice doubles with each level.
    let Some(_step) = limits::step(limits::SCHEMA, module, expr.range) else {
        return Shape::default();
    };
    if !matches!(expr.kind, ExprKind::Dict(_)) {
        return match source.meaning(module, expr) {
            Meaning::Value(at, value) if !value.is(expr) => shape(source, at, value, depth + 1),
            _ => zod::shape(source, module, expr, depth + 1),
        };
    }
    let has = |name: &str| expr.entry(name).is_some();
    if has("enum") || has("const") {
        return Shape::of(Rule::SET);
    }
    let each = |list: &Expr| match &list.kind {
        ExprKind::List(items) => items
            .iter()
            .map(|item| shape(source, module, item, depth + 1))
            .collect(),
        _ => Vec::new(),
    };
    if let Some(list) = expr.entry("anyOf").or(expr.entry("oneOf")) {
        return Shape::union(each(list));
    }
    if let Some(properties) = expr.entry("properties") {
        let ExprKind::Dict(entries) = &properties.kind else {
            return Shape::of(Rule::TYPED);
        };
        let made = Shape::object(entries.iter().filter_map(|entry| {
            let key = entry.key.as_ref().and_then(Expr::as_str)?;
            Some((
                key.to_owned(),
                shape(source, module, &entry.value, depth + 1),
            ))
        }));
        // What is not named stays in the value unless it is forbidden.
        let closed = expr
            .entry("additionalProperties")
            .is_some_and(|more| matches!(more.kind, ExprKind::Bool(false)));
        return if closed { made } else { made.open() };
    }
    let kind = expr.entry("type").and_then(Expr::as_str).unwrap_or("");
    if kind == "array" {
        let items = expr.entry("items").map_or_else(Shape::default, |items| {
            shape(source, module, items, depth + 1)
        });
        let made = Shape::list(items);
        return if has("maxItems") {
            made.limited()
        } else {
            made
        };
    }
    let pattern = expr.entry("pattern");
    let bounded = pattern.is_some_and(|given| pattern::is_bounded(source, module, given));
    Shape::of(Rule {
        typed: !kind.is_empty(),
        text: kind == "string",
        number: matches!(kind, "integer" | "number"),
        flag: kind == "boolean",
        bounded: has("maxLength") || bounded,
        ranged: has("maximum") || has("exclusiveMaximum"),
        formatted: has("pattern") || has("format"),
        safe: pattern.is_some_and(|given| pattern::is_safe(source, module, given)),
        ..Rule::default()
    })
}
