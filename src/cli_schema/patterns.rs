//! The forms of names, ids and ARNs that several resources share.

use super::shape::{FILLED, Map, Pattern, Shape, TEXT, Text};

static WORD_48: Pattern = Pattern::new(
    "^[a-zA-Z][a-zA-Z0-9_]{0,47}$",
    "a letter, then letters, digits and underscores; at most 48 characters",
);
/// A name of most resources.
pub const NAME: Text = FILLED.like(&WORD_48);

static VARIABLE_FORM: Pattern = Pattern::new(
    "^[A-Za-z_][A-Za-z0-9_]*$",
    "a letter or underscore, then letters, digits and underscores",
);
/// The name of an environment variable.
pub const VARIABLE: Text = FILLED.max(255).like(&VARIABLE_FORM);

static GATEWAY_FORM: Pattern = Pattern::new(
    "^[0-9a-zA-Z](?:[0-9a-zA-Z-]*[0-9a-zA-Z])?$",
    "letters and digits, with hyphens between",
);
/// The name of a gateway.
pub const GATEWAY_NAME: Text = FILLED.max(100).like(&GATEWAY_FORM);

static KMS_FORM: Pattern = Pattern::new(
    "^arn:[^:]+:kms:[a-zA-Z0-9-]*:[0-9]{12}:key/[a-zA-Z0-9-]{36}$",
    "the ARN of a KMS key",
);
/// The ARN of a KMS key.
pub const KMS_KEY: Shape = TEXT.like(&KMS_FORM).shape();

/// `[^\S]` of JavaScript: what its `\s` matches is not quite what Unicode calls white space.
fn is_space(character: char) -> bool {
    character == '\u{feff}' || (character.is_whitespace() && character != '\u{85}')
}

static LETTER_OR_NUMBER: Pattern = Pattern::new(r"^[\p{L}\p{N}]*$", "letters and digits");

fn tag_characters(text: &str) -> Option<&'static str> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_.:/=+-@".contains(c) || is_space(c);
    let rest: String = text.chars().filter(|c| !plain(*c)).collect();
    (!rest.is_empty() && !LETTER_OR_NUMBER.accepts(&rest))
        .then_some("must hold only letters, digits, white space and _ . : / = + - @")
}

fn tag_key(text: &str) -> Option<&'static str> {
    if text.chars().all(is_space) {
        return Some("must not be blank");
    }
    if text.starts_with("aws:") {
        return Some("must not start with aws:, which AWS keeps for itself");
    }
    tag_characters(text)
}

static TAG_VALUE: Shape = TEXT.max(256).test(tag_characters).shape();
/// Tags of a resource.
pub const TAGS: Shape = Shape::Map(Map {
    key: FILLED.max(128).test(tag_key),
    value: &TAG_VALUE,
    max: 50,
});

/// Any string, as a list's item.
pub static ANY_TEXT: Shape = TEXT.shape();
/// A string that is not empty, as a list's item.
pub static SOME_TEXT: Shape = FILLED.shape();
/// Anything, as a map's value.
pub static ANYTHING: Shape = Shape::Any;
