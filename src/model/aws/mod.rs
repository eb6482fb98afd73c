//! The live AWS state that checks read; serde both ways, since a snapshot is this value in a file.
//!
//! Every value that AWS was asked for is a [`Known`]: what was refused, throttled or unreachable stays told apart from what is
//! not there. What a snapshot does not hold reads as unread. No secret value is kept: environment variables are masked when they
//! are collected. Collections are ordered, so the same account gives the same bytes.

mod agentcore;
mod gateway;
mod iam;
mod watch;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use agentcore::{
    Artifact, CapacityProvider, Claim, CredentialProvider, EnvValue, Harness, Image, Jwt, LogGroup,
    Memory, Mount, Network, OnlineEval, Policy, PolicyEngine, Ports, Runtime, RuntimeEndpoint,
    Strategy, Warmup,
};
pub use gateway::{Gateway, GatewayEngine, GatewayTarget, OutboundAuth, ProvisionedConcurrency};
pub use iam::{Decision, NamedPolicy, Principal, PrincipalKind, Question, Role, Simulation};
pub use watch::{EventRule, Quota, Selector, TraceDestination, Trail};

use super::known::{Known, ReasonCode, Unread};
use crate::model::oidc::discovery::Discovery;

/// What was read from AWS for one target.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct AwsState {
    /// The account that the credentials belong to.
    pub account: Option<String>,
    /// The Region that was read.
    pub region: Option<String>,
    /// `aws`, `aws-cn`, `aws-us-gov`: from the caller's ARN.
    pub partition: Option<String>,
    /// Runtimes by the name that `agentcore.json` gives them; `Absent`: not deployed.
    pub runtimes: BTreeMap<String, Known<Runtime>>,
    /// Harnesses by the name that `agentcore.json` gives them.
    pub harnesses: BTreeMap<String, Known<Harness>>,
    /// Gateways by the name that `agentcore.json` gives them.
    pub gateways: BTreeMap<String, Known<Gateway>>,
    /// Memories by the name that `agentcore.json` gives them.
    pub memories: BTreeMap<String, Known<Memory>>,
    /// Policy engines by the name that `agentcore.json` gives them.
    pub policy_engines: BTreeMap<String, Known<PolicyEngine>>,
    /// Online evaluations of the account that watch a runtime of the project, by name.
    pub online_evals: Known<BTreeMap<String, Known<OnlineEval>>>,
    /// Credential providers of the account: names and ARNs, never a secret.
    pub credential_providers: Known<Vec<CredentialProvider>>,
    /// Roles of the project by ARN: execution, gateway, memory and evaluation roles.
    pub roles: BTreeMap<String, Known<Role>>,
    /// What IAM's policy simulator answers for what the project's roles are used for, by the role's ARN: asked with `--live` only.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub simulations: BTreeMap<String, Known<Vec<Simulation>>>,
    /// Every principal of the account that a statement about AgentCore may concern, reduced to these statements.
    pub principals: Known<Vec<Principal>>,
    /// Enabled rules of the account's event buses whose pattern matches a command execution, and the project's own.
    pub event_rules: Known<Vec<EventRule>>,
    /// Trails of the account.
    pub trails: Known<Vec<Trail>>,
    /// Where X-Ray sends segments.
    pub trace_destination: Known<TraceDestination>,
    /// Sampling percentage of X-Ray's indexing rules by name.
    pub indexing_rules: Known<BTreeMap<String, f64>>,
    /// Applied quotas of Amazon Bedrock AgentCore, by code.
    pub quotas: Known<BTreeMap<String, Quota>>,
}

/// The reason for a resource that the state says nothing about.
fn not_in_state(kind: &str, name: &str) -> Unread {
    Unread::new(
        ReasonCode::Absent,
        format!("the AWS state that was read says nothing about {kind} {name}"),
    )
}

impl AwsState {
    /// A runtime or, by the runtime that it made, a harness's runtime.
    pub fn runtime(&self, name: &str) -> Known<&Runtime> {
        find(&self.runtimes, "runtime", name)
    }

    /// A harness.
    pub fn harness(&self, name: &str) -> Known<&Harness> {
        find(&self.harnesses, "harness", name)
    }

    /// A gateway.
    pub fn gateway(&self, name: &str) -> Known<&Gateway> {
        find(&self.gateways, "gateway", name)
    }

    /// A memory.
    pub fn memory(&self, name: &str) -> Known<&Memory> {
        find(&self.memories, "memory", name)
    }

    /// A policy engine.
    pub fn policy_engine(&self, name: &str) -> Known<&PolicyEngine> {
        find(&self.policy_engines, "policy engine", name)
    }

    /// What the policy simulator answers for an action of a role on a resource; nothing where it was not asked or did not answer.
    pub fn simulation(&self, role: &str, action: &str, resource: &str) -> Option<&Simulation> {
        let answers = self.simulations.get(role)?.read()?;
        answers
            .iter()
            .find(|one| one.action.eq_ignore_ascii_case(action) && one.resource == resource)
    }

    /// A role of the project by its ARN.
    pub fn role(&self, arn: &str) -> Known<&Role> {
        find(&self.roles, "role", arn)
    }
}

fn find<'a, T>(map: &'a BTreeMap<String, Known<T>>, kind: &str, name: &str) -> Known<&'a T> {
    map.get(name)
        .map_or_else(|| Known::Unread(not_in_state(kind, name)), Known::as_ref)
}

/// The file that `snapshot` writes and `check --snapshot` reads.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Snapshot {
    /// [`SNAPSHOT_VERSION`].
    pub schema_version: u32,
    /// The program that wrote it.
    pub tool: SnapshotTool,
    /// When it was taken, RFC 3339 in UTC.
    pub taken_at: String,
    /// The project's name.
    pub project: String,
    /// The deployment target.
    pub target: Option<String>,
    /// The account.
    pub account: Option<String>,
    /// The Region.
    pub region: Option<String>,
    /// What was read.
    pub state: AwsState,
    /// Discovery documents of the configured and the deployed JWT authorizers, by URL.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub discovery: BTreeMap<String, Known<Discovery>>,
}

/// Name and version of the program that wrote a snapshot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SnapshotTool {
    /// `agentcore-harden`.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// The version of the snapshot file; fields are added, never changed or removed.
pub const SNAPSHOT_VERSION: u32 = 1;
