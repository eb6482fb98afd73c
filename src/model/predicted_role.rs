//! The roles that the AgentCore CLI's construct library creates, statement by statement, as IAM policy documents.
//!
//! Read in `@aws/agentcore-cdk` 0.1.0-alpha.45 (npm): `AgentCoreRuntime.js`, `AgentCoreMemory.js`, `AgentCoreMcp.js`,
//! `wire-connections.js`, `AgentCoreHarnessRole.js`, `AgentCoreOnlineEvaluationConfig.js`, `Gateway.js` under `dist/cdk`.
//! Identifiers that AWS makes up at deploy time stand as ten `x`.

use serde_json::{Value, json};

/// The version of the construct library that these statements were read in.
pub const CONSTRUCT_VERSION: &str = "0.1.0-alpha.45";

/// What the documents name.
#[derive(Clone, Debug, PartialEq)]
pub struct Names {
    /// `aws`, `aws-us-gov`, `aws-cn`.
    pub partition: String,
    /// The Region, or `REGION` where it is not known.
    pub region: String,
    /// The account, or `ACCOUNT` where it is not known.
    pub account: String,
    /// The project.
    pub project: String,
}

impl Names {
    /// Stands for a Region that is not known.
    pub const REGION: &str = "REGION";
    /// Stands for an account that is not known.
    pub const ACCOUNT: &str = "ACCOUNT";

    fn arn(&self, service: &str, resource: &str) -> String {
        format!(
            "arn:{}:{service}:{}:{}:{resource}",
            self.partition, self.region, self.account
        )
    }

    fn core(&self, resource: &str) -> String {
        self.arn("bedrock-agentcore", resource)
    }

    fn everywhere(&self, service: &str, resource: &str) -> String {
        format!(
            "arn:{}:{service}:*:{}:{resource}",
            self.partition, self.account
        )
    }

    fn identity_secrets(&self) -> String {
        self.arn("secretsmanager", "secret:bedrock-agentcore-identity!*")
    }

    fn directory(&self, harness: &str) -> [String; 2] {
        let directory = self.core("workload-identity-directory/default");
        let own = format!("{directory}/workload-identity/harness_{harness}-*");
        [directory, own]
    }
}

/// What of a project shapes a runtime's role.
#[derive(Clone, Debug, Default)]
pub struct RuntimeNeeds {
    /// Its name.
    pub name: String,
    /// `build` is `Container`.
    pub container: bool,
    /// Every memory of the project, with its namespace templates.
    pub memories: Vec<(String, Vec<String>)>,
    /// Every gateway of the project with AWS_IAM.
    pub iam_gateways: Vec<String>,
    /// Every gateway of the project with CUSTOM_JWT and a `GATEWAY-oauth` credential.
    pub jwt_gateways: Vec<String>,
    /// The project has any credential.
    pub credentials: bool,
    /// The entry's `connections`, raw.
    pub connections: Vec<Value>,
}

/// What of a `harness.json` shapes its role.
#[derive(Clone, Debug, Default)]
pub struct HarnessNeeds {
    /// Its name.
    pub name: String,
    /// `memory.mode` is `managed`, or absent in a project that was made before the key.
    pub managed_memory: bool,
    /// The model is called with an API key.
    pub api_key: bool,
    /// It has a tool of type `agentcore_gateway`.
    pub gateway_tool: bool,
    /// It pulls a private image that no configuration names: the pull is granted on every repository.
    pub private_image: bool,
}

/// A trust policy of every role that the construct creates, but for a harness's.
pub fn trust() -> Value {
    document(vec![json!({
        "Effect": "Allow",
        "Principal": {"Service": "bedrock-agentcore.amazonaws.com"},
        "Action": "sts:AssumeRole",
    })])
}

/// The trust policy of a harness's role; the stack edit gives it to every role.
pub fn harness_trust(names: &Names) -> Value {
    document(vec![json!({
        "Effect": "Allow",
        "Principal": {"Service": "bedrock-agentcore.amazonaws.com"},
        "Action": "sts:AssumeRole",
        "Condition": {
            "StringEquals": {"aws:SourceAccount": names.account},
            "ArnLike": {"aws:SourceArn": names.core("*")},
        },
    })])
}

fn document(statements: Vec<Value>) -> Value {
    json!({"Version": "2012-10-17", "Statement": statements})
}

fn allow(actions: &[&str], resources: Vec<String>) -> Value {
    json!({"Effect": "Allow", "Action": actions, "Resource": resources})
}

fn named(sid: &str, actions: &[&str], resources: Vec<String>) -> Value {
    json!({"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resources})
}

fn star() -> Vec<String> {
    vec!["*".to_owned()]
}

const MEMORY_READ: [&str; 2] = [
    "bedrock-agentcore:ListMemoryRecords",
    "bedrock-agentcore:RetrieveMemoryRecords",
];
const MEMORY_REST: [&str; 9] = [
    "bedrock-agentcore:GetEvent",
    "bedrock-agentcore:GetMemory",
    "bedrock-agentcore:GetMemoryRecord",
    "bedrock-agentcore:ListActors",
    "bedrock-agentcore:ListEvents",
    "bedrock-agentcore:ListSessions",
    "bedrock-agentcore:CreateEvent",
    "bedrock-agentcore:DeleteEvent",
    "bedrock-agentcore:DeleteMemoryRecord",
];
const PULL: [&str; 3] = [
    "ecr:BatchGetImage",
    "ecr:GetDownloadUrlForLayer",
    "ecr:BatchCheckLayerAvailability",
];

/// The policy of a runtime's role.
pub fn runtime(names: &Names, needs: &RuntimeNeeds) -> Value {
    let mut statements = vec![
        allow(
            &[
                "bedrock:InvokeModel",
                "bedrock:InvokeModelWithResponseStream",
                "bedrock:CountTokens",
            ],
            vec![
                format!("arn:{}:bedrock:*::foundation-model/*", names.partition),
                names.everywhere("bedrock", "inference-profile/*"),
            ],
        ),
        allow(
            &["xray:PutTraceSegments", "xray:PutTelemetryRecords"],
            star(),
        ),
        allow(&["logs:DescribeLogGroups"], star()),
        allow(
            &[
                "logs:CreateLogGroup",
                "logs:CreateLogStream",
                "logs:DescribeLogStreams",
                "logs:PutLogEvents",
                "logs:GetLogEvents",
                "logs:FilterLogEvents",
                "logs:PutResourcePolicy",
            ],
            vec![names.arn("logs", "log-group:/aws/bedrock-agentcore/runtimes/*")],
        ),
        allow(
            &[
                "bedrock-agentcore:GetConfigurationBundle",
                "bedrock-agentcore:GetConfigurationBundleVersion",
                "bedrock-agentcore:ListConfigurationBundles",
                "bedrock-agentcore:ListConfigurationBundleVersions",
                "bedrock-agentcore:CreateConfigurationBundle",
                "bedrock-agentcore:UpdateConfigurationBundle",
                "bedrock-agentcore:DeleteConfigurationBundle",
            ],
            vec!["arn:aws:bedrock-agentcore:*:*:configuration-bundle/*".to_owned()],
        ),
    ];
    if needs.container {
        let repository = format!("repository/{}/{}", names.project, needs.name).to_lowercase();
        statements.push(allow(&["ecr:GetAuthorizationToken"], star()));
        statements.push(allow(&PULL, vec![names.arn("ecr", &repository)]));
        statements.push(allow(
            &["kms:Decrypt"],
            vec![names.arn("kms", "key/xxxxxxxxxx")],
        ));
    }
    for (memory, namespaces) in &needs.memories {
        statements.extend(memory_statements(
            &names.core(&format!("memory/{}_{memory}-xxxxxxxxxx", names.project)),
            namespaces,
        ));
    }
    if needs.credentials {
        statements.extend(credential_statements(names));
    }
    for gateway in &needs.iam_gateways {
        let arn =
            names.core(&format!("gateway/{}-{gateway}-xxxxxxxxxx", names.project).to_lowercase());
        statements.push(allow(&["bedrock-agentcore:InvokeGateway"], vec![arn]));
    }
    for gateway in &needs.jwt_gateways {
        statements.push(allow(
            &[
                "bedrock-agentcore:GetResourceOauth2Token",
                "bedrock-agentcore:GetWorkloadAccessToken",
            ],
            vec![
                names.core("workload-identity-directory/default"),
                names.core("workload-identity-directory/default/workload-identity/*"),
                names.core("token-vault/default"),
                names.core(&format!(
                    "token-vault/default/oauth2credentialprovider/{gateway}-oauth"
                )),
            ],
        ));
    }
    for connection in &needs.connections {
        statements.extend(connection_statements(names, connection));
    }
    document(statements)
}

fn memory_statements(arn: &str, namespaces: &[String]) -> Vec<Value> {
    let mut statements = Vec::new();
    if namespaces.is_empty() {
        statements.push(allow(&MEMORY_READ, vec![arn.to_owned()]));
    }
    for key in [
        "bedrock-agentcore:namespace",
        "bedrock-agentcore:namespacePath",
    ] {
        if !namespaces.is_empty() {
            let patterns: Vec<String> = namespaces
                .iter()
                .map(|template| variables_to_stars(template))
                .collect();
            let mut statement = allow(&MEMORY_READ, vec![arn.to_owned()]);
            statement["Condition"] = json!({"StringLike": {key: patterns}});
            statements.push(statement);
        }
    }
    statements.push(allow(&MEMORY_REST, vec![arn.to_owned()]));
    statements
}

fn variables_to_stars(template: &str) -> String {
    let mut pattern = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((_, tail)) = after.split_once('}') else {
            break;
        };
        pattern.push_str(before);
        pattern.push('*');
        rest = tail;
    }
    pattern + rest
}

/// One credential in the project is enough for every runtime to reach every credential of the account.
fn credential_statements(names: &Names) -> [Value; 2] {
    let core = |resource| names.everywhere("bedrock-agentcore", resource);
    [
        allow(
            &[
                "bedrock-agentcore:CreateWorkloadIdentity",
                "bedrock-agentcore:GetWorkloadAccessTokenForUserId",
                "bedrock-agentcore:GetApiKeyCredential",
                "bedrock-agentcore:GetResourceApiKey",
                "bedrock-agentcore:GetResourceOauth2Token",
            ],
            vec![
                core("workload-identity-directory/*"),
                core("token-vault/*"),
                core("apikeycredentialprovider/*"),
            ],
        ),
        allow(
            &["secretsmanager:GetSecretValue"],
            vec![names.everywhere("secretsmanager", "secret:bedrock-agentcore-identity!*")],
        ),
    ]
}

/// `connections[]`: memory, gateway, runtime, browser or code interpreter outside of the project.
fn connection_statements(names: &Names, connection: &Value) -> Vec<Value> {
    let Some(target) = connection.get("to") else {
        return Vec::new();
    };
    let text = |key: &str| target.get(key).and_then(Value::as_str).map(str::to_owned);
    let Some(arn) = text("arn") else {
        return Vec::new();
    };
    match text("type").as_deref() {
        Some("memory") => {
            let namespaces = target.get("namespaces").and_then(Value::as_array);
            let namespaces: Vec<String> = namespaces
                .into_iter()
                .flatten()
                .filter_map(|each| each.as_str().map(str::to_owned))
                .collect();
            memory_statements(&arn, &namespaces)
        }
        Some("gateway") => match target
            .pointer("/outboundAuth/oauth/providerArn")
            .and_then(Value::as_str)
        {
            Some(provider) => vec![
                allow(
                    &[
                        "bedrock-agentcore:GetResourceOauth2Token",
                        "bedrock-agentcore:GetWorkloadAccessToken",
                        "bedrock-agentcore:CreateWorkloadIdentity",
                        "bedrock-agentcore:GetWorkloadAccessTokenForUserId",
                    ],
                    vec![
                        names.core("workload-identity-directory/default"),
                        names.core("workload-identity-directory/default/workload-identity/*"),
                        names.core("token-vault/default"),
                        provider.to_owned(),
                    ],
                ),
                allow(
                    &["secretsmanager:GetSecretValue"],
                    vec![names.identity_secrets()],
                ),
            ],
            None if target.pointer("/outboundAuth/none").is_some() => Vec::new(),
            None => vec![allow(&["bedrock-agentcore:InvokeGateway"], vec![arn])],
        },
        Some("runtime") => {
            let mut actions = vec![
                "bedrock-agentcore:InvokeAgentRuntime",
                "bedrock-agentcore:InvokeAgentRuntimeForUser",
            ];
            if target.get("exec").and_then(Value::as_bool) == Some(true) {
                actions.push("bedrock-agentcore:InvokeAgentRuntimeCommand");
            }
            vec![allow(&actions, vec![arn])]
        }
        _ => Vec::new(),
    }
}

/// The policy of a harness's role.
pub fn harness(names: &Names, needs: &HarnessNeeds) -> Value {
    let physical = format!("{}_{}", names.project, needs.name);
    let [directory, own_identity] = names.directory(&physical);
    let runtimes = names.arn("logs", "log-group:/aws/bedrock-agentcore/runtimes/*");
    let mut statements = vec![
        named(
            "BedrockModelInvocation",
            &[
                "bedrock:InvokeModel",
                "bedrock:InvokeModelWithResponseStream",
            ],
            vec![
                format!("arn:{}:bedrock:*::foundation-model/*", names.partition),
                names.arn("bedrock", "*"),
            ],
        ),
        named(
            "EcrPublicTokenAccess",
            &["ecr-public:GetAuthorizationToken"],
            star(),
        ),
        named(
            "StsForEcrPublicPull",
            &["sts:GetServiceBearerToken"],
            star(),
        ),
        named(
            "XRayTracingAccess",
            &[
                "xray:PutTraceSegments",
                "xray:PutTelemetryRecords",
                "xray:GetSamplingRules",
                "xray:GetSamplingTargets",
            ],
            star(),
        ),
        named(
            "CloudWatchLogsGroup",
            &["logs:CreateLogGroup", "logs:DescribeLogStreams"],
            vec![runtimes.clone()],
        ),
        named(
            "CloudWatchLogsDescribeGroups",
            &["logs:DescribeLogGroups"],
            vec![names.arn("logs", "log-group:*")],
        ),
        named(
            "CloudWatchLogsStream",
            &["logs:CreateLogStream", "logs:PutLogEvents"],
            vec![format!("{runtimes}:log-stream:*")],
        ),
        json!({
            "Sid": "CloudWatchMetricsPublish", "Effect": "Allow", "Action": "cloudwatch:PutMetricData", "Resource": "*",
            "Condition": {"StringEquals": {"cloudwatch:namespace": "bedrock-agentcore"}},
        }),
        named(
            "AgentCoreWorkloadIdentity",
            &[
                "bedrock-agentcore:GetWorkloadAccessToken",
                "bedrock-agentcore:GetWorkloadAccessTokenForJWT",
            ],
            vec![directory.clone(), own_identity.clone()],
        ),
    ];
    if needs.managed_memory {
        // The construct cuts the name here, since the service does: AgentCoreHarnessRole.js, MANAGED_MEMORY_NAME_PREFIX_LENGTH.
        let prefix: String = format!("harness_{physical}").chars().take(34).collect();
        let actions: Vec<&str> = MEMORY_READ.into_iter().chain(MEMORY_REST).collect();
        statements.push(named(
            "AgentCoreManagedMemory",
            &actions,
            vec![names.core(&format!("memory/{prefix}*"))],
        ));
    }
    if needs.api_key {
        statements.push(named(
            "AgentCoreApiKeySecret",
            &["secretsmanager:GetSecretValue"],
            vec![names.identity_secrets()],
        ));
    }
    if needs.gateway_tool {
        statements.push(named(
            "AgentCoreGatewayInvoke",
            &["bedrock-agentcore:InvokeGateway"],
            vec![names.core("gateway/*")],
        ));
        statements.push(named(
            "AgentCoreGatewayOAuth",
            &[
                "bedrock-agentcore:GetResourceOauth2Token",
                "bedrock-agentcore:GetWorkloadAccessToken",
            ],
            vec![
                names.core("token-vault/default"),
                names.core("token-vault/default/oauth2credentialprovider/*"),
                directory,
                own_identity,
            ],
        ));
        statements.push(named(
            "AgentCoreGatewaySecrets",
            &["secretsmanager:GetSecretValue"],
            vec![names.identity_secrets()],
        ));
    }
    if needs.private_image {
        statements.push(named("ECRImageAccess", &PULL, star()));
    }
    document(statements)
}

/// The statements of an online evaluation's role that are alike in every project.
pub fn online_eval(names: &Names, eval: &str) -> Value {
    let foundation = |region: &str| {
        format!(
            "arn:{}:bedrock:{region}::foundation-model/*",
            names.partition
        )
    };
    let logs = |group: &str| vec![names.arn("logs", &format!("log-group:{group}"))];
    document(vec![
        allow(&["logs:DescribeLogGroups"], star()),
        allow(
            &[
                "logs:StartQuery",
                "logs:GetQueryResults",
                "logs:GetLogEvents",
                "logs:FilterLogEvents",
                "logs:DescribeLogStreams",
            ],
            logs("aws/spans*"),
        ),
        allow(
            &[
                "logs:CreateLogGroup",
                "logs:CreateLogStream",
                "logs:PutLogEvents",
                "logs:DescribeLogStreams",
            ],
            logs(&format!(
                "/aws/bedrock-agentcore/evaluations/results/{}_{eval}*",
                names.project
            )),
        ),
        allow(
            &["logs:DescribeIndexPolicies", "logs:PutIndexPolicy"],
            logs("aws/spans"),
        ),
        allow(
            &[
                "bedrock:InvokeModel",
                "bedrock:InvokeModelWithResponseStream",
            ],
            vec![
                foundation(&names.region),
                names.arn("bedrock", "inference-profile/*"),
                foundation("*"),
                format!("arn:{}:bedrock:*:*:inference-profile/*", names.partition),
            ],
        ),
        allow(
            &[
                "cloudwatch:GenerateQuery",
                "cloudwatch:GenerateQueryResultsSummary",
            ],
            star(),
        ),
        allow(
            &["lambda:GetFunction", "lambda:InvokeFunction"],
            vec![names.arn("lambda", "function:*")],
        ),
    ])
}

/// The statements of a gateway's role that are known whatever its targets are: with a policy engine, and with API-key targets.
pub fn gateway(names: &Names, engine: Option<&str>, api_key_targets: bool) -> Value {
    let mut statements = Vec::new();
    if let Some(engine) = engine {
        statements.push(allow(
            &[
                "bedrock-agentcore:GetPolicyEngine",
                "bedrock-agentcore:CheckAuthorizePermissions",
                "bedrock-agentcore:AuthorizeAction",
                "bedrock-agentcore:PartiallyAuthorizeActions",
            ],
            vec![
                names.core(&format!(
                    "policy-engine/{}_{engine}-xxxxxxxxxx",
                    names.project
                )),
                names.core("gateway/*"),
            ],
        ));
        statements.push(allow(&["bedrock:InvokeGuardrailChecks"], star()));
    }
    if api_key_targets {
        statements.push(allow(
            &[
                "bedrock-agentcore:GetApiKeyCredential",
                "bedrock-agentcore:GetResourceApiKey",
                "bedrock-agentcore:GetWorkloadAccessToken",
            ],
            vec![
                names.core("workload-identity-directory/*"),
                names.core("token-vault/*"),
                names.core("apikeycredentialprovider/*"),
            ],
        ));
        statements.push(allow(
            &["secretsmanager:GetSecretValue"],
            vec![names.identity_secrets()],
        ));
    }
    document(statements)
}
