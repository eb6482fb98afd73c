//! How many entries of the configuration are judged.
//!
//! The CLI deploys a project as one CloudFormation stack, which holds 500 resources: what is beyond that is no project, and judging
//! it costs time and memory that grow faster than it does. Entries past the allowance are not read, and the report says so.

use std::collections::BTreeMap;

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Agent,
    Memory,
    Strategy,
    Namespace,
    Credential,
    Gateway,
    GatewayTarget,
    PolicyEngine,
    Policy,
    OnlineEvaluation,
    Variable,
    AdditionalPolicy,
    Endpoint,
    Other,
}

impl Kind {
    /// How many are judged in one project. What has a role of its own is at least three resources of
    /// the stack.
    fn most(self) -> usize {
        match self {
            Self::Agent | Self::Gateway | Self::OnlineEvaluation => 150,
            Self::Variable | Self::Namespace => 2_000,
            _ => 500,
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Agent => "runtimes and harnesses",
            Self::Memory => "memories",
            Self::Strategy => "strategies of memories",
            Self::Namespace => "namespaces of memories",
            Self::Credential => "credentials",
            Self::Gateway => "gateways",
            Self::GatewayTarget => "targets of gateways",
            Self::PolicyEngine => "policy engines",
            Self::Policy => "Cedar policies",
            Self::OnlineEvaluation => "online evaluations",
            Self::Variable => "environment variables",
            Self::AdditionalPolicy => "additional policies",
            Self::Endpoint => "endpoints",
            Self::Other => "other resources",
        }
    }
}

/// How many entries were found of each kind.
#[derive(Clone, Debug, Default)]
pub(super) struct Allowance {
    found: BTreeMap<Kind, usize>,
}

impl Allowance {
    /// How many of these entries are read.
    pub(super) fn take(&mut self, kind: Kind, found: usize) -> usize {
        let before = self.found.entry(kind).or_default();
        let left = kind.most().saturating_sub(*before);
        *before = before.saturating_add(found);
        found.min(left)
    }

    /// What was found beyond what is read.
    pub(super) fn left_out(&self) -> Vec<String> {
        self.found
            .iter()
            .filter(|(kind, found)| **found > kind.most())
            .map(|(kind, found)| format!("{} of {found} {}", kind.most(), kind.words()))
            .collect()
    }
}
