//! The words of faults: what was expected, what was found, what may have been meant.

use serde_json::Value;

use super::fault::Repair;
use super::shape::{GREATEST, Number, Shape, Text};
use crate::model::json::{Json, Node};

/// Characters of a value that a message quotes.
const LONGEST_QUOTE: usize = 40;

/// Why a text is not as it must be.
pub fn mismatch(value: &str, text: &Text) -> Option<String> {
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
pub fn converted(text: &str, expected: &str) -> Option<Repair> {
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

/// A number as JSON; whole ones stay whole.
#[allow(clippy::cast_possible_truncation)]
pub fn json_number(value: f64) -> Value {
    if value.fract() == 0.0 && value.abs() < GREATEST {
        Value::from(value as i64)
    } else {
        Value::from(value)
    }
}

/// A name without what people write differently: case and separators.
pub fn plain(text: &str) -> String {
    text.to_ascii_lowercase().replace(['-', '_', ' '], "")
}

/// The name that a mistyped one stands for.
pub fn nearest<'a>(text: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let wanted = plain(text);
    names
        .map(|name| (strsim::jaro_winkler(&wanted, &plain(name)), name))
        .filter(|(likeness, _)| *likeness > 0.9)
        .max_by(|one, other| one.0.total_cmp(&other.0))
        .map(|(_, name)| name)
}

/// What a key that is missing must hold.
pub fn expected(shape: &Shape) -> String {
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
pub fn shown(node: &Node) -> String {
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
