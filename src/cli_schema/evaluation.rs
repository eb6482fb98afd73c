//! Evaluators, online evaluations, datasets, configuration bundles, A/B tests, knowledge bases and policy engines.

use std::collections::HashSet;

use super::fault::Scope;
use super::patterns::{ANYTHING, KMS_KEY, NAME, SOME_TEXT, TAGS};
use super::shape::{
    FILLED, GREATEST, Object, Pattern, Shape, TEXT, list, list_of, map, may, must, number, open,
    strict, unique, whole,
};
use crate::model::json::Node;

static RATING_OBJECT: Object = open(&[
    must("value", whole(-GREATEST, GREATEST)),
    must("label", FILLED.shape()),
    must("definition", FILLED.shape()),
]);
static RATING: Shape = Shape::Object(&RATING_OBJECT);
static CATEGORY_OBJECT: Object = open(&[
    must("label", FILLED.shape()),
    must("definition", FILLED.shape()),
]);
static CATEGORY: Shape = Shape::Object(&CATEGORY_OBJECT);

fn one_of(scope: &mut Scope<'_, '_>, one: &str, other: &str) {
    if scope.has(one) == scope.has(other) {
        scope.fault("", format!("must hold one of {one} and {other}"));
    }
}

static SCALE: Object = open(&[
    may("numerical", list(&RATING)),
    may("categorical", list(&CATEGORY)),
])
.rules(&[|scope| one_of(scope, "numerical", "categorical")]);
fn model_id(text: &str) -> Option<&'static str> {
    let trimmed = text.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    if trimmed.is_empty() {
        return Some("must not be blank");
    }
    if trimmed.len() > 2048 {
        return Some("must be at most 2048 characters");
    }
    let printable = |c: char| ('\x21'..='\x7e').contains(&c);
    (!trimmed.chars().all(printable)).then_some("must be printable ASCII without spaces")
}
static JUDGE: Object = open(&[
    may(
        "modelProvider",
        Shape::Choice(&["Bedrock", "OpenResponses"]),
    ),
    must("model", TEXT.test(model_id).shape()),
    must("instructions", FILLED.shape()),
    must("ratingScale", Shape::Object(&SCALE)),
]);
static MANAGED: Object = open(&[
    must("codeLocation", FILLED.shape()),
    may("entrypoint", FILLED.shape()),
    may("timeoutSeconds", whole(1.0, 300.0)),
    may("additionalPolicies", list(&SOME_TEXT)),
]);
static LAMBDA_FORM: Pattern = Pattern::new(
    "^arn:aws[a-z-]*:lambda:[a-z0-9-]+:[0-9]{12}:function:[^\n\r\u{2028}\u{2029}]+$",
    "the ARN of a Lambda function",
);
static EXTERNAL: Object = open(&[must("lambdaArn", FILLED.like(&LAMBDA_FORM).shape())]);
static CODE_BASED: Object = open(&[
    may("managed", Shape::Object(&MANAGED)),
    may("external", Shape::Object(&EXTERNAL)),
])
.rules(&[|scope| one_of(scope, "managed", "external")]);
static EVALUATOR_CONFIG: Object = open(&[
    may("llmAsAJudge", Shape::Object(&JUDGE)),
    may("codeBased", Shape::Object(&CODE_BASED)),
])
.rules(&[|scope| one_of(scope, "llmAsAJudge", "codeBased")]);
static EVALUATOR_OBJECT: Object = open(&[
    must("name", NAME.shape()),
    must("level", Shape::Choice(&["SESSION", "TRACE", "TOOL_CALL"])),
    may("description", TEXT.shape()),
    must("config", Shape::Object(&EVALUATOR_CONFIG)),
    may("kmsKeyArn", KMS_KEY),
    may("tags", TAGS),
]);
/// An entry of `evaluators`.
pub static EVALUATOR: Shape = Shape::Object(&EVALUATOR_OBJECT);

static FREQUENCY: Shape = Shape::Choice(&["DAILY", "WEEKLY", "MONTHLY"]);
static CLUSTERING: Object = open(&[must("frequencies", list_of(&FREQUENCY, 1, 3))]);
static ONLINE_OBJECT: Object = open(&[
    must("name", NAME.shape()),
    may("agent", FILLED.shape()),
    may("endpoint", FILLED.shape()),
    may("logGroupNames", list_of(&SOME_TEXT, 1, 5)),
    may("serviceNames", list_of(&SOME_TEXT, 1, usize::MAX)),
    may("evaluators", list(&SOME_TEXT)),
    may("insights", list(&SOME_TEXT)),
    may("clusteringConfig", Shape::Object(&CLUSTERING)),
    must("samplingRate", number(0.01, 100.0)),
    may("description", TEXT.max(200).shape()),
    may("enableOnCreate", Shape::Flag),
    may("tags", TAGS),
])
.rules(&[online]);
/// An entry of `onlineEvalConfigs`.
pub static ONLINE: Shape = Shape::Object(&ONLINE_OBJECT);

fn online(scope: &mut Scope<'_, '_>) {
    let (agent, groups) = (scope.has("agent"), scope.has("logGroupNames"));
    match (agent, groups) {
        (false, false) => scope.fault(
            "agent",
            "is missing: agent or logGroupNames says what is evaluated",
        ),
        (true, true) => scope.fault("logGroupNames", "must not be set together with agent"),
        _ => {}
    }
    if scope.has("endpoint") && !agent {
        scope.fault("endpoint", "needs agent");
    }
    if scope.has("serviceNames") && !groups {
        scope.fault("serviceNames", "needs logGroupNames");
    }
    let (evaluators, insights) = (scope.count("evaluators"), scope.count("insights"));
    match (evaluators, insights) {
        (0, 0) => scope.fault(
            "evaluators",
            "is missing: evaluators or insights must hold one",
        ),
        (0, _) | (_, 0) => {}
        _ => scope.fault("insights", "must not be set together with evaluators"),
    }
    if scope.has("clusteringConfig") && insights == 0 {
        scope.fault("clusteringConfig", "needs insights");
    }
}

static DATASET_KEY: Pattern = Pattern::new(
    "^arn:aws(-[a-z]+)*:kms:[a-zA-Z0-9-]*:[0-9]{12}:key/[a-zA-Z0-9-]{36}$",
    "the ARN of a KMS key",
);
static DATASET_FILE: Object = open(&[must("location", FILLED.shape())]);
static DATASET_CONFIG: Object = open(&[must("managed", Shape::Object(&DATASET_FILE))]);
static DATASET_OBJECT: Object = open(&[
    must("name", NAME.shape()),
    must(
        "schemaType",
        Shape::Choice(&[
            "AGENTCORE_EVALUATION_PREDEFINED_V1",
            "AGENTCORE_EVALUATION_SIMULATED_V1",
        ]),
    ),
    may("description", TEXT.max(200).shape()),
    must("config", Shape::Object(&DATASET_CONFIG)),
    may("kmsKeyArn", TEXT.like(&DATASET_KEY).shape()),
]);
/// An entry of `datasets`.
pub static DATASET: Shape = Shape::Object(&DATASET_OBJECT);

static BUNDLE_FORM: Pattern = Pattern::new(
    "^[a-zA-Z][a-zA-Z0-9_]{0,99}$",
    "a letter, then letters, digits and underscores; at most 100 characters",
);
static COMPONENT_OBJECT: Object = open(&[must("configuration", map(TEXT, &ANYTHING))]);
static COMPONENT: Shape = Shape::Object(&COMPONENT_OBJECT);
static BUNDLE_OBJECT: Object = open(&[
    must("name", FILLED.max(100).like(&BUNDLE_FORM).shape()),
    may("type", Shape::Choice(&["ConfigurationBundle"])),
    may("description", FILLED.max(500).shape()),
    must("components", map(TEXT, &COMPONENT)),
    may("branchName", TEXT.max(128).shape()),
    may("commitMessage", TEXT.max(500).shape()),
    may("kmsKeyArn", KMS_KEY),
]);
/// An entry of `configBundles`.
pub static BUNDLE: Shape = Shape::Object(&BUNDLE_OBJECT);

static BUNDLE_REFERENCE: Object = open(&[
    must("bundleArn", FILLED.shape()),
    must("bundleVersion", FILLED.shape()),
]);
static TARGET_REFERENCE: Object = open(&[must("targetName", FILLED.max(100).shape())]);
static BY_BUNDLE: Object = open(&[
    must("configurationBundle", Shape::Object(&BUNDLE_REFERENCE)),
    may("target", Shape::Absent),
]);
static BY_TARGET: Object = open(&[
    may("configurationBundle", Shape::Absent),
    must("target", Shape::Object(&TARGET_REFERENCE)),
]);
static VARIANT_OBJECT: Object = open(&[
    must("name", Shape::Choice(&["C", "T1"])),
    must("weight", whole(1.0, 100.0)),
    must(
        "variantConfiguration",
        Shape::Either(&[Shape::Object(&BY_BUNDLE), Shape::Object(&BY_TARGET)]),
    ),
]);
static VARIANT: Shape = Shape::Object(&VARIANT_OBJECT);
static ONE_EVALUATION: Object = open(&[must("onlineEvaluationConfigArn", FILLED.shape())]);
static PER_VARIANT_OBJECT: Object = open(&[
    must("treatmentName", Shape::Choice(&["C", "T1"])),
    must("onlineEvaluationConfigArn", FILLED.shape()),
]);
static PER_VARIANT: Shape = Shape::Object(&PER_VARIANT_OBJECT);
static BOTH_EVALUATIONS: Object = open(&[must(
    "perVariantOnlineEvaluationConfig",
    list_of(&PER_VARIANT, 2, 2),
)]);
static FILTER_PATH: Shape = FILLED.max(500).shape();
static FILTER: Object = open(&[must("targetPaths", list_of(&FILTER_PATH, 0, 1))]);
static AB_TEST_OBJECT: Object = open(&[
    must("name", NAME.shape()),
    may("description", FILLED.max(200).shape()),
    may("mode", Shape::Choice(&["config-bundle", "target-based"])),
    must("gatewayRef", FILLED.shape()),
    may("roleArn", FILLED.shape()),
    must("variants", list_of(&VARIANT, 2, 2)),
    must(
        "evaluationConfig",
        Shape::Either(&[
            Shape::Object(&ONE_EVALUATION),
            Shape::Object(&BOTH_EVALUATIONS),
        ]),
    ),
    may("gatewayFilter", Shape::Object(&FILTER)),
    may("enableOnCreate", Shape::Flag),
    may("promoted", Shape::Flag),
])
.rules(&[variants]);
/// An entry of `abTests`.
pub static AB_TEST: Shape = Shape::Object(&AB_TEST_OBJECT);

fn variants(scope: &mut Scope<'_, '_>) {
    let variants = scope.get("variants").map(Node::items).unwrap_or_default();
    let named = |name: &str| {
        variants
            .iter()
            .any(|v| v.get("name").and_then(Node::as_str) == Some(name))
    };
    if !(named("C") && named("T1")) {
        scope.fault("variants", "must be one control (C) and one treatment (T1)");
    }
    let weights = variants.iter().filter_map(|v| v.get("weight")?.as_number());
    let sum: f64 = weights.sum();
    if (sum - 100.0).abs() > f64::EPSILON {
        scope.fault(
            "variants",
            format!("must have weights that add up to 100, found {sum}"),
        );
    }
    let part = match scope.text("mode") {
        Some("target-based") => "target",
        _ => "configurationBundle",
    };
    let lacks = |v: &Node| v.path(&["variantConfiguration", part]).is_none();
    if variants.iter().any(lacks) {
        scope.fault("variants", format!("must each have {part} in this mode"));
    }
}

static BASE_FORM: Pattern = Pattern::new(
    "^[a-zA-Z][a-zA-Z0-9_-]{0,47}$",
    "a letter, then letters, digits, underscores and hyphens; at most 48 characters",
);
static BUCKET_FORM: Pattern = Pattern::new("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", "a bucket's name");
fn s3_location(text: &str) -> Option<&'static str> {
    let bucket = text
        .strip_prefix("s3://")
        .filter(|rest| !rest.contains(['\n', '\r', '\u{2028}', '\u{2029}']))
        .map(|rest| rest.split('/').next().unwrap_or_default());
    let good = |name: &str| {
        BUCKET_FORM.accepts(name)
            && !name.contains("..")
            && !name.starts_with("xn--")
            && !name.starts_with("sthree-")
            && !name.ends_with("-s3alias")
    };
    (!bucket.is_some_and(good)).then_some("must be s3:// and a bucket that S3 could have")
}
static FROM_S3: Object = strict(&[
    must("type", TEXT.shape()),
    must("uri", FILLED.test(s3_location).shape()),
]);
static FROM_CONNECTOR: Object = strict(&[
    must("type", TEXT.shape()),
    must("connectorConfigFile", FILLED.shape()),
]);
static DATA_SOURCE: Shape = Shape::Tagged(
    "type",
    &[
        ("S3", Shape::Object(&FROM_S3)),
        ("WEB", Shape::Object(&FROM_CONNECTOR)),
        ("CONFLUENCE", Shape::Object(&FROM_CONNECTOR)),
        ("SHAREPOINT", Shape::Object(&FROM_CONNECTOR)),
        ("ONEDRIVE", Shape::Object(&FROM_CONNECTOR)),
        ("GOOGLEDRIVE", Shape::Object(&FROM_CONNECTOR)),
    ],
);
static BASE_OBJECT: Object = strict(&[
    may("type", Shape::Choice(&["AgentCoreKnowledgeBase"])),
    must("name", FILLED.max(48).like(&BASE_FORM).shape()),
    may("description", TEXT.max(2048).shape()),
    must("dataSources", list_of(&DATA_SOURCE, 1, usize::MAX)),
    may("gateway", FILLED.shape()),
])
.rules(&[|scope| {
    let sources = scope
        .get("dataSources")
        .map(Node::items)
        .unwrap_or_default();
    let place = |source: &Node| {
        source
            .get("uri")
            .or(source.get("connectorConfigFile"))?
            .as_str()
            .map(str::to_owned)
    };
    let mut seen = HashSet::new();
    for source in sources.iter().filter_map(place) {
        if !seen.insert(source.clone()) {
            scope.fault("dataSources", format!("must not hold {source} twice"));
        }
    }
}]);
/// An entry of `knowledgeBases`.
pub static KNOWLEDGE_BASE: Shape = Shape::Object(&BASE_OBJECT);

static POLICY_OBJECT: Object = open(&[
    must("name", NAME.shape()),
    may("description", FILLED.max(4096).shape()),
    must("statement", FILLED.shape()),
    may("sourceFile", TEXT.shape()),
    may(
        "validationMode",
        Shape::Choice(&["FAIL_ON_ANY_FINDINGS", "IGNORE_ALL_FINDINGS"]),
    ),
    may("enforcementMode", Shape::Choice(&["ACTIVE", "LOG_ONLY"])),
    may(
        "authorizationPhase",
        Shape::Choice(&["INITIATE", "RETURN_OUTPUT"]),
    ),
]);
static POLICY: Shape = Shape::Object(&POLICY_OBJECT);
static ENGINE_OBJECT: Object = open(&[
    must("name", NAME.shape()),
    may("description", FILLED.max(4096).shape()),
    may("encryptionKeyArn", TEXT.shape()),
    may("tags", TAGS),
    may("policies", unique(&POLICY, "name")),
]);
/// An entry of `policyEngines`.
pub static POLICY_ENGINE: Shape = Shape::Object(&ENGINE_OBJECT);
