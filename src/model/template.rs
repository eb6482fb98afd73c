//! The synthesized CloudFormation template of the project: what the next deploy would create, with positions.

use super::json::{Document, Json, Member, Node};
use super::site::{Site, Sited};
use super::template_agent::{environment, harness, jwt};

/// A template of `agentcore/cdk/cdk.out`.
#[derive(Clone, Debug)]
pub struct Template {
    /// Path relative to the project root.
    pub path: String,
    /// The template with positions.
    pub document: Document,
    /// `AWS::BedrockAgentCore::Runtime`.
    pub runtimes: Vec<TemplateRuntime>,
    /// The harnesses in the shape of a runtime.
    pub harness_runtimes: Vec<TemplateRuntime>,
    /// `AWS::BedrockAgentCore::Gateway`.
    pub gateways: Vec<TemplateGateway>,
    /// `AWS::BedrockAgentCore::GatewayTarget`.
    pub targets: Vec<TemplateTarget>,
    /// `AWS::BedrockAgentCore::Memory`.
    pub memories: Vec<TemplateMemory>,
    /// `AWS::BedrockAgentCore::PolicyEngine`.
    pub policy_engines: Vec<TemplateNamed>,
    /// `AWS::BedrockAgentCore::Policy`.
    pub policies: Vec<TemplateNamed>,
    /// `AWS::BedrockAgentCore::OnlineEvaluationConfig`.
    pub online_evals: Vec<TemplateNamed>,
    /// `AWS::Logs::LogGroup`.
    pub log_groups: Vec<TemplateNamed>,
    /// `AWS::IAM::Role`, judged by `crate::iam`.
    pub roles: Vec<TemplateNamed>,
}

/// What a property points at: a resource of the template, or a value that is already known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reference {
    /// `Ref` or `Fn::GetAtt`: the logical id.
    Logical(String),
    /// Plain text, such as an ARN.
    Value(String),
}

/// A resource with its name and place.
#[derive(Clone, Debug)]
pub struct TemplateNamed {
    /// Its logical id.
    pub logical_id: String,
    /// The name that it will have in AWS, where the template says it.
    pub name: Option<String>,
    /// Where the logical id stands.
    pub site: Site,
    /// `Properties`.
    pub properties: Node,
}

/// A runtime of the template.
#[derive(Clone, Debug)]
pub struct TemplateRuntime {
    /// Identity and raw properties.
    pub resource: TemplateNamed,
    /// `AuthorizerConfiguration.CustomJWTAuthorizer`; none: AWS_IAM.
    pub jwt: Option<TemplateJwt>,
    /// `NetworkConfiguration.NetworkMode`.
    pub network_mode: Option<Sited<String>>,
    /// `LifecycleConfiguration.IdleRuntimeSessionTimeout`, seconds.
    pub idle_timeout: Option<Sited<f64>>,
    /// `LifecycleConfiguration.MaxLifetime`, seconds.
    pub max_lifetime: Option<Sited<f64>>,
    /// `EnvironmentVariables` whose value is text, by name; references are left out.
    pub env: Vec<(Sited<String>, Option<String>)>,
    /// `RoleArn`.
    pub role: Option<Reference>,
    /// `AgentRuntimeArtifact`: the asset's file name in `cdk.out`, for code.
    pub code_asset: Option<Sited<String>>,
    /// `AgentRuntimeArtifact.CodeConfiguration.EntryPoint`.
    pub entry_point: Vec<Sited<String>>,
    /// True when the artifact is a container image.
    pub container: bool,
}

/// A JWT authorizer of the template.
#[derive(Clone, Debug)]
pub struct TemplateJwt {
    /// Where the block stands.
    pub site: Site,
    /// `DiscoveryUrl`.
    pub discovery_url: Option<Sited<String>>,
    /// `AllowedAudience`.
    pub audience: Vec<Sited<String>>,
    /// `AllowedClients`.
    pub clients: Vec<Sited<String>>,
    /// `AllowedScopes`.
    pub scopes: Vec<Sited<String>>,
    /// `CustomClaims`, raw.
    pub custom_claims: Vec<Node>,
    /// `PrivateEndpoint` is set.
    pub private_endpoint: bool,
    /// A value is an intrinsic function that only the deploy resolves.
    pub unresolved: bool,
}

/// A gateway of the template.
#[derive(Clone, Debug)]
pub struct TemplateGateway {
    /// Identity and raw properties.
    pub resource: TemplateNamed,
    /// `AuthorizerType`.
    pub authorizer_type: Option<Sited<String>>,
    /// `AuthorizerConfiguration.CustomJWTAuthorizer`.
    pub jwt: Option<TemplateJwt>,
    /// `ExceptionLevel`.
    pub exception_level: Option<Sited<String>>,
    /// `PolicyEngineConfiguration.Mode`.
    pub policy_mode: Option<Sited<String>>,
    /// `PolicyEngineConfiguration.Arn`.
    pub policy_engine: Option<Reference>,
    /// `RoleArn`.
    pub role: Option<Reference>,
}

/// A gateway target of the template.
#[derive(Clone, Debug)]
pub struct TemplateTarget {
    /// Identity and raw properties.
    pub resource: TemplateNamed,
    /// `GatewayIdentifier`.
    pub gateway: Option<Reference>,
    /// As `targetType` of `agentcore.json` spells it, or `unknown`.
    pub kind: &'static str,
    /// The endpoint that it calls.
    pub endpoint: Option<Sited<String>>,
    /// `CredentialProviderConfigurations[].CredentialProviderType`.
    pub outbound_auth: Vec<Sited<String>>,
}

/// A memory of the template.
#[derive(Clone, Debug)]
pub struct TemplateMemory {
    /// Identity and raw properties.
    pub resource: TemplateNamed,
    /// `EventExpiryDuration`, days.
    pub event_expiry: Option<Sited<f64>>,
    /// `EncryptionKeyArn`, where it is set, whatever it refers to.
    pub encryption_key: Option<Site>,
    /// `MemoryExecutionRoleArn`.
    pub role: Option<Reference>,
    /// `MemoryStrategies`, raw.
    pub strategies: Vec<Node>,
}

/// The logical id or the text behind a property.
pub fn reference(node: &Node) -> Option<Reference> {
    if let Some(text) = node.as_str() {
        return Some(Reference::Value(text.to_owned()));
    }
    if let Some(id) = node.get("Ref").and_then(Node::as_str) {
        return Some(Reference::Logical(id.to_owned()));
    }
    let attribute = node.get("Fn::GetAtt")?;
    let id = match &attribute.value {
        Json::Array(parts) => parts.first()?.as_str()?,
        Json::String(text) => text.split('.').next()?,
        _ => return None,
    };
    Some(Reference::Logical(id.to_owned()))
}

/// The type of a resource: `AWS::EC2::Subnet`; empty where it has none.
pub fn resource_type(resource: &Member) -> &str {
    let kind = resource.node.get("Type").and_then(Node::as_str);
    kind.unwrap_or_default()
}

/// A property of a resource.
pub fn property<'a>(resource: &'a Member, key: &str) -> Option<&'a Node> {
    resource.node.path(&["Properties", key])
}

/// True where a property of a resource is a reference to the resource of a logical id.
pub fn points_at(resource: &Member, key: &str, id: &str) -> bool {
    let target = property(resource, key).and_then(reference);
    matches!(target, Some(Reference::Logical(found)) if found == id)
}

fn resources(document: &Document) -> &[Member] {
    let resources = document.root.get("Resources");
    resources.map(Node::members).unwrap_or_default()
}

impl Template {
    /// The resources by logical id, in the template's order.
    pub fn resources(&self) -> &[Member] {
        resources(&self.document)
    }

    /// The resources of one type.
    pub fn of_type<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Member> {
        let resources = self.resources().iter();
        resources.filter(move |resource| resource_type(resource) == kind)
    }

    /// Reads the resources of a template.
    pub fn new(path: impl Into<String>, document: Document) -> Self {
        let of = |kind: &str, name: &str| named(&document, kind, name);
        let agentcore =
            |kind: &str, name: &str| of(&format!("AWS::BedrockAgentCore::{kind}"), name);
        Self {
            path: path.into(),
            runtimes: map(agentcore("Runtime", "AgentRuntimeName"), |one| {
                runtime(&document, one)
            }),
            harness_runtimes: map(agentcore("Harness", "HarnessName"), |one| {
                harness(&document, one)
            }),
            gateways: map(agentcore("Gateway", "Name"), |one| gateway(&document, one)),
            targets: map(agentcore("GatewayTarget", "Name"), |one| {
                target(&document, one)
            }),
            memories: map(agentcore("Memory", "Name"), |one| memory(&document, one)),
            policy_engines: agentcore("PolicyEngine", "Name"),
            policies: agentcore("Policy", "Name"),
            online_evals: agentcore("OnlineEvaluationConfig", "OnlineEvaluationConfigName"),
            log_groups: of("AWS::Logs::LogGroup", "LogGroupName"),
            roles: of("AWS::IAM::Role", "RoleName"),
            document,
        }
    }

    /// The runtime that `agentcore.json` calls `name` in `project`.
    pub fn runtime(&self, project: &str, name: &str) -> Option<&TemplateRuntime> {
        let wanted = format!("{project}_{name}");
        self.runtimes
            .iter()
            .find(|one| one.resource.name.as_deref() == Some(&wanted))
    }

    /// The harness that `agentcore.json` calls `name` in `project`.
    pub fn harness(&self, project: &str, name: &str) -> Option<&TemplateRuntime> {
        let wanted = format!("{project}_{name}");
        self.harness_runtimes
            .iter()
            .find(|one| one.resource.name.as_deref() == Some(&wanted))
    }

    /// The gateway that `agentcore.json` calls `name` in `project`.
    pub fn gateway(&self, project: &str, name: &str) -> Option<&TemplateGateway> {
        self.gateway_named(&format!("{project}-{name}"))
    }

    /// The gateway with this name in AWS.
    pub fn gateway_named(&self, name: &str) -> Option<&TemplateGateway> {
        self.gateways
            .iter()
            .find(|one| one.resource.name.as_deref() == Some(name))
    }

    /// The targets of a gateway.
    pub fn targets_of<'a>(
        &'a self,
        gateway: &'a TemplateGateway,
    ) -> impl Iterator<Item = &'a TemplateTarget> {
        let id = Reference::Logical(gateway.resource.logical_id.clone());
        self.targets
            .iter()
            .filter(move |target| target.gateway.as_ref() == Some(&id))
    }

    /// The memory that `agentcore.json` calls `name` in `project`.
    pub fn memory(&self, project: &str, name: &str) -> Option<&TemplateMemory> {
        let wanted = format!("{project}_{name}");
        self.memories
            .iter()
            .find(|one| one.resource.name.as_deref() == Some(&wanted))
    }
}

fn map<T>(resources: Vec<TemplateNamed>, read: impl Fn(TemplateNamed) -> T) -> Vec<T> {
    resources.into_iter().map(read).collect()
}

fn named(document: &Document, kind: &str, name: &str) -> Vec<TemplateNamed> {
    let empty = |node: &Node| Node {
        value: Json::Object(Vec::new()),
        range: node.range.clone(),
    };
    resources(document)
        .iter()
        .filter(|resource| resource_type(resource) == kind)
        .map(|member| {
            let properties = member.node.get("Properties").cloned();
            let properties = properties.unwrap_or_else(|| empty(&member.node));
            TemplateNamed {
                logical_id: member.key.to_string(),
                name: properties
                    .get(name)
                    .and_then(Node::as_str)
                    .map(str::to_owned),
                site: document.source.site(member.key_range.clone()),
                properties,
            }
        })
        .collect()
}

fn runtime(document: &Document, resource: TemplateNamed) -> TemplateRuntime {
    let properties = &resource.properties;
    let lifecycle = properties.get("LifecycleConfiguration");
    let artifact = properties.get("AgentRuntimeArtifact");
    let code = artifact.and_then(|artifact| artifact.get("CodeConfiguration"));
    TemplateRuntime {
        jwt: jwt(document, properties),
        network_mode: properties
            .get("NetworkConfiguration")
            .and_then(|block| document.string(block, "NetworkMode")),
        idle_timeout: lifecycle
            .and_then(|block| document.number(block, "IdleRuntimeSessionTimeout")),
        max_lifetime: lifecycle.and_then(|block| document.number(block, "MaxLifetime")),
        env: environment(document, properties),
        role: properties.get("RoleArn").and_then(reference),
        code_asset: code
            .and_then(|code| code.path(&["Code", "S3"]))
            .and_then(|s3| document.string(s3, "Prefix")),
        entry_point: code
            .map(|code| document.strings(code, "EntryPoint"))
            .unwrap_or_default(),
        container: artifact
            .is_some_and(|artifact| artifact.get("ContainerConfiguration").is_some()),
        resource,
    }
}

fn gateway(document: &Document, resource: TemplateNamed) -> TemplateGateway {
    let properties = &resource.properties;
    let engine = properties.get("PolicyEngineConfiguration");
    TemplateGateway {
        authorizer_type: document.string(properties, "AuthorizerType"),
        jwt: jwt(document, properties),
        exception_level: document.string(properties, "ExceptionLevel"),
        policy_mode: engine.and_then(|engine| document.string(engine, "Mode")),
        policy_engine: engine
            .and_then(|engine| engine.get("Arn"))
            .and_then(reference),
        role: properties.get("RoleArn").and_then(reference),
        resource,
    }
}

fn target(document: &Document, resource: TemplateNamed) -> TemplateTarget {
    /// The keys below `TargetConfiguration`, and `targetType` as `agentcore.json` spells it.
    const KINDS: [(&str, &str, &str); 9] = [
        ("Mcp", "Lambda", "lambda"),
        ("Mcp", "McpServer", "mcpServer"),
        ("Mcp", "OpenApiSchema", "openApiSchema"),
        ("Mcp", "SmithyModel", "smithyModel"),
        ("Mcp", "ApiGateway", "apiGateway"),
        ("Mcp", "Connector", "connector"),
        ("Http", "Connector", "connector"),
        ("Http", "AgentcoreRuntime", "httpRuntime"),
        ("Http", "Passthrough", "passthrough"),
    ];
    let configuration = resource.properties.get("TargetConfiguration");
    let found = KINDS
        .iter()
        .find_map(|(protocol, key, kind)| Some((*kind, configuration?.path(&[protocol, key])?)));
    let credentials = resource.properties.get("CredentialProviderConfigurations");
    TemplateTarget {
        gateway: resource
            .properties
            .get("GatewayIdentifier")
            .and_then(reference),
        kind: found.map_or("unknown", |(kind, _)| kind),
        endpoint: found.and_then(|(_, node)| document.string(node, "Endpoint")),
        outbound_auth: credentials
            .map(Node::items)
            .unwrap_or_default()
            .iter()
            .filter_map(|item| document.string(item, "CredentialProviderType"))
            .collect(),
        resource,
    }
}

fn memory(document: &Document, resource: TemplateNamed) -> TemplateMemory {
    let properties = &resource.properties;
    TemplateMemory {
        event_expiry: document.number(properties, "EventExpiryDuration"),
        encryption_key: properties
            .member("EncryptionKeyArn")
            .map(|member| document.member_site(member)),
        role: properties.get("MemoryExecutionRoleArn").and_then(reference),
        strategies: properties
            .get("MemoryStrategies")
            .map(Node::items)
            .unwrap_or_default()
            .to_vec(),
        resource,
    }
}
