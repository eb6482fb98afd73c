//! Roles as every source shows them: what the CLI will create, what the configuration adds, the template, the account.

use serde_json::Value;

use super::{Context, Layer, Origin, Seen};
use crate::model::json::Node;
use crate::model::known::{Known, ReasonCode, Unread};
use crate::model::predicted_role::{self, CONSTRUCT_VERSION, HarnessNeeds, Names, RuntimeNeeds};
use crate::model::project::{Agent, Harness, Runtime};
use crate::model::site::Site;
use crate::report::{Evidence, Resource, ResourceType};

/// A role.
#[derive(Clone, Debug, PartialEq)]
pub struct RoleView {
    /// How a message names it, before the name of what it is for.
    pub title: String,
    /// It is the execution role of a runtime or harness.
    pub execution: bool,
    /// Its trust policy; `None` where this source does not hold it.
    pub trust: Option<Seen<Value>>,
    /// Its inline and customer-managed policies.
    pub policies: Vec<RolePolicy>,
    /// Managed policies that are known by their ARN alone.
    pub managed: Vec<Seen<String>>,
    /// What could not be read of it: no pass without it.
    pub unread: Vec<Unread>,
    /// Prefixes of names that are the owner's own (`PROJECT_AGENT`).
    pub own: Vec<String>,
    /// What else to know of it.
    pub note: String,
}

/// A policy of a role.
#[derive(Clone, Debug, PartialEq)]
pub struct RolePolicy {
    /// Its name or file.
    pub name: String,
    /// The policy document.
    pub document: Seen<Value>,
}

/// A role that is no runtime's or harness's execution role.
#[derive(Clone, Debug)]
pub struct RoleOwner {
    /// The resource of a result about it.
    pub resource: Resource,
    /// The role in every source.
    pub layers: Vec<Layer<RoleView>>,
    /// True where every statement is known, so that finding nothing is a pass.
    pub complete: bool,
}

impl Context {
    /// The names that predicted documents hold.
    pub fn names(&self) -> Names {
        let target = self.target.as_ref();
        let region = target
            .and_then(|target| target.region.clone())
            .unwrap_or_else(|| "REGION".to_owned());
        let partition = match region.as_str() {
            region if region.starts_with("us-gov-") => "aws-us-gov",
            region if region.starts_with("cn-") => "aws-cn",
            _ => "aws",
        };
        Names {
            partition: partition.to_owned(),
            region,
            account: target
                .and_then(|target| target.account.clone())
                .unwrap_or_else(|| "ACCOUNT".to_owned()),
            project: self.project.display_name().to_owned(),
        }
    }

    /// The execution role of a runtime or harness.
    pub fn agent_roles(&self, agent: Agent<'_>) -> Vec<Layer<RoleView>> {
        let common = agent.common();
        let mut layers = Vec::new();
        if common.execution_role_arn.is_none() && self.only_predicted() && self.agent_is_read(agent)
        {
            let names = self.names();
            let (trust, policy) = match agent {
                Agent::Runtime(runtime) => (
                    predicted_role::trust(),
                    predicted_role::runtime(&names, &self.runtime_needs(runtime)),
                ),
                Agent::Harness(harness) => (
                    predicted_role::harness_trust(&names),
                    predicted_role::harness(&names, &harness_needs(harness)),
                ),
            };
            let own = format!("{}_{}", names.project, agent.name());
            let own = vec![own.clone(), format!("harness_{own}")];
            let mut layer = self.predicted(agent.site(), trust, policy, own);
            layer.value.execution = true;
            layers.push(layer);
        }
        if let Some(role) = agent
            .runtime()
            .and_then(|runtime| self.additional_policies(runtime))
        {
            let evidence = Evidence::config(agent.site());
            layers.push(Layer::new(Origin::Config, role, evidence));
        }
        // Template: the Role and Policy resources that the Runtime's RoleArn leads to. Live: GetAccountAuthorizationDetails.
        layers
    }

    /// The roles of gateways, memories and online evaluations.
    pub fn other_roles(&self) -> Vec<RoleOwner> {
        if !self.only_predicted() {
            // Template and live layers are to be added here.
            return Vec::new();
        }
        let names = self.names();
        let mut roles = Vec::new();
        for memory in &self.project.memories {
            if memory.node.get("executionRoleArn").is_none() {
                let layer = self.predicted(
                    &memory.site,
                    predicted_role::trust(),
                    Value::Null,
                    Vec::new(),
                );
                roles.push(owner(format!("memory {}", memory.name), layer, true));
            }
        }
        for gateway in self
            .project
            .gateways
            .iter()
            .filter(|gateway| gateway.execution_role_arn.is_none())
        {
            let engine = gateway
                .policy_engine
                .as_ref()
                .map(|name| name.value.as_str());
            let keys = gateway.targets.iter().any(|target| {
                target
                    .outbound_auth
                    .as_ref()
                    .is_some_and(|auth| auth.value == "API_KEY")
            });
            let own = format!("{}-{}", names.project, gateway.name).to_lowercase();
            let policy = predicted_role::gateway(&names, engine, keys);
            let layer = self.predicted(&gateway.site, predicted_role::trust(), policy, vec![own]);
            roles.push(owner(
                format!("gateway {}", gateway.name),
                layer,
                gateway.targets.is_empty(),
            ));
        }
        for eval in &self.project.online_evals {
            let policy = predicted_role::online_eval(&names, &eval.name);
            let own = format!("{}_{}", names.project, eval.name);
            let layer = self.predicted(&eval.site, predicted_role::trust(), policy, vec![own]);
            roles.push(owner(
                format!("online evaluation {}", eval.name),
                layer,
                true,
            ));
        }
        roles
    }

    fn agent_is_read(&self, agent: Agent<'_>) -> bool {
        match agent {
            Agent::Runtime(_) => true,
            Agent::Harness(harness) => harness.document.read().is_some(),
        }
    }

    fn predicted(
        &self,
        site: &Site,
        trust: Value,
        policy: Value,
        own: Vec<String>,
    ) -> Layer<RoleView> {
        let evidence = Evidence::predicted(
            site,
            format!("the role that @aws/agentcore-cdk {CONSTRUCT_VERSION} creates"),
        );
        let pinned = self.project.cdk_version.as_deref();
        let note = match pinned {
            Some(version) if version != CONSTRUCT_VERSION => format!(
                "read in @aws/agentcore-cdk {CONSTRUCT_VERSION}; agentcore/cdk/package.json pins {version}, which may differ"
            ),
            _ => format!("read in @aws/agentcore-cdk {CONSTRUCT_VERSION}"),
        };
        let policies = if policy.is_null() {
            Vec::new()
        } else {
            vec![RolePolicy {
                name: "DefaultPolicy".to_owned(),
                document: Seen::new(policy, evidence.clone()),
            }]
        };
        let view = RoleView {
            title: "the role that the CLI will create for".to_owned(),
            execution: false,
            trust: Some(Seen::new(trust, evidence.clone())),
            policies,
            managed: Vec::new(),
            unread: Vec::new(),
            own,
            note,
        };
        Layer::new(Origin::Predicted, view, evidence)
    }

    fn runtime_needs(&self, runtime: &Runtime) -> RuntimeNeeds {
        let project = &self.project;
        let of_type = |kind: &str| {
            let gateways = project.gateways.iter();
            let gateways = gateways.filter(|gateway| {
                gateway
                    .authorizer_type
                    .as_ref()
                    .is_some_and(|own| own.value == kind)
            });
            gateways
                .map(|gateway| gateway.name.clone())
                .collect::<Vec<_>>()
        };
        let oauth = |name: &String| {
            project
                .credentials
                .iter()
                .any(|credential| credential.name == format!("{name}-oauth"))
        };
        RuntimeNeeds {
            name: runtime.name.clone(),
            container: runtime
                .build
                .as_ref()
                .is_some_and(|build| build.value == "Container"),
            memories: project
                .memories
                .iter()
                .map(|memory| {
                    let of = |strategy: &crate::model::project::MemoryStrategy| {
                        let all = strategy
                            .namespaces
                            .iter()
                            .chain(&strategy.reflection_namespaces);
                        all.map(|template| template.value.clone())
                            .collect::<Vec<_>>()
                    };
                    (
                        memory.name.clone(),
                        memory.strategies.iter().flat_map(of).collect(),
                    )
                })
                .collect(),
            iam_gateways: of_type("AWS_IAM"),
            jwt_gateways: of_type("CUSTOM_JWT").into_iter().filter(oauth).collect(),
            credentials: !project.credentials.is_empty(),
            connections: runtime
                .node
                .get("connections")
                .map(Node::items)
                .unwrap_or_default()
                .iter()
                .map(Node::to_value)
                .collect(),
        }
    }

    /// `additionalPolicies`, which the construct attaches to the role that it creates; to an imported role it adds nothing.
    fn additional_policies(&self, runtime: &Runtime) -> Option<RoleView> {
        if runtime.additional_policies.is_empty() || runtime.common.execution_role_arn.is_some() {
            return None;
        }
        let own = format!("{}_{}", self.project.display_name(), runtime.name);
        let mut role = RoleView {
            title: "the policies that additionalPolicies adds to".to_owned(),
            execution: true,
            trust: None,
            policies: Vec::new(),
            managed: Vec::new(),
            unread: Vec::new(),
            own: vec![own],
            note: String::new(),
        };
        for entry in &runtime.additional_policies {
            if entry.value.starts_with("arn:") {
                role.managed.push(Seen::config(entry));
                continue;
            }
            match self.policy_file(runtime, &entry.value) {
                Ok((path, document)) => {
                    let evidence = Evidence::config(&Site::file(path.as_str()));
                    role.policies.push(RolePolicy {
                        name: path,
                        document: Seen::new(document, evidence),
                    });
                }
                Err(reason) => role.unread.push(reason),
            }
        }
        Some(role)
    }

    /// The construct resolves a policy file against `codeLocation`.
    fn policy_file(&self, runtime: &Runtime, written: &str) -> Result<(String, Value), Unread> {
        let location = runtime
            .code_location
            .as_ref()
            .map_or("", |location| location.value.trim_end_matches('/'));
        let file = self
            .project
            .named_files
            .get(&format!("{location}/{written}"));
        let unread = |reason: &str| {
            Unread::new(
                ReasonCode::Absent,
                format!("policy file {written}: {reason}"),
            )
        };
        let file = file.ok_or_else(|| unread("was not looked at"))?;
        let path = file
            .path
            .clone()
            .ok_or_else(|| unread("lies outside of the project"))?;
        let text = file
            .text
            .as_ref()
            .ok_or_else(|| unread("no readable file beside the code"))?;
        let document =
            serde_json::from_str(text).map_err(|error| unread(&format!("not JSON: {error}")))?;
        Ok((path, document))
    }
}

fn owner(name: String, layer: Layer<RoleView>, complete: bool) -> RoleOwner {
    RoleOwner {
        resource: Resource::new(ResourceType::Role, name),
        layers: vec![layer],
        complete,
    }
}

fn harness_needs(harness: &Harness) -> HarnessNeeds {
    let Known::Read(document) = &harness.document else {
        return HarnessNeeds::default();
    };
    let root = &document.root;
    let tools = root.get("tools").map(Node::items).unwrap_or_default();
    let text = |keys: &[&str]| root.path(keys).and_then(Node::as_str);
    HarnessNeeds {
        name: harness.name.clone(),
        managed_memory: text(&["memory", "mode"]) == Some("managed"),
        api_key: root
            .path(&["model", "apiKeyArn"])
            .or_else(|| root.path(&["model", "apiKeyCredentialName"]))
            .is_some(),
        gateway_tool: tools
            .iter()
            .any(|tool| tool.get("type").and_then(Node::as_str) == Some("agentcore_gateway")),
        private_image: text(&["dockerfile"]).is_some(),
    }
}
