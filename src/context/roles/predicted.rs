//! The roles that the CLI will create, where nothing was synthesized or deployed yet.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Owned, Place, RoleView};
use crate::context::{Context, Layer, Origin};
use crate::iam::document::Document;
use crate::iam::role::{NamedPolicy, Role};
use crate::model::finding::Evidence;
use crate::model::json::Node;
use crate::model::known::{Known, ReasonCode};
use crate::model::narrowed_roles::{self, NarrowedRoles, construct_id};
use crate::model::predicted_role::{self, CONSTRUCT_VERSION, HarnessNeeds, Names, RuntimeNeeds};
use crate::model::project::{
    Agent, CdkVersion, Gateway, Harness, MemoryStrategy, OnlineEval, Runtime,
};
use crate::model::site::Site;

impl Context {
    /// The names that predicted documents hold.
    pub fn names(&self) -> Names {
        let target = self.target.as_ref();
        let region = target
            .and_then(|target| target.region.clone())
            .unwrap_or_else(|| Names::REGION.to_owned());
        Names {
            partition: partition(&region).to_owned(),
            region,
            account: target
                .and_then(|target| target.account.clone())
                .unwrap_or_else(|| Names::ACCOUNT.to_owned()),
            project: self.project.display_name().to_owned(),
        }
    }

    /// The execution role that the CLI will create; `None` for one's own, and where the configuration could not be read.
    pub(super) fn predicted_agent(
        &self,
        agent: Agent<'_>,
        narrowed: Option<&NarrowedRoles>,
    ) -> Option<Layer<RoleView<'_>>> {
        if self.stack.is_some()
            || agent.common().execution_role_arn.is_some()
            || !self.agent_is_read(agent)
        {
            return None;
        }
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
        let kind = match agent {
            Agent::Runtime(_) => "Agent",
            Agent::Harness(_) => "Harness",
        };
        let at = format!("Application/{}", construct_id(kind, agent.name()));
        let (trust, policy) = self.narrow(narrowed, &at, trust, policy);
        let mut layer = self.predicted(
            agent.site(),
            &trust,
            &policy,
            self.owned_by(agent.name()),
            narrowed.is_some(),
        );
        layer.value.execution = true;
        if let Some(role) = self.deployed_role(agent) {
            layer.value.title = self.created(Some(role));
        }
        Some(layer)
    }

    /// The actions, sorted, of every statement that the construct is known to write into the project's roles.
    pub fn construct_statements(&self) -> &BTreeSet<Vec<String>> {
        self.told
            .construct
            .get_or_init(|| self.written_by_construct())
    }

    fn written_by_construct(&self) -> BTreeSet<Vec<String>> {
        let agents = self
            .project
            .agents()
            .filter_map(|agent| self.predicted_agent(agent, None));
        let gateways = self
            .project
            .gateways
            .iter()
            .map(|gateway| self.predicted_gateway(gateway, None));
        let evals = self
            .project
            .online_evals
            .iter()
            .map(|eval| self.predicted_eval(eval, None));
        let mut found = BTreeSet::new();
        for layer in agents.chain(gateways).chain(evals) {
            let documents = layer
                .value
                .role
                .policies
                .iter()
                .filter_map(|policy| policy.document.read());
            for statement in documents.flat_map(|document| &document.statements) {
                let mut actions = statement.action.patterns().to_vec();
                actions.sort();
                found.insert(actions);
            }
        }
        found
    }

    /// The execution role that the deployed state names.
    pub fn deployed_role(&self, agent: Agent<'_>) -> Option<&str> {
        let target = self.deployed()?;
        let deployed = match agent {
            Agent::Runtime(runtime) => target.runtimes.get(&runtime.name),
            Agent::Harness(harness) => target.harnesses.get(&harness.name),
        };
        deployed?.role_arn.as_deref()
    }

    /// How a message names a role that was deployed and is not read in this run.
    fn created(&self, role: Option<&str>) -> String {
        let offline =
            matches!(&self.aws, Known::Unread(reason) if reason.code == ReasonCode::Offline);
        let unread = if offline {
            "not read offline"
        } else {
            "not read"
        };
        match role {
            Some(arn) => format!("the role that the CLI created ({arn}, {unread}) for"),
            None => format!("the role that the CLI created ({unread}) for"),
        }
    }

    /// What else to know of a predicted role: which version of the construct it was read in, and what it does not hold.
    fn predicted_note(&self) -> String {
        let mut note = format!("read in @aws/agentcore-cdk {CONSTRUCT_VERSION}");
        match &self.project.cdk_version {
            Some(version) if version.text != CONSTRUCT_VERSION => {
                let CdkVersion { text, file, exact } = version;
                let says = match (exact, *file) {
                    (true, file) if file.ends_with("-lock.json") => "has",
                    (true, _) => "pins",
                    (false, _) => "takes the range",
                };
                note.push_str(&format!("; {file} {says} {text}, which may differ"));
            }
            _ => {}
        }
        if let Some(site) = self.project.cdk_grants.first() {
            let line = site
                .span
                .map_or_else(String::new, |span| format!(":{}", span.line));
            note.push_str(&format!(
                "; what the project's own code adds to roles ({}{line}) is not in it: the synthesized template holds it",
                site.path
            ));
        }
        note
    }

    /// The role of a memory: it has a trust policy only.
    pub(super) fn predicted_memory(
        &self,
        name: &str,
        site: &Site,
        narrowed: Option<&NarrowedRoles>,
    ) -> Layer<RoleView<'_>> {
        let at = format!("Application/{}", construct_id("Memory", name));
        let (trust, policy) = self.narrow(narrowed, &at, predicted_role::trust(), Value::Null);
        let mut layer = self.predicted(site, &trust, &policy, Owned::default(), narrowed.is_some());
        if self
            .deployed()
            .is_some_and(|target| target.memories.contains_key(name))
        {
            layer.value.title = self.created(None);
        }
        layer
    }

    /// The role of a gateway, as far as it does not depend on what its targets are.
    pub(super) fn predicted_gateway(
        &self,
        gateway: &Gateway,
        narrowed: Option<&NarrowedRoles>,
    ) -> Layer<RoleView<'_>> {
        let engine = gateway.policy_engine.as_ref();
        let engine = engine.map(|name| name.value.as_str());
        let keys = gateway.targets.iter().any(|target| {
            let auth = target.outbound_auth.as_ref();
            auth.is_some_and(|auth| auth.value == "API_KEY")
        });
        let policy = predicted_role::gateway(&self.names(), engine, keys);
        let at = format!("Mcp/{}", construct_id("Gateway", &gateway.name));
        let (trust, policy) = self.narrow(narrowed, &at, predicted_role::trust(), policy);
        let mut layer = self.predicted(
            &gateway.site,
            &trust,
            &policy,
            self.owned_by(&gateway.name),
            narrowed.is_some(),
        );
        let deployed = self.deployed();
        if deployed.is_some_and(|target| target.gateways.contains_key(&gateway.name)) {
            layer.value.title = self.created(None);
        }
        layer
    }

    /// The role of an online evaluation.
    pub(super) fn predicted_eval(
        &self,
        eval: &OnlineEval,
        narrowed: Option<&NarrowedRoles>,
    ) -> Layer<RoleView<'_>> {
        let policy = predicted_role::online_eval(&self.names(), &eval.name);
        let at = format!("Application/{}", construct_id("OnlineEval", &eval.name));
        let (trust, policy) = self.narrow(narrowed, &at, predicted_role::trust(), policy);
        let mut layer = self.predicted(
            &eval.site,
            &trust,
            &policy,
            self.owned_by(&eval.name),
            narrowed.is_some(),
        );
        let deployed = self.deployed();
        if deployed.is_some_and(|target| target.online_evals.contains_key(&eval.name)) {
            layer.value.title = self.created(None);
        }
        layer
    }

    /// The rules that the project's stack applies to the roles of the next deploy.
    pub(super) fn narrowed(&self) -> Option<&NarrowedRoles> {
        self.project.stack.as_ref()?.narrowed.as_ref()
    }

    /// Trust policy and policy of a role as the stack's aspect leaves them.
    fn narrow(
        &self,
        narrowed: Option<&NarrowedRoles>,
        at: &str,
        trust: Value,
        policy: Value,
    ) -> (Value, Value) {
        let Some(narrowed) = narrowed else {
            return (trust, policy);
        };
        let names = self.names();
        let fill = |text: &str| {
            text.replace("${AWS::Partition}", &names.partition)
                .replace("${AWS::Region}", &names.region)
                .replace("${AWS::AccountId}", &names.account)
        };
        let policy = match narrowed.rule(at) {
            Some(rule) => rule.narrowed(&policy, &fill),
            None => policy,
        };
        (predicted_role::harness_trust(&names), policy)
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
        trust: &Value,
        policy: &Value,
        own: Owned,
        narrowed: bool,
    ) -> Layer<RoleView<'_>> {
        let by = if narrowed {
            format!(", as {} narrows it", narrowed_roles::PATH)
        } else {
            String::new()
        };
        let evidence = Evidence::predicted(
            site,
            format!("the role that @aws/agentcore-cdk {CONSTRUCT_VERSION} creates{by}"),
        );
        let note = format!("{}{by}", self.predicted_note());
        // The documents are this program's own; its tests parse them all.
        let policies = Document::parse(policy)
            .map(|document| vec![NamedPolicy::inline("DefaultPolicy", document)]);
        let view = RoleView {
            title: "the role that the CLI will create for".to_owned(),
            execution: false,
            role: Role {
                trust: Document::parse(trust).ok(),
                policies: policies.unwrap_or_default(),
                ..Role::default()
            },
            place: Place::Whole(evidence.clone()),
            unread: Vec::new(),
            flaws: Vec::new(),
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
                    let of = |strategy: &MemoryStrategy| {
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
}

/// The partition of a Region.
pub(crate) fn partition(region: &str) -> &'static str {
    match region {
        _ if region.starts_with("us-gov-") => "aws-us-gov",
        _ if region.starts_with("cn-") => "aws-cn",
        _ => "aws",
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
