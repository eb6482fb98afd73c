//! Which platform version of AgentCore Runtime an agent runs on.
//!
//! The rule: instances of the account behave as V1. Else the deployed value decides; a runtime whose answer leaves the field out
//! and that was made before the default changed runs V1. The template decides what the next deploy makes of it, and where it says
//! nothing a deployed runtime keeps what it has. `agentcore-harden.toml` fills in what neither tells. A runtime that is to be made
//! gets the Region's default, which is not known from here.

use jiff::Timestamp;

use super::{Context, Origin};
use crate::model::aws;
use crate::model::finding::{Evidence, EvidenceKind, Severity};
use crate::model::json::Node;
use crate::model::known::Known;
pub use crate::model::platform::PlatformVersion;
use crate::model::project::Agent;

/// Since when runtimes that name no version get V2 in many Regions (reported for 2026-11-12; AWS lists no Regions).
const DEFAULT_CHANGED: &str = "2026-11-12T00:00:00Z";

/// What one source says of the version.
#[derive(Clone, Debug, PartialEq)]
pub enum Told {
    /// A version.
    Version(PlatformVersion),
    /// The field is not there, and a runtime that is made or was made so has a default that is not known from here.
    Default,
    /// A value that is no version that this program knows, or that only the deploy resolves.
    Other(String),
}

impl Told {
    fn of(text: &str) -> Self {
        PlatformVersion::parse(text).map_or_else(|| Self::Other(text.to_owned()), Self::Version)
    }

    /// The version, where it is one.
    pub fn version(&self) -> Option<PlatformVersion> {
        match self {
            Self::Version(version) => Some(*version),
            Self::Default | Self::Other(_) => None,
        }
    }
}

/// What a source says, with the evidence for it.
#[derive(Clone, Debug, PartialEq)]
pub struct PlatformSource {
    /// What it says.
    pub told: Told,
    /// Where.
    pub evidence: Evidence,
}

/// What every source says of an agent's platform version.
#[derive(Clone, Debug, PartialEq)]
pub struct PlatformSources {
    /// A capacity provider is set, in the source that is named: instances of the account start every session anew.
    pub instances: Option<Evidence>,
    /// Live AWS. `None`: it was not read, or the agent is not deployed.
    pub deployed: Option<PlatformSource>,
    /// Whether AWS, or else the deployed state beside the configuration, has the agent. `None`: nobody knows.
    pub exists: Option<bool>,
    /// The template. `None`: there is none, or the agent is not in it.
    pub template: Option<PlatformSource>,
    /// `agentcore-harden.toml`.
    pub declared: Option<PlatformSource>,
}

/// Why a version is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotKnown {
    /// The runtime is to be made, or nobody knows whether it is there, and nothing names a version.
    New,
    /// It is there and keeps the version it has, which was not read.
    Deployed,
    /// A value that this program does not know, or that only the deploy resolves.
    Value,
}

/// What is known of an agent's platform version.
#[derive(Clone, Debug, PartialEq)]
pub struct PlatformView {
    /// The version; `None` where nothing tells it.
    pub version: Option<PlatformVersion>,
    /// The source that tells it: `Config` is the user's own declaration.
    pub origin: Option<Origin>,
    /// Where it was read.
    pub evidence: Option<Evidence>,
    /// The version is one that the command line assumes.
    pub assumed: bool,
    /// Why it is not known, where it is not.
    pub why: NotKnown,
}

impl PlatformView {
    /// Nothing tells the version.
    pub const UNKNOWN: Self = Self {
        version: None,
        origin: None,
        evidence: None,
        assumed: false,
        why: NotKnown::New,
    };

    /// True where each session starts the process anew for certain.
    pub fn is_v1(&self) -> bool {
        self.version == Some(PlatformVersion::V1)
    }

    /// True where each session is restored from a snapshot for certain.
    pub fn is_v2(&self) -> bool {
        self.version == Some(PlatformVersion::V2)
    }

    /// What a message adds where the version is not known; empty where it is.
    pub fn words(&self) -> &'static str {
        match (self.version, self.why) {
            (Some(_), _) => "",
            (None, NotKnown::New) => {
                " (platform version not known: a new runtime gets the Region's default, V1 until 2026-11-12, V2 in many Regions since)"
            }
            (None, NotKnown::Deployed) => {
                " (platform version not known: the deployed runtime keeps the one it has, which nothing here tells)"
            }
            (None, NotKnown::Value) => {
                " (platform version not known: its value is not one that can be read here)"
            }
        }
    }

    /// The version in words, for a message: `platform version V2`.
    pub fn named(&self) -> &'static str {
        match self.version {
            Some(PlatformVersion::V1) => "platform version V1",
            Some(PlatformVersion::V2) => "platform version V2",
            None => "platform version not known",
        }
    }

    /// The source, as the report spells it; `None` where the version is not known.
    pub fn source(&self) -> Option<&'static str> {
        if self.assumed {
            return Some("assumed");
        }
        self.version.and(self.origin).map(|origin| match origin {
            Origin::Live => "aws",
            Origin::Template => "template",
            Origin::Config | Origin::Predicted => "config",
        })
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
    /// The platform version by which an agent's code is judged. Where the deployed version and that of the next deploy differ, or
    /// only one is known, the stricter answer: V2, then not known, then V1.
    pub fn platform(&self, agent: Agent<'_>) -> PlatformView {
        if let Some(version) = self.settings.assumed_platform {
            return PlatformView {
                version: Some(version),
                assumed: true,
                ..PlatformView::UNKNOWN
            };
        }
        let sources = self.platform_sources(agent);
        if let Some(evidence) = sources.instances {
            let origin = match evidence.kind {
                EvidenceKind::Aws => Origin::Live,
                EvidenceKind::Template => Origin::Template,
                _ => Origin::Config,
            };
            return view(PlatformVersion::V1, origin, evidence);
        }
        let declared = sources.declared.as_ref();
        let filled = |found: Option<&PlatformSource>, origin: Origin| {
            let told = found.and_then(|found| Some((found.told.version()?, found)));
            match (told, declared) {
                (Some((version, found)), _) => view(version, origin, found.evidence.clone()),
                (None, Some(declared)) => declared
                    .told
                    .version()
                    .map_or(PlatformView::UNKNOWN, |version| {
                        view(version, Origin::Config, declared.evidence.clone())
                    }),
                (None, None) => PlatformView {
                    why: match found.map(|found| &found.told) {
                        Some(Told::Other(_)) => NotKnown::Value,
                        _ if sources.exists == Some(true) => NotKnown::Deployed,
                        _ => NotKnown::New,
                    },
                    ..PlatformView::UNKNOWN
                },
            }
        };
        let template = sources.template.as_ref();
        let next = template.filter(|found| found.told != Told::Default);
        let views = match (&sources.deployed, next) {
            (Some(deployed), Some(next)) => vec![
                filled(Some(deployed), Origin::Live),
                filled(Some(next), Origin::Template),
            ],
            (Some(deployed), None) => vec![filled(Some(deployed), Origin::Live)],
            (None, next) => vec![filled(next.or(template), Origin::Template)],
        };
        let strictness = |view: &PlatformView| match view.version {
            Some(PlatformVersion::V2) => 2,
            None => 1,
            Some(PlatformVersion::V1) => 0,
        };
        // Of equals the deployed one, which stands first.
        let strictest = views.into_iter().rev().max_by_key(strictness);
        strictest.unwrap_or(PlatformView::UNKNOWN)
    }

    /// What every source says of an agent's platform version.
    pub fn platform_sources(&self, agent: Agent<'_>) -> PlatformSources {
        let live = self.live_runtime(agent);
        let synthesized = self.synthesized_agent(agent);
        let field = |runtime: &aws::Runtime, field: &str| {
            Evidence::aws(runtime.arn.clone(), "GetAgentRuntime", field)
        };
        let properties = synthesized.map(|(template, found)| {
            let properties = &found.resource.properties;
            let inner = properties.path(&["Environment", "AgentCoreRuntimeEnvironment"]);
            (template, found, inner.unwrap_or(properties))
        });
        let on_live = live
            .filter(|runtime| runtime.capacity_provider.is_some())
            .map(|runtime| field(runtime, "capacityProviderConfiguration"));
        let on_template = properties.and_then(|(template, _, block)| {
            let member = block.member("CapacityProviderConfiguration")?;
            Some(Evidence::template(&template.document.member_site(member)))
        });
        let on_config = agent.runtime().and_then(|runtime| {
            let member = runtime.node.member("capacityProviderConfiguration")?;
            Some(Evidence::config(&self.project.document.member_site(member)))
        });
        let settings = self.settings.runtimes.get(agent.name());
        let declared = settings.and_then(|settings| settings.platform_version.as_ref());
        PlatformSources {
            instances: on_live.or(on_template).or(on_config),
            deployed: live.map(|runtime| PlatformSource {
                told: deployed(runtime),
                evidence: field(runtime, "platformVersion").note(deployed_note(runtime)),
            }),
            exists: self.agent_exists(agent),
            template: properties.map(|(template, found, block)| {
                match block.member("PlatformVersion") {
                    Some(member) => PlatformSource {
                        told: match member.node.as_str() {
                            Some(text) => Told::of(text),
                            None => Told::Other("a value that the deploy resolves".to_owned()),
                        },
                        evidence: Evidence::template(&template.document.member_site(member)),
                    },
                    None => PlatformSource {
                        told: Told::Default,
                        evidence: Evidence::template(&found.resource.site)
                            .note("no PlatformVersion"),
                    },
                }
            }),
            declared: declared.map(|declared| PlatformSource {
                told: Told::Version(declared.value),
                evidence: Evidence::config(&declared.site),
            }),
        }
    }

    /// The deployed runtime of an agent, for a harness the one that the service made for it.
    fn live_runtime(&self, agent: Agent<'_>) -> Option<&aws::Runtime> {
        let state = self.aws.read()?;
        match agent {
            Agent::Runtime(runtime) => match state.runtime(&runtime.name) {
                Known::Read(runtime) => Some(runtime),
                Known::Absent | Known::Unread(_) => None,
            },
            Agent::Harness(harness) => match state.harness(&harness.name) {
                Known::Read(harness) => harness.runtime.read(),
                Known::Absent | Known::Unread(_) => None,
            },
        }
    }

    /// Whether AWS has the agent; where it was not asked, what the deployed state says.
    fn agent_exists(&self, agent: Agent<'_>) -> Option<bool> {
        if let Some(state) = self.aws.read() {
            let known = match agent {
                Agent::Runtime(runtime) => state.runtime(&runtime.name).map(|_| ()),
                Agent::Harness(harness) => state.harness(&harness.name).map(|_| ()),
            };
            match known {
                Known::Read(()) => return Some(true),
                Known::Absent => return Some(false),
                Known::Unread(_) => {}
            }
        }
        let deployed = self.deployed().is_some_and(|target| match agent {
            Agent::Runtime(runtime) => target.runtimes.contains_key(&runtime.name),
            Agent::Harness(harness) => target.harnesses.contains_key(&harness.name),
        });
        // The file is git-ignored: a clone has none, whatever is deployed.
        match (&self.project.deployed_file, deployed) {
            (_, true) => Some(true),
            (Known::Read(_), false) => Some(false),
            (Known::Absent | Known::Unread(_), false) => None,
        }
    }
}

fn view(version: PlatformVersion, origin: Origin, evidence: Evidence) -> PlatformView {
    PlatformView {
        version: Some(version),
        origin: Some(origin),
        evidence: Some(evidence),
        ..PlatformView::UNKNOWN
    }
}

/// What the answer says: the value, or V1 for a runtime that was made before the default changed.
fn deployed(runtime: &aws::Runtime) -> Told {
    match &runtime.platform_version {
        Some(text) => Told::of(text),
        None if made_before_the_change(runtime) => Told::Version(PlatformVersion::V1),
        None => Told::Default,
    }
}

fn deployed_note(runtime: &aws::Runtime) -> String {
    match &runtime.platform_version {
        Some(text) => text.clone(),
        None if made_before_the_change(runtime) => format!(
            "not in the answer, and the runtime was made on {}: V1, which updates keep",
            runtime.created.get(..10).unwrap_or(&runtime.created)
        ),
        None => "not in the answer".to_owned(),
    }
}

fn made_before_the_change(runtime: &aws::Runtime) -> bool {
    let time = |text: &str| text.parse::<Timestamp>().ok();
    let (created, changed) = (time(&runtime.created), time(DEFAULT_CHANGED));
    created
        .zip(changed)
        .is_some_and(|(created, changed)| created < changed)
}

impl Context {
    /// `platformVersion` of an agent's entry in `agentcore.json`: the CLI accepts it and nothing applies it.
    pub(crate) fn dead_platform_key(&self, agent: Agent<'_>) -> Option<(Option<String>, Evidence)> {
        let (node, document) = match agent {
            Agent::Runtime(runtime) => (&runtime.node, &self.project.document),
            Agent::Harness(harness) => {
                let document = harness.document.read()?;
                (&document.root, document)
            }
        };
        let member = node.member("platformVersion")?;
        let value = Node::as_str(&member.node).map(str::to_owned);
        Some((value, Evidence::config(&document.member_site(member))))
    }
}
