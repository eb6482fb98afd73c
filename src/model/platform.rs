//! Platform versions of AgentCore Runtime.

use schemars::JsonSchema;

/// A platform version of AgentCore Runtime.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, JsonSchema)]
pub enum PlatformVersion {
    /// Every session starts the process anew.
    V1,
    /// The process is started once per runtime version; every session is restored from a snapshot of it.
    V2,
}

impl PlatformVersion {
    /// Every version.
    pub const ALL: [Self; 2] = [Self::V1, Self::V2];

    /// The spelling of the API and of the configuration file.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::V1 => "V1",
            Self::V2 => "V2",
        }
    }

    /// The version that the API or a template spells so.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|version| version.as_str() == text)
    }
}
