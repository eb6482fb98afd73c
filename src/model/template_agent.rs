//! What runtimes, harnesses and gateways of the template share: the environment, the JWT authorizer; and a harness in the shape of a runtime,
//! since the same questions are asked of both.

use super::json::{Document, Json, Node};
use super::site::Sited;
use super::template::{TemplateJwt, TemplateNamed, TemplateRuntime, reference};

/// Reads `AWS::BedrockAgentCore::Harness`.
pub(super) fn harness(document: &Document, resource: TemplateNamed) -> TemplateRuntime {
    let properties = &resource.properties;
    let platform = properties.path(&["Environment", "AgentCoreRuntimeEnvironment"]);
    let lifecycle = platform.and_then(|block| block.get("LifecycleConfiguration"));
    TemplateRuntime {
        jwt: jwt(document, properties),
        network_mode: platform
            .and_then(|block| block.get("NetworkConfiguration"))
            .and_then(|block| document.string(block, "NetworkMode")),
        idle_timeout: lifecycle
            .and_then(|block| document.number(block, "IdleRuntimeSessionTimeout")),
        max_lifetime: lifecycle.and_then(|block| document.number(block, "MaxLifetime")),
        env: environment(document, properties),
        role: properties.get("ExecutionRoleArn").and_then(reference),
        code_asset: None,
        entry_point: Vec::new(),
        container: properties
            .path(&["EnvironmentArtifact", "ContainerConfiguration"])
            .is_some(),
        resource,
    }
}

/// `EnvironmentVariables`; a value that CloudFormation makes is `None`.
pub(super) fn environment(
    document: &Document,
    properties: &Node,
) -> Vec<(Sited<String>, Option<String>)> {
    properties
        .get("EnvironmentVariables")
        .map(Node::members)
        .unwrap_or_default()
        .iter()
        .map(|member| {
            let name = Sited::new(member.key.to_string(), document.member_site(member));
            (name, member.node.as_str().map(str::to_owned))
        })
        .collect()
}

/// `AuthorizerConfiguration.CustomJWTAuthorizer`.
pub(super) fn jwt(document: &Document, properties: &Node) -> Option<TemplateJwt> {
    let authorizer = properties
        .get("AuthorizerConfiguration")?
        .member("CustomJWTAuthorizer")?;
    let node = &authorizer.node;
    Some(TemplateJwt {
        site: document.member_site(authorizer),
        discovery_url: document.string(node, "DiscoveryUrl"),
        audience: document.strings(node, "AllowedAudience"),
        clients: document.strings(node, "AllowedClients"),
        scopes: document.strings(node, "AllowedScopes"),
        custom_claims: node
            .get("CustomClaims")
            .map(Node::items)
            .unwrap_or_default()
            .to_vec(),
        private_endpoint: node.get("PrivateEndpoint").is_some()
            || node.get("PrivateEndpointOverrides").is_some(),
        unresolved: [
            "DiscoveryUrl",
            "AllowedAudience",
            "AllowedClients",
            "AllowedScopes",
        ]
        .iter()
        .filter_map(|key| node.get(key))
        .any(is_or_holds_object),
    })
}

/// True for an intrinsic function, and for a list with one in it.
fn is_or_holds_object(node: &Node) -> bool {
    let object = |node: &Node| matches!(node.value, Json::Object(_));
    object(node) || node.items().iter().any(object)
}
