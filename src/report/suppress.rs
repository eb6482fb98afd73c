//! Suppression: `[[ignore]]` rules, comments in code and the baseline, applied to the sites of failing results.
//!
//! A failing result stands for all its sites. A suppression covers sites, never a whole check:
//! - every primary site covered: the result keeps `fail` and gains a `suppression`; it no longer counts and never fails the run;
//! - some covered: those sites leave the result, a note says how many and why, and the rest fails with its worst severity;
//! - a result without a site in a file (AWS) is covered by a rule that names its resource, or by the baseline.

use std::collections::BTreeSet;

use jiff::civil::Date;

use super::baseline::{Baseline, judged};
use super::comment::Comments;
use super::{Acceptance, CheckResult, Evidence, Severity, Status, Suppression, fingerprint};
use crate::config::{Accept, Ignore, names};

/// Most notes: more would bury the rest of a report.
const MOST_NOTES: usize = 200;

/// Everything that suppresses.
#[derive(Debug, Default)]
pub struct Suppressions<'a> {
    /// `[[ignore]]`.
    pub rules: &'a [Ignore],
    /// `[[accept]]`.
    pub accepts: &'a [Accept],
    /// Comments in code.
    pub comments: Comments,
    /// The baseline with its path as the user gave it.
    pub baseline: Option<(&'a Baseline, String)>,
}

/// Applies the suppressions; returns notes: expired and unused rules, removed sites, baseline entries without a match.
pub fn apply(
    project: &str,
    results: &mut [CheckResult],
    suppressions: &Suppressions<'_>,
    today: Date,
) -> Vec<String> {
    let mut pass = Pass {
        project,
        suppressions,
        today,
        rules: BTreeSet::new(),
        expired: BTreeSet::new(),
        comments: BTreeSet::new(),
        baseline: BTreeSet::new(),
        known: suppressions
            .baseline
            .iter()
            .flat_map(|(baseline, _)| baseline.fingerprints(project).into_keys())
            .collect(),
        notes: Vec::new(),
    };
    for result in results
        .iter_mut()
        .filter(|result| result.status == Status::Fail)
    {
        pass.result(result);
    }
    pass.answers(results);
    pass.leftovers(results);
    let mut notes = pass.notes;
    let more = notes.len().saturating_sub(MOST_NOTES);
    if more > 0 {
        notes.truncate(MOST_NOTES);
        notes.push(format!(
            "{more} more notes on what suppresses findings are left out"
        ));
    }
    notes
}

/// Leaves a failing result the sites that `keep` names, one flag for each piece of evidence: its severity is that of the worst that
/// is left, and its message speaks of one that is left, since its own may speak of what went. `why` says what went.
pub(crate) fn keep_sites(result: &mut CheckResult, keep: &[bool], why: &str) {
    let decides = result.decides();
    let mut flags = keep.iter();
    result
        .evidence
        .retain(|_| flags.next().copied().unwrap_or(true));
    let decisive = |evidence: &&Evidence| decides(evidence);
    let severity = |evidence: &Evidence| evidence.severity.unwrap_or(result.severity);
    let worst: Option<Severity> = result.evidence.iter().filter(decisive).map(severity).min();
    result.severity = worst.unwrap_or(result.severity);
    let left = result
        .evidence
        .iter()
        .filter(decisive)
        .find(|evidence| !evidence.note.is_empty());
    if let Some(left) = left {
        result.message = format!("{}: {} ({why})", result.resource, left.note);
    }
}

struct Pass<'a> {
    project: &'a str,
    suppressions: &'a Suppressions<'a>,
    today: Date,
    /// What was used: indexes of rules and comments, fingerprints.
    rules: BTreeSet<usize>,
    expired: BTreeSet<usize>,
    comments: BTreeSet<usize>,
    baseline: BTreeSet<String>,
    /// The fingerprints of the baseline.
    known: BTreeSet<&'a str>,
    notes: Vec<String>,
}

impl Pass<'_> {
    fn result(&mut self, result: &mut CheckResult) {
        let prints = fingerprint::of_result(self.project, result);
        let decides = result.decides();
        let mut covered: Vec<Option<Suppression>> = Vec::new();
        if result.evidence.is_empty() {
            covered.push(self.cover(result, None, prints.first()));
        }
        for (evidence, print) in result.evidence.iter().zip(&prints) {
            let counts = decides(evidence);
            let suppression = counts.then(|| self.cover(result, Some(evidence), Some(print)));
            covered.push(suppression.flatten());
        }
        let decisive = |index: usize| result.evidence.get(index).is_none_or(&decides);
        let open = (0..covered.len()).any(|index| decisive(index) && covered[index].is_none());
        let found: Vec<Suppression> = covered.iter().flatten().cloned().collect();
        let Some(merged) = merge(&found) else { return };
        if !open {
            result.suppression = Some(merged);
            return;
        }
        self.notes.push(format!(
            "{} of {}: {} of {} sites suppressed ({}: {})",
            result.check,
            result.resource,
            found.len(),
            (0..covered.len()).filter(|index| decisive(*index)).count(),
            merged.source,
            merged.reason
        ));
        let open: Vec<bool> = covered.iter().map(Option::is_none).collect();
        keep_sites(result, &open, "what was suppressed is left out");
    }

    /// What covers one site; the first that fits: a comment, a rule, the baseline.
    fn cover(
        &mut self,
        result: &CheckResult,
        evidence: Option<&Evidence>,
        print: Option<&String>,
    ) -> Option<Suppression> {
        let known = self.in_baseline(print);
        let site = evidence.and_then(|evidence| evidence.site.as_ref());
        let line = site.and_then(|site| site.span).map(|span| span.line);
        let comments = &self.suppressions.comments.comments;
        let comment = comments.iter().position(|comment| {
            comment.check == result.check
                && site.is_some_and(|site| site.path == comment.path)
                && line.is_some_and(|line| comment.lines.contains(&line))
        });
        if let Some(index) = comment {
            self.comments.insert(index);
            let comment = comments.get(index)?;
            return Some(Suppression {
                reason: comment.reason.clone(),
                source: format!("{}:{}", comment.path, comment.line),
                expires: None,
            });
        }
        for (index, rule) in self.suppressions.rules.iter().enumerate() {
            if !matches(rule, result, site.map(|site| &*site.path)) {
                continue;
            }
            self.rules.insert(index);
            if rule.expires.is_some_and(|expires| expires < self.today) {
                self.expired.insert(index);
                continue;
            }
            return Some(Suppression {
                reason: rule.reason.clone(),
                source: rule.site.place(),
                expires: rule.expires.map(|date| date.to_string()),
            });
        }
        known.then(|| Suppression {
            reason: "known when the baseline was written".to_owned(),
            source: self
                .suppressions
                .baseline
                .as_ref()
                .map_or_else(String::new, |(_, path)| path.clone()),
            expires: None,
        })
    }

    /// Whether the baseline has this finding; it is still there then, whatever else covers it.
    fn in_baseline(&mut self, print: Option<&String>) -> bool {
        let Some(print) = print else {
            return false;
        };
        let known = self.known.contains(print.as_str());
        if known {
            self.baseline.insert(print.clone());
        }
        known
    }

    /// Closes what a person had to look at and did, and says which answers ended or answer nothing.
    fn answers(&mut self, results: &mut [CheckResult]) {
        for accept in self.suppressions.accepts {
            let about = |result: &CheckResult| {
                names(&accept.check, result.check)
                    && accept.resource.as_ref().is_none_or(|wanted| {
                        *wanted == result.resource.name || *wanted == result.resource.to_string()
                    })
            };
            let at = accept.site.place();
            let judged = results
                .iter()
                .any(|result| about(result) && result.status != Status::Skipped);
            let mut open = results
                .iter_mut()
                .filter(|result| result.status == Status::Manual && about(result))
                .peekable();
            if open.peek().is_none() {
                if judged {
                    self.notes.push(format!(
                        "{at}: the accept of {} answers no question; remove it",
                        accept.check
                    ));
                }
                continue;
            }
            if accept.expires < self.today {
                self.notes.push(format!(
                    "{at}: the accept of {} expired on {}; the question is back",
                    accept.check, accept.expires
                ));
                continue;
            }
            for result in open {
                result.acceptance.get_or_insert_with(|| Acceptance {
                    reason: accept.reason.clone(),
                    by: accept.by.clone(),
                    source: at.clone(),
                    expires: accept.expires.to_string(),
                });
            }
        }
    }

    /// Notes about rules, comments and baseline entries that no longer do anything.
    fn leftovers(&mut self, results: &[CheckResult]) {
        let judged = judged(results);
        let was_judged = |check: &str| judged.iter().any(|(id, _)| names(check, id));
        for (index, rule) in self.suppressions.rules.iter().enumerate() {
            if self.expired.contains(&index) {
                let expires = rule
                    .expires
                    .map(|date| date.to_string())
                    .unwrap_or_default();
                self.notes.push(format!(
                    "{}: the ignore of {} expired on {expires}; the finding is back",
                    rule.site.place(),
                    rule.check
                ));
            } else if !self.rules.contains(&index) && was_judged(&rule.check) {
                self.notes.push(format!(
                    "{}: the ignore of {} matches nothing; remove it",
                    rule.site.place(),
                    rule.check
                ));
            }
        }
        self.notes
            .extend(self.suppressions.comments.warnings.iter().cloned());
        for (index, comment) in self.suppressions.comments.comments.iter().enumerate() {
            if !self.comments.contains(&index) && was_judged(&comment.check) {
                self.notes.push(format!(
                    "{}:{}: ignore[{}] matches nothing; remove it",
                    comment.path, comment.line, comment.check
                ));
            }
        }
        let Some((baseline, path)) = &self.suppressions.baseline else {
            return;
        };
        for (print, entry) in baseline.fingerprints(self.project) {
            let judged = judged.contains(&(entry.check.as_str(), &entry.resource))
                || !results
                    .iter()
                    .any(|result| result.resource == entry.resource)
                    && was_judged(&entry.check);
            if judged && !self.baseline.contains(print) {
                let at = entry
                    .path
                    .as_ref()
                    .map(|path| format!(" in {path}"))
                    .unwrap_or_default();
                // The same text in another file: it moved, and the finding is there as a new one.
                let moved = results.iter().any(|result| {
                    result.status == Status::Fail
                        && result.suppression.is_none()
                        && result.check == entry.check
                        && result.resource == entry.resource
                        && entry.path.is_some()
                });
                let what = if moved {
                    "is no longer there (fixed, or moved to another file)"
                } else {
                    "is fixed"
                };
                self.notes.push(format!(
                    "{path}: {} of {}{at} {what}; --update-baseline drops it",
                    entry.check, entry.resource
                ));
            }
        }
    }
}

/// A rule with a path covers sites in that file or folder; one with a resource covers everything of that resource.
fn matches(rule: &Ignore, result: &CheckResult, path: Option<&str>) -> bool {
    let inside = |wanted: &String| {
        path.is_some_and(|path| {
            path.strip_prefix(wanted.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
    };
    let resource =
        |wanted: &String| *wanted == result.resource.name || *wanted == result.resource.to_string();
    names(&rule.check, result.check)
        && rule.path.as_ref().is_none_or(inside)
        && rule.resource.as_ref().is_none_or(resource)
}

/// One suppression out of several: every reason and source once, and the first day on which one ends.
fn merge(found: &[Suppression]) -> Option<Suppression> {
    let joined = |part: fn(&Suppression) -> &str, with: &str| {
        let mut parts: Vec<&str> = Vec::new();
        for suppression in found {
            if !parts.contains(&part(suppression)) {
                parts.push(part(suppression));
            }
        }
        parts.join(with)
    };
    (!found.is_empty()).then(|| Suppression {
        reason: joined(|suppression| &suppression.reason, "; "),
        source: joined(|suppression| &suppression.source, ", "),
        expires: found
            .iter()
            .filter_map(|suppression| suppression.expires.clone())
            .min(),
    })
}
