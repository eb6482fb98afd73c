//! Compares a document with its description.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::ops::Range;

use serde_json::Value;

use super::shape::{Field, List, Map, Number, Object, Shape, Text, Unknown};
use crate::model::json::{Json, Member, Node};

/// Faults of one document that are kept; a hostile file has millions.
const MOST_FAULTS: usize = 200;
/// Characters of a value that a message quotes.
const LONGEST_QUOTE: usize = 40;

/// How much a fault weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// `agentcore validate` refuses the file.
    Rejected,
    /// `agentcore validate` accepts it; the deploy or the agent fails.
    Breaks,
    /// Nothing breaks; worth knowing.
    Note,
}

/// How a fault is mended where only one value can be meant.
#[derive(Clone, Debug, PartialEq)]
pub enum Repair {
    /// Set the value at the fault's path.
    Set(Value),
    /// Set a value at another path.
    SetAt(String, Value),
    /// Delete the fault's path.
    Delete,
    /// Rename the last key of the path.
    Rename(String),
}

/// One fault.
#[derive(Clone, Debug)]
pub struct Fault {
    /// Byte range in the document.
    pub range: Range<usize>,
    /// The path: `runtimes[0].networkMode`; empty for the root.
    pub path: String,
    /// How much it weighs.
    pub class: Class,
    /// What was expected and what was found.
    pub words: String,
    /// How it is mended.
    pub repair: Option<Repair>,
}

/// A place in the document: the steps from the root.
#[derive(Clone, Copy)]
pub enum At<'a> {
    /// The root.
    Root,
    /// A member.
    Key(&'a At<'a>, &'a str),
    /// An item.
    Item(&'a At<'a>, usize),
}

impl At<'_> {
    /// The path as jq and people write it, without the leading dot.
    pub fn path(&self) -> String {
        match self {
            Self::Root => String::new(),
            Self::Key(parent, key) => join(&parent.path(), key),
            Self::Item(parent, index) => format!("{}[{index}]", parent.path()),
        }
    }
}

/// Adds a key to a path; a key that is no identifier is quoted.
pub fn join(path: &str, key: &str) -> String {
    let plain = key.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    match (plain, path.is_empty()) {
        (true, true) => key.to_owned(),
        (true, false) => format!("{path}.{key}"),
        (false, _) => format!("{path}[{}]", Value::from(key)),
    }
}

/// What a rule over several keys sees, and where it reports.
pub struct Scope<'n, 'f> {
    /// The object.
    pub node: &'n Node,
    at: &'f At<'f>,
    faults: &'f mut Vec<Fault>,
}

impl<'n> Scope<'n, '_> {
    /// A member's value.
    pub fn get(&self, key: &str) -> Option<&'n Node> {
        self.node.get(key)
    }

    /// A member's text.
    pub fn text(&self, key: &str) -> Option<&'n str> {
        self.get(key).and_then(Node::as_str)
    }

    /// How many items a member holds.
    pub fn count(&self, key: &str) -> usize {
        self.get(key).map_or(0, |node| node.items().len())
    }

    /// True when the member is there.
    pub fn has(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    /// A fault at a member, or at the object where it is missing.
    pub fn fault(&mut self, key: &str, words: impl Into<String>) {
        self.report(key, words, None);
    }

    /// A fault that has only one remedy.
    pub fn mendable(&mut self, key: &str, words: impl Into<String>, repair: Repair) {
        self.report(key, words, Some(repair));
    }

    /// The path of a member.
    pub fn path(&self, key: &str) -> String {
        join(&self.at.path(), key)
    }

    fn report(&mut self, key: &str, words: impl Into<String>, repair: Option<Repair>) {
        let range = self
            .node
            .member(key)
            .map_or_else(|| anchor(self.node), Member::range);
        let path = if key.is_empty() {
            self.at.path()
        } else {
            self.path(key)
        };
        self.faults.push(Fault {
            range,
            path,
            class: Class::Rejected,
            words: words.into(),
            repair,
        });
    }
}

/// The part of an object that stands for what it lacks: its name, else its first character.
fn anchor(node: &Node) -> Range<usize> {
    match (node.member("name"), &node.value) {
        (Some(name), _) => name.range(),
        (None, Json::Object(_) | Json::Array(_)) => node.range.start..node.range.start + 1,
        (None, _) => node.range.clone(),
    }
}

/// Compares a document with its description: the faults in the order of the file.
pub fn validate(root: &Node, shape: &Shape) -> Vec<Fault> {
    let mut walk = Walk { faults: Vec::new() };
    walk.check(root, shape, &At::Root, None);
    let mut faults = walk.faults;
    faults.sort_by_key(|fault| (fault.range.start, fault.path.clone()));
    faults
}

struct Walk {
    faults: Vec<Fault>,
}

impl Walk {
    fn fault(
        &mut self,
        node: &Node,
        member: Option<&Member>,
        at: &At<'_>,
        words: String,
        repair: Option<Repair>,
    ) {
        self.faults.push(Fault {
            range: member.map_or_else(|| anchor(node), Member::range),
            path: at.path(),
            class: Class::Rejected,
            words,
            repair,
        });
    }

    fn rejected(&self) -> usize {
        let rejected = |fault: &&Fault| fault.class == Class::Rejected;
        self.faults.iter().filter(rejected).count()
    }

    fn check(&mut self, node: &Node, shape: &Shape, at: &At<'_>, member: Option<&Member>) {
        if self.faults.len() >= MOST_FAULTS {
            return;
        }
        match shape {
            Shape::Any => {}
            Shape::Absent => {
                let words = "does not belong here".to_owned();
                self.fault(node, member, at, words, Some(Repair::Delete));
            }
            Shape::Flag => match node.as_bool() {
                Some(_) => {}
                None => self.mistyped(node, member, at, "true or false"),
            },
            Shape::Text(text) => self.text(node, text, at, member),
            Shape::Url(test) => {
                let Some(url) = node.as_str() else {
                    return self.mistyped(node, member, at, "a URL");
                };
                let reason = match url::Url::parse(url.trim()) {
                    Ok(_) => test.and_then(|test| test(url.trim())),
                    Err(_) => Some("must be a URL"),
                };
                if let Some(reason) = reason {
                    let words = format!("{reason}, found {}", shown(node));
                    self.fault(node, member, at, words, None);
                }
            }
            Shape::Number(number) => self.number(node, *number, at, member),
            Shape::Choice(choices) => self.choice(node, choices, at, member),
            Shape::List(list) => self.list(node, list, at, member),
            Shape::Map(map) => self.map(node, map, at, member),
            Shape::Object(object) => self.object(node, object, at, member),
            Shape::Either(shapes) => self.either(node, shapes, at, member),
            Shape::Tagged(tag, shapes) => self.tagged(node, tag, shapes, at, member),
        }
    }

    fn mistyped(&mut self, node: &Node, member: Option<&Member>, at: &At<'_>, expected: &str) {
        let words = format!("must be {expected}, found {}", shown(node));
        let repair = match &node.value {
            // A key that may be left out and is null says what leaving it out says.
            Json::Null => Some(Repair::Delete),
            Json::String(text) => converted(text, expected),
            _ => None,
        };
        self.fault(node, member, at, words, repair);
    }

    fn text(&mut self, node: &Node, text: &Text, at: &At<'_>, member: Option<&Member>) {
        match node.as_str() {
            Some(value) => {
                if let Some(reason) = mismatch(value, text) {
                    let words = format!("{reason}, found {}", shown(node));
                    self.fault(node, member, at, words, None);
                }
            }
            None => self.mistyped(node, member, at, "a string"),
        }
    }

    fn number(&mut self, node: &Node, number: Number, at: &At<'_>, member: Option<&Member>) {
        let kind = if number.whole {
            "a whole number"
        } else {
            "a number"
        };
        let Some(value) = node.as_number().filter(|value| value.is_finite()) else {
            return self.mistyped(node, member, at, kind);
        };
        let whole =
            !number.whole || (value.fract() == 0.0 && value.abs() <= super::shape::GREATEST);
        if whole && value >= number.min && value <= number.max {
            return;
        }
        let (least, most) = (
            number.min > -super::shape::GREATEST,
            number.max < super::shape::GREATEST,
        );
        let range = match (least, most) {
            (true, true) => format!(" from {} to {}", number.min, number.max),
            (true, false) => format!(" of at least {}", number.min),
            (false, true) => format!(" of at most {}", number.max),
            (false, false) => String::new(),
        };
        let words = format!("must be {kind}{range}, found {}", shown(node));
        let nearest = value.clamp(number.min, number.max);
        let nearest = if number.whole {
            nearest.round()
        } else {
            nearest
        };
        let repair =
            (nearest.abs() < super::shape::GREATEST).then(|| Repair::Set(json_number(nearest)));
        self.fault(node, member, at, words, repair);
    }

    fn choice(&mut self, node: &Node, choices: &[&str], at: &At<'_>, member: Option<&Member>) {
        if node.as_str().is_some_and(|text| choices.contains(&text)) {
            return;
        }
        let words = format!("must be {}, found {}", alternatives(choices), shown(node));
        let nearest = node
            .as_str()
            .and_then(|text| nearest(text, choices.iter().copied()));
        let repair = match (&node.value, nearest) {
            (Json::Null, _) => Some(Repair::Delete),
            (_, Some(choice)) => Some(Repair::Set(choice.into())),
            _ => None,
        };
        self.fault(node, member, at, words, repair);
    }

    fn list(&mut self, node: &Node, list: &List, at: &At<'_>, member: Option<&Member>) {
        if !matches!(node.value, Json::Array(_)) {
            return self.mistyped(node, member, at, "an array");
        }
        let items = node.items();
        if items.len() < list.min || items.len() > list.max {
            let words = match (list.min, list.max) {
                (min, max) if min == max => format!("must hold {min} items"),
                (min, usize::MAX) => format!("must hold at least {min}"),
                (0, max) => format!("must hold at most {max}"),
                (min, max) => format!("must hold {min} to {max}"),
            };
            let words = format!("{words}, found {}", items.len());
            self.fault(node, member, at, words, None);
        }
        let mut seen = HashSet::new();
        for (index, item) in items.iter().enumerate() {
            let place = At::Item(at, index);
            self.check(item, list.item, &place, None);
            if let Some(key) = list.unique
                && let Some(name) = item.get(key).and_then(Node::as_str)
                && !seen.insert(name)
            {
                let words = format!(
                    "{} is there twice: another entry has it already",
                    quote(name)
                );
                let named = item.member(key);
                self.fault(item, named, &At::Key(&place, key), words, None);
            }
        }
    }

    fn map(&mut self, node: &Node, map: &Map, at: &At<'_>, member: Option<&Member>) {
        if !matches!(node.value, Json::Object(_)) {
            return self.mistyped(node, member, at, "an object");
        }
        let mut keys = HashSet::new();
        for inner in node.members() {
            let place = At::Key(at, &inner.key);
            keys.insert(&*inner.key);
            if let Some(reason) = mismatch(&inner.key, &map.key) {
                let words = format!("the key {reason}");
                self.fault(node, Some(inner), &place, words, None);
            }
            if is_last(node, inner) {
                self.check(&inner.node, map.value, &place, Some(inner));
            }
        }
        if keys.len() > map.max {
            let words = format!("must hold at most {}, found {}", map.max, keys.len());
            self.fault(node, member, at, words, None);
        }
    }

    fn object(&mut self, node: &Node, object: &Object, at: &At<'_>, member: Option<&Member>) {
        if !matches!(node.value, Json::Object(_)) {
            return self.mistyped(node, member, at, "an object");
        }
        let before = self.rejected();
        for field in object.fields {
            match node.member(field.key) {
                Some(inner) => {
                    let place = At::Key(at, field.key);
                    self.check(&inner.node, &field.shape, &place, Some(inner));
                }
                None if field.required => {
                    let words = format!("is missing: {}", expected(&field.shape));
                    let place = At::Key(at, field.key);
                    let repair = self.sole(&field.shape);
                    self.fault(node, None, &place, words, repair);
                }
                None => {}
            }
        }
        self.unknown(node, object, at);
        if self.rejected() == before {
            for rule in object.rules {
                rule(&mut Scope {
                    node,
                    at,
                    faults: &mut self.faults,
                });
            }
        }
    }

    /// A missing key that can only hold one thing.
    fn sole(&self, shape: &Shape) -> Option<Repair> {
        match shape {
            Shape::List(List { min: 0, .. }) => Some(Repair::Set(Value::Array(Vec::new()))),
            Shape::Choice([only]) => Some(Repair::Set((*only).into())),
            _ => None,
        }
    }

    fn unknown(&mut self, node: &Node, object: &Object, at: &At<'_>) {
        if object.unknown == Unknown::Kept {
            return;
        }
        let known = |key: &str| object.fields.iter().any(|field| field.key == key);
        for member in node.members().iter().filter(|member| !known(&member.key)) {
            if self.faults.len() >= MOST_FAULTS {
                return;
            }
            let absent = |field: &&Field| node.member(field.key).is_none();
            let names = object.fields.iter().filter(absent).map(|field| field.key);
            let meant = nearest(&member.key, names);
            let mut words = match object.unknown {
                Unknown::Rejected => {
                    "is no key that the CLI knows, and it refuses the file".to_owned()
                }
                _ => "is no key that the CLI knows: it is dropped and has no effect".to_owned(),
            };
            if let Some(meant) = meant {
                let _ = write!(words, "; is {meant} meant?");
            }
            let repair = meant.map_or(Repair::Delete, |meant| Repair::Rename(meant.to_owned()));
            self.faults.push(Fault {
                range: member.range(),
                path: At::Key(at, &member.key).path(),
                class: match object.unknown {
                    Unknown::Rejected => Class::Rejected,
                    _ => Class::Note,
                },
                words,
                repair: Some(repair),
            });
        }
    }

    /// The faults against the alternative that comes nearest.
    fn either(&mut self, node: &Node, shapes: &[Shape], at: &At<'_>, member: Option<&Member>) {
        let mut best: Option<Vec<Fault>> = None;
        let weight = |faults: &[Fault]| {
            // A key that does not belong shows that another alternative is meant.
            let shape = |fault: &Fault| {
                fault.words.starts_with("is missing") || fault.words.starts_with("is no key")
            };
            let rejected = faults.iter().filter(|fault| fault.class == Class::Rejected);
            rejected
                .map(|fault| if shape(fault) { 3 } else { 1 })
                .sum::<usize>()
        };
        for shape in shapes {
            let mut walk = Self { faults: Vec::new() };
            walk.check(node, shape, at, member);
            let found = weight(&walk.faults);
            if best.as_deref().is_none_or(|best| found < weight(best)) {
                best = Some(walk.faults);
            }
            if found == 0 {
                break;
            }
        }
        self.faults.extend(best.unwrap_or_default());
    }

    fn tagged(
        &mut self,
        node: &Node,
        tag: &str,
        shapes: &[(&str, Shape)],
        at: &At<'_>,
        member: Option<&Member>,
    ) {
        if !matches!(node.value, Json::Object(_)) {
            return self.mistyped(node, member, at, "an object");
        }
        let place = At::Key(at, tag);
        let names: Vec<&str> = shapes.iter().map(|(name, _)| *name).collect();
        let Some(found) = node.member(tag) else {
            let words = format!("is missing: {}", alternatives(&names));
            return self.fault(node, None, &place, words, None);
        };
        let text = found.node.as_str();
        match shapes.iter().find(|(name, _)| text == Some(name)) {
            Some((_, shape)) => self.check(node, shape, at, member),
            None => self.choice(&found.node, &names, &place, Some(found)),
        }
    }
}

/// True where no later member of the object has the same key.
fn is_last(node: &Node, member: &Member) -> bool {
    node.member(&member.key)
        .is_some_and(|last| std::ptr::eq(last, member))
}

/// Why a text is not as it must be.
fn mismatch(value: &str, text: &Text) -> Option<String> {
    let length = value.encode_utf16().count();
    if length < text.min {
        return Some(match text.min {
            1 => "must not be empty".to_owned(),
            min => format!("must be at least {min} characters"),
        });
    }
    if length > text.max {
        return Some(format!(
            "must be at most {} characters and has {length}",
            text.max
        ));
    }
    if let Some(pattern) = text.pattern.filter(|pattern| !pattern.accepts(value)) {
        return Some(format!("must be {}", pattern.words));
    }
    text.test.and_then(|test| test(value)).map(str::to_owned)
}

/// A number or boolean that was written as a string.
fn converted(text: &str, expected: &str) -> Option<Repair> {
    let value = match expected {
        "true or false" => text
            .to_ascii_lowercase()
            .parse::<bool>()
            .ok()
            .map(Value::from),
        "a number" | "a whole number" => text
            .trim()
            .parse::<f64>()
            .ok()
            .filter(|n| n.is_finite())
            .map(json_number),
        _ => None,
    };
    value.map(Repair::Set)
}

#[allow(clippy::cast_possible_truncation)]
fn json_number(value: f64) -> Value {
    if value.fract() == 0.0 && value.abs() < super::shape::GREATEST {
        Value::from(value as i64)
    } else {
        Value::from(value)
    }
}

/// The name that a mistyped one stands for.
fn nearest<'a>(text: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let plain = |text: &str| text.to_ascii_lowercase().replace(['-', '_', ' '], "");
    let wanted = plain(text);
    names
        .map(|name| (strsim::jaro_winkler(&wanted, &plain(name)), name))
        .filter(|(likeness, _)| *likeness > 0.9)
        .max_by(|one, other| one.0.total_cmp(&other.0))
        .map(|(_, name)| name)
}

fn expected(shape: &Shape) -> String {
    match shape {
        Shape::Choice(choices) => alternatives(choices),
        Shape::List(_) => "an array".to_owned(),
        Shape::Map(_) | Shape::Object(_) | Shape::Tagged(..) => "an object".to_owned(),
        Shape::Number(Number { whole: true, .. }) => "a whole number".to_owned(),
        Shape::Number(_) => "a number".to_owned(),
        Shape::Flag => "true or false".to_owned(),
        Shape::Url(_) => "a URL".to_owned(),
        Shape::Text(Text {
            pattern: Some(pattern),
            ..
        }) => pattern.words.to_owned(),
        Shape::Text(_) => "a string".to_owned(),
        Shape::Any | Shape::Absent | Shape::Either(_) => "a value".to_owned(),
    }
}

/// `A, B or C`.
pub fn alternatives(names: &[&str]) -> String {
    match names {
        [] => "nothing".to_owned(),
        [only] => (*only).to_owned(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

/// A value in a message. Long texts are cut; what looks like a secret never stands in a key that is validated by its text.
fn shown(node: &Node) -> String {
    match &node.value {
        Json::Null => "null".to_owned(),
        Json::Bool(value) => value.to_string(),
        Json::Number(value) => value.to_string(),
        Json::String(text) => quote(text),
        Json::Array(_) => "an array".to_owned(),
        Json::Object(_) => "an object".to_owned(),
    }
}

/// A text in quotes, cut.
pub fn quote(text: &str) -> String {
    let cut: String = text.chars().take(LONGEST_QUOTE).collect();
    let more = if cut.len() < text.len() { "…" } else { "" };
    format!("\"{cut}{more}\"")
}
