//! What is reported as one: the failing results of a check, or of several checks that one cause explains.

use std::collections::BTreeMap;

use crate::checks::Category;
use crate::report::{CheckResult, Evidence, EvidenceKind, Report, Severity};

use super::super::style::Verdict;

/// Failing results that are shown together, worst first.
#[derive(Debug)]
pub(in crate::render) struct Item<'r> {
    /// The category.
    pub category: &'static str,
    /// The results.
    pub results: Vec<&'r CheckResult>,
    /// The one cause of results of several checks, in words.
    pub cause: Option<&'static str>,
}

impl Item<'_> {
    /// The worst severity.
    pub fn severity(&self) -> Severity {
        let severities = self.results.iter().map(|result| result.severity);
        severities.min().unwrap_or(Severity::Low)
    }
}

/// The items of a report, in the order of its results; `plain` keeps every check apart.
pub(in crate::render) fn all(report: &Report, plain: bool) -> Vec<Item<'_>> {
    let failing = || {
        report
            .results
            .iter()
            .filter(|result| Verdict::of(result) == Verdict::Fail)
    };
    let roles: Vec<&CheckResult> = failing().filter(|result| of_cli_role(result)).collect();
    let checks: BTreeMap<&str, ()> = roles.iter().map(|result| (result.check, ())).collect();
    let grouped = !plain && checks.len() > 1;
    let mut items: Vec<Item<'_>> = Vec::new();
    for result in failing() {
        let cause = (grouped && of_cli_role(result))
            .then_some("the roles that the AgentCore CLI creates allow too much");
        let same = items.iter_mut().find(|item| match cause {
            Some(_) => item.cause == cause,
            None => {
                item.cause.is_none() && item.results.iter().any(|other| other.check == result.check)
            }
        });
        match same {
            Some(item) => item.results.push(result),
            None => items.push(Item {
                category: result.category,
                results: vec![result],
                cause,
            }),
        }
    }
    for item in &mut items {
        item.results.sort_by_key(|result| result.severity);
    }
    items
}

/// True where all that the result fails for is a role that the CLI's own construct is known to create.
fn of_cli_role(result: &CheckResult) -> bool {
    let mut primary = result.evidence.iter().filter(|evidence| evidence.primary);
    result.category == Category::Iam.id()
        && primary.clone().next().is_some()
        && primary.all(|evidence| evidence.kind == EvidenceKind::Predicted)
}

/// The evidence that a result fails for before what explains it, the worst sites first; otherwise in their own order.
pub(in crate::render) fn sites(result: &CheckResult) -> Vec<&Evidence> {
    let mut sites: Vec<&Evidence> = result.evidence.iter().collect();
    sites.sort_by_key(|evidence| {
        (
            !evidence.primary,
            evidence.severity.unwrap_or(result.severity),
        )
    });
    sites
}
