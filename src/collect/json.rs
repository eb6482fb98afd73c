//! Reads JSON files with positions, with every fault of the input turned into an error that names its place.

use std::collections::HashSet;
use std::sync::Arc;

use jsonc_parser::ast::Value;
use jsonc_parser::common::Ranged;
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};

use crate::model::json::{Document, Json, Member, Node};
use crate::model::site::SourceText;

/// Most commas, colons and opening brackets that a document may hold: each may stand for a value, and a value costs a hundred
/// times its text. The largest real template has a tenth of them.
const MOST_VALUES: usize = 500_000;

/// Why a text is not JSON.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}:{line}:{column}: {reason}")]
pub struct JsonError {
    /// The file.
    pub path: String,
    /// 1-based line.
    pub line: usize,
    /// 1-based column, in characters.
    pub column: usize,
    /// What is wrong.
    pub reason: String,
}

/// Parses strict JSON: no comments, no trailing commas, at most 128 levels deep.
///
/// # Errors
/// The place and the reason where the text is not JSON.
pub fn parse(path: &str, text: &str) -> Result<Document, JsonError> {
    let fail = |line: usize, column: usize, reason: String| JsonError {
        path: path.to_owned(),
        line,
        column,
        reason,
    };
    if text.starts_with('\u{feff}') {
        return Err(fail(
            1,
            1,
            "starts with a byte order mark, which the AgentCore CLI rejects".to_owned(),
        ));
    }
    // serde_json judges: its grammar is strict and its errors say what was expected. The tree with positions comes after.
    if let Err(error) = serde_json::from_str::<serde::de::IgnoredAny>(text) {
        let line_text = text
            .lines()
            .nth(error.line().saturating_sub(1))
            .unwrap_or("");
        let mut bytes = error.column().saturating_sub(1).min(line_text.len());
        while !line_text.is_char_boundary(bytes) {
            bytes -= 1;
        }
        let reason = error.to_string();
        let reason = reason
            .split(" at line ")
            .next()
            .unwrap_or("not JSON")
            .to_owned();
        return Err(fail(
            error.line().max(1),
            line_text[..bytes].chars().count() + 1,
            reason,
        ));
    }
    let values = text
        .bytes()
        .filter(|byte| matches!(byte, b',' | b':' | b'[' | b'{'));
    if values.count() > MOST_VALUES {
        let reason = format!("holds more than {MOST_VALUES} values");
        return Err(fail(1, 1, reason));
    }
    let options = ParseOptions {
        allow_comments: false,
        allow_loose_object_property_names: false,
        allow_trailing_commas: false,
        allow_missing_commas: false,
        allow_single_quoted_strings: false,
        allow_hexadecimal_numbers: false,
        allow_unary_plus_numbers: false,
        allow_bare_decimal_point_numbers: false,
        allow_non_finite_numbers: false,
        allow_extended_string_escapes: false,
    };
    let parsed = parse_to_ast(text, &CollectOptions::default(), &options).map_err(|error| {
        fail(
            error.line_display(),
            error.column_display(),
            error.kind().to_string(),
        )
    })?;
    let value = parsed
        .value
        .ok_or_else(|| fail(1, 1, "the file is empty".to_owned()))?;
    let root = lower(&value);
    Ok(Document {
        source: SourceText::new(path, text),
        root,
    })
}

/// Copies the parser's tree into ours. The parser stops at 512 levels, so the recursion is bounded.
fn lower(value: &Value<'_>) -> Node {
    let range = value.range();
    let json = match value {
        Value::StringLit(text) => Json::String(Arc::from(&*text.value)),
        Value::NumberLit(number) => Json::Number(number.value.parse().unwrap_or(f64::NAN)),
        Value::BooleanLit(boolean) => Json::Bool(boolean.value),
        Value::NullKeyword(_) => Json::Null,
        Value::Array(array) => Json::Array(array.elements.iter().map(lower).collect()),
        Value::Object(object) => Json::Object(
            object
                .properties
                .iter()
                .map(|property| Member {
                    key: Arc::from(property.name.as_str()),
                    key_range: property.name.range().start..property.name.range().end,
                    node: lower(&property.value),
                })
                .collect(),
        ),
    };
    Node {
        value: json,
        range: range.start..range.end,
    }
}

/// Every key that an object holds again, where it stands again: `JSON.parse` takes the last and says nothing.
pub fn repeated_keys(root: &Node) -> Vec<&Member> {
    let mut found = Vec::new();
    let mut rest = vec![root];
    while let Some(node) = rest.pop() {
        let mut seen = HashSet::new();
        for member in node.members() {
            if !seen.insert(&*member.key) {
                found.push(member);
            }
            rest.push(&member.node);
        }
        rest.extend(node.items());
    }
    found.sort_by_key(|member| member.key_range.start);
    found
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn members_know_their_place() {
        let document = parse("a.json", "{\n  \"é\": {\"mode\": \"X\"}\n}").unwrap();
        let inner = document.root.get("é").unwrap();
        let mode = document.string(inner, "mode").unwrap();
        let span = mode.site.span.unwrap();
        assert_eq!((span.line, span.column, span.end_column), (2, 9, 20));
        assert_eq!(&*mode.site.excerpt, "\"mode\": \"X\"");
    }

    #[test]
    fn faults_have_a_place_and_a_reason() {
        let error = parse("a.json", "{\n  \"a\": 1,\n}").unwrap_err();
        assert_eq!(error.to_string(), "a.json:3:1: key must be a string");
        assert_eq!(parse("a.json", "\u{feff}{}").unwrap_err().column, 1);
        assert!(parse("a.json", "").is_err());
        let deep = "[".repeat(5000) + &"]".repeat(5000);
        assert!(
            parse("a.json", &deep)
                .unwrap_err()
                .reason
                .contains("nesting depth")
        );
    }
}
