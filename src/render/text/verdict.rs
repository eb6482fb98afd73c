//! The last line: the verdict, and why.

use std::collections::BTreeSet;

use super::super::style::{Paint, Verdict};
use crate::config::FailOn;
use crate::report::verdict::Word;
use crate::report::{Report, Severity, Status, Summary};
use crate::text::clean;

/// The whole line.
pub fn line(report: &Report) -> String {
    let (word, rest) = parts(report);
    format!("{word} {rest}")
}

/// The verdict's words and what follows them, on one line that stands alone.
pub fn parts(report: &Report) -> (String, String) {
    line_parts(report, true)
}

/// The same below the counts of a page, which say how many results were not judged.
pub(super) fn below_counts(report: &Report) -> (String, String) {
    line_parts(report, false)
}

fn line_parts(report: &Report, alone: bool) -> (String, String) {
    let summary = &report.summary;
    let name = clean::line(&report.project.name);
    let mut text = match summary.verdict {
        Some(_) => name,
        None => format!("of {name}"),
    };
    text.push_str(&format!(", {}: ", summary.stage.words()));
    let failed = counts(&summary.fail_by_severity);
    text.push_str(if failed.is_empty() {
        "nothing failed"
    } else {
        &failed
    });
    if summary.skipped > 0 && alone {
        text.push_str(&format!("; {} not judged", summary.skipped));
    }
    if summary.suppressed > 0 {
        let suppressed = counts(&summary.suppressed_by_severity);
        text.push_str(&format!("; {suppressed} suppressed"));
    }
    if summary.lowered > 0 {
        text.push_str(&format!("; {} lowered", summary.lowered));
    }
    match report.filters.off.len() {
        0 => {}
        off => text.push_str(&format!("; {} off", count(off, "check"))),
    }
    if summary.fixable > 0 && alone {
        text.push_str(&format!("; {} fixable with --fix", summary.fixable));
    }
    let usual = report.view.fail_on == FailOn::Severity(Severity::Medium);
    let because = because(report);
    // The default needs no word where the counts say the same.
    if alone || !usual || because.contains("not judged") {
        text.push_str(&because);
    }
    (word(report), text)
}

/// The colour of the verdict.
pub fn paint(report: &Report) -> Paint {
    match report.summary.verdict {
        Some(Word::Ready) => Paint::Ready,
        Some(Word::Incomplete) => Paint::Incomplete,
        None if report.summary.fail == 0 && report.summary.skipped == 0 => Paint::Ready,
        None if report.summary.fail == 0 => Paint::Incomplete,
        Some(Word::NotReady) | None => Paint::NotReady,
    }
}

/// `NOT READY`; `INCOMPLETE (2 critical/high checks not judged)`; of a filtered run `passed the 3 selected checks`.
fn word(report: &Report) -> String {
    match report.summary.verdict {
        Some(Word::Incomplete) if report.summary.unjudged == 0 => {
            "INCOMPLETE (nothing was judged)".to_owned()
        }
        Some(Word::Incomplete) => format!(
            "INCOMPLETE ({} not judged)",
            count(report.summary.unjudged, "critical/high check")
        ),
        Some(word) => word.as_str().to_owned(),
        None => selected(report),
    }
}

/// What a filtered run can say: never whether the project is ready.
fn selected(report: &Report) -> String {
    let checks = |wanted: &dyn Fn(Verdict) -> bool| -> BTreeSet<&str> {
        report
            .results
            .iter()
            .filter(|result| wanted(Verdict::of(result)))
            .map(|result| result.check)
            .collect()
    };
    let all = checks(&|_| true).len();
    let failed = checks(&|verdict| verdict == Verdict::Fail);
    let open = checks(&|verdict| verdict == Verdict::Skipped);
    let of = match all {
        1 => "the selected check".to_owned(),
        several => format!("the {several} selected checks"),
    };
    if !failed.is_empty() {
        return match all {
            1 => format!("failed {of}"),
            _ => format!("failed {} of {of}", failed.len()),
        };
    }
    let person = checks(&|verdict| verdict == Verdict::Manual);
    let person = person.difference(&open).count();
    match (open.len(), person, all) {
        (0, 0, _) => format!("passed {of}"),
        (0, _, 1) => format!("left to a person: {of}"),
        (_, _, 1) => format!("could not judge {of}"),
        (open, person, _) => {
            let left = [(open, "not judged"), (person, "to look at")];
            let left: Vec<String> = left
                .iter()
                .filter(|(count, _)| *count > 0)
                .map(|(count, what)| format!("{count} {what}"))
                .collect();
            format!(
                "passed {} of {of}, {}",
                all - open - person,
                left.join(", ")
            )
        }
    }
}

/// `1 critical, 2 high`.
fn counts(by_severity: &std::collections::BTreeMap<Severity, usize>) -> String {
    let counts: Vec<String> = Severity::ALL
        .into_iter()
        .filter_map(|severity| {
            let count = by_severity.get(&severity).copied().unwrap_or(0);
            (count > 0).then(|| format!("{count} {severity}"))
        })
        .collect();
    counts.join(", ")
}

/// Why the exit status is what it is, where that is not plain.
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
            " (results that were not judged fail this run)".to_owned()
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
        Verdict::Accepted => summary.accepted,
        Verdict::Pass => summary.pass,
        Verdict::NotApplicable => summary.not_applicable,
    }
}
