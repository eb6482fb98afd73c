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
    /// What other checks say of the same place, where the same fix answers it.
    pub also: Vec<&'r CheckResult>,
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
                also: Vec::new(),
            }),
        }
    }
    for item in &mut items {
        item.results.sort_by_key(|result| result.severity);
    }
    if plain { items } else { folded(items) }
}

/// A result whose place and fix an item of another check has goes with that item.
fn folded(items: Vec<Item<'_>>) -> Vec<Item<'_>> {
    let mut kept: Vec<Item<'_>> = Vec::new();
    for item in items {
        let twin = match item.results.as_slice() {
            [only] if item.cause.is_none() => kept.iter_mut().find(|other| {
                let first = other.results.first();
                other.cause.is_none()
                    && other.category == item.category
                    && first.is_some_and(|first| {
                        first.severity <= only.severity && is_twin(first, only)
                    })
            }),
            _ => None,
        };
        match twin {
            Some(twin) => twin.also.extend(item.results),
            None => kept.push(item),
        }
    }
    kept
}

/// True where both are seen at one place and one fix answers both.
fn is_twin(one: &CheckResult, other: &CheckResult) -> bool {
    let place = |result| {
        let first: Option<&Evidence> = sites(result).into_iter().next();
        first.and_then(|evidence| evidence.site.clone())
    };
    !one.fixes.is_empty()
        && one.fixes.first() == other.fixes.first()
        && place(one).is_some()
        && place(one) == place(other)
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
