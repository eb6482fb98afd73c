//! What tests prove of values: a condition by its outcome, a call by not raising, an expression of the value that it makes.
//!
//! A fact is about one value at one place; [`crate::analysis::dataflow`] carries it along the paths on which the test was passed.

pub(crate) mod compared;
pub(crate) mod pattern;
pub(crate) mod proofs;

use crate::analysis::names::{Meaning, leaf};
use crate::model::source::{Expr, ExprKind, ModuleId, Source};

/// What is known of a value: by its type, by a test that it passed, by a schema.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Facts {
    /// Its type.
    pub typed: bool,
    /// That it is text and nothing else.
    pub text_only: bool,
    /// That it is a list or object.
    pub lists: bool,
    /// That it is an object.
    pub object: bool,
    /// That it is a list.
    pub sequence: bool,
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
    /// An upper bound on the length of the whole as text, whatever is in it.
    pub sized: bool,
    /// A range.
    pub ranged: bool,
    /// A format: a pattern, a UUID, one of a fixed set.
    pub formatted: bool,
    /// One of a fixed set of constants.
    pub one_of: bool,
    /// One of a collection that is not written out where it can be seen.
    pub member: bool,
    /// No character in it means something to a shell.
    pub safe: bool,
    /// No letter is in it.
    pub wordless: bool,
    /// Nothing in it starts a further command: the characters that do are refused.
    pub no_meta: bool,
    /// It does not start with a dash.
    pub no_dash: bool,
}

impl Facts {
    /// That a value is text.
    pub(crate) const TEXT: Facts = Facts {
        typed: true,
        text_only: true,
        ..Facts::NOTHING
    };
    pub(crate) const NOTHING: Facts = Facts {
        typed: false,
        text_only: false,
        lists: false,
        object: false,
        sequence: false,
        closed: false,
        unread: false,
        number: false,
        flag: false,
        bounded: false,
        sized: false,
        ranged: false,
        formatted: false,
        one_of: false,
        member: false,
        safe: false,
        wordless: false,
        no_meta: false,
        no_dash: false,
    };
    pub(crate) const NUMBER: Facts = Facts {
        typed: true,
        number: true,
        ..Facts::NOTHING
    };
    pub(crate) const BOUNDED: Facts = Facts {
        bounded: true,
        ..Facts::NOTHING
    };
    pub(crate) const SIZED: Facts = Facts {
        sized: true,
        ..Facts::BOUNDED
    };
    pub(crate) const RANGED: Facts = Facts {
        ranged: true,
        number: true,
        ..Facts::NOTHING
    };
    /// One of a collection that is not written out.
    pub(crate) const MEMBER: Facts = Facts {
        member: true,
        ..Facts::NOTHING
    };
    /// Nothing in it starts a further command.
    pub(crate) const NO_META: Facts = Facts {
        no_meta: true,
        ..Facts::NOTHING
    };
    /// Whatever the pattern of a UUID lets through.
    pub(crate) const UUID: Facts = Facts {
        safe: true,
        ..Facts::PATTERN
    };
    /// A pattern bounds what it matches, and matches text only.
    pub(crate) const PATTERN: Facts = Facts {
        formatted: true,
        bounded: true,
        ..Facts::TEXT
    };
    pub(crate) const ONE_OF_A_SET: Facts = Facts {
        ranged: true,
        one_of: true,
        safe: true,
        ..Facts::PATTERN
    };

    /// What a test says whose value is of one of these types.
    pub(crate) fn of_types(types: &[String]) -> Facts {
        let all =
            |names: &[&str]| !types.is_empty() && types.iter().all(|name| names.contains(&&**name));
        let lists = types.iter().any(|name| {
            matches!(
                &**name,
                "list" | "dict" | "tuple" | "Mapping" | "Sequence" | "Array" | "object"
            )
        });
        Facts {
            // That it is a list or a dict says nothing of what is in it.
            typed: !all(&[
                "list", "dict", "tuple", "Mapping", "Sequence", "Array", "object",
            ]),
            text_only: all(&["str", "bytes", "NoneType", "string"]),
            lists,
            sequence: types
                .iter()
                .any(|name| matches!(&**name, "list" | "tuple" | "Sequence" | "Array")),
            object: all(&["dict", "Mapping", "MutableMapping", "object", "NoneType"]) && lists,
            flag: all(&["bool", "boolean"]),
            number: all(&[
                "int", "float", "Number", "Real", "Decimal", "Integral", "number",
            ]),
            ..Facts::NOTHING
        }
    }
}

/// The names of the types in the second argument of `isinstance`.
pub(crate) fn type_names(source: &Source, module: ModuleId, types: &Expr) -> Vec<String> {
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
            Meaning::Value(at, value)
                if !value.is(types)
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
