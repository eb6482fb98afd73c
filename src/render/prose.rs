//! Output of the commands that are no report.

use std::io::{self, Write};

use crate::text::{clean, wrap};

/// Columns that text is wrapped at.
const COLUMNS: usize = 80;

/// `text`, cleaned and wrapped, with `left` before its first line and as many blanks before the others.
pub fn hanging(left: &str, text: &str) -> String {
    wrap::hanging(left, &clean::line(text), COLUMNS)
}

/// A JSON page, indented.
///
/// # Errors
/// When writing fails.
pub fn json_page(page: &serde_json::Value, out: &mut dyn Write) -> io::Result<()> {
    super::json::pretty(page, out)
}
