//! Output of the commands that are no report.

use std::io::{self, Write};
use std::sync::OnceLock;

use crate::text::{clean, wrap};

/// Columns that text is wrapped at where nothing else is asked for; wider prose is hard to read.
const COLUMNS: usize = 80;

/// Columns that the process's output has, once a command knows them.
static WIDTH: OnceLock<usize> = OnceLock::new();

/// Wraps from now on at this many columns, or at 80 where there are more. The first word stands.
pub fn wrap_at(columns: usize) {
    WIDTH.get_or_init(|| columns.min(COLUMNS));
}

/// `text`, cleaned and wrapped, with `left` before its first line and as many blanks before the others.
pub fn hanging(left: &str, text: &str) -> String {
    let columns = WIDTH.get().copied().unwrap_or(COLUMNS);
    wrap::hanging(left, &clean::line(text), columns)
}

/// A JSON page, indented.
///
/// # Errors
/// When writing fails.
pub fn json_page(page: &serde_json::Value, out: &mut dyn Write) -> io::Result<()> {
    super::json::pretty(page, out)
}
