//! The checklist for people.

use std::io::{self, Write};

use crate::report::Report;

/// Writes the checklist.
///
/// # Errors
/// When writing fails.
pub fn render(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    for result in &report.results {
        writeln!(
            out,
            "{} {} {}: {}",
            result.status.as_str(),
            result.check,
            result.resource,
            result.message
        )?;
    }
    Ok(())
}
