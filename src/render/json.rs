//! The JSON report.

use std::io::{self, Write};

use crate::report::Report;

/// Writes one report, indented.
///
/// # Errors
/// When writing fails.
pub fn render(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, report)?;
    writeln!(out)
}

/// Writes one report on one line, for runs over several projects.
///
/// # Errors
/// When writing fails.
pub fn render_line(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer(&mut *out, report)?;
    writeln!(out)
}
