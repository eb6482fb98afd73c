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
    node.get(key).and_then(Node::as_str).map(str::to_owned)
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
