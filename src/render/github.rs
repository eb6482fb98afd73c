//! GitHub workflow commands: one annotation per site.
//! Format: <https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions>.

use std::fmt::Write as _;
use std::io::{self, Write};

use super::site::{self, Finding};
use super::text::verdict;
use crate::report::{Report, Severity};
use crate::text::clean;

/// Writes the annotations, worst first (GitHub shows ten of a kind), and one line a project as a notice.
///
/// # Errors
/// When writing fails.
pub fn render(reports: &[Report], out: &mut dyn Write) -> io::Result<()> {
    for report in reports {
        let mut findings = site::findings(report, false);
        findings.sort_by_key(|finding| finding.severity);
        for finding in &findings {
            writeln!(out, "{}", annotation(finding))?;
        }
        let title = property(&format!("agentcore-harden {}", report.project.name));
        let verdict = verdict::line(report);
        writeln!(out, "::notice title={title}::{}", data(&verdict))?;
    }
    Ok(())
}

fn annotation(finding: &Finding<'_>) -> String {
    let kind = match finding.severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low => "notice",
    };
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
