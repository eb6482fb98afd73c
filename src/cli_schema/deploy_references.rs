//! References and names of `agentcore.json` that `agentcore validate` lets pass and the deploy refuses.

use std::collections::HashSet;

use super::fault::{At, Class, Fault};
use super::references::{Links, items, names, text};
use crate::model::json::{Member, Node};

/// Longest name of a runtime or gateway in AWS: the project's name, a separator and its own (CLI 0.30, `deploy`).
const LONGEST_NAME: usize = 48;

/// Longest name of a data source of a knowledge base: <https://docs.aws.amazon.com/bedrock/latest/APIReference/API_agent_CreateDataSource.html>.
const LONGEST_SOURCE: usize = 63;
/// Most tags of a resource.
const MOST_TAGS: usize = 50;

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

/// What the synthesis of CLI 0.30's constructs refuses although every value is well formed: more tags than a resource may have, two
/// connections whose environment variables have one name, components of a bundle that it cannot resolve, Lambda code in TypeScript.
pub fn synthesis(root: &Node) -> Vec<Fault> {
    let mut faults = Vec::new();
    let project = root.get("name").and_then(Node::as_str).unwrap_or_default();
    tags(root, &mut faults);
    connections(root, &mut faults);
    bundles(root, &mut faults);
    let bases = At::Key(&At::Root, "knowledgeBases");
    for (index, base) in items(root, "knowledgeBases").iter().enumerate() {
        let Some(name) = base.member("name") else {
            continue;
        };
        let own = name.node.as_str().unwrap_or_default();
        let source = format!("{project}_{own}_ds_00000000").chars().count();
        if source > LONGEST_SOURCE {
            let item = At::Item(&bases, index);
            faults.push(fault(
                name,
                At::Key(&item, "name").path(),
                format!(
                    "makes names of data sources of {source} characters ({project}_{own}_ds_ and eight more), and {LONGEST_SOURCE} is the most"
                ),
            ));
        }
    }
    for (gateway_index, gateway) in items(root, "agentCoreGateways").iter().enumerate() {
        let gateways = At::Key(&At::Root, "agentCoreGateways");
        let gateway_at = At::Item(&gateways, gateway_index);
        let targets = At::Key(&gateway_at, "targets");
        for (index, target) in items(gateway, "targets").iter().enumerate() {
            let compute = target.get("compute");
            let lambda = compute.and_then(|compute| text(compute, "host")) == Some("Lambda");
            let language = compute
                .and_then(|compute| compute.get("implementation"))
                .and_then(|code| code.member("language"))
                .filter(|language| language.node.as_str() == Some("TypeScript"));
            if let Some(language) = language.filter(|_| lambda) {
                let target_at = At::Item(&targets, index);
                let compute_at = At::Key(&target_at, "compute");
                let code_at = At::Key(&compute_at, "implementation");
                faults.push(fault(
                    language,
                    At::Key(&code_at, "language").path(),
                    "is TypeScript, and the deploy bundles Lambda functions in Python only"
                        .to_owned(),
                ));
            }
        }
    }
    faults
}

fn fault(member: &Member, path: String, words: String) -> Fault {
    Fault {
        range: member.range(),
        path,
        class: Class::Breaks,
        words,
        repair: None,
    }
}

/// Lists whose entries get the project's tags beside their own.
const TAGGED: [&str; 9] = [
    "runtimes",
    "memories",
    "agentCoreGateways",
    "evaluators",
    "onlineEvalConfigs",
    "policyEngines",
    "datasets",
    "knowledgeBases",
    "payments",
];

fn tags(root: &Node, faults: &mut Vec<Fault>) {
    fn keys(node: &Node) -> HashSet<&str> {
        let tags = node.get("tags").map(Node::members).unwrap_or_default();
        tags.iter().map(|member| &*member.key).collect()
    }
    let shared = keys(root);
    for list in TAGGED {
        let list_at = At::Key(&At::Root, list);
        for (index, entry) in items(root, list).iter().enumerate() {
            let count = shared.union(&keys(entry)).count();
            if count <= MOST_TAGS {
                continue;
            }
            let item = At::Item(&list_at, index);
            let own = entry
                .member("tags")
                .map(|own| (own, At::Key(&item, "tags").path()));
            let all = || Some((root.member("tags")?, At::Key(&At::Root, "tags").path()));
            if let Some((member, path)) = own.or_else(all) {
                faults.push(fault(
                    member,
                    path,
                    format!(
                        "makes {count} tags with those of the project, and {MOST_TAGS} is the most"
                    ),
                ));
            }
        }
    }
}

/// The variables of connections are named after their ids, in capitals, with `_` for everything else.
fn connections(root: &Node, faults: &mut Vec<Fault>) {
    for list in ["runtimes", "harnesses"] {
        let list_at = At::Key(&At::Root, list);
        for (index, entry) in items(root, list).iter().enumerate() {
            let item = At::Item(&list_at, index);
            let list_at = At::Key(&item, "connections");
            let mut known: Vec<(String, String)> = Vec::new();
            for (index, connection) in items(entry, "connections").iter().enumerate() {
                let Some(to) = connection.member("to") else {
                    continue;
                };
                let kind = text(&to.node, "type").unwrap_or_default();
                // Without an id it is named after what it leads to; a tool without an ARN has no variable.
                let resource = text(&to.node, "arn").and_then(|arn| arn.rsplit(['/', ':']).next());
                let id = connection.member("id").unwrap_or(to);
                let Some(resource) = resource else { continue };
                let made = format!("{kind}-{resource}");
                let name = id.node.as_str().unwrap_or(&made).to_owned();
                let token = format!("{kind} {}", variable(&name));
                if let Some((_, other)) = known.iter().find(|(known, _)| *known == token) {
                    let at = At::Item(&list_at, index);
                    faults.push(fault(
                        id,
                        At::Key(&at, &id.key).path(),
                        format!(
                            "is {name:?}, and {other:?} before it gives its environment variables the same names ({})",
                            variable(&name)
                        ),
                    ));
                }
                known.push((token, name));
            }
        }
    }
}

/// `mem-1` as a part of an environment variable: `MEM_1`.
fn variable(id: &str) -> String {
    let letters = id.chars().map(|letter| match letter {
        letter if letter.is_ascii_alphanumeric() => letter.to_ascii_uppercase(),
        _ => '_',
    });
    letters.collect()
}

/// A component is an ARN, or `{{runtime:NAME}}`, which the stack turns into one.
fn bundles(root: &Node, faults: &mut Vec<Fault>) {
    let runtimes = names(root, "runtimes");
    let list_at = At::Key(&At::Root, "configBundles");
    for (index, bundle) in items(root, "configBundles").iter().enumerate() {
        let item = At::Item(&list_at, index);
        let components = At::Key(&item, "components");
        let members = bundle
            .get("components")
            .map(Node::members)
            .unwrap_or_default();
        for member in members {
            let inner = member
                .key
                .strip_prefix("{{")
                .and_then(|rest| rest.strip_suffix("}}"));
            let words = match inner.and_then(|inner| inner.split_once(':')) {
                Some(("runtime", name)) if !runtimes.contains(name) => {
                    format!("names the runtime {name}, which is not in runtimes")
                }
                Some(("gateway", name)) => format!(
                    "names the gateway {name}, and the deploy resolves runtimes only: give the gateway's ARN"
                ),
                _ => continue,
            };
            faults.push(fault(
                member,
                At::Key(&components, &member.key).path(),
                words,
            ));
        }
    }
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
