//! What JSON output is made of: reports, and what stands in the place of one that could not be made.

use schemars::JsonSchema;
use serde::Serialize;

use super::{Report, SCHEMA_VERSION, Tool};
use crate::exit::Failure;

/// One line of `check --json`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum Document {
    /// The report of a project.
    Report(Box<Report>),
    /// Why there is none.
    Failed(Failed),
}

/// Why there is no report: exit status 2.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Failed {
    /// Version of this object.
    pub schema_version: u32,
    /// What went wrong.
    pub error: Problem,
}

/// What went wrong, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Problem {
    /// What went wrong, with its place.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
}

impl From<&Failure> for Problem {
    fn from(failure: &Failure) -> Self {
        let covered = failure.covered();
        Self {
            message: covered.message,
            help: covered.help,
        }
    }
}

impl From<&Failure> for Failed {
    fn from(failure: &Failure) -> Self {
        Self {
            schema_version: SCHEMA_VERSION,
            error: failure.into(),
        }
    }
}

/// All reports of a run in one document, however many projects there are.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Run {
    /// Version of this object and of the reports in it.
    pub schema_version: u32,
    /// Name and version of this program.
    pub tool: Tool,
    /// Nothing failed at or above `--fail-on` in any project, and every project has a report.
    pub ready: bool,
    /// The reports, in the order of the projects.
    pub reports: Vec<Report>,
    /// Projects that have no report, and why.
    pub errors: Vec<Problem>,
}

impl Run {
    /// The run.
    pub fn new(reports: &[Report], failures: &[Failure]) -> Self {
        let ready = reports.iter().all(|report| report.summary.ready);
        Self {
            schema_version: SCHEMA_VERSION,
            tool: Tool::this(),
            ready: ready && failures.is_empty() && !reports.is_empty(),
            reports: reports.to_vec(),
            errors: failures.iter().map(Problem::from).collect(),
        }
    }
}
