//! What checks see: one value that holds everything collected, with the views that several checks share.
//!
//! A field that several sources give (configuration, template, live AWS) is a list of [`Layer`]s: checks judge every layer and
//! never ask whether the run is offline.

use std::collections::BTreeMap;

use jiff::civil::Date;

use crate::config::Settings;
use crate::model::aws::AwsState;
use crate::model::evaluation::Evaluations;
use crate::model::files::FileFacts;
use crate::model::known::{Known, ReasonCode, Unread};
use crate::model::measurement::Measurement;
use crate::model::project::{Project, Target};
use crate::model::template::Template;
use crate::report::{Evidence, Outcome, Resource};

/// Everything that was collected for one project.
pub struct Context {
    /// The project's configuration.
    pub project: Project,
    /// `agentcore-harden.toml` and what the command line added to it.
    pub settings: Settings,
    /// The target that is looked at.
    pub target: Option<Target>,
    /// Facts about files: what ships, manifests, secrets found, the CLI on PATH.
    pub files: FileFacts,
    /// The synthesized template.
    pub template: Known<Template>,
    /// Recorded evaluation runs.
    pub evaluations: Evaluations,
    /// What `measure` recorded, by runtime.
    pub measurements: Known<BTreeMap<String, Measurement>>,
    /// Live AWS or a snapshot of it.
    pub aws: Known<AwsState>,
    /// Today, for expiry dates.
    pub today: Date,
    /// Facts about the run that are no result, found while collecting.
    pub notes: Vec<String>,
}

/// Which source a value comes from, weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Origin {
    /// What the CLI's construct is known to create.
    Predicted,
    /// The project's configuration.
    Config,
    /// The synthesized template.
    Template,
    /// Live AWS or a snapshot.
    Live,
}

impl Origin {
    /// How a message names it.
    pub fn words(self) -> &'static str {
        match self {
            Self::Predicted => "next deploy, as the CLI creates it",
            Self::Config => "agentcore.json",
            Self::Template => "next deploy",
            Self::Live => "deployed",
        }
    }
}

/// A value of one source, with the evidence for it.
#[derive(Clone, Debug)]
pub struct Layer<T> {
    /// Where it comes from.
    pub origin: Origin,
    /// The value.
    pub value: T,
    /// The place or API field.
    pub evidence: Evidence,
}

impl<T> Layer<T> {
    /// A value of a source.
    pub fn new(origin: Origin, value: T, evidence: Evidence) -> Self {
        Self {
            origin,
            value,
            evidence,
        }
    }
}

impl Context {
    /// The outcome of a check that can do nothing without AWS, for `resource`.
    pub fn without_aws(&self, resource: Resource) -> Outcome {
        let reason = match &self.aws {
            Known::Unread(reason) => reason.clone(),
            Known::Absent | Known::Read(_) => Unread::new(
                ReasonCode::Absent,
                "nothing of this project is deployed to the target yet",
            )
            .command("agentcore deploy -y"),
        };
        Outcome::skipped(resource, reason)
    }
}
