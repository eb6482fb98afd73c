//! Makes text of the audited project safe to show: no control character, no bidi override, nothing invisible gets through.

use std::fmt::Write as _;

use crate::shell::is_unprintable;

/// One line: white space becomes a blank, hidden characters become `\u{…}`.
pub fn line(text: &str) -> String {
    escape(text, |out, character| match character {
        '\n' | '\r' | '\t' => out.push(' '),
        other => push_escape(out, other),
    })
}

/// Several lines: line breaks stay, hidden characters become `\u{…}`.
pub fn block(text: &str) -> String {
    inert(&escape(text, |out, character| match character {
        '\n' => out.push('\n'),
        '\t' => out.push_str("    "),
        '\r' => {}
        other => push_escape(out, other),
    }))
}

/// Lines that a GitHub workflow would take for commands of its own (`::error::`, `##[group]`, after any white space) lose that
/// meaning: every format may be printed by a job.
pub fn inert(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let body = line.trim_start();
        let lead = &line[..line.len() - body.len()];
        out.push_str(lead);
        match body.chars().next() {
            Some(first) if body.starts_with("::") || body.starts_with("##[") => {
                push_escape(&mut out, first);
                out.push_str(&body[first.len_utf8()..]);
            }
            Some(_) | None => out.push_str(body),
        }
    }
    out
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
        if is_unprintable(character) {
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
        assert_eq!(
            block("a::b\n  ::error::x\n##[group]\n"),
            "a::b\n  \\u{3a}:error::x\n\\u{23}#[group]\n"
        );
        assert_eq!(aligned("a\u{1b}\tb").chars().count(), 4);
    }
}
