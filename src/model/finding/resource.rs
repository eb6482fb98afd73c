//! What a result is about.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The kinds of resource that a result can be about.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum ResourceType {
    /// The project as a whole.
    Project,
    /// An AgentCore runtime.
    Runtime,
    /// A harness (judged as a runtime).
    Harness,
    /// An AgentCore gateway.
    Gateway,
    /// A target behind a gateway, named `gateway/target`.
    GatewayTarget,
    /// An AgentCore memory.
    Memory,
    /// A credential provider.
    Credential,
    /// A policy engine.
    PolicyEngine,
    /// An online evaluation.
    OnlineEval,
    /// An IAM role other than a runtime's execution role.
    Role,
    /// A custom browser.
    Browser,
    /// A custom code interpreter.
    CodeInterpreter,
    /// A log group.
    LogGroup,
}

impl ResourceType {
    /// The spelling of the JSON report.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Project => "project",
            Self::Runtime => "runtime",
            Self::Harness => "harness",
            Self::Gateway => "gateway",
            Self::GatewayTarget => "gateway-target",
            Self::Memory => "memory",
            Self::Credential => "credential",
            Self::PolicyEngine => "policy-engine",
            Self::OnlineEval => "online-eval",
            Self::Role => "role",
            Self::Browser => "browser",
            Self::CodeInterpreter => "code-interpreter",
            Self::LogGroup => "log-group",
        }
    }
}

/// What a result is about: a kind and a name.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
pub struct Resource {
    /// The kind.
    #[serde(rename = "type")]
    pub kind: ResourceType,
    /// The name, as the project spells it (untrusted: renderers clean it).
    pub name: String,
}

impl Resource {
    /// A resource of a kind and a name.
    pub fn new(kind: ResourceType, name: impl Into<String>) -> Self {
        Self {
            kind,
            name: name.into(),
        }
    }
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind.as_str(), self.name)
    }
}
