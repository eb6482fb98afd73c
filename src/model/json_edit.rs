//! Edits of a JSON text that leave every byte alone that they are not about: order, indentation, line ends and spacing stay.

use std::ops::Range;
use std::sync::Arc;

use serde_json::Value;

use super::json::{Document, Json, Node};

/// Replaces a byte range of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Splice {
    /// What is replaced; empty where something is inserted.
    pub range: Range<usize>,
    /// What stands there then.
    pub text: Arc<str>,
}

/// Gathers changes of one document.
pub struct Editor<'a> {
    text: &'a str,
    style: Style,
    splices: Vec<Splice>,
}

/// How a document is laid out.
struct Style {
    newline: &'static str,
    /// One level of indentation.
    unit: String,
    /// The root's members stand on lines of their own.
    lines: bool,
}

impl<'a> Editor<'a> {
    /// An editor of a document.
    pub fn new(document: &'a Document) -> Self {
        let text = document.source.text.as_ref();
        let first = document.root.members().first();
        let lead = first.map(|member| lead(text, member.key_range.start));
        let style = Style {
            newline: if text.contains("\r\n") { "\r\n" } else { "\n" },
            unit: lead
                .flatten()
                .map_or_else(|| "  ".to_owned(), str::to_owned),
            lines: lead.is_none_or(|lead| lead.is_some()),
        };
        Self {
            text,
            style,
            splices: Vec::new(),
        }
    }

    /// Sets members of the object behind `keys`, which starts at `base`; objects that are missing on the way are made.
    pub fn set(&mut self, base: &Node, keys: &[&str], members: &[(&str, Value)]) {
        let mut node = base;
        for (depth, key) in keys.iter().enumerate() {
            match node.get(key) {
                Some(next) if matches!(next.value, Json::Object(_)) => node = next,
                other => {
                    let rest = keys.get(depth + 1..).unwrap_or_default();
                    let value = nested(rest, members);
                    match other {
                        Some(next) => self.replace(next, &value),
                        None => self.insert(node, &[(key, value)]),
                    }
                    return;
                }
            }
        }
        let mut missing = Vec::new();
        for (key, value) in members {
            match node.get(key) {
                Some(old) if old.to_value() == *value => {}
                Some(old) => self.replace(old, value),
                None => missing.push((*key, value.clone())),
            }
        }
        if !missing.is_empty() {
            self.insert(node, &missing);
        }
    }

    /// Adds an item to the end of the array `key` of `base`; an array that is missing is made.
    pub fn push(&mut self, base: &Node, key: &str, item: Value) {
        let Some(array) = base.get(key) else {
            return self.insert(base, &[(key, Value::Array(vec![item]))]);
        };
        if !matches!(array.value, Json::Array(_)) {
            return self.replace(array, &Value::Array(vec![item]));
        }
        let ranges: Vec<Range<usize>> = array
            .items()
            .iter()
            .map(|item| item.range.clone())
            .collect();
        match ranges.last() {
            None => self.replace(array, &Value::Array(vec![item])),
            Some(last) => {
                let lead = lead(self.text, last.start).map(str::to_owned);
                let text = self.render(&item, lead.as_deref());
                self.after(&ranges, lead.as_deref(), &[text]);
            }
        }
    }

    /// The changes, in the order of the text; none where everything was so already.
    pub fn finish(mut self) -> Vec<Splice> {
        self.splices.sort_by_key(|splice| splice.range.start);
        self.splices
    }

    fn replace(&mut self, node: &Node, value: &Value) {
        let lead = self
            .style
            .lines
            .then(|| indentation(self.text, node.range.start));
        let text = self.render(value, lead);
        self.splices.push(Splice {
            range: node.range.clone(),
            text: text.into(),
        });
    }

    fn insert(&mut self, object: &Node, members: &[(&str, Value)]) {
        let Some(last) = object.members().iter().max_by_key(|m| m.node.range.end) else {
            let value = nested(&[], members);
            return self.replace(object, &value);
        };
        let lead = lead(self.text, last.key_range.start).map(str::to_owned);
        let colon = self
            .text
            .get(last.key_range.end..last.node.range.start)
            .filter(|colon| !colon.contains('\n'))
            .unwrap_or(": ");
        let texts: Vec<String> = members
            .iter()
            .map(|(key, value)| {
                let value = self.render(value, lead.as_deref());
                format!("{}{colon}{value}", Value::from(*key))
            })
            .collect();
        let ranges: Vec<Range<usize>> = object
            .members()
            .iter()
            .map(|member| member.range())
            .collect();
        self.after(&ranges, lead.as_deref(), &texts);
    }

    /// Inserts parts after the last of those that are there, in the way in which they are set apart.
    fn after(&mut self, ranges: &[Range<usize>], lead: Option<&str>, parts: &[String]) {
        let Some(last) = ranges.iter().max_by_key(|range| range.end) else {
            return;
        };
        let between = ranges
            .len()
            .checked_sub(2)
            .and_then(|index| ranges.get(index))
            .and_then(|previous| self.text.get(previous.end..last.start));
        let separator = match lead {
            Some(lead) => format!(",{}{lead}", self.style.newline),
            None => between.unwrap_or(", ").to_owned(),
        };
        let text: String = parts
            .iter()
            .map(|part| format!("{separator}{part}"))
            .collect();
        self.splices.push(Splice {
            range: last.end..last.end,
            text: text.into(),
        });
    }

    /// A value as text: on lines of its own below `lead`, or on one line.
    fn render(&self, value: &Value, lead: Option<&str>) -> String {
        let Some(lead) = lead else {
            return flat(value);
        };
        let inner = format!("{lead}{}", self.style.unit);
        let newline = self.style.newline;
        let wrap = |open: char, parts: Vec<String>, close: char| {
            let body = parts.join(&format!(",{newline}{inner}"));
            format!("{open}{newline}{inner}{body}{newline}{lead}{close}")
        };
        match value {
            Value::Object(members) if !members.is_empty() => {
                let part = |(key, value): (&String, &Value)| {
                    let value = self.render(value, Some(&inner));
                    format!("{}: {value}", Value::from(key.as_str()))
                };
                wrap('{', members.iter().map(part).collect(), '}')
            }
            Value::Array(items) if !items.is_empty() => {
                let part = |item: &Value| self.render(item, Some(&inner));
                wrap('[', items.iter().map(part).collect(), ']')
            }
            scalar => scalar.to_string(),
        }
    }
}

/// Applies changes to the text that they were made for. `None` where two are about the same place.
pub fn apply(text: &str, splices: &[Splice]) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for splice in splices {
        out.push_str(text.get(at..splice.range.start)?);
        out.push_str(&splice.text);
        at = splice.range.end;
    }
    out.push_str(text.get(at..)?);
    Some(out)
}

/// An object of `members` below objects of `keys`.
fn nested(keys: &[&str], members: &[(&str, Value)]) -> Value {
    let inner: Value = members
        .iter()
        .map(|(key, value)| ((*key).to_owned(), value.clone()))
        .collect();
    keys.iter().rev().fold(inner, |value, key| {
        std::iter::once(((*key).to_owned(), value)).collect()
    })
}

/// A value on one line.
fn flat(value: &Value) -> String {
    match value {
        Value::Object(members) if !members.is_empty() => {
            let parts: Vec<String> = members
                .iter()
                .map(|(key, value)| format!("{}: {}", Value::from(key.as_str()), flat(value)))
                .collect();
            format!("{{{}}}", parts.join(", "))
        }
        Value::Array(items) => {
            let parts: Vec<String> = items.iter().map(flat).collect();
            format!("[{}]", parts.join(", "))
        }
        scalar => scalar.to_string(),
    }
}

/// The white space before `at` where nothing else stands before it on its line; `None` where something does, or on line one.
fn lead(text: &str, at: usize) -> Option<&str> {
    let before = text.get(..at)?;
    let start = before.rfind('\n')? + 1;
    let lead = before.get(start..)?;
    lead.chars().all(|c| c == ' ' || c == '\t').then_some(lead)
}

/// The indentation of the line that `at` is on.
fn indentation(text: &str, at: usize) -> &str {
    let before = text.get(..at).unwrap_or_default();
    let start = before.rfind('\n').map_or(0, |index| index + 1);
    let line = before.get(start..).unwrap_or_default();
    let length = line.len() - line.trim_start_matches([' ', '\t']).len();
    line.get(..length).unwrap_or_default()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::collect::json::parse;
    use serde_json::json;

    fn edited(text: &str, change: impl Fn(&mut Editor<'_>, &Node)) -> String {
        let document = parse("a.json", text).unwrap();
        let mut editor = Editor::new(&document);
        change(&mut editor, &document.root);
        apply(text, &editor.finish()).unwrap()
    }

    #[test]
    fn what_is_not_meant_stays_as_it_is() {
        let text = "{\n    \"b\" :  1.50,\n    \"a\": [1,2,   3],\n    \"x\": {\"y\": \"NONE\"}\n}";
        let out = edited(text, |editor, root| {
            editor.set(root, &["x"], &[("y", json!("SOME"))]);
        });
        assert_eq!(out, text.replace("NONE", "SOME"));
    }

    #[test]
    fn tabs_and_windows_line_ends_are_kept() {
        let text = "{\r\n\t\"a\": {\r\n\t\t\"b\": 1\r\n\t}\r\n}\r\n";
        let out = edited(text, |editor, root| {
            editor.set(root, &["a", "c"], &[("d", json!(2))]);
        });
        let wanted = "{\r\n\t\"a\": {\r\n\t\t\"b\": 1,\r\n\t\t\"c\": {\r\n\t\t\t\"d\": 2\r\n\t\t}\r\n\t}\r\n}\r\n";
        assert_eq!(out, wanted);
    }

    #[test]
    fn one_line_stays_one_line() {
        let out = edited("{\"a\":{\"b\":1,\"c\":2}}", |editor, root| {
            editor.set(root, &["a"], &[("d", json!([1, {"e": 2}]))]);
        });
        assert_eq!(out, "{\"a\":{\"b\":1,\"c\":2,\"d\":[1, {\"e\": 2}]}}");
    }

    #[test]
    fn empty_objects_and_arrays_are_opened() {
        let text = "{\n  \"a\": {},\n  \"list\": []\n}\n";
        let out = edited(text, |editor, root| {
            editor.set(root, &["a"], &[("x", json!(1)), ("y", json!(2))]);
            editor.push(root, "list", json!({"n": 1}));
        });
        let wanted = "{\n  \"a\": {\n    \"x\": 1,\n    \"y\": 2\n  },\n  \"list\": [\n    {\n      \"n\": 1\n    }\n  ]\n}\n";
        assert_eq!(out, wanted);
        let again = edited(&out, |editor, root| {
            editor.set(root, &["a"], &[("x", json!(1)), ("y", json!(2))]);
        });
        assert_eq!(again, out);
        let more = edited(&out, |editor, root| editor.push(root, "list", json!(5)));
        assert!(more.contains("    },\n    5\n  ]"));
    }
}
