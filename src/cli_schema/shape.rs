//! The vocabulary in which the CLI's documents are described.

use std::sync::OnceLock;

use regex::Regex;

use super::fault::Scope;

/// What a value must be.
pub enum Shape {
    /// Anything.
    Any,
    /// The key must not be there.
    Absent,
    /// `true` or `false`.
    Flag,
    /// A string.
    Text(Text),
    /// An absolute URL (WHATWG).
    Url(Option<Test>),
    /// A number.
    Number(Number),
    /// One of these strings.
    Choice(&'static [&'static str]),
    /// An array.
    List(List),
    /// An object with keys of the user's choosing.
    Map(Map),
    /// An object with known keys.
    Object(&'static Object),
    /// What any of these accepts.
    Either(&'static [Shape]),
    /// An object whose `tag` says which of the shapes it has.
    Tagged(&'static str, &'static [(&'static str, Shape)]),
}

/// A further condition on a text: the reason why it does not hold.
pub type Test = fn(&str) -> Option<&'static str>;

/// What a string must be. Lengths are in UTF-16 units, as JavaScript counts.
#[derive(Clone, Copy)]
pub struct Text {
    /// Least length.
    pub min: usize,
    /// Greatest length.
    pub max: usize,
    /// What it must look like.
    pub pattern: Option<&'static Pattern>,
    /// A condition that no pattern can say.
    pub test: Option<Test>,
}

/// A number's kind and range.
#[derive(Clone, Copy)]
pub struct Number {
    /// Whole numbers only.
    pub whole: bool,
    /// Least value.
    pub min: f64,
    /// Greatest value.
    pub max: f64,
}

/// What an array must be.
pub struct List {
    /// Every item.
    pub item: &'static Shape,
    /// Least length.
    pub min: usize,
    /// Greatest length.
    pub max: usize,
    /// The key in which no two items may agree.
    pub unique: Option<&'static str>,
}

/// What an object with free keys must be.
pub struct Map {
    /// Every key.
    pub key: Text,
    /// Every value.
    pub value: &'static Shape,
    /// Most members.
    pub max: usize,
}

/// What an object with known keys must be.
pub struct Object {
    /// The keys.
    pub fields: &'static [Field],
    /// What becomes of other keys.
    pub unknown: Unknown,
    /// Conditions over several keys; asked only where each key is right by itself.
    pub rules: &'static [fn(&mut Scope<'_, '_>)],
}

/// What the CLI does with a key that it does not know.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Unknown {
    /// It refuses the document.
    Rejected,
    /// It drops the key, which has no effect.
    Dropped,
    /// It hands the key on to AWS.
    Kept,
}

/// A key of an object.
pub struct Field {
    /// The key.
    pub key: &'static str,
    /// True when it must be there.
    pub required: bool,
    /// Its value.
    pub shape: Shape,
}

/// What a text must look like: a regular expression, compiled when first used, and the words for it.
pub struct Pattern {
    expression: &'static str,
    /// What it asks for, for a message.
    pub words: &'static str,
    compiled: OnceLock<Option<Regex>>,
}

impl Pattern {
    /// A pattern and the words for it.
    pub const fn new(expression: &'static str, words: &'static str) -> Self {
        Self {
            expression,
            words,
            compiled: OnceLock::new(),
        }
    }

    /// True when the text looks like it.
    pub fn accepts(&self, text: &str) -> bool {
        let compiled = self
            .compiled
            .get_or_init(|| Regex::new(self.expression).ok());
        compiled.as_ref().is_some_and(|regex| regex.is_match(text))
    }
}

/// Any string.
pub const TEXT: Text = Text {
    min: 0,
    max: usize::MAX,
    pattern: None,
    test: None,
};

/// A string that is not empty.
pub const FILLED: Text = TEXT.min(1);

impl Text {
    /// At least so long.
    pub const fn min(mut self, min: usize) -> Self {
        self.min = min;
        self
    }

    /// At most so long.
    pub const fn max(mut self, max: usize) -> Self {
        self.max = max;
        self
    }

    /// Like this pattern.
    pub const fn like(mut self, pattern: &'static Pattern) -> Self {
        self.pattern = Some(pattern);
        self
    }

    /// With a further condition.
    pub const fn test(mut self, test: Test) -> Self {
        self.test = Some(test);
        self
    }

    /// As a shape.
    pub const fn shape(self) -> Shape {
        Shape::Text(self)
    }
}

/// A key that must be there.
pub const fn must(key: &'static str, shape: Shape) -> Field {
    Field {
        key,
        required: true,
        shape,
    }
}

/// A key that may be left out.
pub const fn may(key: &'static str, shape: Shape) -> Field {
    Field {
        key,
        required: false,
        shape,
    }
}

/// A whole number in a range.
pub const fn whole(min: f64, max: f64) -> Shape {
    Shape::Number(Number {
        whole: true,
        min,
        max,
    })
}

/// A number in a range.
pub const fn number(min: f64, max: f64) -> Shape {
    Shape::Number(Number {
        whole: false,
        min,
        max,
    })
}

/// The greatest whole number that the CLI reads exactly.
pub const GREATEST: f64 = 9_007_199_254_740_991.0;

/// An array of any length.
pub const fn list(item: &'static Shape) -> Shape {
    list_of(item, 0, usize::MAX)
}

/// An array of a length in a range.
pub const fn list_of(item: &'static Shape, min: usize, max: usize) -> Shape {
    Shape::List(List {
        item,
        min,
        max,
        unique: None,
    })
}

/// An array in which no two items agree in a key.
pub const fn unique(item: &'static Shape, key: &'static str) -> Shape {
    Shape::List(List {
        item,
        min: 0,
        max: usize::MAX,
        unique: Some(key),
    })
}

/// An object with free keys.
pub const fn map(key: Text, value: &'static Shape) -> Shape {
    Shape::Map(Map {
        key,
        value,
        max: usize::MAX,
    })
}

/// An object that refuses other keys.
pub const fn strict(fields: &'static [Field]) -> Object {
    Object {
        fields,
        unknown: Unknown::Rejected,
        rules: &[],
    }
}

/// An object that drops other keys.
pub const fn open(fields: &'static [Field]) -> Object {
    Object {
        fields,
        unknown: Unknown::Dropped,
        rules: &[],
    }
}

/// An object that hands other keys on.
pub const fn passing(fields: &'static [Field]) -> Object {
    Object {
        fields,
        unknown: Unknown::Kept,
        rules: &[],
    }
}

impl Object {
    /// With conditions over several keys.
    pub const fn rules(mut self, rules: &'static [fn(&mut Scope<'_, '_>)]) -> Self {
        self.rules = rules;
        self
    }
}
