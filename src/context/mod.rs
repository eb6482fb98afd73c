//! What checks see: one value that holds everything collected, with the views that several checks share.
//!
//! A field that several sources give (configuration, template, live AWS) is a list of [`Layer`]s: checks judge every layer and
//! never ask whether the run is offline.

use std::collections::BTreeMap;
use std::sync::OnceLock;
pub(crate) mod absent_code;
mod agent_layers;
mod agents;
pub(crate) mod clients;
pub(crate) mod code;
pub(crate) mod copied_code;
pub(crate) mod developers;
mod eval_layers;
mod gateway_layers;
mod gateways;
pub(crate) mod image;
pub(crate) mod imports;
pub(crate) mod installed;
mod memories;
mod models;
mod platform;
mod policies;
mod roles;
pub(crate) mod sessions;
mod sources;
mod stack;
pub(crate) mod variables;
mod workload;

pub use agents::{
    Authorizer, Basis, Environment, JwtView, Lifecycle, Network, Variable, VariableValue,
};
pub use gateways::{EngineAttachment, EvalView, GatewayView, TargetView};
pub use memories::{MemoryView, StrategyView};
pub use models::BedrockModel;
pub(crate) use models::{NoOwnId, geography_of, needs_a_profile, no_own_id, profile_of};
pub use platform::{
    NotKnown, PlatformSource, PlatformSources, PlatformVersion, PlatformView, Told, judged,
};
pub use policies::CedarView;
pub(crate) use roles::partition;
pub use roles::{Owned, Place, RoleOwner, RoleView, Shared};
pub use stack::StackFacts;

use jiff::civil::Date;

use crate::analysis::facts::Facts;
use crate::config::Settings;
use crate::iam::cloudformation::TemplateRole;
use crate::model::aws::AwsState;
use crate::model::evaluation::Evaluations;
use crate::model::files::FileFacts;
use crate::model::known::{Known, ReasonCode, Unread};
use crate::model::lazy::Lazy;
use crate::model::measurement::Measurement;

use crate::model::finding::{Evidence, Outcome, Resource};
use crate::model::project::{DeployedTarget, Project, Target};
use crate::model::site::Sited;
use crate::model::source::Source;
use crate::model::stack::OwnStacks;
use crate::model::template::Template;
use crate::model::tests::TestFacts;
use crate::oidc::discovery::Discovery;

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
    /// The template's roles with every policy attached to them, read when they are first asked for.
    pub template_roles: OnceLock<Vec<TemplateRole>>,
    /// What the project's names and its construct's statements are, told when they are first asked for.
    pub told: Shared,
    /// The agent's code, and the code that calls it.
    pub source: Lazy<Source>,
    /// What the analysis found out about that code.
    pub facts: Facts,
    /// What the tests in the tree exercise.
    pub tests: Lazy<TestFacts>,
    /// Recorded evaluation runs.
    pub evaluations: Evaluations,
    /// What `measure` recorded, by runtime.
    pub measurements: Known<BTreeMap<String, Measurement>>,
    /// Live AWS or a snapshot of it.
    pub aws: Known<AwsState>,
    /// Discovery documents by URL; one that is not here was not fetched.
    pub discovery: BTreeMap<String, Known<Discovery>>,
    /// Today, for expiry dates.
    pub today: Date,
    /// Facts about the run that are no result, found while collecting.
    pub notes: Vec<String>,
    /// What startup code and request code do, found when a check first asks.
    pub startup: crate::analysis::startup::Cache,
    /// Stacks of the project's own beside what the CLI makes.
    pub stacks: Lazy<OwnStacks>,
    /// The stack of the project's own that this context is about: its template is all that is known. None: the CLI's project.
    pub stack: Option<StackFacts>,
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

/// A value with the evidence for it: what every source can give, whether it has a place in a file or a field of an API.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen<T> {
    /// The value.
    pub value: T,
    /// Where it was read.
    pub evidence: Evidence,
}

impl<T> Seen<T> {
    /// Pairs a value with its evidence.
    pub fn new(value: T, evidence: Evidence) -> Self {
        Self { value, evidence }
    }
}

impl<T: Clone> Seen<T> {
    /// A value of a configuration file.
    pub fn config(sited: &Sited<T>) -> Self {
        Self::new(sited.value.clone(), Evidence::config(&sited.site))
    }
}

/// Values of a configuration file.
pub(crate) fn seen_all<T: Clone>(values: &[Sited<T>]) -> Vec<Seen<T>> {
    values.iter().map(Seen::config).collect()
}

impl Context {
    /// What the deployed state says of the target that is looked at.
    pub fn deployed(&self) -> Option<&DeployedTarget> {
        self.project.deployed.get(&self.target.as_ref()?.name)
    }

    /// Files that register an AgentCore entrypoint, with the line, and that no runtime runs.
    pub fn unnamed_entrypoints(&self) -> Vec<(&str, u32)> {
        let runs: std::collections::BTreeSet<&str> = self
            .source
            .runtimes
            .iter()
            .flat_map(|runtime| &runtime.reachable)
            .filter_map(|id| self.source.module(*id))
            .map(|module| &*module.path)
            .collect();
        // A build may copy the file to where the runtime's code lies.
        let name = |path: &str| path.rsplit('/').next().unwrap_or(path).to_owned();
        let made = self.project.runtimes.iter().any(|runtime| {
            let location = runtime.code_location.as_ref();
            location.is_some_and(|location| {
                !self.files.contents.sources.iter().any(|path| {
                    path.starts_with(
                        location
                            .value
                            .trim_start_matches("./")
                            .trim_end_matches('/'),
                    )
                })
            })
        });
        let copied = |path: &str| made && runs.iter().any(|run| name(run) == name(path));
        self.files
            .contents
            .entrypoints
            .iter()
            .map(|(path, line)| (path.as_str(), *line))
            .filter(|(path, _)| !runs.contains(path) && !copied(path))
            .collect()
    }

    /// True where neither a template nor AWS was read, so that only what the CLI is known to create can be told.
    pub fn only_predicted(&self) -> bool {
        self.stack.is_none() && self.template.read().is_none() && self.aws.read().is_none()
    }

    /// Why AWS could not be asked for something, with the action that answers and the flag that turns the reading on.
    pub fn unread(&self, what: &str, action: &str) -> Unread {
        let reason = match &self.aws {
            Known::Unread(reason) => reason.clone(),
            Known::Absent | Known::Read(_) => Unread::new(
                ReasonCode::Absent,
                "nothing of this project is deployed to the target yet",
            )
            .command("agentcore deploy -y"),
        };
        let mut reason = Unread {
            message: format!("{what}: {}", reason.message),
            ..reason
        };
        if reason.code == ReasonCode::Offline {
            reason.flag.get_or_insert_with(|| "--live".to_owned());
        }
        reason.iam_action.get_or_insert_with(|| action.to_owned());
        reason
    }

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

    /// What a discovery URL answered.
    ///
    /// # Errors
    /// Why it was not read.
    pub fn discovery(&self, url: &str) -> Result<&Discovery, Unread> {
        let offline = || {
            let message = "discovery documents are not fetched in this run";
            Unread::new(ReasonCode::Offline, message).flag("--live")
        };
        match self.discovery.get(url) {
            Some(Known::Read(document)) => Ok(document),
            Some(Known::Unread(reason)) => Err(reason.clone()),
            Some(Known::Absent) | None => Err(offline()),
        }
    }
}
