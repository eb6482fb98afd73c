//! The view of a standard: its controls, each with the verdict that follows from the results.

use schemars::JsonSchema;
use serde::Serialize;

use super::{CheckResult, Status};
use crate::model::finding::Resource;
use crate::model::standards::{self, Control, Cover, Standard};

/// A standard as one report sees it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct View {
    /// What `--standard` was given.
    pub id: &'static str,
    /// The standard's name.
    pub title: &'static str,
    /// Its source.
    pub source: &'static str,
    /// The day on which the source was read.
    pub read: &'static str,
    /// Which part of it is here.
    pub scope: &'static str,
    /// Its controls, in its order.
    pub controls: Vec<ControlView>,
}

/// A control and its verdict.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ControlView {
    /// Its id.
    pub id: &'static str,
    /// What it asks for.
    pub title: &'static str,
    /// Its severity or risk, in the standard's own scale.
    pub severity: Option<&'static str>,
    /// `fail`, `pass`, `manual`, `skipped`, `not-applicable`, or `not-judged` where no check that ran answers it.
    pub verdict: &'static str,
    /// `full`, `part` or `none`: how much of it the checks decide.
    pub cover: &'static str,
    /// The checks that answer it.
    pub checks: Vec<&'static str>,
    /// What is different there, or not judged here.
    pub note: &'static str,
    /// What the verdict rests on.
    pub results: Vec<ControlResult>,
}

/// A result that speaks to a control.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ControlResult {
    /// The check.
    pub check: &'static str,
    /// What it is about.
    pub resource: Resource,
    /// The check's own status.
    pub status: Status,
    /// The verdict by the control's rule.
    pub verdict: Status,
    /// The check's message.
    pub message: String,
}

/// The view of a standard over results.
pub fn view(standard: &'static Standard, results: &[CheckResult]) -> View {
    View {
        id: standard.id,
        title: standard.title,
        source: standard.source,
        read: standard.read,
        scope: standard.scope,
        controls: standards::controls_of(standard.id)
            .map(|control| of(control, results))
            .collect(),
    }
}

fn of(control: &'static Control, results: &[CheckResult]) -> ControlView {
    let found: Vec<ControlResult> = results
        .iter()
        .filter(|result| speaks(control, result))
        .map(|result| ControlResult {
            check: result.check,
            resource: result.resource.clone(),
            status: result.status,
            verdict: verdict(control, result),
            message: result.message.clone(),
        })
        .collect();
    ControlView {
        id: control.id,
        title: control.title,
        severity: control.severity,
        verdict: worst(&found).map_or("not-judged", Status::as_str),
        cover: control.cover.as_str(),
        checks: control.answers.iter().map(|answer| answer.check).collect(),
        note: match (control.cover, control.note) {
            (Cover::None, "") => "No check answers it",
            (_, note) => note,
        },
        results: found,
    }
}

/// True for a result about a resource that the control is about, and for what says of all such resources that there are none or
/// that they were not read.
fn speaks(control: &Control, result: &CheckResult) -> bool {
    let of_all = matches!(
        result.status,
        Status::NotApplicable | Status::Skipped | Status::Manual
    ) && result.resource.kind == super::ResourceType::Project;
    control.concerns(result.check, result.resource.kind)
        || of_all
            && control
                .answers
                .iter()
                .any(|answer| answer.check == result.check)
}

/// What the control says of a result: its own rule where the check knows it, else the check's status. A failure that was
/// suppressed here fails there all the same.
fn verdict(control: &Control, result: &CheckResult) -> Status {
    let key = control.key();
    let own = result
        .controls
        .iter()
        .find(|verdict| verdict.control == key);
    own.map_or(result.status, |verdict| verdict.verdict)
}

fn worst(results: &[ControlResult]) -> Option<Status> {
    let order = [
        Status::Fail,
        Status::Skipped,
        Status::Manual,
        Status::Pass,
        Status::NotApplicable,
    ];
    order
        .into_iter()
        .find(|status| results.iter().any(|result| result.verdict == *status))
}
