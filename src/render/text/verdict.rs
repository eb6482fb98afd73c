//! The last line: ready or not, and why.

use super::super::style::Verdict;
use crate::config::FailOn;
use crate::report::{Report, Severity, Status, Summary};
use crate::text::clean;

/// The whole line.
pub fn line(report: &Report) -> String {
    let (word, rest) = parts(report);
    format!("{word} {rest}")
}

/// The verdict's word and what follows it.
pub fn parts(report: &Report) -> (&'static str, String) {
    let word = if report.summary.ready {
        "READY"
    } else {
        "NOT READY"
    };
    let summary = &report.summary;
    let counts: Vec<String> = Severity::ALL
        .into_iter()
        .filter_map(|severity| {
            let count = summary
                .fail_by_severity
                .get(&severity)
                .copied()
                .unwrap_or(0);
            (count > 0).then(|| format!("{count} {severity}"))
        })
        .collect();
    let mut text = clean::line(&report.project.name);
    text.push_str(": ");
    text.push_str(&if counts.is_empty() {
        "nothing failed".to_owned()
    } else {
        counts.join(", ")
    });
    if summary.skipped > 0 {
        text.push_str(&format!("; {} not judged", summary.skipped));
    }
    text.push_str(&because(report));
    (word, text)
}

/// Why the counts mean what the word says, where that is not plain.
fn because(report: &Report) -> String {
    let failing = report
        .results
        .iter()
        .filter(|result| result.status == Status::Fail && result.suppression.is_none());
    let blocking = failing
        .clone()
        .any(|result| report.view.blocks(result.severity));
    match report.view.fail_on {
        FailOn::Never if failing.count() > 0 => " (--fail-on never)".to_owned(),
        FailOn::Never => String::new(),
        _ if !report.summary.ready && !blocking => {
            " (what was not judged counts in this run)".to_owned()
        }
        FailOn::Severity(severity) => format!(" (--fail-on {severity})"),
    }
}

/// `1 result`, `2 results`.
pub fn count(number: usize, word: &str) -> String {
    format!("{number} {word}{}", if number == 1 { "" } else { "s" })
}

/// How many results have a verdict.
pub fn number(summary: &Summary, verdict: Verdict) -> usize {
    match verdict {
        Verdict::Fail => summary.fail,
        Verdict::Manual => summary.manual,
        Verdict::Skipped => summary.skipped,
        Verdict::Suppressed => summary.suppressed,
        Verdict::Pass => summary.pass,
        Verdict::NotApplicable => summary.not_applicable,
    }
}
