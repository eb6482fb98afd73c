//! What a check returns for one resource.

use schemars::JsonSchema;
use serde::Serialize;

use super::{Evidence, Fix, Resource, Severity, Status};
use crate::model::known::{ReasonCode, Unread};

/// The outcome of a check for one resource. Built by the constructor named for its status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// What it is about.
    pub resource: Resource,
    /// The verdict.
    pub status: Status,
    /// `None`: the check's own severity.
    pub severity: Option<Severity>,
    /// One sentence: subject, what was observed, consequence.
    pub message: String,
    /// What was seen.
    pub evidence: Vec<Evidence>,
    /// Alternatives, best first.
    pub fixes: Vec<Fix>,
    /// Why it is `skipped` or `manual`.
    pub reason: Option<Unread>,
    /// What a control of a standard says of the resource, where that is not what the status says.
    pub controls: Vec<ControlVerdict>,
}

/// What a control of a standard says of a resource.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ControlVerdict {
    /// `standard:control`.
    pub control: &'static str,
    /// The verdict by that control's rule.
    pub verdict: Status,
    /// The control's rule, in words.
    pub note: &'static str,
}

impl Outcome {
    fn base(resource: Resource, status: Status, message: impl Into<String>) -> Self {
        let message = message.into();
        Self {
            resource,
            status,
            severity: None,
            message,
            evidence: Vec::new(),
            fixes: Vec::new(),
            reason: None,
            controls: Vec::new(),
        }
    }

    /// Evidence was read and nothing is wrong; the message says what was looked at.
    pub fn pass(resource: Resource, message: impl Into<String>) -> Self {
        Self::base(resource, Status::Pass, message)
    }

    /// Something is wrong.
    pub fn fail(resource: Resource, message: impl Into<String>) -> Self {
        Self::base(resource, Status::Fail, message)
    }

    /// The resource kind that the check is about is not configured.
    pub fn not_applicable(resource: Resource, message: impl Into<String>) -> Self {
        Self::base(resource, Status::NotApplicable, message)
    }

    /// A person must look; `reason` says why, the message at what.
    pub fn manual(resource: Resource, message: impl Into<String>, reason: Unread) -> Self {
        Self {
            reason: Some(reason),
            ..Self::base(resource, Status::Manual, message)
        }
    }

    /// The evidence could not be read.
    pub fn skipped(resource: Resource, reason: Unread) -> Self {
        let message = reason.message.clone();
        Self {
            reason: Some(reason),
            ..Self::base(resource, Status::Skipped, message)
        }
    }

    /// The state of a check that is declared and not yet written.
    pub fn not_built(resource: Resource) -> Self {
        Self::skipped(
            resource,
            Unread::new(ReasonCode::NotBuilt, "this check is not built yet"),
        )
    }

    /// Adds a piece of evidence.
    #[must_use]
    pub fn evidence(mut self, evidence: Evidence) -> Self {
        self.evidence.push(evidence);
        self
    }

    /// Adds pieces of evidence.
    #[must_use]
    pub fn evidences(mut self, evidence: impl IntoIterator<Item = Evidence>) -> Self {
        self.evidence.extend(evidence);
        self
    }

    /// Adds a fix; the first is the best.
    #[must_use]
    pub fn fix(mut self, fix: Fix) -> Self {
        self.fixes.push(fix);
        self
    }

    /// Says what a control of a standard says of the resource by its own rule.
    #[must_use]
    pub fn control(mut self, control: &'static str, verdict: Status, note: &'static str) -> Self {
        self.controls.push(ControlVerdict {
            control,
            verdict,
            note,
        });
        self
    }

    /// Raises or lowers the severity by what was seen.
    #[must_use]
    pub fn severity(mut self, severity: Severity) -> Self {
        self.severity = Some(severity);
        self
    }
}
