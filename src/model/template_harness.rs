//! A harness of the template in the shape of a runtime: the same questions are asked of both.

use super::json::{Document, Node};
use super::site::Sited;
use super::template::{TemplateNamed, TemplateRuntime, jwt, reference};

/// Reads `AWS::BedrockAgentCore::Harness`.
pub(super) fn harness(document: &Document, resource: TemplateNamed) -> TemplateRuntime {
    let properties = &resource.properties;
    let environment = properties.path(&["Environment", "AgentCoreRuntimeEnvironment"]);
    let lifecycle = environment.and_then(|block| block.get("LifecycleConfiguration"));
    let variables = properties
        .get("EnvironmentVariables")
        .map(Node::members)
        .unwrap_or_default();
    TemplateRuntime {
        jwt: jwt(document, properties),
        network_mode: environment
            .and_then(|block| block.get("NetworkConfiguration"))
            .and_then(|block| document.string(block, "NetworkMode")),
        idle_timeout: lifecycle
            .and_then(|block| document.number(block, "IdleRuntimeSessionTimeout")),
        max_lifetime: lifecycle.and_then(|block| document.number(block, "MaxLifetime")),
        env: variables
            .iter()
            .map(|member| {
                let name = Sited::new(member.key.to_string(), document.member_site(member));
                (name, member.node.as_str().map(str::to_owned))
            })
            .collect(),
        role: properties.get("ExecutionRoleArn").and_then(reference),
        code_asset: None,
        entry_point: Vec::new(),
        container: properties
            .path(&["EnvironmentArtifact", "ContainerConfiguration"])
            .is_some(),
        resource,
    }
}
