//! What can be tested of a value: its type, a bound on its length, a range, a format.

use crate::analysis::dataflow::{Flow, Labels};
use crate::analysis::names::leaf;
use crate::model::source::walk::expressions;
use crate::model::source::{Expr, ExprKind, ModuleId, Source};

use super::proofs;
use super::rules::Rule;

/// What is tested of a field.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tested {
    /// Its type.
    pub typed: bool,
    /// That it is text and nothing else.
    pub text_only: bool,
    /// That it is a list or object.
    pub lists: bool,
    /// That it is a list or object in which no block of a message fits.
    pub closed: bool,
    /// That a validator is on the way that could not be read.
    pub unread: bool,
    /// That it is a number.
    pub number: bool,
    /// That it is true or false.
    pub flag: bool,
    /// An upper bound on its length.
    pub bounded: bool,
    /// A range.
    pub ranged: bool,
    /// A format: a pattern, a UUID, one of a fixed set.
    pub formatted: bool,
}

/// What a test must say to count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fact {
    Typed,
    Text,
    Flag,
    Bounded,
    Ranged,
    Formatted,
}

impl Fact {
    /// Whether it is among what was tested.
    pub(super) fn is_in(self, tested: &Tested) -> bool {
        match self {
            Self::Typed => tested.typed,
            Self::Text => tested.text_only,
            Self::Flag => tested.flag,
            Self::Bounded => tested.bounded,
            Self::Ranged => tested.ranged,
            Self::Formatted => tested.formatted,
        }
    }

    /// Notes that it was tested.
    pub(super) fn put(self, tested: &mut Tested) {
        let slot = match self {
            Self::Typed => &mut tested.typed,
            Self::Text => &mut tested.text_only,
            Self::Flag => &mut tested.flag,
            Self::Bounded => &mut tested.bounded,
            Self::Ranged => &mut tested.ranged,
            Self::Formatted => &mut tested.formatted,
        };
        *slot = true;
    }
}

impl Tested {
    /// That a value is text.
    pub(super) const TEXT: Tested = Tested {
        typed: true,
        text_only: true,
        ..Tested::NOTHING
    };
    pub(super) const NOTHING: Tested = Tested {
        typed: false,
        text_only: false,
        lists: false,
        closed: false,
        unread: false,
        number: false,
        flag: false,
        bounded: false,
        ranged: false,
        formatted: false,
    };
    pub(super) const NUMBER: Tested = Tested {
        typed: true,
        number: true,
        ..Tested::NOTHING
    };
    pub(super) const BOUNDED: Tested = Tested {
        bounded: true,
        ..Tested::NOTHING
    };
    pub(super) const RANGED: Tested = Tested {
        ranged: true,
        number: true,
        ..Tested::NOTHING
    };
    /// A pattern bounds what it matches, and matches text only.
    pub(super) const PATTERN: Tested = Tested {
        formatted: true,
        bounded: true,
        ..Tested::TEXT
    };
    pub(super) const ONE_OF_A_SET: Tested = Tested {
        ranged: true,
        ..Tested::PATTERN
    };

    /// What a schema's rule for the field tests.
    pub(super) fn add(&mut self, rule: &Rule) {
        self.typed |= rule.typed;
        self.text_only |= rule.text;
        self.closed |= rule.closed;
        self.unread |= rule.unread;
        self.number |= rule.number;
        self.flag |= rule.flag;
        self.bounded |= rule.bounded;
        self.ranged |= rule.ranged;
        self.formatted |= rule.formatted;
    }

    /// What a test says whose value is of one of these types.
    pub(super) fn of_types(types: &[String]) -> Tested {
        let all =
            |names: &[&str]| !types.is_empty() && types.iter().all(|name| names.contains(&&**name));
        let lists = types.iter().any(|name| {
            matches!(
                &**name,
                "list" | "dict" | "tuple" | "Mapping" | "Sequence" | "Array" | "object"
            )
        });
        Tested {
            // That it is a list or a dict says nothing of what is in it.
            typed: !all(&[
                "list", "dict", "tuple", "Mapping", "Sequence", "Array", "object",
            ]),
            text_only: all(&["str", "bytes", "NoneType", "string"]),
            lists,
            flag: all(&["bool", "boolean"]),
            number: all(&[
                "int", "float", "Number", "Real", "Decimal", "Integral", "number",
            ]),
            ..Tested::NOTHING
        }
    }
}

/// The names of the types in the second argument of `isinstance`.
pub(super) fn type_names(source: &Source, module: ModuleId, types: &Expr) -> Vec<String> {
    match &types.kind {
        ExprKind::Tuple(items) | ExprKind::List(items) => items
            .iter()
            .flat_map(|item| type_names(source, module, item))
            .collect(),
        ExprKind::BinOp { left, right, .. } => [left, right]
            .into_iter()
            .flat_map(|side| type_names(source, module, side))
            .collect(),
        _ => match source.meaning(module, types) {
            // `TEXT = (str, bytes)`.
            crate::analysis::names::Meaning::Value(at, value)
                if !std::ptr::eq(value, types)
                    && matches!(value.kind, ExprKind::Tuple(_) | ExprKind::List(_)) =>
            {
                type_names(source, at, value)
            }
            _ => source
                .canonical(module, types)
                .map(|name| leaf(&name).to_owned())
                .into_iter()
                .collect(),
        },
    }
}

/// What kind of value the tests expect, wherever they stand: numbers by what they are compared with, lists by what is asked.
pub(super) fn expected(source: &Source, flow: &Flow, count: usize) -> Vec<Tested> {
    let mut found = vec![Tested::NOTHING; count];
    let mut mark = |labels: Labels, says: Tested| {
        for (bit, tested) in found.iter_mut().enumerate() {
            if labels & (1 << bit) != 0 {
                tested.lists |= says.lists;
                tested.number |= says.number;
                tested.flag |= says.flag;
            }
        }
    };
    for id in flow.functions() {
        for expr in expressions(source.body(id.module, Some(id))) {
            for truth in [true, false] {
                for (value, says) in proofs::when(source, id.module, expr, truth) {
                    mark(flow.labels(id.module, value), says);
                }
            }
            if let Some((value, says)) = proofs::made(source, id.module, expr) {
                mark(flow.labels(id.module, value), says);
            }
        }
    }
    found
}
