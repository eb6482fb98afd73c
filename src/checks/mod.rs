//! The registry of checks. A check is one file in the folder of its category: a `static CHECK` with its page beside it, and a
//! pure function over the [`Context`]. Everything that names checks (`list`, `explain`, SARIF rules, the README's table) comes
//! from [`all`].

mod agents;
mod authentication;
mod callers;
pub(crate) mod code;
mod edits;
mod fixes;
mod iam;
mod judge;
mod live;
mod observability;
pub(crate) mod own_stack;
mod performance;
mod project;
mod quotas;
pub(crate) mod resources;
mod shell_access;
mod snapshot;
mod testing;
pub(crate) mod unconfigured;

use std::collections::BTreeMap;

use crate::context::Context;
use crate::model::aws::Question;
use crate::model::finding::{Outcome, Severity};

/// A check: its declaration and its judgement.
pub struct Check {
    /// Public id; never renamed.
    pub id: &'static str,
    /// The line of the checklist.
    pub title: &'static str,
    /// The section of the checklist.
    pub category: Category,
    /// Severity of a failure, where what was seen does not raise or lower it.
    pub severity: Severity,
    /// The evidence that it reads.
    pub needs: &'static [Need],
    /// Its page, Markdown with fixed headings.
    pub page: &'static str,
    /// Sources.
    pub references: &'static [&'static str],
    /// Judges: at least one outcome, one per resource.
    pub run: fn(&Context) -> Vec<Outcome>,
}

/// The check that IAM's policy simulator answers for.
pub(crate) const SIMULATED: &str = "iam-missing-permissions";

/// What IAM's policy simulator is to be asked about the live roles, by their ARNs.
pub(crate) fn questions(context: &Context) -> BTreeMap<String, Vec<Question>> {
    iam::questions(context)
}

/// The sections of the checklist, in its order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Category {
    /// The project itself.
    Project,
    /// Execution roles.
    Iam,
    /// Inbound authentication.
    Authentication,
    /// `InvokeAgentRuntimeCommand`.
    ShellAccess,
    /// Code quality.
    Code,
    /// Restored sessions: platform version V2.
    Snapshot,
    /// Observability and evaluation.
    Observability,
    /// Performance and session lifecycle.
    Performance,
    /// Memory, gateways, policy engines, network.
    Resources,
    /// Service quotas.
    Quotas,
    /// Testing.
    Testing,
}

impl Category {
    /// Every category, in the order of the report.
    pub const ALL: [Self; 11] = [
        Self::Project,
        Self::Iam,
        Self::Authentication,
        Self::ShellAccess,
        Self::Code,
        Self::Snapshot,
        Self::Observability,
        Self::Performance,
        Self::Resources,
        Self::Quotas,
        Self::Testing,
    ];

    /// The id that reports and `--only` use.
    pub fn id(self) -> &'static str {
        match self {
            Self::Project => "project",
            Self::Iam => "iam",
            Self::Authentication => "authentication",
            Self::ShellAccess => "shell-access",
            Self::Code => "code",
            Self::Snapshot => "snapshot",
            Self::Observability => "observability",
            Self::Performance => "performance",
            Self::Resources => "resources",
            Self::Quotas => "quotas",
            Self::Testing => "testing",
        }
    }

    /// The heading of the checklist.
    pub fn title(self) -> &'static str {
        match self {
            Self::Project => "Project",
            Self::Iam => "IAM",
            Self::Authentication => "Authentication",
            Self::ShellAccess => "Shell access",
            Self::Code => "Code quality",
            Self::Snapshot => "Safe to restore",
            Self::Observability => "Observability",
            Self::Performance => "Performance",
            Self::Resources => "Resources",
            Self::Quotas => "Quotas",
            Self::Testing => "Testing",
        }
    }
}

/// The kinds of evidence that checks read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Need {
    /// `agentcore.json` and the files beside it.
    Config,
    /// The agent's code.
    Code,
    /// Files that would ship, manifests, Dockerfiles.
    Files,
    /// The synthesized template.
    Template,
    /// Live AWS or a snapshot.
    Aws,
    /// The network, other than AWS.
    Network,
    /// A `measure` record.
    Measurement,
}

impl Need {
    /// The spelling of `list --json`.
    pub fn id(self) -> &'static str {
        match self {
            Self::Config => "config",
            Self::Code => "code",
            Self::Files => "files",
            Self::Template => "template",
            Self::Aws => "aws",
            Self::Network => "network",
            Self::Measurement => "measurement",
        }
    }
}

/// Every check, in the order of the report.
pub fn all() -> impl Iterator<Item = &'static Check> {
    [
        project::CHECKS,
        iam::CHECKS,
        authentication::CHECKS,
        shell_access::CHECKS,
        code::CHECKS,
        snapshot::CHECKS,
        observability::CHECKS,
        performance::CHECKS,
        resources::CHECKS,
        quotas::CHECKS,
        testing::CHECKS,
    ]
    .into_iter()
    .flatten()
    .copied()
}

/// The check with an id.
pub fn find(id: &str) -> Option<&'static Check> {
    all().find(|check| check.id == id)
}
