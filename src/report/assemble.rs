//! Turns outcomes into the report: defaults, suppressions, severities, totals.

use super::verdict::{self, Basis};
use super::{CheckResult, Outcome, Severity, Status, Summary};
use crate::checks::Check;
use crate::model::known::ReasonCode;
use crate::model::standards;

/// One result from a check's outcome.
///
/// `severity` is the user's own from `[severity]`: it wins over what was seen, for the sites too.
pub fn result(
    check: &'static Check,
    mut outcome: Outcome,
    severity: Option<Severity>,
) -> CheckResult {
    if severity.is_some() {
        for evidence in &mut outcome.evidence {
            evidence.severity = None;
        }
    }
    let own = outcome.severity.unwrap_or(check.severity);
    let standards = standards::of_result(check.id, outcome.resource.kind);
    CheckResult {
        check: check.id,
        category: check.category.id(),
        title: check.title,
        status: outcome.status,
        severity: severity.unwrap_or(own),
        lowered_from: severity
            .filter(|given| *given != own && own.at_least(*given))
            .map(|_| own),
        message: outcome.message,
        resource: outcome.resource,
        evidence: outcome.evidence,
        left_out: 0,
        fixes: outcome.fixes,
        references: check.references.to_vec(),
        standards,
        controls: outcome.controls,
        reason: outcome.reason,
        suppression: None,
        acceptance: None,
        fingerprints: Vec::new(),
    }
}

/// The totals and the verdict; `live` and `strict` decide what a skipped result means.
pub fn summary(results: &[CheckResult], basis: &Basis) -> Summary {
    let &Basis {
        fail_on,
        live,
        strict,
        ..
    } = basis;
    let mut summary = Summary::default();
    for severity in Severity::ALL {
        summary.fail_by_severity.insert(severity, 0);
    }
    for result in results {
        match (result.status, &result.suppression) {
            (Status::Fail, Some(_)) => {
                summary.suppressed += 1;
                *summary
                    .suppressed_by_severity
                    .entry(result.severity)
                    .or_default() += 1;
            }
            (Status::Fail, None) => {
                summary.fail += 1;
                summary.lowered += usize::from(result.lowered_from.is_some());
                summary.fixable += usize::from(result.fixes.iter().any(|fix| !fix.safe.is_empty()));
                *summary.fail_by_severity.entry(result.severity).or_default() += 1;
            }
            (Status::Pass, _) => summary.pass += 1,
            (Status::Manual, _) if result.acceptance.is_some() => summary.accepted += 1,
            (Status::Manual, _) => summary.manual += 1,
            (Status::Skipped, _) => summary.skipped += 1,
            (Status::NotApplicable, _) => summary.not_applicable += 1,
        }
    }
    let blocks = |severity: Severity| fail_on.blocks(severity);
    let failed = |result: &CheckResult| match result.status {
        Status::Fail => result.suppression.is_none() && blocks(result.severity),
        Status::Skipped => (strict && blocks(result.severity)) || (live && needs_aws(result)),
        Status::Pass | Status::Manual | Status::NotApplicable => false,
    };
    summary.ready = !results.iter().any(failed);
    verdict::judge(&mut summary, results, basis);
    summary
}

/// What a `--live` run was asked to read and could not: results of AWS checks whose evidence was refused or out of reach.
/// Evidence that does not exist (nothing is deployed) was read, in a sense: it makes the project not ready, not the run void.
pub fn unread_aws(results: &[CheckResult]) -> Vec<&CheckResult> {
    let unread = |code: ReasonCode| {
        matches!(
            code,
            ReasonCode::Offline
                | ReasonCode::Denied
                | ReasonCode::Unreachable
                | ReasonCode::Unsupported
        )
    };
    results
        .iter()
        .filter(|result| result.status == Status::Skipped && needs_aws(result))
        .filter(|result| {
            result
                .reason
                .as_ref()
                .is_some_and(|reason| unread(reason.code))
        })
        .collect()
}

fn needs_aws(result: &CheckResult) -> bool {
    crate::checks::find(result.check)
        .is_some_and(|check| check.needs.contains(&crate::checks::Need::Aws))
}
