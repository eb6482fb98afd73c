//! Names that a template or a tutorial left to be filled in: they name nothing.

/// Beginnings, with `_` as `-`.
const BEGINNINGS: [&str; 5] = [
    "your-",
    "replace-me",
    "replace-with",
    "replace-after",
    "insert-your",
];
/// Words inside.
const MARKS: [&str; 5] = [
    "changeme",
    "change-me",
    "replaceme",
    "placeholder",
    "fill-me-in",
];
/// Whole names as they are shouted: `todo` is what many a table is called.
const WHOLE: [&str; 5] = ["TODO", "TBD", "FIXME", "XXX", "XXXX"];
/// So many equal letters in a row are a mask: `table-XXXXXXXXXX`.
const MASK: &str = "xxxxx";

/// Whether a name, an id or an ARN has to be filled in before it names anything: `YOUR_KB_ID`, `REPLACE_AFTER_DEPLOY`,
/// `<table>`, `support-XXXXXXXXXX`.
pub fn is_unfilled(name: &str) -> bool {
    let name = name.trim();
    if WHOLE.contains(&name) {
        return true;
    }
    let name = name.to_lowercase().replace('_', "-");
    let part = |part: &str| BEGINNINGS.iter().any(|start| begins(part, start));
    let bracketed = |part: &str| part.len() > 2 && part.starts_with('<') && part.ends_with('>');
    name.split(['/', ':'])
        .any(|one| part(one) || bracketed(one))
        || MARKS.iter().any(|mark| holds(&name, mark))
        || name.contains(MASK)
}

/// Whether a name begins with a word: `replacement` does not begin with `replace-me`.
fn begins(name: &str, word: &str) -> bool {
    let rest = name.strip_prefix(word);
    rest.is_some_and(|rest| word.ends_with('-') || !rest.starts_with(char::is_alphanumeric))
}

/// Whether a name holds a word whole.
fn holds(name: &str, word: &str) -> bool {
    name.match_indices(word).any(|(at, _)| {
        let before = name.get(..at).unwrap_or_default();
        let after = name.get(at + word.len()..).unwrap_or_default();
        !before.ends_with(char::is_alphanumeric) && !after.starts_with(char::is_alphanumeric)
    })
}

#[cfg(test)]
mod tests {
    use super::is_unfilled;

    #[test]
    fn names_to_fill_in_are_told_from_real_ones() {
        for name in [
            "YOUR_KB_ID",
            "your-bucket",
            "REPLACE_AFTER_DEPLOY",
            "<knowledge-base-id>",
            "support_Memory-XXXXXXXXXX",
            "arn:aws:bedrock:us-east-1:123456789012:knowledge-base/YOUR_KB_ID",
            "TODO",
            "changeme",
        ] {
            assert!(is_unfilled(name), "{name}");
        }
        for name in [
            "KB7Q2M4XYZ",
            "get-your-order",
            "orders",
            "replacements",
            "replace-memory",
            "todos",
            "todo",
            "todo-items",
            "/shop/orders",
            "arn:aws:sqs:us-east-1:123456789012:jobs",
            "example-bucket",
        ] {
            assert!(!is_unfilled(name), "{name}");
        }
    }
}
