//! Runtimes and harnesses as every source shows them.

use super::{Context, Layer, Origin, Seen, seen_all};
use crate::config::Workload;
use crate::model::json::Node;
use crate::model::known::{Known, ReasonCode, Unread};
use crate::model::manifest::AgentManifests;
use crate::model::project::{Agent, JwtAuthorizer};
use crate::report::Evidence;

/// Who may call an agent or a gateway.
#[derive(Clone, Debug, PartialEq)]
pub struct Authorizer {
    /// `AWS_IAM`, `CUSTOM_JWT`, `NONE`, `AUTHENTICATE_ONLY`, or what else is written there; the default where it is absent.
    pub kind: Seen<String>,
    /// True where the source has no such key, so that the default holds.
    pub by_default: bool,
    /// The JWT authorizer, where there is one.
    pub jwt: Option<JwtView>,
}

/// A JWT authorizer.
#[derive(Clone, Debug, PartialEq)]
pub struct JwtView {
    /// Where the block stands.
    pub evidence: Evidence,
    /// `discoveryUrl`.
    pub discovery_url: Option<Seen<String>>,
    /// `allowedAudience`.
    pub audience: Vec<Seen<String>>,
    /// `allowedClients`.
    pub clients: Vec<Seen<String>>,
    /// `allowedScopes`.
    pub scopes: Vec<Seen<String>>,
    /// The names of `customClaims`.
    pub claims: Vec<String>,
    /// The discovery document is only reachable inside of a VPC.
    pub private_endpoint: bool,
}

impl JwtView {
    pub(super) fn config(jwt: &JwtAuthorizer) -> Self {
        let name = |node: &Node| {
            let name = node.get("inboundTokenClaimName").and_then(Node::as_str);
            name.unwrap_or("(unnamed)").to_owned()
        };
        Self {
            evidence: Evidence::config(&jwt.site),
            discovery_url: jwt.discovery_url.as_ref().map(Seen::config),
            audience: seen_all(&jwt.audience),
            clients: seen_all(&jwt.clients),
            scopes: seen_all(&jwt.scopes),
            claims: jwt.custom_claims.iter().map(name).collect(),
            private_endpoint: jwt.private_endpoint,
        }
    }
}

/// Environment variables: names and values.
pub type Environment = Vec<(String, Seen<String>)>;

/// How long sessions live. Seconds.
#[derive(Clone, Debug, PartialEq)]
pub struct Lifecycle {
    /// The block, or the agent's name where there is none.
    pub anchor: Evidence,
    /// `idleRuntimeSessionTimeout`.
    pub idle: Option<Seen<f64>>,
    /// `maxLifetime`.
    pub max: Option<Seen<f64>>,
}

/// The network that an agent runs in.
#[derive(Clone, Debug, PartialEq)]
pub struct Network {
    /// `PUBLIC` (the default) or `VPC`.
    pub mode: Seen<String>,
    /// How many subnets.
    pub subnets: usize,
    /// How many security groups.
    pub security_groups: usize,
}

/// How a workload is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    /// The user wrote it down.
    Declared,
    /// The code shows it.
    Inferred,
}

impl Context {
    /// Inbound authorization of a runtime or harness.
    pub fn authorizers(&self, agent: Agent<'_>) -> Vec<Layer<Authorizer>> {
        let mut layers = Vec::new();
        if let Some(anchor) = self.config_anchor(agent) {
            let common = agent.common();
            let kind = match &common.authorizer_type {
                Some(kind) => Seen::config(kind),
                // Default of the CLI's schema and of the service for runtimes.
                None => Seen::new("AWS_IAM".to_owned(), anchor),
            };
            let evidence = kind.evidence.clone();
            let value = Authorizer {
                by_default: common.authorizer_type.is_none(),
                kind,
                jwt: common.jwt.as_ref().map(JwtView::config),
            };
            layers.push(Layer::new(Origin::Config, value, evidence));
        }
        // Template: the Runtime resource's AuthorizerConfiguration. Live: GetAgentRuntime.
        layers
    }

    /// Environment variables of a runtime or harness.
    pub fn environments(&self, agent: Agent<'_>) -> Vec<Layer<Environment>> {
        let mut layers = Vec::new();
        if let Some(anchor) = self.config_anchor(agent) {
            let variables = agent.common().env.iter();
            let variables = variables.map(|(name, value)| (name.clone(), Seen::config(value)));
            layers.push(Layer::new(Origin::Config, variables.collect(), anchor));
        }
        // Template: EnvironmentVariables. Live: GetAgentRuntime.environmentVariables.
        layers
    }

    /// Session timeouts of a runtime or harness.
    pub fn lifecycles(&self, agent: Agent<'_>) -> Vec<Layer<Lifecycle>> {
        let mut layers = Vec::new();
        if let Some(anchor) = self.config_anchor(agent) {
            let common = agent.common();
            let value = Lifecycle {
                anchor: common.lifecycle.as_ref().map_or(anchor, Evidence::config),
                idle: common.idle_timeout.as_ref().map(Seen::config),
                max: common.max_lifetime.as_ref().map(Seen::config),
            };
            let evidence = value.anchor.clone();
            layers.push(Layer::new(Origin::Config, value, evidence));
        }
        // Template: LifecycleConfiguration. Live: GetAgentRuntime.lifecycleConfiguration.
        layers
    }

    /// Network mode of a runtime or harness.
    pub fn networks(&self, agent: Agent<'_>) -> Vec<Layer<Network>> {
        let mut layers = Vec::new();
        if let Some(anchor) = self.config_anchor(agent) {
            let common = agent.common();
            let mode = match &common.network_mode {
                Some(mode) => Seen::config(mode),
                None => Seen::new("PUBLIC".to_owned(), anchor),
            };
            let evidence = mode.evidence.clone();
            let value = Network {
                mode,
                subnets: common.subnets.len(),
                security_groups: common.security_groups.len(),
            };
            layers.push(Layer::new(Origin::Config, value, evidence));
        }
        // Template: NetworkConfiguration. Live: GetAgentRuntime.networkConfiguration.
        layers
    }

    /// The workload of a runtime or harness and how it is known: declared, else what the code that runs shows beyond doubt.
    pub fn workload(&self, agent: Agent<'_>) -> Option<(Workload, Basis)> {
        let settings = self.settings.runtimes.get(agent.name());
        match settings.and_then(|settings| settings.workload.as_ref()) {
            Some(declared) => Some((declared.value, Basis::Declared)),
            None => {
                let runtime = agent.runtime()?;
                let code = self.source.runtime(&runtime.name)?;
                let agui = runtime
                    .protocol
                    .as_ref()
                    .is_some_and(|protocol| protocol.value == "AGUI");
                let workload = super::workload::shown_by(&self.source, code, agui)?;
                Some((workload, Basis::Inferred))
            }
        }
    }

    /// Hosts that only a VPC reaches, named by the code that runs; the reason where code was not read.
    ///
    /// # Errors
    /// Why the code is not known.
    pub fn private_hosts_in_code(&self, agent: Agent<'_>) -> Result<Vec<Seen<String>>, Unread> {
        match agent {
            // A harness has no code of its own.
            Agent::Harness(_) => Ok(Vec::new()),
            Agent::Runtime(runtime) => Err(Unread::new(
                ReasonCode::NotBuilt,
                format!(
                    "the code of runtime {} was not read: nothing tells whether it reaches private hosts",
                    runtime.name
                ),
            )),
        }
    }

    /// The manifests of an agent.
    pub fn manifests(&self, agent: Agent<'_>) -> Option<&AgentManifests> {
        self.files.manifests.get(&agent.resource().to_string())
    }

    /// Why the configuration of an agent is unknown, for the result that nothing could be judged.
    pub fn agent_unread(&self, agent: Agent<'_>) -> Unread {
        match agent {
            Agent::Harness(harness) => match &harness.document {
                Known::Unread(reason) => reason.clone(),
                Known::Absent | Known::Read(_) => Unread::new(
                    ReasonCode::Absent,
                    format!("harness {} has no harness.json", harness.name),
                ),
            },
            Agent::Runtime(_) => Unread::new(ReasonCode::Absent, "not configured"),
        }
    }

    /// Where the agent is named, `None` where its configuration could not be read.
    fn config_anchor(&self, agent: Agent<'_>) -> Option<Evidence> {
        match agent {
            Agent::Harness(harness) if harness.document.read().is_none() => None,
            _ => Some(Evidence::config(agent.site())),
        }
    }
}
