//! The shape of `agentcore-harden.toml`, for editors: [`super::parse`] reads the file, and a test holds both together.

use std::borrow::Cow;
use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::Workload;
use crate::model::finding::Severity;
use crate::model::platform::PlatformVersion;

/// Configuration of agentcore-harden.
#[derive(JsonSchema)]
#[schemars(rename_all = "kebab-case", deny_unknown_fields)]
pub struct File {
    /// The lowest severity that fails the run; default: medium.
    #[schemars(default)]
    pub fail_on: Option<Threshold>,
    /// What is declared of a runtime or harness, by its name.
    #[schemars(default)]
    pub runtimes: BTreeMap<String, Runtime>,
    /// Severity by check id or pattern (`test-*`); an id wins over a pattern.
    #[schemars(default)]
    pub severity: BTreeMap<CheckName, Level>,
    /// Findings that are suppressed, each with its reason.
    #[schemars(default)]
    pub ignore: Vec<Ignore>,
    /// Answers to what a person has to look at.
    #[schemars(default)]
    pub accept: Vec<Accept>,
}

/// What is declared of a runtime.
#[derive(JsonSchema)]
#[schemars(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Runtime {
    /// How it is used.
    #[schemars(default)]
    pub workload: Option<Workload>,
    /// New sessions a minute at the peak.
    #[schemars(default, range(min = 0.0))]
    pub peak_new_sessions_per_minute: Option<f64>,
    /// Mean length of a session.
    #[schemars(default, range(min = 0.0))]
    pub mean_session_seconds: Option<f64>,
    /// Invocations a second at the peak.
    #[schemars(default, range(min = 0.0))]
    pub peak_invocations_per_second: Option<f64>,
    /// Length of a job: batch and background.
    #[schemars(default, range(min = 0.0))]
    pub job_seconds: Option<f64>,
    /// The platform version that it is deployed to, where nothing else tells.
    #[schemars(default)]
    pub platform_version: Option<PlatformVersion>,
}

/// A rule that suppresses findings. It names a path or a resource.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Ignore {
    /// Id of the check, or a pattern.
    pub check: CheckName,
    /// A file or folder, from the project root.
    #[schemars(default)]
    pub path: Option<String>,
    /// A resource by its name.
    #[schemars(default)]
    pub resource: Option<String>,
    /// Why; shown in the report.
    #[schemars(length(min = 1))]
    pub reason: String,
    /// Past this day the finding is back.
    #[schemars(default)]
    pub expires: Option<Day>,
}

/// Closes a question that a person had to answer.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Accept {
    /// Id of the check, or a pattern.
    pub check: CheckName,
    /// A resource by its name.
    #[schemars(default)]
    pub resource: Option<String>,
    /// What was decided; shown in the report.
    #[schemars(length(min = 1))]
    pub reason: String,
    /// Who decided, by role.
    #[schemars(length(min = 1))]
    pub by: String,
    /// The day on which the question is asked again.
    pub expires: Day,
}

/// The lowest severity that fails the run.
pub struct Threshold;

/// The severity of a check.
pub struct Level;

/// Id of a check, or a pattern. Which checks there are is known to who prints the schema.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub struct CheckName;

/// A day.
pub struct Day;

fn severities(more: &'static str) -> Vec<&'static str> {
    let severities = Severity::ALL.into_iter().map(Severity::as_str);
    severities.chain([more]).collect()
}

impl JsonSchema for Threshold {
    fn schema_name() -> Cow<'static, str> {
        "Threshold".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"enum": severities("never")})
    }
}

impl JsonSchema for Level {
    fn schema_name() -> Cow<'static, str> {
        "Level".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"enum": severities("off")})
    }
}

impl JsonSchema for CheckName {
    fn schema_name() -> Cow<'static, str> {
        "CheckName".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string"})
    }
}

impl JsonSchema for Day {
    fn schema_name() -> Cow<'static, str> {
        "Day".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "format": "date"})
    }
}
