//! Facts about files: what ships, manifests, secrets, the CLI on PATH.

use std::collections::BTreeMap;

use super::known::Known;
use super::manifest::AgentManifests;

/// Facts about files.
#[derive(Clone, Debug)]
pub struct FileFacts {
    /// The `agentcore` program that PATH resolves to.
    pub cli: Known<CliOnPath>,
    /// The manifests of each agent, by its resource (`runtime NAME`).
    pub manifests: BTreeMap<String, AgentManifests>,
}

impl Default for FileFacts {
    fn default() -> Self {
        Self {
            cli: Known::Absent,
            manifests: BTreeMap::new(),
        }
    }
}

/// The `agentcore` program on PATH.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CliOnPath {
    /// Where PATH leads.
    pub path: String,
    /// Version of the `@aws/agentcore` package, `None` when something else bears the name.
    pub version: Option<String>,
    /// True when it is the Python starter toolkit's program.
    pub starter_toolkit: bool,
}
