//! How long an id is, as far as its expression tells.

use super::values::{At, returned};
use crate::analysis::limits;
use crate::analysis::names::leaf;
use crate::model::source::ir::FormatPart;
use crate::model::source::ir::Operator;
use crate::model::source::module::BindingKind;
use crate::model::source::{Conditional, Expr, ExprKind, Source};

/// Shortest and longest session id that the service takes, in characters
/// (<https://docs.aws.amazon.com/bedrock-agentcore/latest/APIReference/API_InvokeAgentRuntime.html>).
pub(crate) const BOUNDS: (usize, usize) = (33, 256);

/// Least and most characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Length {
    least: usize,
    most: Option<usize>,
}

impl Length {
    fn exactly(count: usize) -> Self {
        Self {
            least: count,
            most: Some(count),
        }
    }

    const UNKNOWN: Self = Self {
        least: 0,
        most: None,
    };

    fn and(self, other: Self) -> Self {
        Self {
            least: self.least.saturating_add(other.least),
            most: self
                .most
                .zip(other.most)
                .map(|(one, two)| one.saturating_add(two)),
        }
    }
}

/// An alternative of the id that is too short or too long for the service, with its length.
pub(crate) fn wrong<'a>(source: &'a Source, at: At<'a>) -> Option<(At<'a>, usize)> {
    let mut alternatives = Vec::new();
    gather(source, at, &mut alternatives);
    alternatives.into_iter().find_map(|(at, length)| {
        let too_short = length.most.filter(|most| *most < BOUNDS.0 && *most > 0);
        let too_long = (length.least > BOUNDS.1).then_some(length.least);
        too_short.or(too_long).map(|count| (at, count))
    })
}

fn gather<'a>(source: &'a Source, at: At<'a>, out: &mut Vec<(At<'a>, Length)>) {
    let Some(_step) = limits::follow("ids", limits::CALLERS, at.module, at.expr) else {
        return;
    };
    let next = |expr: &'a Expr, out: &mut Vec<_>| {
        gather(source, At::new(at.module, expr), out);
    };
    match &at.expr.kind {
        ExprKind::BoolOp { values, .. } => values.iter().for_each(|value| next(value, out)),
        ExprKind::Conditional(parts) => {
            let Conditional { body, orelse, .. } = &**parts;
            next(body, out);
            next(orelse, out);
        }
        ExprKind::Await(inner) => next(inner, out),
        ExprKind::Name(name) => {
            let values = values_of(source, at, name);
            values
                .into_iter()
                .for_each(|value| gather(source, value, out));
        }
        ExprKind::Call(_) if source.callee(at.module, at.expr).is_some() => {
            if let Some(helper) = source.callee(at.module, at.expr) {
                returned(source, helper)
                    .into_iter()
                    .for_each(|value| gather(source, value, out));
            }
        }
        _ => out.push((at, measure(source, at))),
    }
}

/// What a name holds; nothing where it is changed on the way (`session_id += "…"`) or bound in a way that tells nothing.
fn values_of<'a>(source: &'a Source, at: At<'a>, name: &str) -> Vec<At<'a>> {
    let Some(module) = source.module(at.module) else {
        return Vec::new();
    };
    let Some((_, found)) = module.bindings_around(name, at.expr.range.start) else {
        return Vec::new();
    };
    let mut values = Vec::new();
    for binding in found {
        match &binding.kind {
            BindingKind::Value { value, path, .. }
                if path.is_empty() && !value.range.contains(at.expr.range) =>
            {
                values.push(At::new(at.module, value));
            }
            BindingKind::Param { .. } | BindingKind::Declared(_) => {}
            _ => return Vec::new(),
        }
    }
    // A name that is made longer out of itself (`while len(x) < 33: x = x + "0"`) says nothing.
    let own = |value: &At<'_>| {
        crate::model::source::walk::sub_expressions(value.expr)
            .iter()
            .any(|inner| inner.as_name() == Some(name))
    };
    if values.iter().any(own) {
        return Vec::new();
    }
    values
}

fn measure(source: &Source, at: At<'_>) -> Length {
    let Some(_step) = limits::follow("length", limits::CALLERS, at.module, at.expr) else {
        return Length::UNKNOWN;
    };
    let next = |expr: &Expr| measure(source, At::new(at.module, expr));
    match &at.expr.kind {
        ExprKind::Str(text) => Length::exactly(text.chars().count()),
        ExprKind::Format(parts) => parts.iter().fold(Length::exactly(0), |all, part| {
            all.and(match part {
                FormatPart::Text(text) => Length::exactly(text.chars().count()),
                FormatPart::Expr(inner) => next(inner),
            })
        }),
        ExprKind::BinOp {
            op: Operator::Add,
            left,
            right,
        } => next(left).and(next(right)),
        ExprKind::Attribute { base, attr } if &**attr == "hex" => match made(source, at, base) {
            Some(36) => Length::exactly(32),
            _ => Length::UNKNOWN,
        },
        ExprKind::Subscript { base, index } => match &index.kind {
            ExprKind::Slice(parts) => {
                let inner = next(base);
                let end = match &**parts {
                    [end] => end.as_number(),
                    [start, end] if start.as_number() == Some(0.0) => end.as_number(),
                    _ => None,
                };
                match end {
                    Some(end) if end > 0.0 => {
                        let end = end as usize;
                        Length {
                            least: inner.least.min(end),
                            most: Some(inner.most.map_or(end, |most| most.min(end))),
                        }
                    }
                    _ => Length::UNKNOWN,
                }
            }
            _ => Length::UNKNOWN,
        },
        ExprKind::Name(name) => match values_of(source, at, name).as_slice() {
            [only] => measure(source, *only),
            _ => Length::UNKNOWN,
        },
        ExprKind::Call(call) => {
            if let Some(count) = made(source, at, at.expr) {
                return Length::exactly(count);
            }
            let name = source.callee_name(at.module, at.expr).unwrap_or_default();
            match (leaf(name), &*call.args) {
                ("str" | "String", [inner]) => match made(source, at, inner) {
                    Some(count) => Length::exactly(count),
                    None => match &inner.kind {
                        ExprKind::Str(_) | ExprKind::Format(_) => next(inner),
                        _ => Length::UNKNOWN,
                    },
                },
                _ => Length::UNKNOWN,
            }
        }
        _ => Length::UNKNOWN,
    }
}

/// Characters of the text of an id that a generator makes.
fn made(source: &Source, at: At<'_>, expr: &Expr) -> Option<usize> {
    let call = expr.as_call()?;
    let name = source.callee_name(at.module, expr)?;
    match name {
        "uuid.uuid1" | "uuid.uuid4" | "uuid.uuid7" | "uuid.v1" | "uuid.v4" | "uuid.v7"
        | "crypto.randomUUID" | "randomUUID" => Some(36),
        "nanoid" | "nanoid.nanoid" => match call.args.first() {
            None => Some(21),
            Some(count) => count.as_number().map(|count| count as usize),
        },
        "secrets.token_hex" => {
            let bytes = call.args.first().map_or(Some(32.0), Expr::as_number)?;
            Some(bytes as usize * 2)
        }
        _ => None,
    }
}
