//! Turns the entries of `agentcore.json` and `harness.json` into the model, tolerantly.

use std::cell::RefCell;

use super::excess::{Allowance, Kind};
use crate::model::json::{Document, Json, Member, Node};
use crate::model::project::{
    CedarPolicy, Credential, Gateway, GatewayTarget, JwtAuthorizer, Memory, MemoryStrategy, Named,
    OnlineEval, PolicyEngine, Runtime, RuntimeCommon,
};
use crate::model::site::{Site, Sited};

/// Reads entries of one document.
pub struct Reader<'a> {
    /// The document that is read.
    pub document: &'a Document,
    /// How many entries are read.
    allowance: RefCell<Allowance>,
}

impl<'a> Reader<'a> {
    /// A reader of `document`.
    pub fn new(document: &'a Document) -> Self {
        Self {
            document,
            allowance: RefCell::default(),
        }
    }

    /// The objects of a root array.
    pub fn array<T>(&self, kind: Kind, key: &str, read: impl Fn(&Node, usize) -> T) -> Vec<T> {
        self.objects(kind, self.document.root.get(key), read)
    }

    /// The objects of an array, as many as are judged.
    fn objects<T>(
        &self,
        kind: Kind,
        node: Option<&Node>,
        read: impl Fn(&Node, usize) -> T,
    ) -> Vec<T> {
        let items = node.map(Node::items).unwrap_or_default();
        let object = |(_, node): &(usize, &Node)| matches!(node.value, Json::Object(_));
        items
            .iter()
            .take(self.take(kind, items.len()))
            .enumerate()
            .filter(object)
            .map(|(index, node)| read(node, index))
            .collect()
    }

    /// How many of so many entries are read.
    fn take(&self, kind: Kind, found: usize) -> usize {
        self.allowance.borrow_mut().take(kind, found)
    }

    /// What was left out, a sentence each.
    pub fn left_out(&self) -> Vec<String> {
        self.allowance.borrow().left_out()
    }

    /// The strings of an array, as many as are judged.
    fn strings(&self, kind: Kind, node: &Node, key: &str) -> Vec<Sited<String>> {
        let items = node.get(key).map(Node::items).unwrap_or_default();
        let text = |item: &Node| {
            let text = item.as_str()?.to_owned();
            Some(Sited::new(text, self.document.site(item)))
        };
        let taken = self.take(kind, items.len());
        items.iter().take(taken).filter_map(text).collect()
    }

    /// The entry's name and where it stands; `#n` (0-based) and the entry's own place where it has none.
    pub fn name(&self, node: &Node, index: usize) -> (String, Site) {
        match self.document.string(node, "name") {
            Some(name) => (name.value, name.site),
            None => (format!("#{index}"), self.document.site(node)),
        }
    }

    /// An entry of a kind that is kept raw.
    pub fn named(&self, node: &Node, index: usize) -> Named {
        let (name, site) = self.name(node, index);
        Named {
            name,
            site,
            node: node.clone(),
        }
    }

    /// A runtime.
    pub fn runtime(&self, node: &Node, index: usize) -> Runtime {
        let (name, site) = self.name(node, index);
        let text = |key| self.document.string(node, key);
        Runtime {
            name,
            site,
            build: text("build"),
            entrypoint: text("entrypoint"),
            code_location: text("codeLocation"),
            dockerfile: text("dockerfile"),
            build_context: text("buildContextPath"),
            runtime_version: text("runtimeVersion"),
            common: common(
                self.document,
                node,
                "lifecycleConfiguration",
                self.env_list(node),
            ),
            protocol: text("protocol"),
            enable_otel: node
                .get("instrumentation")
                .and_then(|inner| self.document.boolean(inner, "enableOtel")),
            additional_policies: self.strings(Kind::AdditionalPolicy, node, "additionalPolicies"),
            endpoints: self.keys(node.get("endpoints")),
            node: node.clone(),
        }
    }

    fn keys(&self, node: Option<&Node>) -> Vec<Sited<String>> {
        let members = node.map(Node::members).unwrap_or_default();
        members
            .iter()
            .take(self.take(Kind::Endpoint, members.len()))
            .map(|member| Sited::new(member.key.to_string(), self.document.member_site(member)))
            .collect()
    }

    /// A memory.
    pub fn memory(&self, node: &Node, index: usize) -> Memory {
        let (name, site) = self.name(node, index);
        let strategy = |node: &Node, _| MemoryStrategy {
            kind: self.document.string(node, "type"),
            site: self.document.site(node),
            namespaces: self.either(node, "namespaceTemplates", "namespaces"),
            reflection_namespaces: self.either(
                node,
                "reflectionNamespaceTemplates",
                "reflectionNamespaces",
            ),
        };
        Memory {
            name,
            site,
            event_expiry: self.document.number(node, "eventExpiryDuration"),
            strategies: self.objects(Kind::Strategy, node.get("strategies"), strategy),
            encryption_key_arn: self.document.string(node, "encryptionKeyArn"),
            execution_role_arn: self.document.string(node, "executionRoleArn"),
            node: node.clone(),
        }
    }

    fn either(&self, node: &Node, key: &str, older: &str) -> Vec<Sited<String>> {
        let key = if node.get(key).is_some() { key } else { older };
        self.strings(Kind::Namespace, node, key)
    }

    /// A credential provider.
    pub fn credential(&self, node: &Node, index: usize) -> Credential {
        let (name, site) = self.name(node, index);
        Credential {
            name,
            site,
            kind: self.document.string(node, "authorizerType"),
        }
    }

    /// A gateway.
    pub fn gateway(&self, node: &Node, index: usize) -> Gateway {
        let (name, site) = self.name(node, index);
        let text = |key| self.document.string(node, key);
        let engine = |key| {
            node.get("policyEngineConfiguration")
                .and_then(|inner| self.document.string(inner, key))
        };
        Gateway {
            name,
            site,
            authorizer_type: text("authorizerType"),
            jwt: jwt(self.document, node),
            exception_level: text("exceptionLevel"),
            policy_engine: engine("policyEngineName"),
            policy_mode: engine("mode"),
            execution_role_arn: text("executionRoleArn"),
            targets: self.objects(Kind::GatewayTarget, node.get("targets"), |node, index| {
                self.gateway_target(node, index)
            }),
            node: node.clone(),
        }
    }

    /// A target behind a gateway.
    pub fn gateway_target(&self, node: &Node, index: usize) -> GatewayTarget {
        let (name, site) = self.name(node, index);
        let auth = |key| {
            node.get("outboundAuth")
                .and_then(|inner| self.document.string(inner, key))
        };
        let passthrough = || {
            node.get("passthrough")
                .and_then(|inner| self.document.string(inner, "endpoint"))
        };
        GatewayTarget {
            name,
            site,
            kind: self.document.string(node, "targetType"),
            endpoint: self.document.string(node, "endpoint").or_else(passthrough),
            outbound_auth: auth("type"),
            credential: auth("credentialName"),
            node: node.clone(),
        }
    }

    /// A policy engine.
    pub fn policy_engine(&self, node: &Node, index: usize) -> PolicyEngine {
        let (name, site) = self.name(node, index);
        let policy = |node: &Node, index| {
            let (name, site) = self.name(node, index);
            CedarPolicy {
                name,
                site,
                statement: self.document.string(node, "statement"),
                source_file: self.document.string(node, "sourceFile"),
                enforcement_mode: self.document.string(node, "enforcementMode"),
            }
        };
        PolicyEngine {
            name,
            site,
            policies: self.objects(Kind::Policy, node.get("policies"), policy),
        }
    }

    /// An online evaluation.
    pub fn online_eval(&self, node: &Node, index: usize) -> OnlineEval {
        let (name, site) = self.name(node, index);
        OnlineEval {
            name,
            site,
            agent: self.document.string(node, "agent"),
            sampling_rate: self.document.number(node, "samplingRate"),
            enable_on_create: self.document.boolean(node, "enableOnCreate"),
            evaluators: self.document.strings(node, "evaluators"),
            node: node.clone(),
        }
    }

    fn env_list(&self, node: &Node) -> Vec<(String, Sited<String>)> {
        let items = node.get("envVars").map(Node::items).unwrap_or_default();
        let variable = |item: &Node| {
            let name = item.get("name")?.as_str()?.to_owned();
            Some((name, self.document.string(item, "value")?))
        };
        let taken = self.take(Kind::Variable, items.len());
        items.iter().take(taken).filter_map(variable).collect()
    }

    /// The shared keys and the model id of a `harness.json`.
    pub fn harness_keys(&self, document: &Document) -> (RuntimeCommon, Option<Sited<String>>) {
        let root = &document.root;
        let variables = root
            .get("environmentVariables")
            .map(Node::members)
            .unwrap_or_default();
        let variable = |member: &Member| {
            let value = member.node.as_str()?.to_owned();
            Some((
                member.key.to_string(),
                Sited::new(value, document.member_site(member)),
            ))
        };
        let taken = self.take(Kind::Variable, variables.len());
        let env = variables.iter().take(taken).filter_map(variable).collect();
        let model = root
            .get("model")
            .and_then(|model| document.string(model, "modelId"));
        (common(document, root, "lifecycleConfig", env), model)
    }
}

fn common(
    document: &Document,
    node: &Node,
    lifecycle: &str,
    env: Vec<(String, Sited<String>)>,
) -> RuntimeCommon {
    let text = |key| document.string(node, key);
    let network = node.get("networkConfig");
    let ids = |key| {
        network
            .map(|inner| document.strings(inner, key))
            .unwrap_or_default()
    };
    let block = node.member(lifecycle);
    let seconds = |key| block.and_then(|member| document.number(&member.node, key));
    RuntimeCommon {
        env,
        network_mode: text("networkMode"),
        subnets: ids("subnets"),
        security_groups: ids("securityGroups"),
        execution_role_arn: text("executionRoleArn"),
        authorizer_type: text("authorizerType"),
        jwt: jwt(document, node),
        lifecycle: block.map(|member| document.member_site(member)),
        idle_timeout: seconds("idleRuntimeSessionTimeout"),
        max_lifetime: seconds("maxLifetime"),
    }
}

fn jwt(document: &Document, node: &Node) -> Option<JwtAuthorizer> {
    let member = node
        .get("authorizerConfiguration")?
        .member("customJwtAuthorizer")?;
    let block = &member.node;
    let overrides = block
        .get("privateEndpointOverrides")
        .map(Node::items)
        .unwrap_or_default();
    Some(JwtAuthorizer {
        site: document.member_site(member),
        discovery_url: document.string(block, "discoveryUrl"),
        audience: document.strings(block, "allowedAudience"),
        clients: document.strings(block, "allowedClients"),
        scopes: document.strings(block, "allowedScopes"),
        custom_claims: block
            .get("customClaims")
            .map(Node::items)
            .unwrap_or_default()
            .to_vec(),
        private_endpoint: block.get("privateEndpoint").is_some() || !overrides.is_empty(),
    })
}
