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
use crate::model::finding::{Evidence, Resource, ResourceType};
use crate::model::json;
use crate::model::known::{Known, Unread};
use crate::model::project::Agent;
use crate::model::site::Site;

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
    /// The entry names a role of one's own.
    pub brought: bool,
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
            layers.extend(self.predicted_agent(agent));
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

    /// The roles of gateways, memories and online evaluations.
    pub fn other_roles(&self) -> Vec<RoleOwner<'_>> {
        let mut roles = Vec::new();
        for memory in &self.project.memories {
            let own = memory.node.get("executionRoleArn").is_some();
            let live = self.aws.read().map(|state| state.memory(&memory.name));
            let live = live.map(|known| known.map(|memory| memory.role_arn.clone()));
            let role = Other {
                name: format!("memory {}", memory.name),
                owned: self.owned_by(&memory.name),
                template: self.template_memory_role(&memory.name),
                live,
                predicted: (!own).then(|| self.predicted_memory(&memory.name, &memory.site)),
                complete: true,
                list: Some("memories"),
                brought: own,
            };
            roles.extend(self.other(role));
        }
        for gateway in &self.project.gateways {
            let own = gateway.execution_role_arn.is_some();
            let live = self.aws.read().map(|state| state.gateway(&gateway.name));
            let live = live.map(|known| known.map(|gateway| gateway.role_arn.clone()));
            let role = Other {
                name: format!("gateway {}", gateway.name),
                owned: self.owned_by(&gateway.name),
                template: self.template_gateway_role(&gateway.name),
                live,
                predicted: (!own).then(|| self.predicted_gateway(gateway)),
                complete: gateway.targets.is_empty(),
                list: Some("agentCoreGateways"),
                brought: own,
            };
            roles.extend(self.other(role));
        }
        for eval in &self.project.online_evals {
            let role = Other {
                name: format!("online evaluation {}", eval.name),
                owned: self.owned_by(&eval.name),
                template: self.template_eval(&eval.name),
                live: self.live_eval(&eval.name),
                predicted: Some(self.predicted_eval(eval)),
                complete: true,
                list: None,
                brought: false,
            };
            roles.extend(self.other(role));
        }
        roles
    }

    fn other<'a>(&'a self, other: Other<'a>) -> Option<RoleOwner<'a>> {
        let mut layers: Vec<Layer<RoleView<'a>>> = Vec::new();
        layers.extend(other.template);
        let mut unread = None;
        match other.live {
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
        if layers.is_empty() && unread.is_none() {
            return None;
        }
        Some(RoleOwner {
            resource: Resource::new(ResourceType::Role, other.name),
            layers,
            complete,
            unread,
            list: other.list,
            brought: other.brought,
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
    brought: bool,
}
