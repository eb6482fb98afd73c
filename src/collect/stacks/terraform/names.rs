//! What Terraform's resources and attributes are called in CloudFormation.

/// Types of resources and what CloudFormation calls them.
pub(super) const TYPES: [(&str, &str); 34] = [
    (
        "aws_bedrockagentcore_agent_runtime",
        "AWS::BedrockAgentCore::Runtime",
    ),
    (
        "aws_bedrockagentcore_harness",
        "AWS::BedrockAgentCore::Harness",
    ),
    (
        "aws_bedrockagentcore_gateway",
        "AWS::BedrockAgentCore::Gateway",
    ),
    (
        "aws_bedrockagentcore_gateway_target",
        "AWS::BedrockAgentCore::GatewayTarget",
    ),
    (
        "aws_bedrockagentcore_memory",
        "AWS::BedrockAgentCore::Memory",
    ),
    (
        "aws_bedrockagentcore_browser",
        "AWS::BedrockAgentCore::BrowserCustom",
    ),
    (
        "aws_bedrockagentcore_code_interpreter",
        "AWS::BedrockAgentCore::CodeInterpreterCustom",
    ),
    (
        "aws_bedrockagentcore_policy_engine",
        "AWS::BedrockAgentCore::PolicyEngine",
    ),
    (
        "aws_bedrockagentcore_policy",
        "AWS::BedrockAgentCore::Policy",
    ),
    ("aws_cloudwatch_log_group", "AWS::Logs::LogGroup"),
    ("aws_iam_role", "AWS::IAM::Role"),
    ("aws_iam_role_policy", "AWS::IAM::RolePolicy"),
    ("aws_iam_policy", "AWS::IAM::ManagedPolicy"),
    (
        "awscc_bedrockagentcore_runtime",
        "AWS::BedrockAgentCore::Runtime",
    ),
    (
        "awscc_bedrockagentcore_harness",
        "AWS::BedrockAgentCore::Harness",
    ),
    (
        "awscc_bedrockagentcore_gateway",
        "AWS::BedrockAgentCore::Gateway",
    ),
    (
        "awscc_bedrockagentcore_gateway_target",
        "AWS::BedrockAgentCore::GatewayTarget",
    ),
    (
        "awscc_bedrockagentcore_memory",
        "AWS::BedrockAgentCore::Memory",
    ),
    (
        "awscc_bedrockagentcore_browser_custom",
        "AWS::BedrockAgentCore::BrowserCustom",
    ),
    (
        "awscc_bedrockagentcore_code_interpreter_custom",
        "AWS::BedrockAgentCore::CodeInterpreterCustom",
    ),
    (
        "awscc_bedrockagentcore_policy_engine",
        "AWS::BedrockAgentCore::PolicyEngine",
    ),
    (
        "awscc_bedrockagentcore_policy",
        "AWS::BedrockAgentCore::Policy",
    ),
    ("awscc_iam_role", "AWS::IAM::Role"),
    ("aws_subnet", "AWS::EC2::Subnet"),
    ("aws_route_table", "AWS::EC2::RouteTable"),
    (
        "aws_route_table_association",
        "AWS::EC2::SubnetRouteTableAssociation",
    ),
    ("aws_route", "AWS::EC2::Route"),
    ("aws_internet_gateway", "AWS::EC2::InternetGateway"),
    ("aws_vpc_endpoint", "AWS::EC2::VPCEndpoint"),
    ("aws_security_group", "AWS::EC2::SecurityGroup"),
    ("aws_apigatewayv2_api", "AWS::ApiGatewayV2::Api"),
    ("aws_apigatewayv2_route", "AWS::ApiGatewayV2::Route"),
    ("aws_api_gateway_rest_api", "AWS::ApiGateway::RestApi"),
    ("aws_api_gateway_method", "AWS::ApiGateway::Method"),
];

/// Names that are not the words of the attribute with capitals.
pub(super) const NAMES: [(&str, &str); 15] = [
    ("custom_jwt_authorizer", "CustomJWTAuthorizer"),
    ("custom_claim", "CustomClaims"),
    (
        "agentcore_runtime_environment",
        "AgentCoreRuntimeEnvironment",
    ),
    (
        "agent_core_runtime_environment",
        "AgentCoreRuntimeEnvironment",
    ),
    ("filesystem_configuration", "FilesystemConfigurations"),
    ("interceptor_configuration", "InterceptorConfigurations"),
    ("recording", "RecordingConfig"),
    ("assume_role_policy", "AssumeRolePolicyDocument"),
    ("policy", "PolicyDocument"),
    ("vpc_config", "VpcConfig"),
    ("managed_policy_arns", "ManagedPolicyArns"),
    ("permissions_boundary", "PermissionsBoundary"),
    ("namespace_templates", "NamespaceTemplates"),
    ("retention_in_days", "RetentionInDays"),
    ("kms_key_id", "KmsKeyId"),
];

/// Attributes whose blocks are a list in CloudFormation too.
pub(super) const LISTS: [&str; 6] = [
    "custom_claim",
    "filesystem_configuration",
    "interceptor_configuration",
    "credential_provider_configuration",
    "inline_policy",
    "memory_strategies",
];

/// Attributes that are lists of ids.
pub(super) const ID_LISTS: [&str; 2] = ["subnets", "security_groups"];

/// Attributes whose keys are the user's own.
pub(super) const MAPS: [&str; 2] = ["environment_variables", "tags"];

/// The types of memory strategies, and the keys under which CloudFormation has them.
pub(super) const STRATEGIES: [(&str, &str); 5] = [
    ("SEMANTIC", "SemanticMemoryStrategy"),
    ("SUMMARIZATION", "SummaryMemoryStrategy"),
    ("USER_PREFERENCE", "UserPreferenceMemoryStrategy"),
    ("EPISODIC", "EpisodicMemoryStrategy"),
    ("CUSTOM", "CustomMemoryStrategy"),
];

/// The property of an attribute; `policy` is a document in IAM only.
pub(super) fn named(kind: &str, key: &str) -> String {
    if key == "policy" && !kind.contains("_iam_") {
        return "Policy".to_owned();
    }
    pascal(key)
}

/// `network_mode` as `NetworkMode`.
pub(super) fn pascal(key: &str) -> String {
    if let Some((_, name)) = NAMES.iter().find(|(known, _)| *known == key) {
        return (*name).to_owned();
    }
    key.split('_')
        .map(|part| {
            let mut characters = part.chars();
            characters.next().map_or_else(String::new, |first| {
                first.to_uppercase().chain(characters).collect()
            })
        })
        .collect()
}
