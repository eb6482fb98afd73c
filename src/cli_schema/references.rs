//! References between the resources of `agentcore.json`: those that the CLI follows (a dangling one is refused) and those that
//! only the deploy follows.

use std::collections::{HashMap, HashSet};

use super::fault::{Class, Fault};
use super::words::quote;
use crate::model::json::{Json, Member, Node};

/// Follows references and collects those that lead nowhere.
pub(super) struct Links<'a> {
    pub(super) root: &'a Node,
    pub(super) faults: Vec<Fault>,
}

/// Follows every reference of the document.
pub fn across(root: &Node) -> Vec<Fault> {
    let mut links = Links {
        root,
        faults: Vec::new(),
    };
    links.online_evaluations();
    links.gateway_targets();
    links.capacity();
    links.ab_tests();
    links.knowledge_bases();
    links.payments();
    links.only_deployed();
    links.faults
}

pub(super) fn items<'n>(node: &'n Node, key: &str) -> &'n [Node] {
    node.get(key).map(Node::items).unwrap_or_default()
}

pub(super) fn text<'n>(node: &'n Node, key: &str) -> Option<&'n str> {
    node.get(key).and_then(Node::as_str)
}

pub(super) fn names<'n>(root: &'n Node, key: &str) -> HashSet<&'n str> {
    items(root, key)
        .iter()
        .filter_map(|entry| text(entry, "name"))
        .collect()
}

impl<'a> Links<'a> {
    fn fault(&mut self, class: Class, member: &Member, path: String, words: String) {
        self.faults.push(Fault {
            range: member.range(),
            path,
            class,
            words,
            repair: None,
        });
    }

    pub(super) fn entries(
        &self,
        key: &'static str,
    ) -> impl Iterator<Item = (String, &'a Node)> + use<'a> {
        let place = move |index| format!("{key}[{index}]");
        items(self.root, key)
            .iter()
            .enumerate()
            .map(move |(index, node)| (place(index), node))
    }

    /// Reports the member `key` of `node` where its text is not among `known`.
    pub(super) fn link(
        &mut self,
        class: Class,
        (path, node): (&str, &Node),
        key: &str,
        known: &HashSet<&str>,
        list: &str,
    ) {
        let Some(member) = node.member(key) else {
            return;
        };
        let Some(name) = member.node.as_str().filter(|name| !known.contains(name)) else {
            return;
        };
        let words = format!("names {}, which is not in {list}", quote(name));
        self.fault(class, member, format!("{path}.{key}"), words);
    }

    fn online_evaluations(&mut self) {
        let runtimes = names(self.root, "runtimes");
        let evaluators = names(self.root, "evaluators");
        for (path, node) in self.entries("onlineEvalConfigs") {
            self.link(
                Class::Rejected,
                (&path, node),
                "agent",
                &runtimes,
                "runtimes",
            );
            let Some(member) = node.member("evaluators") else {
                continue;
            };
            let known = |name: &str| {
                name.starts_with("Builtin.")
                    || name.starts_with("arn:")
                    || evaluators.contains(name)
            };
            for name in member.node.items().iter().filter_map(Node::as_str) {
                if !known(name) {
                    let words = format!(
                        "names {}, which is not in evaluators and no Builtin.*",
                        quote(name)
                    );
                    self.fault(Class::Rejected, member, format!("{path}.evaluators"), words);
                }
            }
        }
    }

    pub(super) fn targets(&self) -> Vec<(String, &'a Node)> {
        let behind = |(path, gateway): (String, &'a Node)| {
            let targets = items(gateway, "targets").iter().enumerate();
            targets.map(move |(index, target)| (format!("{path}.targets[{index}]"), target))
        };
        self.entries("agentCoreGateways").flat_map(behind).collect()
    }

    fn gateway_targets(&mut self) {
        let runtimes: HashMap<&str, &Node> = items(self.root, "runtimes")
            .iter()
            .rev()
            .filter_map(|runtime| Some((text(runtime, "name")?, runtime)))
            .collect();
        for (path, target) in self.targets() {
            let Some(http) = target.get("httpRuntime") else {
                continue;
            };
            let is_http = text(target, "targetType") == Some("httpRuntime");
            let (Some(member), true) = (http.member("runtime"), is_http) else {
                continue;
            };
            let Some(name) = member.node.as_str() else {
                continue;
            };
            let path = format!("{path}.httpRuntime");
            let Some(runtime) = runtimes.get(name) else {
                let words = format!("names {}, which is not in runtimes", quote(name));
                self.fault(Class::Rejected, member, format!("{path}.runtime"), words);
                continue;
            };
            let endpoint = http.member("runtimeEndpoint");
            let endpoint = endpoint.and_then(|member| Some((member, member.node.as_str()?)));
            if let Some((member, endpoint)) = endpoint
                && endpoint != "DEFAULT"
                && runtime.path(&["endpoints", endpoint]).is_none()
            {
                let words = format!(
                    "names {}, which runtime {name} does not have",
                    quote(endpoint)
                );
                self.fault(
                    Class::Rejected,
                    member,
                    format!("{path}.runtimeEndpoint"),
                    words,
                );
            }
        }
    }

    fn capacity(&mut self) {
        let providers: HashMap<&str, &Node> = items(self.root, "capacityProviders")
            .iter()
            .filter_map(|provider| Some((text(provider, "name")?, provider)))
            .collect();
        let known: HashSet<&str> = providers.keys().copied().collect();
        for (path, runtime) in self.entries("runtimes") {
            let Some(attached) = runtime.get("capacityProviderConfiguration") else {
                continue;
            };
            let place = format!("{path}.capacityProviderConfiguration");
            let key = "capacityProviderName";
            self.link(
                Class::Rejected,
                (&place, attached),
                key,
                &known,
                "capacityProviders",
            );
            let Some(provider) = text(attached, key).and_then(|name| providers.get(name)) else {
                continue;
            };
            let volumes: HashSet<&str> = provider
                .path(&["computeConfiguration", "ec2Configuration", "volumes"])
                .map(Node::items)
                .unwrap_or_default()
                .iter()
                .filter_map(|volume| volume.path(&["ebsConfiguration", "name"])?.as_str())
                .collect();
            for (index, mount) in items(runtime, "filesystemConfigurations")
                .iter()
                .enumerate()
            {
                if let Some(mount) = mount.get("capacityProviderVolume") {
                    let place =
                        format!("{path}.filesystemConfigurations[{index}].capacityProviderVolume");
                    self.link(
                        Class::Rejected,
                        (&place, mount),
                        "volumeName",
                        &volumes,
                        "the provider's volumes",
                    );
                }
            }
        }
    }

    fn ab_tests(&mut self) {
        let gateways: HashMap<&str, &Node> = items(self.root, "agentCoreGateways")
            .iter()
            .rev()
            .filter_map(|gateway| Some((text(gateway, "name")?, gateway)))
            .collect();
        for (path, test) in self.entries("abTests") {
            let Some(member) = test.member("gatewayRef") else {
                continue;
            };
            let reference = member.node.as_str().unwrap_or_default();
            let name = reference
                .strip_prefix("{{gateway:")
                .and_then(|rest| rest.strip_suffix("}}"));
            let Some(name) = name.filter(|name| !name.is_empty()) else {
                continue;
            };
            let Some(gateway) = gateways.get(name) else {
                let words = format!("names {}, which is not in agentCoreGateways", quote(name));
                self.fault(Class::Rejected, member, format!("{path}.gatewayRef"), words);
                continue;
            };
            if text(test, "mode") != Some("target-based") {
                continue;
            }
            let targets = names(gateway, "targets");
            for (index, variant) in items(test, "variants").iter().enumerate() {
                if let Some(target) = variant.path(&["variantConfiguration", "target"]) {
                    let place = format!("{path}.variants[{index}].variantConfiguration.target");
                    self.link(
                        Class::Rejected,
                        (&place, target),
                        "targetName",
                        &targets,
                        "the gateway's targets",
                    );
                }
            }
        }
    }

    fn knowledge_bases(&mut self) {
        let bases = names(self.root, "knowledgeBases");
        for (path, target) in self.targets() {
            let connector = text(target, "targetType") == Some("connector")
                && text(target, "connectorId") == Some("bedrock-knowledge-bases");
            if !connector {
                continue;
            }
            for (index, operation) in items(target, "configurations").iter().enumerate() {
                let path = format!("{path}.configurations[{index}].parameterValues");
                let Some(values) = operation.get("parameterValues") else {
                    continue;
                };
                match text(operation, "name") {
                    // The CLI looks at texts alone here.
                    Some("Retrieve") => {
                        let member = values.member("knowledgeBaseId");
                        let text = member.filter(|member| member.node.as_str().is_some());
                        self.base(&path, text, &bases);
                    }
                    Some("AgenticRetrieveStream") => {
                        for retriever in items(values, "retrievers") {
                            let base = retriever.path(&["configuration", "knowledgeBase"]);
                            let member = base.and_then(|base| base.member("knowledgeBaseId"));
                            self.base(&path, member, &bases);
                        }
                    }
                    _ => {}
                }
            }
        }
    }

    /// A knowledge base is one of the project's by name, or another by its id of ten capitals and digits.
    fn base(&mut self, path: &str, member: Option<&Member>, bases: &HashSet<&str>) {
        let Some(member) = member else { return };
        let path = format!("{path}.knowledgeBaseId");
        let name = match &member.node.value {
            Json::String(name) if name.is_empty() => return,
            Json::String(name) => &**name,
            Json::Null | Json::Bool(false) => return,
            Json::Number(number) if *number == 0.0 => return,
            _ => {
                let words = "must be a knowledge base's name or id".to_owned();
                return self.fault(Class::Rejected, member, path, words);
            }
        };
        let is_id = name.len() == 10
            && name
                .bytes()
                .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
        if is_id && bases.contains(name) {
            let words = format!(
                "{} may be an id or the project's knowledge base of that name: rename it",
                quote(name)
            );
            self.fault(Class::Rejected, member, path, words);
        } else if !is_id && !bases.contains(name) {
            let words = format!(
                "names {}, which is not in knowledgeBases and no id",
                quote(name)
            );
            self.fault(Class::Rejected, member, path, words);
        }
    }

    fn payments(&mut self) {
        let credentials: HashMap<&str, &Node> = items(self.root, "credentials")
            .iter()
            .rev()
            .filter_map(|credential| Some((text(credential, "name")?, credential)))
            .collect();
        for (path, manager) in self.entries("payments") {
            let connectors = items(manager, "connectors");
            if connectors.is_empty()
                && let Some(member) = manager
                    .member("connectors")
                    .or_else(|| manager.member("name"))
            {
                let words =
                    "must hold a connector: a payment manager without one is refused".to_owned();
                self.fault(Class::Rejected, member, format!("{path}.connectors"), words);
            }
            for (index, connector) in connectors.iter().enumerate() {
                self.connector(
                    &format!("{path}.connectors[{index}]"),
                    connector,
                    &credentials,
                );
            }
        }
    }

    fn connector(&mut self, path: &str, connector: &Node, credentials: &HashMap<&str, &Node>) {
        if text(connector, "provisionMode") == Some("QUICK_CREATE") {
            return;
        }
        let Some(member) = connector.member("credentialName") else {
            return;
        };
        let Some(name) = member.node.as_str() else {
            return;
        };
        let path = format!("{path}.credentialName");
        let words = match credentials.get(name) {
            None => format!("names {}, which is not in credentials", quote(name)),
            Some(credential) => {
                let kind = text(credential, "authorizerType").unwrap_or_default();
                let wanted = text(connector, "provider").unwrap_or("CoinbaseCDP");
                let provider = text(credential, "provider").unwrap_or(wanted);
                if kind != "PaymentCredentialProvider" {
                    format!(
                        "names {}, which is no PaymentCredentialProvider",
                        quote(name)
                    )
                } else if provider != wanted {
                    format!(
                        "names {}, which is for {provider} and not for {wanted}",
                        quote(name)
                    )
                } else {
                    return;
                }
            }
        };
        self.fault(Class::Rejected, member, path, words);
    }
}
