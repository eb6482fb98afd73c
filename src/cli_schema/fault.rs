//! A fault of a document: where, what, and how it is fixed.

use std::ops::Range;

use serde_json::Value;

use crate::model::json::{Json, Member, Node};

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

/// How a fault is fixed where only one value can be meant.
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
    /// How it is fixed.
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
    pub(super) at: &'f At<'f>,
    pub(super) faults: &'f mut Vec<Fault>,
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
    pub fn fixable(&mut self, key: &str, words: impl Into<String>, repair: Repair) {
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
pub(super) fn anchor(node: &Node) -> Range<usize> {
    match (node.member("name"), &node.value) {
        (Some(name), _) => name.range(),
        (None, Json::Object(_) | Json::Array(_)) => node.range.start..node.range.start + 1,
        (None, _) => node.range.clone(),
    }
}
