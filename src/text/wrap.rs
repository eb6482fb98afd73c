//! Wrapping by display width.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Columns that a text takes on a terminal.
pub fn width(text: &str) -> usize {
    UnicodeWidthStr::width(text)
}

/// Breaks text into lines of at most `columns`; a word that is longer stands on a line of its own, unbroken, so that it can be
/// copied.
pub fn lines(text: &str, columns: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for paragraph in text.split('\n') {
        let mut line = String::new();
        for word in paragraph.split(' ').filter(|word| !word.is_empty()) {
            if !line.is_empty() && width(&line) + 1 + width(word) > columns {
                lines.push(std::mem::take(&mut line));
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        lines.push(line);
    }
    lines
}

/// The text with `left` before its first line and as many blanks before the others.
pub fn hanging(left: &str, text: &str, columns: usize) -> String {
    let indent = width(left);
    let lines = lines(text, columns.saturating_sub(indent).max(20));
    let blank = format!("\n{}", " ".repeat(indent));
    format!("{left}{}", lines.join(&blank))
}

/// Keeps at most `most` lines; the last of them then ends in `…`.
pub fn fold(lines: &mut Vec<String>, most: usize) {
    if lines.len() <= most {
        return;
    }
    lines.truncate(most.max(1));
    if let Some(last) = lines.last_mut() {
        match last.rfind(' ') {
            Some(end) if width(last) > 20 => last.truncate(end),
            _ => {}
        }
        last.push_str(" …");
    }
}

/// The text in at most `columns`, with `…` where it was cut.
pub fn cut(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let mut out = String::new();
    let mut used = 0;
    for character in text.chars() {
        let wide = UnicodeWidthChar::width(character).unwrap_or(0);
        if used + wide + 1 > columns {
            break;
        }
        used += wide;
        out.push(character);
    }
    out.truncate(out.trim_end().len());
    out.push('…');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_words_stay_whole() {
        assert_eq!(
            lines("a bb ccc dddddddd e", 6),
            ["a bb", "ccc", "dddddddd", "e"]
        );
        assert_eq!(hanging("x: ", "one two", 3), "x: one two");
    }

    #[test]
    fn what_was_cut_is_marked() {
        let mut lines = lines("one two three four five six", 9);
        fold(&mut lines, 2);
        assert_eq!(lines, ["one two", "three …"]);
        assert_eq!(cut("日本語です", 6), "日本…");
        assert_eq!(cut("short", 6), "short");
    }
}
