//! A line of code with its words coloured and what is meant marked. One line at a time: enough to read it, not to parse it.

use maud::{Markup, html};

use crate::model::site::Site;
use crate::text::clean;

const KEYWORDS: &[&str] = &[
    "and",
    "as",
    "assert",
    "async",
    "await",
    "break",
    "case",
    "catch",
    "class",
    "const",
    "continue",
    "def",
    "del",
    "elif",
    "else",
    "except",
    "export",
    "extends",
    "false",
    "False",
    "finally",
    "for",
    "from",
    "function",
    "global",
    "if",
    "import",
    "in",
    "interface",
    "is",
    "lambda",
    "let",
    "match",
    "new",
    "None",
    "nonlocal",
    "not",
    "null",
    "or",
    "pass",
    "raise",
    "return",
    "super",
    "switch",
    "this",
    "throw",
    "true",
    "True",
    "try",
    "type",
    "typeof",
    "undefined",
    "var",
    "while",
    "with",
    "yield",
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Plain,
    Text,
    Comment,
    Number,
    Keyword,
}

impl Kind {
    fn class(self) -> Option<&'static str> {
        match self {
            Self::Plain => None,
            Self::Text => Some("t-s"),
            Self::Comment => Some("t-c"),
            Self::Number => Some("t-n"),
            Self::Keyword => Some("t-k"),
        }
    }
}

/// The line of a site that has a place.
pub(super) fn line(site: &Site) -> Markup {
    let Some(span) = site.span.filter(|_| !site.line_text.is_empty()) else {
        return html! {};
    };
    let characters: Vec<char> = clean::aligned(&site.line_text).chars().collect();
    let column = |column: u32| {
        let index = usize::try_from(column).unwrap_or(usize::MAX);
        index.saturating_sub(1).min(characters.len())
    };
    let from = column(span.column);
    let to = if span.end_line > span.line {
        characters.len()
    } else {
        column(span.end_column).max(from)
    };
    let indent = characters
        .iter()
        .take_while(|one| one.is_whitespace())
        .count();
    let kinds = kinds(&characters, comment(&site.path));
    let mut runs: Vec<(Kind, bool, String)> = Vec::new();
    for (index, character) in characters.iter().enumerate().skip(indent.min(from)) {
        let kind = kinds.get(index).copied().unwrap_or(Kind::Plain);
        let meant = (from..to).contains(&index);
        match runs.last_mut() {
            Some((last, marked, run)) if *last == kind && *marked == meant => run.push(*character),
            _ => runs.push((kind, meant, character.to_string())),
        }
    }
    html! {
        pre.line tabindex="0" { code {
            span.number { (span.line) }
            @for (kind, meant, run) in &runs {
                @if *meant { mark class=[kind.class()] { (run) } }
                @else { span class=[kind.class()] { (run) } }
            }
        } }
    }
}

/// What begins a comment in a file.
fn comment(path: &str) -> &'static str {
    let name = path.rsplit('/').next().unwrap_or(path);
    match name.rsplit_once('.').map(|(_, extension)| extension) {
        Some("ts" | "tsx" | "js" | "jsx" | "mjs" | "cjs" | "mts" | "cts") => "//",
        Some("json") => "\0",
        _ => "#",
    }
}

/// The kind of each character.
fn kinds(characters: &[char], comment: &str) -> Vec<Kind> {
    let mut kinds = vec![Kind::Plain; characters.len()];
    let mut set = |from: usize, to: usize, kind: Kind| {
        if let Some(part) = kinds.get_mut(from..to.min(characters.len())) {
            part.fill(kind);
        }
    };
    let comment: Vec<char> = comment.chars().collect();
    let mut at = 0;
    while let Some(&character) = characters.get(at) {
        let rest = characters.get(at..).unwrap_or_default();
        if rest.starts_with(&comment) {
            set(at, characters.len(), Kind::Comment);
            break;
        }
        let length = match character {
            '"' | '\'' | '`' => {
                let length = quoted(rest, character);
                set(at, at + length, Kind::Text);
                length
            }
            _ if character.is_ascii_digit() => {
                let length = run(rest, |one| {
                    one.is_ascii_alphanumeric() || matches!(one, '.' | '_')
                });
                set(at, at + length, Kind::Number);
                length
            }
            _ if character.is_alphabetic() || character == '_' => {
                let length = run(rest, |one| one.is_alphanumeric() || one == '_');
                let word: String = rest.iter().take(length).collect();
                if KEYWORDS.contains(&word.as_str()) {
                    set(at, at + length, Kind::Keyword);
                }
                length
            }
            _ => 1,
        };
        at += length.max(1);
    }
    kinds
}

fn run(rest: &[char], of: impl Fn(char) -> bool) -> usize {
    rest.iter().take_while(|one| of(**one)).count()
}

/// The length of a quoted text; to the end of the line where it is not closed.
fn quoted(rest: &[char], quote: char) -> usize {
    let mut escaped = false;
    for (index, character) in rest.iter().enumerate().skip(1) {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if *character == quote => return index + 1,
            _ => {}
        }
    }
    rest.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str, comment: &str) -> String {
        let characters: Vec<char> = text.chars().collect();
        let letters = kinds(&characters, comment)
            .into_iter()
            .map(|kind| match kind {
                Kind::Plain => '.',
                Kind::Text => 's',
                Kind::Comment => 'c',
                Kind::Number => 'n',
                Kind::Keyword => 'k',
            });
        letters.collect()
    }

    #[test]
    fn words_have_their_kinds() {
        assert_eq!(
            shown("return f(\"a\", 10)  # x", "#"),
            "kkkkkk...sss..nn...ccc"
        );
        assert_eq!(shown(r#"x = 'it\'s' // c"#, "//"), "....sssssss.cccc");
        assert_eq!(shown("url = \"http://x\"", "//"), "......ssssssssss");
        assert_eq!(shown("open = 'never closed", "#"), ".......sssssssssssss");
        assert_eq!(shown("", "#"), "");
    }
}
