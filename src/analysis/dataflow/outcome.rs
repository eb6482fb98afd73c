//! What a function gives back, as far as it is written out.

use super::env::Part;
use crate::model::source::ir::{Expr, ExprKind};

/// The part that a literal key or index names.
pub(super) fn part_of(index: &Expr) -> Option<Part> {
    match &index.kind {
        ExprKind::Str(key) => Some(Part::Key(key.clone())),
        ExprKind::Number(number) => number.parse().ok().map(Part::Index),
        _ => None,
    }
}

/// The part of a value that is written out: an element of a tuple, an entry of a dict, an argument of a constructor.
pub(super) fn taken<'s>(value: &'s Expr, part: &Part) -> Option<&'s Expr> {
    match (&value.kind, part) {
        (ExprKind::Tuple(items) | ExprKind::List(items), Part::Index(index)) => items.get(*index),
        (ExprKind::Dict(_), Part::Key(key)) => value.entry(key),
        (ExprKind::Call(call), Part::Key(key)) => call.option(key),
        _ => None,
    }
}

/// Whether what is given is certainly true or false.
pub(super) fn certain(value: Option<&Expr>) -> Option<bool> {
    match value.map(|value| &value.kind) {
        None | Some(ExprKind::None) => Some(false),
        Some(ExprKind::Bool(known)) => Some(*known),
        Some(ExprKind::Str(text)) => Some(!text.is_empty()),
        Some(ExprKind::Number(number)) => Some(&**number != "0"),
        Some(ExprKind::Format(parts)) => Some(!parts.is_empty()),
        Some(ExprKind::List(items) | ExprKind::Tuple(items) | ExprKind::Set(items)) => {
            Some(!items.is_empty())
        }
        Some(ExprKind::Dict(entries)) => Some(!entries.is_empty()),
        _ => None,
    }
}
