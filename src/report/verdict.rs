//! The word that a launch can be gated with, and what it rests on.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Serialize;

use super::{CheckResult, Severity, Status, Summary};
use crate::checks::{self, Category, Need};
use crate::config::FailOn;
use crate::model::known::ReasonCode;

/// The verdict on a project.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub enum Word {
    /// Nothing failed that blocks a launch, and every critical and high check that applies was judged.
    #[serde(rename = "READY")]
    Ready,
    /// Something failed that blocks a launch.
    #[serde(rename = "NOT READY")]
    NotReady,
    /// Nothing failed, but not enough was judged to say that the project is ready.
    #[serde(rename = "INCOMPLETE")]
    Incomplete,
}

impl Word {
    /// The spelling of every format.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ready => "READY",
            Self::NotReady => "NOT READY",
            Self::Incomplete => "INCOMPLETE",
        }
    }
}

/// Which of two questions the verdict answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// Nothing of the project is deployed to the target: is it ready to be?
    #[default]
    BeforeDeploy,
    /// It is deployed: is what runs ready?
    Deployed,
}

impl Stage {
    /// In words, as they follow the project's name.
    pub fn words(self) -> &'static str {
        match self {
            Self::BeforeDeploy => "before the deploy",
            Self::Deployed => "deployed",
        }
    }
}

/// What a run was asked, and what it could know.
#[derive(Clone, Copy, Debug)]
pub struct Basis {
    /// `--fail-on`: the exit status.
    pub fail_on: FailOn,
    /// `--live`.
    pub live: bool,
    /// `--strict`.
    pub strict: bool,
    /// Checks or runtimes were left out on request.
    pub filtered: bool,
    /// Deployed or not.
    pub stage: Stage,
    /// The project names a role or a deployed resource, so that AWS could say something today.
    pub names_aws: bool,
    /// The project has a runtime, harness, gateway or memory to judge.
    pub something: bool,
}

impl Default for Basis {
    fn default() -> Self {
        Self {
            fail_on: FailOn::Severity(Severity::Medium),
            live: false,
            strict: false,
            filtered: false,
            stage: Stage::BeforeDeploy,
            names_aws: false,
            something: true,
        }
    }
}

/// The mildest failure that blocks a launch, whatever `--fail-on` says. A stricter `--fail-on` blocks too.
const BLOCKS: Severity = Severity::Medium;

/// Adds the verdict to totals that were counted.
pub(super) fn judge(summary: &mut Summary, results: &[CheckResult], basis: &Basis) {
    let unjudged: BTreeSet<&str> = results
        .iter()
        .filter(|result| leaves_open(result, basis))
        .map(|result| result.check)
        .collect();
    summary.unjudged = unjudged.len();
    summary.stage = basis.stage;
    summary.fail_on = basis.fail_on.as_str();
    if basis.filtered {
        return;
    }
    let blocked = |result: &CheckResult| {
        result.status == Status::Fail
            && result.suppression.is_none()
            && (result.severity.at_least(BLOCKS) || basis.fail_on.blocks(result.severity))
    };
    let judged = summary.pass + summary.fail + summary.suppressed > 0 && basis.something;
    summary.verdict = Some(if results.iter().any(blocked) {
        Word::NotReady
    } else if !unjudged.is_empty() || !judged {
        Word::Incomplete
    } else {
        Word::Ready
    });
    // `--strict` asks for everything to be judged.
    if basis.strict && summary.verdict == Some(Word::Incomplete) {
        summary.ready = false;
    }
}

/// True for a critical or high result that was not judged and could have been. What only AWS can show of a project that is not
/// deployed yet is no gap: there is nothing to read.
fn leaves_open(result: &CheckResult, basis: &Basis) -> bool {
    if result.status != Status::Skipped || !result.severity.at_least(Severity::High) {
        return false;
    }
    let reads_aws =
        checks::find(result.check).is_some_and(|check| check.needs.contains(&Need::Aws));
    let of_aws = result.reason.as_ref().is_some_and(|reason| {
        matches!(
            reason.code,
            ReasonCode::Offline
                | ReasonCode::Denied
                | ReasonCode::Absent
                | ReasonCode::Unreachable
                | ReasonCode::NotBuilt
        )
    });
    // A role of the user's own exists before the deploy, and what it allows could be read.
    let own_role = basis.names_aws && result.category == Category::Iam.id();
    !(basis.stage == Stage::BeforeDeploy && reads_aws && of_aws && !own_role)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::{Outcome, Resource, ResourceType, assemble};
    use super::*;
    use crate::model::known::Unread;

    fn runtime() -> Resource {
        Resource::new(ResourceType::Runtime, "Main")
    }

    fn result(check: &str, outcome: Outcome) -> CheckResult {
        assemble::result(checks::find(check).unwrap(), outcome, None)
    }

    fn word(results: &[CheckResult], basis: Basis) -> Option<Word> {
        assemble::summary(results, &basis).verdict
    }

    #[test]
    fn nothing_judged_is_never_ready() {
        let none = result("cli-version", Outcome::not_applicable(runtime(), "no"));
        assert_eq!(word(&[], Basis::default()), Some(Word::Incomplete));
        assert_eq!(word(&[none], Basis::default()), Some(Word::Incomplete));
        let pass = result("config-valid", Outcome::pass(runtime(), "fine"));
        let basis = Basis {
            something: false,
            ..Basis::default()
        };
        assert_eq!(
            word(std::slice::from_ref(&pass), basis),
            Some(Word::Incomplete)
        );
        assert_eq!(word(&[pass], Basis::default()), Some(Word::Ready));
    }

    #[test]
    fn fail_on_changes_the_exit_status_and_not_the_word() {
        let fail = [result("auth-drift", Outcome::fail(runtime(), "drifted"))];
        for fail_on in [
            FailOn::Never,
            FailOn::Severity(Severity::Critical),
            FailOn::Severity(Severity::Medium),
        ] {
            let basis = Basis {
                fail_on,
                ..Basis::default()
            };
            let summary = assemble::summary(&fail, &basis);
            assert_eq!(summary.verdict, Some(Word::NotReady));
            assert_eq!(summary.ready, fail_on != FailOn::Severity(Severity::Medium));
        }
    }

    #[test]
    fn a_high_check_that_was_not_judged_makes_it_incomplete() {
        let pass = result("config-valid", Outcome::pass(runtime(), "fine"));
        let offline = |check| {
            let reason = Unread::new(ReasonCode::Offline, "offline");
            result(check, Outcome::skipped(runtime(), reason))
        };
        let deployed = Basis {
            stage: Stage::Deployed,
            names_aws: true,
            ..Basis::default()
        };
        let low = [pass.clone(), offline("obs-log-retention")];
        assert_eq!(word(&low, deployed), Some(Word::Ready));
        let high = [pass.clone(), offline("runtime-mmds-v2")];
        assert_eq!(word(&high, deployed), Some(Word::Incomplete));
        assert_eq!(word(&high, Basis::default()), Some(Word::Ready));
        let strict = Basis {
            strict: true,
            ..deployed
        };
        assert!(!assemble::summary(&high, &strict).ready);
        let own_role = Basis {
            names_aws: true,
            ..Basis::default()
        };
        let role = [pass.clone(), offline("iam-trust-policy")];
        assert_eq!(word(&role, own_role), Some(Word::Incomplete));
        let reason = Unread::new(ReasonCode::Unsupported, "cannot be parsed");
        let code = result("secrets-env-read", Outcome::skipped(runtime(), reason));
        assert_eq!(
            word(&[pass, code], Basis::default()),
            Some(Word::Incomplete)
        );
    }

    #[test]
    fn a_filtered_run_has_no_word() {
        let pass = [result("config-valid", Outcome::pass(runtime(), "fine"))];
        let basis = Basis {
            filtered: true,
            ..Basis::default()
        };
        assert_eq!(word(&pass, basis), None);
    }
}
