//! References and names of `agentcore.json` that `agentcore validate` lets pass and the deploy refuses.

use std::collections::HashSet;

use super::fault::{At, Class, Fault};
use super::references::{Links, items, names, text};
use crate::model::json::Node;

/// Longest name of a runtime or gateway in AWS: the project's name, a separator and its own (CLI 0.30, `deploy`).
const LONGEST_NAME: usize = 48;

/// Names that AWS will find too long once the project's name stands before them.
pub fn lengths(root: &Node) -> Vec<Fault> {
    let Some(project) = root.get("name").and_then(Node::as_str) else {
        return Vec::new();
    };
    let mut faults = Vec::new();
    for (key, separator) in [("runtimes", '_'), ("agentCoreGateways", '-')] {
        let list = At::Key(&At::Root, key);
        for (index, entry) in items(root, key).iter().enumerate() {
            let Some(member) = entry.member("name") else {
                continue;
            };
            let full = format!(
                "{project}{separator}{}",
                member.node.as_str().unwrap_or_default()
            );
            let own = key == "agentCoreGateways" && entry.get("resourceName").is_some();
            if full.len() > LONGEST_NAME && !own {
                let item = At::Item(&list, index);
                faults.push(Fault {
                    range: member.range(),
                    path: At::Key(&item, "name").path(),
                    class: Class::Breaks,
                    words: format!(
                        "becomes {full} in AWS, which has {} of at most {LONGEST_NAME} characters",
                        full.len()
                    ),
                    repair: None,
                });
            }
        }
    }
    faults
}

impl Links<'_> {
    /// What `agentcore validate` lets pass and the deploy does not find.
    pub(super) fn only_deployed(&mut self) {
        let engines = names(self.root, "policyEngines");
        let credentials = names(self.root, "credentials");
        let gateways = names(self.root, "agentCoreGateways");
        let runtimes = names(self.root, "runtimes");
        for (path, gateway) in self.entries("agentCoreGateways") {
            if let Some(engine) = gateway.get("policyEngineConfiguration") {
                let place = format!("{path}.policyEngineConfiguration");
                self.link(
                    Class::Breaks,
                    (&place, engine),
                    "policyEngineName",
                    &engines,
                    "policyEngines",
                );
            }
        }
        for (path, target) in self.targets() {
            if let Some(auth) = target.get("outboundAuth") {
                let place = format!("{path}.outboundAuth");
                self.link(
                    Class::Breaks,
                    (&place, auth),
                    "credentialName",
                    &credentials,
                    "credentials",
                );
            }
        }
        for (path, base) in self.entries("knowledgeBases") {
            self.link(
                Class::Breaks,
                (&path, base),
                "gateway",
                &gateways,
                "agentCoreGateways",
            );
        }
        for (path, tool) in self.entries("mcpRuntimeTools") {
            for (index, binding) in items(tool, "bindings").iter().enumerate() {
                let place = format!("{path}.bindings[{index}]");
                self.link(
                    Class::Breaks,
                    (&place, binding),
                    "runtimeName",
                    &runtimes,
                    "runtimes",
                );
            }
        }
        for (path, evaluation) in self.entries("onlineEvalConfigs") {
            let watched = text(evaluation, "agent");
            let runtime = items(self.root, "runtimes")
                .iter()
                .find(|runtime| watched.is_some() && text(runtime, "name") == watched);
            let Some(runtime) = runtime else { continue };
            let mut endpoints: HashSet<&str> = HashSet::from(["DEFAULT"]);
            let own = runtime
                .get("endpoints")
                .map(Node::members)
                .unwrap_or_default();
            endpoints.extend(own.iter().map(|member| &*member.key));
            self.link(
                Class::Breaks,
                (&path, evaluation),
                "endpoint",
                &endpoints,
                "the runtime's endpoints",
            );
        }
    }
}
