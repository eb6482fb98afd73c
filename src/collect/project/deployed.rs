//! Reads `agentcore/.cli/deployed-state.json`, which `agentcore deploy` writes.

use std::collections::BTreeMap;

use crate::model::json::{Document, Node};
use crate::model::project::{DeployedResource, DeployedRuntime, DeployedTarget};

/// What the state says, by target.
pub fn read(document: &Document) -> BTreeMap<String, DeployedTarget> {
    let Some(targets) = document.root.get("targets") else {
        return BTreeMap::new();
    };
    targets
        .members()
        .iter()
        .map(|member| (member.key.to_string(), target(&member.node)))
        .collect()
}

fn target(node: &Node) -> DeployedTarget {
    let Some(resources) = node.get("resources") else {
        return DeployedTarget::default();
    };
    // Gateways moved from `mcp.gateways` to `gateways`; both are still written by some versions.
    let mut gateways = by_name(resources.path(&["mcp", "gateways"]), |node| {
        resource(node, "gatewayId", "gatewayArn")
    });
    gateways.extend(by_name(resources.get("gateways"), |node| {
        resource(node, "gatewayId", "gatewayArn")
    }));
    DeployedTarget {
        runtimes: by_name(resources.get("runtimes"), runtime),
        harnesses: by_name(resources.get("harnesses"), harness),
        gateways,
        memories: by_name(resources.get("memories"), |node| {
            resource(node, "memoryId", "memoryArn")
        }),
        policy_engines: by_name(resources.get("policyEngines"), |node| {
            resource(node, "policyEngineId", "policyEngineArn")
        }),
        online_evals: by_name(resources.get("onlineEvalConfigs"), |node| {
            resource(
                node,
                "onlineEvaluationConfigId",
                "onlineEvaluationConfigArn",
            )
        }),
        credentials: by_name(resources.get("credentials"), |node| DeployedResource {
            id: None,
            arn: text(node, "credentialProviderArn"),
        }),
    }
}

fn by_name<T>(node: Option<&Node>, read: impl Fn(&Node) -> T) -> BTreeMap<String, T> {
    let members = node.map(Node::members).unwrap_or_default();
    members
        .iter()
        .map(|member| (member.key.to_string(), read(&member.node)))
        .collect()
}

fn text(node: &Node, key: &str) -> Option<String> {
    let text = node.get(key).and_then(Node::as_str)?;
    let fits = if key.ends_with("Arn") {
        is_arn(text)
    } else {
        is_id(text)
    };
    fits.then(|| text.to_owned())
}

/// Whether a text is built like an ARN: anything else in its place is nothing that a deploy wrote.
fn is_arn(text: &str) -> bool {
    text.starts_with("arn:") && text.matches(':').count() >= 5
}

/// Whether a text is built like an id of AgentCore: a name, a dash and ten letters or digits. A stand-in for AWS gives shorter ones.
fn is_id(text: &str) -> bool {
    const SHORT: usize = 16;
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-".contains(c);
    if text.len() <= SHORT {
        return text.chars().all(plain);
    }
    let Some((name, drawn)) = text.rsplit_once('-') else {
        return false;
    };
    name.len() <= 100
        && name.chars().all(plain)
        && drawn.len() == 10
        && drawn.chars().all(|c| c.is_ascii_alphanumeric())
}

fn runtime(node: &Node) -> DeployedRuntime {
    DeployedRuntime {
        id: text(node, "runtimeId"),
        arn: text(node, "runtimeArn"),
        role_arn: text(node, "roleArn"),
    }
}

fn harness(node: &Node) -> DeployedRuntime {
    let role_arn = text(node, "roleArn").or_else(|| text(node, "executionRoleArn"));
    DeployedRuntime {
        id: text(node, "runtimeId").or_else(|| text(node, "harnessId")),
        arn: text(node, "agentRuntimeArn").or_else(|| text(node, "harnessArn")),
        role_arn,
    }
}

fn resource(node: &Node, id: &str, arn: &str) -> DeployedResource {
    DeployedResource {
        id: text(node, id),
        arn: text(node, arn),
    }
}
