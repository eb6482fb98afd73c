//! Turns outcomes into the report: defaults, suppressions, severities, totals.

use super::{CheckResult, Outcome, Severity, Status, Summary};
use crate::checks::Check;
use crate::config::FailOn;

/// One result from a check's outcome.
pub fn result(check: &'static Check, outcome: Outcome, severity: Option<Severity>) -> CheckResult {
    CheckResult {
        check: check.id,
        category: check.category.id(),
        title: check.title,
        status: outcome.status,
        severity: severity.or(outcome.severity).unwrap_or(check.severity),
        message: outcome.message,
        resource: outcome.resource,
        evidence: outcome.evidence,
        fixes: outcome.fixes,
        references: check.references.to_vec(),
        reason: outcome.reason,
        suppression: None,
    }
}

/// The totals; `live` and `strict` decide what a skipped result means.
pub fn summary(results: &[CheckResult], fail_on: FailOn, live: bool, strict: bool) -> Summary {
    let mut summary = Summary::default();
    for severity in Severity::ALL {
        summary.fail_by_severity.insert(severity, 0);
    }
    for result in results {
        match (result.status, &result.suppression) {
            (Status::Fail, Some(_)) => summary.suppressed += 1,
            (Status::Fail, None) => {
                summary.fail += 1;
                *summary.fail_by_severity.entry(result.severity).or_default() += 1;
            }
            (Status::Pass, _) => summary.pass += 1,
            (Status::Manual, _) => summary.manual += 1,
            (Status::Skipped, _) => summary.skipped += 1,
            (Status::NotApplicable, _) => summary.not_applicable += 1,
        }
    }
    let blocks = |severity: Severity| matches!(fail_on, FailOn::Severity(threshold) if severity.at_least(threshold));
    let failed = |result: &CheckResult| match result.status {
        Status::Fail => result.suppression.is_none() && blocks(result.severity),
        Status::Skipped => (strict && blocks(result.severity)) || (live && needs_aws(result)),
        Status::Pass | Status::Manual | Status::NotApplicable => false,
    };
    summary.ready = !results.iter().any(failed);
    summary
}

fn needs_aws(result: &CheckResult) -> bool {
    crate::checks::find(result.check)
        .is_some_and(|check| check.needs.contains(&crate::checks::Need::Aws))
}
