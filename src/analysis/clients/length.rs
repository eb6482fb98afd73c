//! How long an id is, as far as its expression tells.

use crate::analysis::names::leaf;
use crate::analysis::values::{At, Domain, Part, eval, eval_each, returned};
use crate::model::source::module::BindingKind;
use crate::model::source::{Expr, ExprKind, Source};

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
    let alternatives = eval(&mut Ids { source }, at);
    alternatives.into_iter().find_map(|(at, length)| {
        let too_short = length.most.filter(|most| *most < BOUNDS.0 && *most > 0);
        let too_long = (length.least > BOUNDS.1).then_some(length.least);
        too_short.or(too_long).map(|count| (at, count))
    })
}

/// The alternatives of an id, each with its length.
struct Ids<'a> {
    source: &'a Source,
}

impl<'a> Ids<'a> {
    fn measured(&self, at: At<'a>) -> Vec<(At<'a>, Length)> {
        let source = self.source;
        vec![(at, eval(&mut Measure { source }, at))]
    }
}

impl<'a> Domain<'a> for Ids<'a> {
    type Known = Vec<(At<'a>, Length)>;
    const QUESTION: &'static str = "ids";

    fn unknown(&mut self, _at: At<'a>) -> Self::Known {
        Vec::new()
    }

    fn text(&mut self, at: At<'a>, _text: &'a str) -> Self::Known {
        self.measured(at)
    }

    fn one_of(&mut self, at: At<'a>, ways: &[&'a Expr]) -> Self::Known {
        eval_each(self, ways.iter().map(|way| at.to(way)))
    }

    fn together(&mut self, at: At<'a>, _parts: &[Part<'a>]) -> Self::Known {
        self.measured(at)
    }

    fn other(&mut self, at: At<'a>) -> Self::Known {
        match &at.expr.kind {
            ExprKind::Name(name) => eval_each(self, values_of(self.source, at, name)),
            ExprKind::Call(_) => match self.source.callee(at.module, at.expr) {
                Some(helper) => eval_each(self, returned(self.source, helper)),
                None => self.measured(at),
            },
            _ => self.measured(at),
        }
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

/// How long a text is.
struct Measure<'a> {
    source: &'a Source,
}

impl<'a> Domain<'a> for Measure<'a> {
    type Known = Length;
    const QUESTION: &'static str = "length";

    fn unknown(&mut self, _at: At<'a>) -> Length {
        Length::UNKNOWN
    }

    fn text(&mut self, _at: At<'a>, text: &'a str) -> Length {
        Length::exactly(text.chars().count())
    }

    fn one_of(&mut self, _at: At<'a>, _ways: &[&'a Expr]) -> Length {
        Length::UNKNOWN
    }

    fn together(&mut self, at: At<'a>, parts: &[Part<'a>]) -> Length {
        let mut whole = Length::exactly(0);
        for part in parts {
            whole = whole.and(match part {
                Part::Text(text) => self.text(at, text),
                Part::Value(value) => eval(self, at.to(value)),
            });
        }
        whole
    }

    fn other(&mut self, at: At<'a>) -> Length {
        let made = match &at.expr.kind {
            ExprKind::Attribute { base, attr } if &**attr == "hex" => made(self.source, at, base)
                .filter(|count| *count == 36)
                .map(|_| 32),
            ExprKind::Subscript { base, index } => return self.start(at, base, index),
            ExprKind::Name(name) => match values_of(self.source, at, name).as_slice() {
                [only] => return eval(self, *only),
                _ => None,
            },
            ExprKind::Call(call) => {
                let name = self.source.callee_name(at.module, at.expr);
                let made_here = made(self.source, at, at.expr);
                match (leaf(name.unwrap_or_default()), &*call.args) {
                    ("str" | "String", [inner]) if made_here.is_none() => match &inner.kind {
                        ExprKind::Str(_) | ExprKind::Format(_) => return eval(self, at.to(inner)),
                        _ => made(self.source, at, inner),
                    },
                    _ => made_here,
                }
            }
            _ => None,
        };
        made.map_or(Length::UNKNOWN, Length::exactly)
    }
}

impl<'a> Measure<'a> {
    /// `id[:32]`, `id.slice(0, 32)`.
    fn start(&mut self, at: At<'a>, base: &'a Expr, index: &Expr) -> Length {
        let ExprKind::Slice(parts) = &index.kind else {
            return Length::UNKNOWN;
        };
        let end = match &**parts {
            [end] => end.as_number(),
            [start, end] if start.as_number() == Some(0.0) => end.as_number(),
            _ => None,
        };
        let Some(end) = end.filter(|end| *end > 0.0) else {
            return Length::UNKNOWN;
        };
        let (inner, end) = (eval(self, at.to(base)), end as usize);
        Length {
            least: inner.least.min(end),
            most: Some(inner.most.map_or(end, |most| most.min(end))),
        }
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
