//! `agentcore-harden.toml`: raw → valid, with every problem reported at its place.

mod parse;
pub mod schema;

pub use parse::{Problem, Runtimes, parse};

use std::collections::BTreeMap;

use jiff::civil::Date;
use schemars::JsonSchema;

use crate::model::finding::Severity;
use crate::model::platform::PlatformVersion;
use crate::model::site::{Site, Sited};

/// The name of the file, in the project root.
pub const FILE: &str = "agentcore-harden.toml";

/// The validated configuration.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// `fail-on`.
    pub fail_on: Option<FailOn>,
    /// `[runtimes.NAME]`.
    pub runtimes: BTreeMap<String, RuntimeSettings>,
    /// `[severity]`: check id → severity.
    pub severity: BTreeMap<String, Severity>,
    /// Checks that `[severity]` turns off, with the place that says so.
    pub off: BTreeMap<String, Site>,
    /// `[[ignore]]`.
    pub ignores: Vec<Ignore>,
    /// `[[accept]]`.
    pub accepts: Vec<Accept>,
    /// `--assume-platform-version`: wins over every source.
    pub assumed_platform: Option<PlatformVersion>,
}

/// The severity at which the run fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailOn {
    /// At or above a severity.
    Severity(Severity),
    /// Never.
    Never,
}

impl FailOn {
    /// True when a failure of that severity fails the run.
    pub fn blocks(self, severity: Severity) -> bool {
        matches!(self, Self::Severity(threshold) if severity.at_least(threshold))
    }

    /// The spelling of `--fail-on`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Severity(severity) => severity.as_str(),
            Self::Never => "never",
        }
    }
}

/// What the user declares of a runtime.
#[derive(Clone, Debug, Default)]
pub struct RuntimeSettings {
    /// `workload`.
    pub workload: Option<Sited<Workload>>,
    /// `peak-new-sessions-per-minute`.
    pub peak_new_sessions_per_minute: Option<f64>,
    /// `mean-session-seconds`.
    pub mean_session_seconds: Option<f64>,
    /// `peak-invocations-per-second`.
    pub peak_invocations_per_second: Option<f64>,
    /// `job-seconds`.
    pub job_seconds: Option<f64>,
    /// `platform-version`.
    pub platform_version: Option<Sited<PlatformVersion>>,
}

/// The workload shapes of the checklist.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, JsonSchema)]
#[schemars(rename_all = "kebab-case")]
pub enum Workload {
    /// Interactive chat.
    Chat,
    /// Each call is self-contained.
    RequestReply,
    /// One session per job.
    Batch,
    /// Long-running tasks.
    Background,
}

impl Workload {
    /// Every workload.
    pub const ALL: [Self; 4] = [
        Self::Chat,
        Self::RequestReply,
        Self::Batch,
        Self::Background,
    ];

    /// The spelling of the configuration file.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Chat => "chat",
            Self::RequestReply => "request-reply",
            Self::Batch => "batch",
            Self::Background => "background",
        }
    }
}

/// An `[[accept]]` entry: somebody answered the question of a `manual` result.
#[derive(Clone, Debug)]
pub struct Accept {
    /// The check's id, or a pattern (`test-*`).
    pub check: String,
    /// Only this resource.
    pub resource: Option<String>,
    /// What was decided; shown in the report.
    pub reason: String,
    /// Who decided, by role.
    pub by: String,
    /// Past this day the question is back.
    pub expires: Date,
    /// Where the entry stands.
    pub site: Site,
}

/// True when the pattern names the id: the id itself, or with `*` for any part of it (`secrets-*`).
pub fn names(pattern: &str, id: &str) -> bool {
    let Some((head, mut rest)) = pattern.split_once('*') else {
        return pattern == id;
    };
    let Some(mut left) = id.strip_prefix(head) else {
        return false;
    };
    while let Some((part, more)) = rest.split_once('*') {
        let Some(at) = left.find(part) else {
            return false;
        };
        left = left.get(at + part.len()..).unwrap_or_default();
        rest = more;
    }
    left.ends_with(rest)
}

/// An `[[ignore]]` rule.
#[derive(Clone, Debug)]
pub struct Ignore {
    /// The check's id, or a pattern (`secrets-*`).
    pub check: String,
    /// Only sites in this file or folder.
    pub path: Option<String>,
    /// Only this resource.
    pub resource: Option<String>,
    /// Why; shown in the report.
    pub reason: String,
    /// Past this day the finding is back.
    pub expires: Option<Date>,
    /// Where the rule stands.
    pub site: Site,
}

#[cfg(test)]
mod tests {
    use super::names;

    #[test]
    fn a_pattern_names_ids() {
        assert!(names("secrets-*", "secrets-env-read") && names("*", "cli-version"));
        assert!(names("*-jwt-*", "auth-jwt-config") && names("a*b*c", "abc"));
        assert!(names("cli-version", "cli-version"));
        assert!(!names("secrets-*", "secrets") && !names("cli", "cli-version"));
        assert!(!names("*-read", "secrets-env-reader") && !names("ab*ba", "aba"));
    }
}
