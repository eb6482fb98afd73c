//! `agentcore-harden.toml`: raw → valid, with every problem reported at its place.

mod parse;

pub use parse::{Problem, Runtimes, parse};

use std::collections::BTreeMap;

use jiff::civil::Date;

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
    /// `[[ignore]]`.
    pub ignores: Vec<Ignore>,
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
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

/// An `[[ignore]]` rule.
#[derive(Clone, Debug)]
pub struct Ignore {
    /// The check's id.
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
