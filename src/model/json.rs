//! JSON with positions: a tree in which every value and every member knows its byte range.

use std::ops::Range;
use std::sync::Arc;

use super::site::{Site, Sited, SourceText};

/// A JSON value with its byte range.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// The value.
    pub value: Json,
    /// Byte range of the value.
    pub range: Range<usize>,
}

/// A JSON value whose parts know their place.
#[derive(Clone, Debug, PartialEq)]
pub enum Json {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number.
    Number(f64),
    /// A string.
    String(Arc<str>),
    /// An array.
    Array(Vec<Node>),
    /// An object; duplicate keys are kept in order, look-ups take the last as `JSON.parse` does.
    Object(Vec<Member>),
}

/// A member of an object.
#[derive(Clone, Debug, PartialEq)]
pub struct Member {
    /// The key.
    pub key: Arc<str>,
    /// Byte range of the key with its quotes.
    pub key_range: Range<usize>,
    /// The value.
    pub node: Node,
}

impl Member {
    /// Byte range from the key to the end of the value.
    pub fn range(&self) -> Range<usize> {
        self.key_range.start..self.node.range.end
    }
}

impl Node {
    /// The member of an object.
    pub fn member(&self, key: &str) -> Option<&Member> {
        match &self.value {
            Json::Object(members) => members.iter().rev().find(|member| &*member.key == key),
            _ => None,
        }
    }

    /// The value of a member.
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.member(key).map(|member| &member.node)
    }

    /// The value behind a path of keys.
    pub fn path(&self, keys: &[&str]) -> Option<&Self> {
        keys.iter().try_fold(self, |node, key| node.get(key))
    }

    /// The value behind a JSON pointer (RFC 6901).
    pub fn pointer(&self, pointer: &str) -> Option<&Self> {
        let Some(parts) = pointer.strip_prefix('/') else {
            return pointer.is_empty().then_some(self);
        };
        parts.split('/').try_fold(self, |node, part| {
            let key = part.replace("~1", "/").replace("~0", "~");
            match &node.value {
                Json::Array(items) => items.get(key.parse::<usize>().ok()?),
                _ => node.get(&key),
            }
        })
    }

    /// The text of a string.
    pub fn as_str(&self) -> Option<&str> {
        match &self.value {
            Json::String(text) => Some(text),
            _ => None,
        }
    }

    /// A boolean.
    pub fn as_bool(&self) -> Option<bool> {
        match self.value {
            Json::Bool(value) => Some(value),
            _ => None,
        }
    }

    /// A number.
    pub fn as_number(&self) -> Option<f64> {
        match self.value {
            Json::Number(value) => Some(value),
            _ => None,
        }
    }

    /// The elements of an array; none for anything else.
    pub fn items(&self) -> &[Self] {
        match &self.value {
            Json::Array(items) => items,
            _ => &[],
        }
    }

    /// The members of an object; none for anything else.
    pub fn members(&self) -> &[Member] {
        match &self.value {
            Json::Object(members) => members,
            _ => &[],
        }
    }

    /// The JSON type's name, as validators spell it.
    pub fn type_name(&self) -> &'static str {
        match self.value {
            Json::Null => "null",
            Json::Bool(_) => "boolean",
            Json::Number(_) => "number",
            Json::String(_) => "string",
            Json::Array(_) => "array",
            Json::Object(_) => "object",
        }
    }

    /// The same value without positions.
    pub fn to_value(&self) -> serde_json::Value {
        match &self.value {
            Json::Null => serde_json::Value::Null,
            Json::Bool(value) => (*value).into(),
            Json::Number(value) => number(*value),
            Json::String(text) => serde_json::Value::String(text.to_string()),
            Json::Array(items) => items.iter().map(Self::to_value).collect(),
            Json::Object(members) => members
                .iter()
                .map(|member| (member.key.to_string(), member.node.to_value()))
                .collect(),
        }
    }
}

/// Whole numbers stay whole: `5` must not become `5.0` in a policy document.
#[allow(clippy::cast_possible_truncation)]
fn number(value: f64) -> serde_json::Value {
    if value.fract() == 0.0 && value.abs() < 9_007_199_254_740_992.0 {
        (value as i64).into()
    } else {
        value.into()
    }
}

/// A parsed JSON file.
#[derive(Clone, Debug)]
pub struct Document {
    /// Path and text.
    pub source: SourceText,
    /// The root value.
    pub root: Node,
}

impl Document {
    /// The site of a value.
    pub fn site(&self, node: &Node) -> Site {
        self.source.site(node.range.clone())
    }

    /// The site of a member, key and value.
    pub fn member_site(&self, member: &Member) -> Site {
        self.source.site(member.range())
    }

    /// The string member `key` of `node`, sited at key and value.
    pub fn string(&self, node: &Node, key: &str) -> Option<Sited<String>> {
        let member = node.member(key)?;
        Some(Sited::new(
            member.node.as_str()?.to_owned(),
            self.member_site(member),
        ))
    }

    /// The boolean member `key` of `node`.
    pub fn boolean(&self, node: &Node, key: &str) -> Option<Sited<bool>> {
        let member = node.member(key)?;
        Some(Sited::new(member.node.as_bool()?, self.member_site(member)))
    }

    /// The number member `key` of `node`.
    pub fn number(&self, node: &Node, key: &str) -> Option<Sited<f64>> {
        let member = node.member(key)?;
        Some(Sited::new(
            member.node.as_number()?,
            self.member_site(member),
        ))
    }

    /// The strings of the array member `key` of `node`, each at its own place.
    pub fn strings(&self, node: &Node, key: &str) -> Vec<Sited<String>> {
        let items = node.get(key).map(Node::items).unwrap_or_default();
        let text = |item: &Node| Some(Sited::new(item.as_str()?.to_owned(), self.site(item)));
        items.iter().filter_map(text).collect()
    }
}
