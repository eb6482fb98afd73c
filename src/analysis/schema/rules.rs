//! What a schema tests: of one value, and of a tree of values by path.

use std::collections::BTreeMap;

/// What a schema tests of one field.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Rule {
    /// Its type.
    pub typed: bool,
    /// That it is text.
    pub text: bool,
    /// That it is a number.
    pub number: bool,
    /// That it is true or false.
    pub flag: bool,
    /// That it is a list or object whose leaves are all of these: nothing else fits in.
    pub closed: bool,
    /// An upper bound on its length.
    pub bounded: bool,
    /// That some part of it has no bound, whatever its own length.
    pub long: bool,
    /// A range.
    pub ranged: bool,
    /// A format.
    pub formatted: bool,
    /// That no character which means something to a shell fits in: one of a set, or a pattern of harmless characters.
    pub safe: bool,
    /// That a validator is there that could not be read.
    pub unread: bool,
}

impl Rule {
    /// A type and nothing else.
    pub(crate) const TYPED: Self = Self {
        typed: true,
        text: false,
        number: false,
        flag: false,
        closed: false,
        bounded: false,
        long: false,
        ranged: false,
        formatted: false,
        safe: false,
        unread: false,
    };
    /// One of a fixed set: nothing more can be asked.
    pub(crate) const SET: Self = Self {
        text: true,
        bounded: true,
        ranged: true,
        formatted: true,
        safe: true,
        ..Self::TYPED
    };
    /// Tested by something that could not be read.
    pub(crate) const UNREAD: Self = Self {
        typed: false,
        unread: true,
        ..Self::TYPED
    };

    /// Whether no block of a model's message fits in.
    pub(crate) fn is_closed(self) -> bool {
        self.text || self.number || self.flag || self.closed
    }

    /// Whether it cannot be arbitrarily long.
    pub(crate) fn is_bounded(self) -> bool {
        self.bounded || self.number || self.flag
    }

    /// Whether it can be put into the text of a command.
    pub(crate) fn is_safe(self) -> bool {
        self.safe || self.number || self.flag
    }

    /// What holds whichever of two applies.
    pub(crate) fn weaker(self, other: Self) -> Self {
        Self {
            typed: self.typed && other.typed,
            text: self.text && other.text,
            number: self.number && other.number,
            flag: self.flag && other.flag,
            closed: self.is_closed() && other.is_closed(),
            bounded: self.is_bounded() && other.is_bounded(),
            long: self.long || other.long,
            ranged: self.ranged && other.ranged,
            formatted: self.formatted && other.formatted,
            safe: self.is_safe() && other.is_safe(),
            unread: self.unread || other.unread,
        }
    }

    /// What holds where both apply.
    pub(crate) fn both(self, other: Self) -> Self {
        Self {
            typed: self.typed || other.typed,
            text: self.text || other.text,
            number: self.number || other.number,
            flag: self.flag || other.flag,
            closed: self.closed || other.closed,
            bounded: self.bounded || other.bounded,
            long: self.long && other.long,
            ranged: self.ranged || other.ranged,
            formatted: self.formatted || other.formatted,
            safe: self.safe || other.safe,
            unread: self.unread || other.unread,
        }
    }

    /// With what a function has tested besides: that a list has few elements bounds none of them.
    pub(crate) fn tested(self, tests: Self) -> Self {
        Self {
            long: self.long,
            bounded: self.bounded || tests.bounded && !self.long,
            ..self.both(tests)
        }
    }
}

/// The rules by path: `prompt`, `input.prompt`, through lists (`messages.content`); the empty path is the whole.
pub(crate) type Fields = BTreeMap<String, Rule>;

/// What a schema says of a value and of what is in it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shape {
    pub rule: Rule,
    pub fields: Fields,
}

impl Shape {
    pub(crate) fn of(rule: Rule) -> Self {
        Self {
            rule,
            fields: Fields::new(),
        }
    }

    /// An object of these entries and no others.
    pub(crate) fn object(entries: impl IntoIterator<Item = (String, Self)>) -> Self {
        let mut made = Self::of(Rule {
            closed: true,
            bounded: true,
            ..Rule::TYPED
        });
        for (key, inner) in entries {
            let block = matches!(
                key.as_str(),
                "toolUse" | "tool_use" | "toolCalls" | "tool_calls" | "functionCall"
            );
            made.rule.closed &= inner.rule.is_closed() && !block;
            made.rule.bounded &= inner.rule.is_bounded();
            for (path, rule) in inner.fields {
                made.fields.insert(format!("{key}.{path}"), rule);
            }
            // What may be anything stands there, too: of several objects the weakest counts.
            made.fields.insert(key, inner.rule);
        }
        made.rule.long = !made.rule.bounded;
        made
    }

    /// A list of such, or a map to such.
    pub(crate) fn list(element: Self) -> Self {
        Self {
            rule: Rule {
                closed: element.rule.is_closed(),
                long: !element.rule.is_bounded(),
                unread: element.rule.unread,
                ..Rule::TYPED
            },
            fields: element.fields,
        }
    }

    /// With a bound on its own length.
    pub(crate) fn limited(mut self) -> Self {
        self.rule.bounded = !self.rule.long;
        self
    }

    /// With anything else beside what is named.
    pub(crate) fn open(mut self) -> Self {
        self.rule.closed = false;
        self.rule.bounded = false;
        self.rule.long = true;
        self
    }

    /// An object with the entries of both.
    pub(crate) fn with(mut self, other: Self) -> Self {
        self.rule = if self.rule == Rule::default() {
            other.rule
        } else if other.rule == Rule::default() {
            self.rule
        } else {
            self.rule.weaker(other.rule)
        };
        self.fields.extend(other.fields);
        self
    }

    /// One of several: the weakest of them; of a path, of those that have it.
    pub(crate) fn union(branches: impl IntoIterator<Item = Self>) -> Self {
        let mut branches = branches.into_iter();
        let Some(mut made) = branches.next() else {
            return Self::default();
        };
        for other in branches {
            made.rule = made.rule.weaker(other.rule);
            for (path, rule) in other.fields {
                made.fields
                    .entry(path)
                    .and_modify(|known| *known = known.weaker(rule))
                    .or_insert(rule);
            }
        }
        made
    }

    /// The rules by path, the whole under the empty one.
    pub(crate) fn into_fields(mut self) -> Fields {
        if self.rule != Rule::default() {
            self.fields.insert(String::new(), self.rule);
        }
        self.fields
    }
}
