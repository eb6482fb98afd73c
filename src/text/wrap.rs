//! Wrapping by display width.

use unicode_width::UnicodeWidthStr;

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
}
