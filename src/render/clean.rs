//! Makes text of the audited project safe to show: no control character, no bidi override, nothing invisible gets through.

use std::fmt::Write as _;

use crate::shell::is_unprintable;

/// True for characters that are shown as an escape: what a terminal would act on, what reorders a line, what is invisible.
fn is_hidden(character: char) -> bool {
    is_unprintable(character)
        || matches!(character, '\u{ad}' | '\u{180e}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// One line: white space becomes a blank, hidden characters become `\u{…}`.
pub fn line(text: &str) -> String {
    escape(text, |out, character| match character {
        '\n' | '\r' | '\t' => out.push(' '),
        other => push_escape(out, other),
    })
}

/// Several lines: line breaks stay, hidden characters become `\u{…}`.
pub fn block(text: &str) -> String {
    escape(text, |out, character| match character {
        '\n' => out.push('\n'),
        '\t' => out.push_str("    "),
        '\r' => {}
        other => push_escape(out, other),
    })
}

/// The same number of characters, for text under which carets are drawn: a hidden character becomes `\u{fffd}`.
pub fn aligned(text: &str) -> String {
    escape(text, |out, character| match character {
        '\t' => out.push(' '),
        _ => out.push('\u{fffd}'),
    })
}

fn escape(text: &str, mut hidden: impl FnMut(&mut String, char)) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        if is_hidden(character) {
            hidden(&mut out, character);
        } else {
            out.push(character);
        }
    }
    out
}

fn push_escape(out: &mut String, character: char) {
    let _ = write!(out, "\\u{{{:x}}}", u32::from(character));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_hidden_is_left() {
        let hostile = "a\u{1b}[31mb\u{202e}c\u{9b}d\ne\tf\u{e0041}";
        assert_eq!(
            line(hostile),
            "a\\u{1b}[31mb\\u{202e}c\\u{9b}d e f\\u{e0041}"
        );
        assert_eq!(block("a\nb\u{7}"), "a\nb\\u{7}");
        assert_eq!(aligned("a\u{1b}\tb").chars().count(), 4);
    }
}
