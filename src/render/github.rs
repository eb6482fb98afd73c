//! GitHub workflow commands: the verdict, then one annotation per site.
//! Format: <https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions>.

use std::fmt::Write as _;
use std::io::{self, Write};

use super::site::{self, Finding};
use super::text::verdict;
use crate::report::{Report, Severity};
use crate::text::clean;

/// What GitHub shows of each kind of annotation and step; what comes after is dropped without a word.
const SHOWN: usize = 10;

/// Writes the verdict, then the annotations, worst first, as many as are shown; what is left follows as lines of the log.
///
/// # Errors
/// When writing fails.
pub fn render(reports: &[Report], out: &mut dyn Write) -> io::Result<()> {
    let title = match reports {
        [report] => format!("agentcore-harden {}", report.project.name),
        _ => "agentcore-harden".to_owned(),
    };
    let lines: Vec<String> = reports.iter().map(verdict::line).collect();
    let (title, text) = (property(&title), data(&lines.join("\n")));
    writeln!(out, "::notice title={title}::{text}")?;
    let mut findings: Vec<Finding<'_>> = reports
        .iter()
        .flat_map(|report| site::findings(report, false))
        .collect();
    findings.sort_by_key(|finding| finding.severity);
    // The verdict is a notice.
    let (mut errors, mut warnings, mut notices) = (SHOWN, SHOWN, SHOWN - 1);
    let mut left: Vec<&Finding<'_>> = Vec::new();
    for finding in &findings {
        let room = match kind(finding.severity) {
            "error" => &mut errors,
            "warning" => &mut warnings,
            _ => &mut notices,
        };
        match room.checked_sub(1) {
            Some(rest) => {
                *room = rest;
                writeln!(out, "{}", annotation(finding))?;
            }
            None => left.push(finding),
        }
    }
    if left.is_empty() {
        return Ok(());
    }
    let word = if left.len() == 1 {
        "finding"
    } else {
        "findings"
    };
    writeln!(
        out,
        "{} more {word} without an annotation (a step shows {SHOWN} of a kind):",
        left.len()
    )?;
    for finding in left {
        let place = finding
            .span
            .map(|span| format!(":{}:{}", span.line, span.column));
        let line = format!(
            "{}{}: {} {}: {}",
            finding.path,
            place.unwrap_or_default(),
            finding.severity,
            finding.result.check,
            site::message(finding)
        );
        writeln!(out, "{}", clean::inert(&clean::line(&line)))?;
    }
    Ok(())
}

fn kind(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low => "notice",
    }
}

fn annotation(finding: &Finding<'_>) -> String {
    let kind = kind(finding.severity);
    let mut text = format!("::{kind} file={}", property(&finding.path));
    if let Some(span) = finding.span {
        let _ = write!(text, ",line={}", span.line);
        // Columns count only where the annotation is on one line.
        if span.end_line == span.line {
            let _ = write!(text, ",col={},endColumn={}", span.column, span.end_column);
        } else {
            let _ = write!(text, ",endLine={}", span.end_line);
        }
    }
    let result = finding.result;
    let title = format!("{} {}: {}", finding.severity, result.check, result.title);
    let mut message = site::message(finding);
    if let Some(fix) = result.fixes.first() {
        let _ = write!(message, "\nFix: {}", fix.title);
        for command in &fix.commands {
            let _ = write!(message, "\n  {command}");
        }
    }
    let _ = write!(text, ",title={}::{}", property(&title), data(&message));
    text
}

/// Escapes a message: a raw line break would start a command of its own.
fn data(text: &str) -> String {
    clean::block(text)
        .replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// Escapes a property.
fn property(text: &str) -> String {
    data(&clean::line(text))
        .replace(':', "%3A")
        .replace(',', "%2C")
}
