//! AgentCore resources as the control plane describes them. API: `bedrock-agentcore-control`
//! (<https://docs.aws.amazon.com/bedrock-agentcore-control/latest/APIReference/>).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::model::known::Known;

/// A deployed runtime (`GetAgentRuntime` and what hangs on it).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Runtime {
    /// Its id.
    pub id: String,
    /// Its ARN.
    pub arn: String,
    /// Its name in AWS: `<project>_<runtime>`.
    pub name: String,
    /// Its latest version.
    pub version: String,
    /// `READY`, `UPDATING`, …
    pub status: String,
    /// Its execution role.
    pub role_arn: String,
    /// Its network.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network: Option<Network>,
    /// `idleRuntimeSessionTimeout`, seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idle_timeout: Option<i64>,
    /// `maxLifetime`, seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_lifetime: Option<i64>,
    /// The JWT authorizer; none: AWS_IAM.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jwt: Option<Jwt>,
    /// An authorizer is set that is no JWT authorizer: a kind newer than this program.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub unknown_authorizer: bool,
    /// `HTTP`, `MCP`, `A2A`, `AGUI`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub protocol: Option<String>,
    /// The code or image it runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub artifact: Option<Artifact>,
    /// Environment variables by name, values masked.
    pub env: Vec<EnvValue>,
    /// `requestHeaderAllowlist`.
    pub request_headers: Vec<String>,
    /// `metadataConfiguration.requireMMDSV2`; none: the answer has no such block.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub require_mmds_v2: Option<bool>,
    /// `platformVersion`; none: the answer leaves it out, which runtimes made before the field had a default do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub platform_version: Option<String>,
    /// The capacity provider that it runs on; none: microVMs of the service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub capacity_provider: Option<CapacityProvider>,
    /// `allowedPorts`: what a session's own URL reaches besides the agent.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub allowed_ports: Vec<Ports>,
    /// `protocolConfiguration.port`: where the agent itself listens, if not on the protocol's own port.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub protocol_port: Option<i64>,
    /// `filesystemConfigurations`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub mounts: Vec<Mount>,
    /// `hooksConfiguration.build.warmup`: what the service calls before it takes the snapshot.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub warmup: Option<Warmup>,
    /// `resourceConfigurations[0].minimumMemoryInMiB`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub minimum_memory_mib: Option<i64>,
    /// Creation, RFC 3339; empty in a snapshot of a version that did not read it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub created: String,
    /// Last update, RFC 3339.
    pub last_updated: String,
    /// Its endpoints.
    pub endpoints: Known<Vec<RuntimeEndpoint>>,
    /// Its resource policy.
    pub resource_policy: Known<Value>,
    /// The log groups of its endpoints that exist.
    pub log_groups: Known<Vec<LogGroup>>,
    /// The image in ECR, for a container.
    pub image: Known<Image>,
}

/// The capacity provider of a runtime: instances of the account in place of microVMs of the service.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct CapacityProvider {
    /// Its ARN; empty where the answer has the block without it.
    pub arn: String,
    /// `operatingSystemConfiguration.linux.privilegeMode`: `STANDARD`, `PRIVILEGED`; `Absent` where the answer has none.
    pub privilege_mode: Known<String>,
}

/// An entry of `allowedPorts`, both ends included.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "camelCase", default)]
pub struct Ports {
    /// The first port.
    pub from: i64,
    /// The last port.
    pub to: i64,
}

/// A file system that sessions see.
#[derive(
    Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "camelCase", default)]
pub struct Mount {
    /// The key of its configuration: `sessionStorage`, `efsAccessPoint`, `s3FilesAccessPoint`, `capacityProviderVolume`, `s3BucketMount`.
    pub kind: String,
    /// `mountPath`.
    pub path: String,
    /// The bucket of an `s3BucketMount`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bucket: Option<String>,
    /// The prefix of an `s3BucketMount`; none: the whole bucket.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prefix: Option<String>,
}

/// The call that warms a new version up.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Warmup {
    /// The path that is posted to.
    pub path: String,
    /// The port, if not the agent's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<i64>,
}

/// A network configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Network {
    /// `PUBLIC` or `VPC`.
    pub mode: String,
    /// Subnets, sorted.
    pub subnets: Vec<String>,
    /// Security groups, sorted.
    pub security_groups: Vec<String>,
}

/// A JWT authorizer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Jwt {
    /// `discoveryUrl`.
    pub discovery_url: String,
    /// `allowedAudience`, sorted.
    pub audience: Vec<String>,
    /// `allowedClients`, sorted.
    pub clients: Vec<String>,
    /// `allowedScopes`, sorted.
    pub scopes: Vec<String>,
    /// `customClaims`, by name.
    pub claims: Vec<Claim>,
    /// `privateEndpoint` or an override is set.
    pub private_endpoint: bool,
    /// `allowedWorkloadConfiguration` is set.
    pub allowed_workloads: bool,
}

/// A custom claim that a token must have.
#[derive(
    Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "camelCase", default)]
pub struct Claim {
    /// `inboundTokenClaimName`.
    pub name: String,
    /// `inboundTokenClaimValueType`.
    pub kind: String,
    /// `claimMatchOperator`.
    pub operator: String,
    /// The value or values to match, sorted.
    pub values: Vec<String>,
}

/// What a runtime runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Artifact {
    /// Code from S3.
    #[serde(rename_all = "camelCase")]
    Code {
        /// `PYTHON_3_13`, `NODE_22`, …
        runtime: String,
        /// The command line.
        entry_point: Vec<String>,
    },
    /// A container image.
    #[serde(rename_all = "camelCase")]
    Container {
        /// Its URI.
        uri: String,
    },
}

/// An environment variable without its value.
#[derive(
    Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "camelCase", default)]
pub struct EnvValue {
    /// Its name.
    pub name: String,
    /// How many bytes name and value are in UTF-8; none in a snapshot of a version that did not count them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes: Option<usize>,
    /// At most the first four characters of the value, and its length.
    pub masked: String,
    /// The id of the kind of secret that the value is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finding: Option<String>,
    /// The value where it is a boolean (`true`, `false`, `1`, `0`): a switch, no secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub switch: Option<bool>,
    /// The value where it is a word that turns something off (`none`, `always_off`, `legacy`): a setting, no secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keyword: Option<String>,
    /// The value is empty, a short number, an ARN, a ciphertext or the path of a secret: none itself, whatever the name says.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub harmless: bool,
}

/// An endpoint of a runtime.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct RuntimeEndpoint {
    /// Its name; `DEFAULT` always exists.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// The version that it serves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub live_version: Option<String>,
    /// `READY`, …
    pub status: String,
    /// Its resource policy.
    pub resource_policy: Known<Value>,
}

/// A CloudWatch Logs group.
#[derive(
    Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "camelCase", default)]
pub struct LogGroup {
    /// Its name.
    pub name: String,
    /// Days of retention; none: kept for ever.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retention_days: Option<i64>,
    /// Its KMS key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kms_key: Option<String>,
}

/// An image of ECR.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Image {
    /// The repository.
    pub repository: String,
    /// The digest.
    pub digest: String,
    /// Compressed size in bytes.
    pub size_bytes: i64,
}

/// A deployed harness (`GetHarness`).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Harness {
    /// Its id.
    pub id: String,
    /// Its ARN.
    pub arn: String,
    /// Its execution role.
    pub role_arn: String,
    /// The JWT authorizer; none: AWS_IAM.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jwt: Option<Jwt>,
    /// Its network.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network: Option<Network>,
    /// `idleRuntimeSessionTimeout`, seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idle_timeout: Option<i64>,
    /// `maxLifetime`, seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_lifetime: Option<i64>,
    /// Environment variables by name, values masked.
    pub env: Vec<EnvValue>,
    /// The runtime that the service runs it on.
    pub runtime: Known<Runtime>,
}

/// A deployed memory (`GetMemory`).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Memory {
    /// Its id.
    pub id: String,
    /// Its ARN.
    pub arn: String,
    /// Its name in AWS.
    pub name: String,
    /// `ACTIVE`, …
    pub status: String,
    /// `eventExpiryDuration`, days.
    pub event_expiry_days: i64,
    /// Its customer-managed key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encryption_key_arn: Option<String>,
    /// Its role.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role_arn: Option<String>,
    /// Its strategies.
    pub strategies: Vec<Strategy>,
}

/// A strategy of a memory.
#[derive(
    Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "camelCase", default)]
pub struct Strategy {
    /// Its name.
    pub name: String,
    /// `SEMANTIC`, `SUMMARIZATION`, `USER_PREFERENCE`, `EPISODIC`, `CUSTOM`.
    pub kind: String,
    /// Its namespace templates.
    pub namespaces: Vec<String>,
}

/// A policy engine (`GetPolicyEngine`, `ListPolicies`).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct PolicyEngine {
    /// Its id.
    pub id: String,
    /// Its ARN.
    pub arn: String,
    /// Its name in AWS.
    pub name: String,
    /// `ACTIVE`, …
    pub status: String,
    /// Its customer-managed key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encryption_key_arn: Option<String>,
    /// Its policies.
    pub policies: Known<Vec<Policy>>,
}

/// A Cedar policy of an engine.
#[derive(
    Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "camelCase", default)]
pub struct Policy {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// `ACTIVE`, `CREATE_FAILED`, …
    pub status: String,
    /// `ACTIVE` or what else the service enforces it as.
    pub enforcement_mode: String,
    /// Its Cedar text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub statement: Option<String>,
}

/// An online evaluation (`GetOnlineEvaluationConfig`).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct OnlineEval {
    /// Its id.
    pub id: String,
    /// Its ARN.
    pub arn: String,
    /// `ACTIVE`, …
    pub status: String,
    /// `ENABLED` or `DISABLED`.
    pub execution_status: String,
    /// Percent of sessions that are evaluated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sampling_percentage: Option<f64>,
    /// How many evaluators and insights it applies.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evaluators: Option<usize>,
    /// The log groups it reads.
    pub log_groups: Vec<String>,
    /// The services it reads: `<runtime>.<endpoint>`.
    pub services: Vec<String>,
    /// Its role.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role_arn: Option<String>,
}

/// A credential provider of AgentCore Identity: its name, never its secret.
#[derive(
    Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "camelCase", default)]
pub struct CredentialProvider {
    /// Its name.
    pub name: String,
    /// `ApiKeyCredentialProvider` or `OAuthCredentialProvider`, as `agentcore.json` spells it.
    pub kind: String,
    /// Its ARN.
    pub arn: String,
}
