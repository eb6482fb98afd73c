//! Runtimes and harnesses as every source shows them.

use super::{Context, Seen, seen_all};
use crate::config::Workload;
use crate::model::aws;
use crate::model::finding::Evidence;
use crate::model::json::Node;
use crate::model::known::{Known, ReasonCode, Unread};
use crate::model::manifest::AgentManifests;
use crate::model::project::{Agent, JwtAuthorizer};
use crate::model::site::Sited;
use crate::model::template::TemplateJwt;

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
    /// `allowedWorkloadConfiguration` bounds who may call.
    pub workloads: bool,
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
            workloads: false,
        }
    }

    /// `None` where only the deploy knows the values.
    pub(super) fn template(jwt: &TemplateJwt) -> Option<Self> {
        let all = |values: &[Sited<String>]| {
            let seen = |value: &Sited<String>| {
                Seen::new(value.value.clone(), Evidence::template(&value.site))
            };
            values.iter().map(seen).collect::<Vec<_>>()
        };
        let name = |node: &Node| {
            let name = node.get("InboundTokenClaimName").and_then(Node::as_str);
            name.unwrap_or("(unnamed)").to_owned()
        };
        (!jwt.unresolved).then(|| Self {
            evidence: Evidence::template(&jwt.site),
            discovery_url: jwt
                .discovery_url
                .as_ref()
                .map(|url| Seen::new(url.value.clone(), Evidence::template(&url.site))),
            audience: all(&jwt.audience),
            clients: all(&jwt.clients),
            scopes: all(&jwt.scopes),
            claims: jwt.custom_claims.iter().map(name).collect(),
            private_endpoint: jwt.private_endpoint,
            workloads: false,
        })
    }

    /// `field` gives the evidence of a field of the answer.
    pub(super) fn live(jwt: &aws::Jwt, field: impl Fn(&str) -> Evidence) -> Self {
        const BLOCK: &str = "authorizerConfiguration.customJWTAuthorizer";
        let at = |key: &str| field(&format!("{BLOCK}.{key}"));
        let all = |key: &str, values: &[String]| -> Vec<Seen<String>> {
            let seen = |value: &String| Seen::new(value.clone(), at(key));
            values.iter().map(seen).collect()
        };
        let url = Some(&jwt.discovery_url).filter(|url| !url.is_empty());
        Self {
            evidence: field(BLOCK),
            discovery_url: url.map(|url| Seen::new(url.clone(), at("discoveryUrl"))),
            audience: all("allowedAudience", &jwt.audience),
            clients: all("allowedClients", &jwt.clients),
            scopes: all("allowedScopes", &jwt.scopes),
            claims: jwt.claims.iter().map(|claim| claim.name.clone()).collect(),
            private_endpoint: jwt.private_endpoint,
            workloads: jwt.allowed_workloads,
        }
    }
}

/// Environment variables, as one source shows them.
pub type Environment = Vec<Variable>;

/// An environment variable.
#[derive(Clone, Debug, PartialEq)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// What is known of its value.
    pub value: VariableValue,
    /// Where it was seen.
    pub evidence: Evidence,
}

/// What is known of the value of an environment variable.
#[derive(Clone, Debug, PartialEq)]
pub enum VariableValue {
    /// The text.
    Text(String),
    /// A reference of the template that only the deploy resolves.
    Reference,
    /// What the collector kept of a deployed value: never the value.
    Masked(aws::EnvValue),
}

impl Variable {
    /// The text, where this source holds it.
    pub fn text(&self) -> Option<&str> {
        match &self.value {
            VariableValue::Text(text) => Some(text),
            VariableValue::Reference | VariableValue::Masked(_) => None,
        }
    }

    /// True where the value is `word`, as far as that is kept: booleans and the words that turn something off.
    pub fn is(&self, word: &str) -> bool {
        match &self.value {
            VariableValue::Text(text) => text.trim().eq_ignore_ascii_case(word),
            VariableValue::Reference => false,
            VariableValue::Masked(kept) => {
                kept.keyword.as_deref() == Some(word)
                    || (word == "true" && kept.switch == Some(true))
            }
        }
    }
}

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
    /// The workload of a runtime or harness and how it is known: declared, else what the code that runs shows beyond doubt.
    pub fn workload(&self, agent: Agent<'_>) -> Option<(Workload, Basis)> {
        match self.declared_workload(agent) {
            Some(declared) => Some((declared, Basis::Declared)),
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

    /// The workload that the user wrote down.
    pub fn declared_workload(&self, agent: Agent<'_>) -> Option<Workload> {
        let settings = self.settings.runtimes.get(agent.name())?;
        settings.workload.as_ref().map(|declared| declared.value)
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
    pub(super) fn config_anchor(&self, agent: Agent<'_>) -> Option<Evidence> {
        match agent {
            _ if self.stack.is_some() => None,
            Agent::Harness(harness) if harness.document.read().is_none() => None,
            _ => Some(Evidence::config(agent.site())),
        }
    }
}
