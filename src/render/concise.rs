//! One line a finding: `path:line:col: SEVERITY check: message`, for terminals, editors and coding agents.

use std::io::{self, Write};

use super::style::{Paint, Painter};
use super::text::{item, verdict};
use super::{Look, place};
use crate::report::{CheckResult, Report};
use crate::text::clean;

/// Writes the findings of every report, worst first, and the verdict of each.
///
/// # Errors
/// When writing fails.
pub fn render(reports: &[Report], look: Look, out: &mut dyn Write) -> io::Result<()> {
    for report in reports {
        one(report, look, out)?;
    }
    Ok(())
}

fn one(report: &Report, look: Look, out: &mut dyn Write) -> io::Result<()> {
    let painter = Painter { color: look.color };
    for result in worst_first(report) {
        writeln!(out, "{}", finding(report, result, painter))?;
    }
    let (word, rest) = verdict::parts(report);
    let word = painter.paint(verdict::paint(report), &word);
    writeln!(out, "{}", clean::inert(&format!("{word} {rest}")))
}

/// The worst five and the verdict, without colour: for standard error, where the report itself went to a file.
///
/// # Errors
/// When writing fails.
pub fn summary(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    const MOST: usize = 5;
    let painter = Painter { color: false };
    let results = worst_first(report);
    for result in results.iter().take(MOST) {
        writeln!(out, "{}", finding(report, result, painter))?;
    }
    if results.len() > MOST {
        writeln!(out, "… and {} more", results.len() - MOST)?;
    }
    writeln!(out, "{}", clean::inert(&verdict::line(report)))
}

/// Failing results by severity.
pub(super) fn worst_first(report: &Report) -> Vec<&CheckResult> {
    let mut results: Vec<&CheckResult> = item::all(report, true)
        .into_iter()
        .flat_map(|item| item.results)
        .collect();
    results.sort_by_key(|result| result.severity);
    results
}

/// The line of one result: its worst place stands for all of them.
pub(super) fn finding(report: &Report, result: &CheckResult, painter: Painter) -> String {
    let sites = item::sites(result);
    let primary = sites.iter().filter(|evidence| evidence.primary).count();
    let more = match primary {
        0 | 1 => String::new(),
        several => format!(" (and {} more)", several - 1),
    };
    let at = match sites.first() {
        Some(evidence) => place::of(report, evidence),
        None => None,
    };
    let at = at.unwrap_or_else(|| clean::line(&result.resource.to_string()));
    let severity = result.severity.as_str().to_uppercase();
    let line = format!(
        "{}: {} {}: {}{more}",
        painter.paint(Paint::Path, &at),
        painter.paint(Paint::Badge(result.severity), &severity),
        result.check,
        clean::line(&result.message)
    );
    clean::inert(&line)
}
