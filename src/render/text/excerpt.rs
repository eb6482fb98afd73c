//! A source line with carets under what is meant, cut to the width that there is.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::model::site::Site;
use crate::text::clean;

/// What stands for the part of a line that was cut off.
const CUT: char = '…';

/// A line, and carets under the part of it that is meant.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Excerpt {
    /// The line's number.
    pub number: String,
    /// The line, without its indentation.
    pub line: String,
    /// Blanks, then carets.
    pub carets: String,
}

impl Excerpt {
    /// The excerpt of a site that has a place, in `columns` with its gutter.
    pub fn of(site: &Site, columns: usize) -> Option<Self> {
        let span = site.span?;
        let number = span.line.to_string();
        let characters: Vec<char> = clean::aligned(&site.line_text).chars().collect();
        let indent = characters.iter().take_while(|c| c.is_whitespace()).count();
        let end = characters.len();
        let from = (span.column as usize)
            .saturating_sub(1)
            .clamp(indent.min(end), end);
        let to = if span.end_line > span.line {
            end
        } else {
            (span.end_column as usize)
                .saturating_sub(1)
                .clamp(from, end)
        };
        if characters.is_empty() {
            return None;
        }
        let columns = columns.saturating_sub(number.len() + 3).max(20);
        let (start, stop) = window(&characters, indent, from, columns);
        let cut_left = start > indent;
        let cut_right = stop < end;
        let mut line = String::new();
        let mut carets = String::new();
        if cut_left {
            line.push(CUT);
            carets.push(' ');
        }
        for (index, character) in characters.iter().enumerate().take(stop).skip(start) {
            line.push(*character);
            let caret = if (from..to.max(from + 1)).contains(&index) {
                '^'
            } else {
                ' '
            };
            (0..character.width().unwrap_or(0)).for_each(|_| carets.push(caret));
        }
        if cut_right {
            line.push(CUT);
        }
        let carets = carets.trim_end();
        Some(Self {
            number,
            line: line.trim_end().to_owned(),
            carets: if carets.is_empty() {
                "^".to_owned()
            } else {
                carets.to_owned()
            },
        })
    }
}

impl Excerpt {
    /// True where the carets are under a part of the line that is worth pointing at: not the whole of it, commas and brackets
    /// at its end aside.
    pub fn narrows(&self) -> bool {
        let meant = self.carets.chars().filter(|c| *c == '^').count();
        let line = self
            .line
            .trim_end_matches([',', ';', ':', '{', '(', '[', ' '])
            .width();
        meant < line
    }
}

/// The characters that fit: from the indentation on, or from a little before the carets where these would be cut off.
fn window(characters: &[char], indent: usize, from: usize, columns: usize) -> (usize, usize) {
    let wide = |range: std::ops::Range<usize>| -> usize {
        characters[range]
            .iter()
            .map(|c| c.width().unwrap_or(0))
            .sum()
    };
    let end = characters.len();
    if wide(indent..end) <= columns {
        return (indent, end);
    }
    let start = if wide(indent..from) + 12 <= columns {
        indent
    } else {
        from.saturating_sub(8).max(indent)
    };
    let mut stop = start;
    // Two columns stay for the marks of what was cut.
    while stop < end && wide(start..stop + 1) + 2 <= columns {
        stop += 1;
    }
    (start, stop)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::model::site::SourceText;

    fn excerpt(text: &str, part: &str, columns: usize) -> Excerpt {
        let at = text.find(part).unwrap();
        let site = SourceText::new("a", text).site(at..at + part.len());
        Excerpt::of(&site, columns).unwrap()
    }

    #[test]
    fn carets_stand_under_what_is_meant() {
        let shown = excerpt("  \"authorizerType\": \"NONE\",", "\"NONE\"", 76);
        assert_eq!(shown.line, "\"authorizerType\": \"NONE\",");
        assert_eq!(shown.carets, "                  ^^^^^^");
        let wide = excerpt("日本 = secret", "secret", 76);
        assert_eq!(wide.carets, "       ^^^^^^");
    }

    #[test]
    fn a_long_line_is_cut_around_the_carets() {
        let text = format!("{}NEEDLE{}", "x".repeat(100), "y".repeat(100));
        let shown = excerpt(&text, "NEEDLE", 40);
        assert!(shown.line.starts_with("…xxxxxxxxNEEDLE") && shown.line.ends_with('…'));
        assert_eq!(shown.carets, format!("{}^^^^^^", " ".repeat(9)));
        assert!(shown.line.chars().count() <= 37);
    }
}
