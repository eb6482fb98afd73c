//! Roles as every source shows them: what the CLI will create, what the configuration adds, the template, the account.

mod added;
mod live;
mod predicted;
mod principals;
mod template;

use std::collections::BTreeMap;

pub(crate) use predicted::partition;

use super::{Context, Layer};
use crate::iam::document::Statement;
use crate::iam::role::{NamedPolicy, Role};
use crate::iam::written::Flaw;
use crate::model::finding::{Evidence, Resource, ResourceType};
use crate::model::json;
use crate::model::known::{Known, Unread};
use crate::model::narrowed_roles::NarrowedRoles;
use crate::model::project::{Agent, GatewayTarget};
use crate::model::site::{Site, Sited};

/// A role.
#[derive(Clone, Debug)]
pub struct RoleView<'a> {
    /// How a message names it, before the name of what it is for.
    pub title: String,
    /// It is the execution role of a runtime or harness.
    pub execution: bool,
    /// Its policies, trust and boundary, as far as this source holds them.
    pub role: Role,
    /// Where its statements stand.
    pub place: Place<'a>,
    /// What could not be read of it: no pass without it.
    pub unread: Vec<Unread>,
    /// What is wrong with the text of its policy files, with the place.
    pub flaws: Vec<(Flaw, Evidence)>,
    /// What the owner calls its own.
    pub own: Owned,
    /// What else to know of it.
    pub note: String,
}

/// Where the statements of a role's documents stand.
#[derive(Clone, Debug)]
pub enum Place<'a> {
    /// The same for all of them.
    Whole(Evidence),
    /// Entries of `additionalPolicies`: files by the policy's name, and the entries themselves.
    Added {
        /// Policy files.
        files: BTreeMap<String, &'a json::Document>,
        /// Where each policy is named.
        entries: BTreeMap<String, Site>,
    },
    /// A template; a statement's pointer leads into it. Beside it, where the role stands.
    Template(&'a json::Document, Site),
    /// The account.
    Live {
        /// The role's ARN.
        arn: String,
    },
}

/// Names that belong to the owner of a role. IAM names of AgentCore resources end in `-` and ten characters that AWS makes up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Owned {
    /// The agent in AWS: `PROJECT_AGENT` and, for a harness, the runtime that the service makes for it.
    pub agent: Vec<String>,
    /// Every resource of the project: `PROJECT_NAME`, `PROJECT-NAME`, credentials by their name.
    pub project: Vec<String>,
    /// Image repositories.
    pub repositories: Vec<String>,
}

/// A role that is no runtime's or harness's execution role.
#[derive(Clone, Debug)]
pub struct RoleOwner<'a> {
    /// The resource of a result about it.
    pub resource: Resource,
    /// The role in every source.
    pub layers: Vec<Layer<RoleView<'a>>>,
    /// True where every statement is known, so that finding nothing is a pass.
    pub complete: bool,
    /// Why what is deployed of it could not be read.
    pub unread: Option<Unread>,
    /// The array of `agentcore.json` whose entry takes a role of one's own as `executionRoleArn`; `None` where none does.
    pub list: Option<&'static str>,
    /// The role of one's own that the entry names.
    pub brought: Option<Sited<String>>,
    /// The resource is deployed, as far as the deployed state or AWS says.
    pub deployed: bool,
}

const MEMORY: &str = "memory";
const GATEWAY: &str = "gateway";
const EVALUATION: &str = "online evaluation";
/// What roles that are no agent's are for.
const OTHERS: [&str; 3] = [MEMORY, GATEWAY, EVALUATION];

/// True for a target that adds nothing to the gateway's role that is not predicted: a server elsewhere, called with nothing, with an
/// API key or with the caller's own token. (`Gateway.js` of `@aws/agentcore-cdk`.)
fn adds_nothing(target: &GatewayTarget) -> bool {
    let kind = target.kind.as_ref().map(|kind| kind.value.as_str());
    let auth = target.outbound_auth.as_ref();
    let auth = auth.map_or("NONE", |auth| auth.value.as_str());
    kind == Some("mcpServer")
        && target.endpoint.is_some()
        && matches!(auth, "NONE" | "API_KEY" | "JWT_PASSTHROUGH")
}

impl RoleView<'_> {
    /// The evidence for a statement of one of its policies, or of its trust policy where `policy` is `None`.
    pub fn at(&self, policy: Option<&NamedPolicy>, statement: &Statement) -> Evidence {
        let name = policy.map_or("AssumeRolePolicyDocument", |policy| policy.name.as_str());
        let evidence = match &self.place {
            Place::Whole(evidence) => evidence.clone(),
            Place::Added { files, .. } if files.contains_key(name) => {
                let file = files.get(name).copied();
                let site = file.and_then(|file| site(file, &statement.pointer));
                Evidence::config(&site.unwrap_or_else(|| Site::file(name)))
            }
            Place::Added { .. } => return self.of_policy(name, policy),
            Place::Template(document, role) => {
                let site = site(document, &statement.pointer);
                Evidence::template(&site.unwrap_or_else(|| role.clone()))
            }
            Place::Live { arn } => live_evidence(arn, policy),
        };
        evidence.statement(name, &statement.label)
    }

    /// The evidence for a whole policy of the role.
    pub fn policy(&self, policy: &NamedPolicy) -> Evidence {
        self.of_policy(&policy.name, Some(policy))
    }

    fn of_policy(&self, name: &str, policy: Option<&NamedPolicy>) -> Evidence {
        let mut evidence = match &self.place {
            Place::Whole(evidence) => evidence.clone(),
            Place::Added { entries, .. } => Evidence::config(
                &entries
                    .get(name)
                    .cloned()
                    .unwrap_or_else(|| Site::file(name)),
            ),
            Place::Template(_, role) => Evidence::template(role),
            Place::Live { arn } => live_evidence(arn, policy),
        };
        evidence.policy = Some(match policy.and_then(|policy| policy.arn.as_ref()) {
            Some(arn) => arn.clone(),
            None => name.to_owned(),
        });
        evidence
    }
}

fn live_evidence(arn: &str, policy: Option<&NamedPolicy>) -> Evidence {
    match policy {
        None => Evidence::aws(arn, "GetRole", "AssumeRolePolicyDocument"),
        Some(policy) if policy.managed => {
            Evidence::aws(arn, "GetPolicyVersion", "PolicyVersion.Document")
        }
        Some(_) => Evidence::aws(arn, "GetRolePolicy", "PolicyDocument"),
    }
}

fn site(document: &json::Document, pointer: &str) -> Option<Site> {
    Some(document.site(document.root.pointer(pointer)?))
}

impl Context {
    /// The execution role of a runtime or harness in every source that could be read.
    pub fn agent_roles(&self, agent: Agent<'_>) -> Vec<Layer<RoleView<'_>>> {
        let mut layers: Vec<Layer<RoleView<'_>>> = self
            .template_agent_role(agent)
            .into_iter()
            .chain(self.live_agent_role(agent))
            .collect();
        if layers.is_empty() {
            layers.extend(self.predicted_agent(agent, self.narrowed()));
        }
        // The template holds what additionalPolicies adds.
        let synthesized = self.template.read().is_some();
        if let Agent::Runtime(runtime) = agent
            && !synthesized
        {
            layers.extend(self.added(runtime));
        }
        layers
    }

    /// The execution role that the CLI makes once the stack applies these rules; `None` for one's own.
    pub fn agent_role_under(
        &self,
        agent: Agent<'_>,
        rules: &NarrowedRoles,
    ) -> Option<Layer<RoleView<'_>>> {
        self.predicted_agent(agent, Some(rules))
    }

    /// The role of a resource that is no agent once the stack applies these rules.
    pub fn other_role_under(
        &self,
        resource: &Resource,
        rules: &NarrowedRoles,
    ) -> Option<Layer<RoleView<'_>>> {
        let project = &self.project;
        let (kind, name) = OTHERS.iter().find_map(|kind| {
            let rest = resource.name.strip_prefix(kind)?;
            Some((*kind, rest.strip_prefix(' ')?))
        })?;
        match kind {
            MEMORY => {
                let mut memories = project.memories.iter();
                let memory = memories.find(|memory| memory.name == name)?;
                Some(self.predicted_memory(name, &memory.site, Some(rules)))
            }
            GATEWAY => {
                let mut gateways = project.gateways.iter();
                let gateway = gateways.find(|gateway| gateway.name == name)?;
                Some(self.predicted_gateway(gateway, Some(rules)))
            }
            _ => {
                let mut evals = project.online_evals.iter();
                let eval = evals.find(|eval| eval.name == name)?;
                Some(self.predicted_eval(eval, Some(rules)))
            }
        }
    }

    /// The roles of gateways, memories and online evaluations.
    pub fn other_roles(&self) -> Vec<RoleOwner<'_>> {
        let narrowed = self.narrowed();
        let mut roles = Vec::new();
        let state = self.deployed();
        for memory in &self.project.memories {
            let own = memory.execution_role_arn.clone();
            let live = self.aws.read().map(|state| state.memory(&memory.name));
            let live = live.map(|known| known.map(|memory| memory.role_arn.clone()));
            let role = Other {
                name: format!("{MEMORY} {}", memory.name),
                owned: self.owned_by(&memory.name),
                template: self.template_memory_role(&memory.name),
                live,
                predicted: own
                    .is_none()
                    .then(|| self.predicted_memory(&memory.name, &memory.site, narrowed)),
                complete: true,
                list: Some("memories"),
                brought: own,
                deployed: state.is_some_and(|state| state.memories.contains_key(&memory.name)),
            };
            roles.extend(self.other(role));
        }
        for gateway in &self.project.gateways {
            let own = gateway.execution_role_arn.clone();
            let live = self.aws.read().map(|state| state.gateway(&gateway.name));
            let live = live.map(|known| known.map(|gateway| gateway.role_arn.clone()));
            let role = Other {
                name: format!("{GATEWAY} {}", gateway.name),
                owned: self.owned_by(&gateway.name),
                template: self.template_gateway_role(&gateway.name),
                live,
                predicted: own
                    .is_none()
                    .then(|| self.predicted_gateway(gateway, narrowed)),
                complete: gateway.targets.iter().all(adds_nothing),
                list: Some("agentCoreGateways"),
                brought: own,
                deployed: state.is_some_and(|state| state.gateways.contains_key(&gateway.name)),
            };
            roles.extend(self.other(role));
        }
        for eval in &self.project.online_evals {
            let role = Other {
                name: format!("{EVALUATION} {}", eval.name),
                owned: self.owned_by(&eval.name),
                template: self.template_eval(&eval.name),
                live: self.live_eval(&eval.name),
                predicted: Some(self.predicted_eval(eval, narrowed)),
                complete: true,
                list: None,
                brought: None,
                deployed: state.is_some_and(|state| state.online_evals.contains_key(&eval.name)),
            };
            roles.extend(self.other(role));
        }
        roles
    }

    fn other<'a>(&'a self, other: Other<'a>) -> Option<RoleOwner<'a>> {
        let mut layers: Vec<Layer<RoleView<'a>>> = Vec::new();
        layers.extend(other.template);
        let mut unread = None;
        let brought = other.brought.as_ref().map(|arn| arn.value.clone());
        // Before the first deploy, one's own that the configuration names.
        let live = match other.live {
            Some(Known::Absent | Known::Read(None)) => Some(Known::Read(brought)),
            known => known,
        };
        let deployed = other.deployed || matches!(live, Some(Known::Read(Some(_))));
        match live {
            Some(Known::Read(Some(arn))) => match self.live_role(&arn, other.owned.clone()) {
                Known::Read(layer) => layers.push(layer),
                Known::Absent => {}
                Known::Unread(reason) => unread = Some(reason),
            },
            Some(Known::Unread(reason)) => unread = Some(reason),
            Some(Known::Absent | Known::Read(None)) | None => {}
        }
        let mut complete = true;
        if layers.is_empty() && unread.is_none() {
            layers.extend(other.predicted);
            complete = other.complete;
        }
        if layers.is_empty() && unread.is_none() && other.brought.is_none() {
            return None;
        }
        Some(RoleOwner {
            resource: Resource::new(ResourceType::Role, other.name),
            layers,
            complete,
            unread,
            list: other.list,
            brought: other.brought,
            deployed,
        })
    }

    /// What an owner of a role may call its own: the names of the agent and of the project's resources in AWS.
    pub fn owned_by(&self, name: &str) -> Owned {
        let project = &self.project;
        let prefix = project.display_name();
        let agent = format!("{prefix}_{name}");
        let mut owned = Owned {
            agent: vec![
                agent.clone(),
                format!("harness_{agent}"),
                format!("{prefix}-{name}").to_lowercase(),
                format!("{prefix}-{name}"),
            ],
            project: Vec::new(),
            repositories: vec![
                format!("{prefix}/{name}").to_lowercase(),
                format!("bedrock-agentcore-{}", name.to_lowercase()),
                format!("bedrock-agentcore-{}", agent.to_lowercase()),
            ],
        };
        let resources = project.agents().map(|agent| agent.name());
        let resources = resources
            .chain(project.memories.iter().map(|one| one.name.as_str()))
            .chain(project.gateways.iter().map(|one| one.name.as_str()))
            .chain(project.policy_engines.iter().map(|one| one.name.as_str()))
            .chain(project.config_bundles.iter().map(|one| one.name.as_str()))
            .chain(project.online_evals.iter().map(|one| one.name.as_str()));
        for resource in resources {
            owned.project.push(format!("{prefix}_{resource}"));
            owned.project.push(format!("{prefix}-{resource}"));
            owned
                .project
                .push(format!("{prefix}-{resource}").to_lowercase());
            owned.project.push(format!("harness_{prefix}_{resource}"));
        }
        owned
            .project
            .extend(project.credentials.iter().map(|one| one.name.clone()));
        owned
    }
}

/// A role of a resource that is no agent, in its sources.
struct Other<'a> {
    name: String,
    owned: Owned,
    template: Option<Layer<RoleView<'a>>>,
    /// The ARN of the deployed resource's role; `None` where AWS was not read.
    live: Option<Known<Option<String>>>,
    predicted: Option<Layer<RoleView<'a>>>,
    /// Every statement of the predicted role is known.
    complete: bool,
    /// See [`RoleOwner::list`].
    list: Option<&'static str>,
    /// See [`RoleOwner::brought`].
    brought: Option<Sited<String>>,
    /// The deployed state names it.
    deployed: bool,
}
