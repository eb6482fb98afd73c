//! Which platform version of AgentCore Runtime an agent runs on.

use super::{Context, Origin};
use crate::model::finding::{Evidence, Severity};
pub use crate::model::platform::PlatformVersion;
use crate::model::project::Agent;

/// What is known of an agent's platform version.
#[derive(Clone, Debug, PartialEq)]
pub struct PlatformView {
    /// The version; `None` where nothing tells it.
    pub version: Option<PlatformVersion>,
    /// The source that tells it: `Config` is the user's own declaration.
    pub origin: Option<Origin>,
    /// Where it was read.
    pub evidence: Option<Evidence>,
}

impl PlatformView {
    /// Nothing tells the version.
    pub const UNKNOWN: Self = Self {
        version: None,
        origin: None,
        evidence: None,
    };

    /// True where each session starts the process anew for certain.
    pub fn is_v1(&self) -> bool {
        self.version == Some(PlatformVersion::V1)
    }

    /// What a message adds where the version is not known; empty where it is.
    pub fn words(&self) -> &'static str {
        match self.version {
            Some(_) => "",
            None => {
                " (platform version not known: a new runtime gets the Region's default, V2 in many Regions since 2026-11-12)"
            }
        }
    }
}

/// The severity of a finding that holds on platform version V2: one step lower where the version is not known.
pub fn judged(severity: Severity, view: &PlatformView) -> Severity {
    match view.version {
        Some(_) => severity,
        None => severity.lowered(),
    }
}

impl Context {
    /// The platform version of an agent.
    pub fn platform(&self, agent: Agent<'_>) -> PlatformView {
        let settings = self.settings.runtimes.get(agent.name());
        let declared = settings.and_then(|settings| settings.platform_version.as_ref());
        declared.map_or(PlatformView::UNKNOWN, |declared| PlatformView {
            version: Some(declared.value),
            origin: Some(Origin::Config),
            evidence: Some(Evidence::config(&declared.site)),
        })
    }
}
