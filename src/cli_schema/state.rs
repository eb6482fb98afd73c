//! `aws-targets.json` and `deployed-state.json`.

use super::authorizer::CLAIM;
use super::patterns::ANY_TEXT;
use super::shape::{
    FILLED, GREATEST, Object, Pattern, Shape, TEXT, Text, Unknown, list, map, may, must, open,
    unique, whole,
};

/// Regions that the CLI deploys to.
const REGIONS: [&str; 22] = [
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-south-1",
    "ap-south-2",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-southeast-5",
    "ap-southeast-7",
    "ca-central-1",
    "eu-central-1",
    "eu-north-1",
    "eu-south-1",
    "eu-south-2",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
    "us-gov-west-1",
];
static TARGET_FORM: Pattern = Pattern::new(
    "^[a-zA-Z][a-zA-Z0-9-]*$",
    "a letter, then letters, digits and hyphens",
);
static ACCOUNT_FORM: Pattern = Pattern::new("^[0-9]{12}$", "exactly 12 digits");
const TARGET_NAME: Text = FILLED.max(64).like(&TARGET_FORM);
static TARGET_OBJECT: Object = open(&[
    must("name", TARGET_NAME.shape()),
    may("description", TEXT.max(256).shape()),
    must("account", TEXT.like(&ACCOUNT_FORM).shape()),
    must("region", Shape::Choice(&REGIONS)),
]);
static TARGET: Shape = Shape::Object(&TARGET_OBJECT);
/// `aws-targets.json`.
pub static TARGETS: Shape = unique(&TARGET, "name");

const SOME: Shape = FILLED.shape();
const ANY: Shape = TEXT.shape();

/// An object of ids and ARNs that must be there.
macro_rules! ids {
    ($name:ident: $($key:literal),+) => {
        static $name: Shape = Shape::Object(&Object {
            fields: &[$(must($key, SOME)),+],
            unknown: Unknown::Dropped,
            rules: &[],
        });
    };
}
static RUNTIME_OBJECT: Object = open(&[
    must("runtimeId", SOME),
    must("runtimeArn", SOME),
    must("roleArn", SOME),
    may("sessionId", ANY),
    may("memoryIds", list(&ANY_TEXT)),
    may("browserId", ANY),
    may("codeInterpreterId", ANY),
    may("runtimeVersion", whole(1.0, GREATEST)),
]);
static RUNTIME: Shape = Shape::Object(&RUNTIME_OBJECT);
ids!(MEMORY: "memoryId", "memoryArn");
ids!(GATEWAY_TARGET: "targetId");
static GATEWAY_OBJECT: Object = open(&[
    must("gatewayId", SOME),
    must("gatewayArn", SOME),
    may("gatewayUrl", ANY),
    may("targets", map(TEXT, &GATEWAY_TARGET)),
]);
static GATEWAY: Shape = Shape::Object(&GATEWAY_OBJECT);
ids!(MCP_RUNTIME: "runtimeId", "runtimeArn", "runtimeEndpoint");
ids!(MCP_LAMBDA: "functionArn", "functionName");
static MCP: Object = open(&[
    may("gateways", map(TEXT, &GATEWAY)),
    may("runtimes", map(TEXT, &MCP_RUNTIME)),
    may("lambdas", map(TEXT, &MCP_LAMBDA)),
]);
static EXTERNAL_JWT: Object = open(&[
    must("name", SOME),
    may("allowedAudience", list(&ANY_TEXT)),
    may("allowedClients", list(&ANY_TEXT)),
    may("allowedScopes", list(&ANY_TEXT)),
    may("customClaims", list(&CLAIM)),
    must("discoveryUrl", ANY),
]);
static EXTERNAL_VPC: Object = open(&[
    must("name", SOME),
    must("securityGroups", list(&ANY_TEXT)),
    must("subnets", list(&ANY_TEXT)),
]);
static EXTERNAL: Object = open(&[
    may("customJwtAuthorizer", Shape::Object(&EXTERNAL_JWT)),
    may("vpcConfig", Shape::Object(&EXTERNAL_VPC)),
]);
ids!(POLICY_ENGINE: "policyEngineId", "policyEngineArn");
ids!(POLICY: "policyId", "policyArn", "engineName");
static HARNESS_OBJECT: Object = open(&[
    must("harnessId", SOME),
    must("harnessArn", SOME),
    must("roleArn", SOME),
    must("status", SOME),
    may("harnessVersion", whole(1.0, GREATEST)),
    may("agentRuntimeArn", ANY),
    may("memoryArn", ANY),
    may("provisioner", Shape::Choice(&["cloudformation"])),
]);
static HARNESS: Shape = Shape::Object(&HARNESS_OBJECT);
static CREDENTIAL_OBJECT: Object = open(&[
    must("credentialProviderArn", SOME),
    may("clientSecretArn", ANY),
    may("callbackUrl", ANY),
]);
static CREDENTIAL: Shape = Shape::Object(&CREDENTIAL_OBJECT);
ids!(EVALUATOR: "evaluatorId", "evaluatorArn");
static ONLINE_OBJECT: Object = open(&[
    must("onlineEvaluationConfigId", SOME),
    must("onlineEvaluationConfigArn", SOME),
    may("executionStatus", Shape::Choice(&["ENABLED", "DISABLED"])),
    may("agent", SOME),
    may("endpoint", SOME),
]);
static ONLINE: Shape = Shape::Object(&ONLINE_OBJECT);
static DATASET_OBJECT: Object = open(&[
    must("datasetId", SOME),
    must("datasetArn", SOME),
    may("contentHash", ANY),
]);
static DATASET: Shape = Shape::Object(&DATASET_OBJECT);
ids!(DATA_SOURCE: "dataSourceId", "uri");
static BASE_OBJECT: Object = open(&[
    must("knowledgeBaseId", SOME),
    must("knowledgeBaseArn", SOME),
    may("dataSources", list(&DATA_SOURCE)),
    may("sourcesHash", SOME),
]);
static BASE: Shape = Shape::Object(&BASE_OBJECT);
ids!(BUNDLE: "bundleId", "bundleArn", "versionId");
static AB_TEST_OBJECT: Object = open(&[
    must("abTestId", SOME),
    must("abTestArn", SOME),
    may("roleArn", SOME),
    may("roleCreatedByCli", Shape::Flag),
    may("configHash", ANY),
]);
static AB_TEST: Shape = Shape::Object(&AB_TEST_OBJECT);
ids!(ENDPOINT: "endpointId", "endpointArn");
static QUICK: Object = open(&[
    must("connectorId", SOME),
    may("credentialProviderName", ANY),
    must("provisionMode", Shape::Choice(&["QUICK_CREATE"])),
    may("credentialProviderArn", Shape::Absent),
]);
static MANUAL: Object = open(&[
    must("connectorId", SOME),
    may("credentialProviderName", ANY),
    may("provisionMode", Shape::Choice(&["MANUAL"])),
    must("credentialProviderArn", SOME),
]);
static CONNECTOR: Shape = Shape::Either(&[Shape::Object(&QUICK), Shape::Object(&MANUAL)]);
static PAYMENT_OBJECT: Object = open(&[
    must("managerId", SOME),
    must("managerArn", SOME),
    may("connectors", map(TEXT, &CONNECTOR)),
    must("processPaymentRoleArn", SOME),
    must("resourceRetrievalRoleArn", SOME),
    may("authorizerType", Shape::Choice(&["AWS_IAM", "CUSTOM_JWT"])),
    may("autoPayment", Shape::Flag),
    may("paymentToolAllowlist", list(&ANY_TEXT)),
    may("networkPreferences", list(&ANY_TEXT)),
]);
static PAYMENT: Shape = Shape::Object(&PAYMENT_OBJECT);
ids!(CAPACITY: "capacityProviderId", "capacityProviderArn");

static RESOURCES: Object = open(&[
    may("runtimes", map(TEXT, &RUNTIME)),
    may("memories", map(TEXT, &MEMORY)),
    may("mcp", Shape::Object(&MCP)),
    may("gateways", map(TEXT, &GATEWAY)),
    may("externallyManaged", Shape::Object(&EXTERNAL)),
    may("credentials", map(TEXT, &CREDENTIAL)),
    may("evaluators", map(TEXT, &EVALUATOR)),
    may("onlineEvalConfigs", map(TEXT, &ONLINE)),
    may("datasets", map(TEXT, &DATASET)),
    may("knowledgeBases", map(TEXT, &BASE)),
    may("configBundles", map(TEXT, &BUNDLE)),
    may("abTests", map(TEXT, &AB_TEST)),
    may("policyEngines", map(TEXT, &POLICY_ENGINE)),
    may("policies", map(TEXT, &POLICY)),
    may("harnesses", map(TEXT, &HARNESS)),
    may("runtimeEndpoints", map(TEXT, &ENDPOINT)),
    may("payments", map(TEXT, &PAYMENT)),
    may("capacityProviders", map(TEXT, &CAPACITY)),
    may("stackName", ANY),
    may("identityKmsKeyArn", ANY),
    may("deployHash", ANY),
]);
static DEPLOYED_TARGET_OBJECT: Object = open(&[may("resources", Shape::Object(&RESOURCES))]);
static DEPLOYED_TARGET: Shape = Shape::Object(&DEPLOYED_TARGET_OBJECT);
static ROOT: Object = open(&[must("targets", map(TARGET_NAME, &DEPLOYED_TARGET))]);
/// `deployed-state.json`.
pub static DEPLOYED_STATE: Shape = Shape::Object(&ROOT);
