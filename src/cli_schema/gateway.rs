//! `agentCoreGateways[]`, `unassignedTargets[]` and `mcpRuntimeTools[]`.

use super::agent::INSTRUMENTATION;
use super::authorizer;
use super::gateway_rules as rules;
use super::network;
use super::patterns::{ANY_TEXT, ANYTHING, GATEWAY_NAME, NAME, TAGS, VARIABLE};
use super::shape::{
    FILLED, Object, Pattern, Shape, TEXT, list, list_of, map, may, must, open, passing, strict,
    whole,
};

static SCHEMA_OBJECT: Object = open(&[
    must(
        "type",
        Shape::Choice(&["string", "number", "object", "array", "boolean", "integer"]),
    ),
    may("description", TEXT.shape()),
    may("items", Shape::Object(&SCHEMA_OBJECT)),
    may("properties", map(TEXT, &SCHEMA)),
    may("required", list(&ANY_TEXT)),
]);
static SCHEMA: Shape = Shape::Object(&SCHEMA_OBJECT);
static TOOL_OBJECT: Object = strict(&[
    must("name", FILLED.max(128).shape()),
    must("description", FILLED.shape()),
    must("inputSchema", Shape::Object(&SCHEMA_OBJECT)),
    may("outputSchema", Shape::Object(&SCHEMA_OBJECT)),
]);
static TOOL: Shape = Shape::Object(&TOOL_OBJECT);

static IMPLEMENTATION: Object = strict(&[
    must("language", Shape::Choice(&["TypeScript", "Python"])),
    must("path", FILLED.shape()),
    must("handler", FILLED.shape()),
]);
static POLICY: Object = passing(&[
    must("Version", TEXT.shape()),
    must("Statement", list(&ANYTHING)),
]);
const PYTHON: Shape = Shape::Choice(&[
    "PYTHON_3_10",
    "PYTHON_3_11",
    "PYTHON_3_12",
    "PYTHON_3_13",
    "PYTHON_3_14",
]);
static LAMBDA: Object = strict(&[
    must("host", Shape::Choice(&["Lambda"])),
    must("implementation", Shape::Object(&IMPLEMENTATION)),
    may(
        "nodeVersion",
        Shape::Choice(&["NODE_18", "NODE_20", "NODE_22"]),
    ),
    may("pythonVersion", PYTHON),
    may("timeout", whole(1.0, 900.0)),
    may("memorySize", whole(128.0, 10240.0)),
    may("iamPolicy", Shape::Object(&POLICY)),
])
.rules(&[rules::language_version]);
static PYTHON_ENTRYPOINT: Pattern = Pattern::new(
    "^[a-zA-Z0-9_][a-zA-Z0-9_/.-]*\\.py(:[a-zA-Z_][a-zA-Z0-9_]*)?$",
    "the path of a .py file, with an optional :handler",
);
static TOOL_RUNTIME: Object = strict(&[
    must("artifact", Shape::Choice(&["CodeZip"])),
    must("pythonVersion", PYTHON),
    must("name", NAME.shape()),
    must("entrypoint", FILLED.like(&PYTHON_ENTRYPOINT).shape()),
    must("codeLocation", FILLED.shape()),
    may("instrumentation", Shape::Object(&INSTRUMENTATION)),
    may("networkMode", network::MODE),
    may("description", TEXT.shape()),
]);
static RUNTIME_COMPUTE: Object = strict(&[
    must("host", Shape::Choice(&["AgentCoreRuntime"])),
    must("implementation", Shape::Object(&IMPLEMENTATION)),
    may("runtime", Shape::Object(&TOOL_RUNTIME)),
    may("iamPolicy", Shape::Object(&POLICY)),
])
.rules(&[rules::only_python]);
const COMPUTE: Shape = Shape::Tagged(
    "host",
    &[
        ("Lambda", Shape::Object(&LAMBDA)),
        ("AgentCoreRuntime", Shape::Object(&RUNTIME_COMPUTE)),
    ],
);

static OUTBOUND: Object = strict(&[
    may(
        "type",
        Shape::Choice(&[
            "OAUTH",
            "API_KEY",
            "NONE",
            "GATEWAY_IAM_ROLE",
            "JWT_PASSTHROUGH",
        ]),
    ),
    may("credentialName", FILLED.shape()),
    may("scopes", list(&ANY_TEXT)),
    may("service", FILLED.max(64).shape()),
    may("region", FILLED.max(32).shape()),
]);

const METHOD: Shape = Shape::Choice(&["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"]);
static METHODS: Shape = METHOD;
static FILTER_OBJECT: Object = strict(&[
    must("filterPath", FILLED.shape()),
    must("methods", list_of(&METHODS, 1, usize::MAX)),
]);
static FILTER: Shape = Shape::Object(&FILTER_OBJECT);
static OVERRIDE_OBJECT: Object = strict(&[
    must("name", FILLED.shape()),
    must("path", FILLED.shape()),
    must("method", METHOD),
    may("description", TEXT.shape()),
]);
static OVERRIDE: Shape = Shape::Object(&OVERRIDE_OBJECT);
static API_TOOLS: Object = strict(&[
    must("toolFilters", list_of(&FILTER, 1, usize::MAX)),
    may("toolOverrides", list(&OVERRIDE)),
]);
static API_GATEWAY: Object = strict(&[
    must("restApiId", FILLED.shape()),
    must("stage", FILLED.shape()),
    must("apiGatewayToolConfiguration", Shape::Object(&API_TOOLS)),
]);

fn s3_uri(text: &str) -> Option<&'static str> {
    (!text.starts_with("s3://")).then_some("must start with s3://")
}
static S3_SOURCE: Object = strict(&[
    must("uri", FILLED.test(s3_uri).shape()),
    may("bucketOwnerAccountId", TEXT.shape()),
]);
static INLINE_SOURCE: Object = strict(&[must("path", FILLED.shape())]);
static FROM_FILE: Object = strict(&[must("inline", Shape::Object(&INLINE_SOURCE))]);
static FROM_S3: Object = strict(&[must("s3", Shape::Object(&S3_SOURCE))]);
const SOURCE: Shape = Shape::Either(&[Shape::Object(&FROM_FILE), Shape::Object(&FROM_S3)]);

static LAMBDA_ARN: Object = strict(&[
    must("lambdaArn", FILLED.max(170).shape()),
    must("toolSchemaFile", FILLED.shape()),
]);
static HTTP_RUNTIME: Object = strict(&[
    must("runtime", FILLED.shape()),
    may("runtimeEndpoint", FILLED.shape()),
]);
static STICKINESS: Object = strict(&[
    must("identifier", FILLED.max(256).shape()),
    may("timeout", whole(1.0, 86400.0)),
]);
static HTTPS_FORM: Pattern = Pattern::new(
    "^https://[a-zA-Z0-9.-]+(:[0-9]{1,5})?(/[^\n\r\u{2028}\u{2029}]*)?$",
    "an https URL",
);
static PASSTHROUGH: Object = strict(&[
    must("endpoint", FILLED.like(&HTTPS_FORM).shape()),
    may(
        "protocolType",
        Shape::Choice(&["MCP", "A2A", "INFERENCE", "CUSTOM"]),
    ),
    may("stickinessConfiguration", Shape::Object(&STICKINESS)),
]);
static PARAMETER_OBJECT: Object = open(&[
    must("path", TEXT.shape()),
    may("description", TEXT.shape()),
    may("visible", Shape::Flag),
]);
static PARAMETER: Shape = Shape::Object(&PARAMETER_OBJECT);
static OPERATION_OBJECT: Object = open(&[
    must("name", TEXT.shape()),
    may("description", TEXT.shape()),
    may("parameterValues", map(TEXT, &ANYTHING)),
    may("parameterOverrides", list(&PARAMETER)),
]);
static OPERATION: Shape = Shape::Object(&OPERATION_OBJECT);

static TARGET_OBJECT: Object = strict(&[
    must("name", FILLED.shape()),
    must("targetType", Shape::Choice(&rules::TARGET_TYPES)),
    may("toolDefinitions", list(&TOOL)),
    may("compute", COMPUTE),
    may("endpoint", Shape::Url(None)),
    may("outboundAuth", Shape::Object(&OUTBOUND)),
    may("apiGateway", Shape::Object(&API_GATEWAY)),
    may("schemaSource", SOURCE),
    may("lambdaFunctionArn", Shape::Object(&LAMBDA_ARN)),
    may("httpRuntime", Shape::Object(&HTTP_RUNTIME)),
    may(
        "connectorId",
        Shape::Choice(&["bedrock-knowledge-bases", "web-search"]),
    ),
    may("configurations", list(&OPERATION)),
    may("passthrough", Shape::Object(&PASSTHROUGH)),
])
.rules(&[rules::parts, rules::outbound]);
/// A gateway target.
pub static TARGET: Shape = Shape::Object(&TARGET_OBJECT);

static ENGINE: Object = strict(&[
    must("policyEngineName", FILLED.shape()),
    must("mode", Shape::Choice(&["LOG_ONLY", "ENFORCE"])),
]);
static ROLE_FORM: Pattern = Pattern::new(
    "^arn:[^:]+:iam::[0-9]{12}:role/[^\n\r\u{2028}\u{2029}]+",
    "the ARN of an IAM role",
);
static GATEWAY_OBJECT: Object = strict(&[
    must("name", GATEWAY_NAME.shape()),
    may("resourceName", GATEWAY_NAME.shape()),
    may("protocolType", Shape::Choice(&["MCP", "None"])),
    may("description", TEXT.shape()),
    must("targets", list(&TARGET)),
    may("authorizerType", authorizer::GATEWAY_TYPE),
    may(
        "authorizerConfiguration",
        Shape::Object(&authorizer::CONFIG),
    ),
    may("enableSemanticSearch", Shape::Flag),
    may("exceptionLevel", Shape::Choice(&["NONE", "DEBUG"])),
    may("policyEngineConfiguration", Shape::Object(&ENGINE)),
    may("executionRoleArn", TEXT.max(2048).like(&ROLE_FORM).shape()),
    may("tags", TAGS),
])
.rules(&[rules::jwt, rules::protocol]);
/// An entry of `agentCoreGateways`.
pub static GATEWAY: Shape = Shape::Object(&GATEWAY_OBJECT);

static BINDING_OBJECT: Object = strict(&[
    must("runtimeName", FILLED.shape()),
    must("envVarName", VARIABLE.shape()),
]);
static BINDING: Shape = Shape::Object(&BINDING_OBJECT);
static RUNTIME_TOOL_OBJECT: Object = strict(&[
    must("name", FILLED.shape()),
    must("toolDefinition", Shape::Object(&TOOL_OBJECT)),
    must("compute", Shape::Object(&RUNTIME_COMPUTE)),
    may("bindings", list(&BINDING)),
]);
/// An entry of `mcpRuntimeTools`.
pub static RUNTIME_TOOL: Shape = Shape::Object(&RUNTIME_TOOL_OBJECT);
