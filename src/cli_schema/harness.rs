//! `harnesses[]` and `harness.json`.

use std::collections::HashSet;

use super::authorizer;
use super::fault::{Repair, Scope};
use super::harness_tools::TOOL;
use super::memory::STRATEGY_TYPE;
use super::network::{self, CONNECTION, EFS_MOUNT, MOUNT, S3_MOUNT};
use super::patterns::{ANYTHING, TAGS};
use super::shape::{
    FILLED, GREATEST, Map, Object, Pattern, Shape, TEXT, Text, list, list_of, map, may, must,
    number, open, strict, unique, whole,
};
use crate::model::json::Node;

static NAME_FORM: Pattern = Pattern::new(
    "^[a-zA-Z][a-zA-Z0-9_]{0,39}$",
    "a letter, then letters, digits and underscores; at most 40 characters",
);
const NAME: Text = FILLED.max(40).like(&NAME_FORM);
static ENTRY_OBJECT: Object = open(&[must("name", NAME.shape()), must("path", FILLED.shape())]);
/// An entry of `harnesses`.
pub static ENTRY: Shape = Shape::Object(&ENTRY_OBJECT);

static MODEL: Object = open(&[
    must(
        "provider",
        Shape::Choice(&["bedrock", "open_ai", "gemini", "lite_llm"]),
    ),
    must("modelId", FILLED.shape()),
    may("apiKeyArn", TEXT.shape()),
    may(
        "apiFormat",
        Shape::Choice(&["converse_stream", "responses", "chat_completions"]),
    ),
    may("temperature", number(0.0, 2.0)),
    may("topP", number(0.0, 1.0)),
    may("topK", whole(0.0, 500.0)),
    may("maxTokens", whole(1.0, GREATEST)),
    may("apiBase", FILLED.max(16383).shape()),
    may("additionalParams", map(TEXT, &ANYTHING)),
])
.rules(&[model]);

fn model(scope: &mut Scope<'_, '_>) {
    let provider = scope.text("provider").unwrap_or_default();
    let only = |key: &str, of: &[&str]| {
        (scope.has(key) && !of.contains(&provider)).then(|| key.to_owned())
    };
    let stray = [
        only("topK", &["gemini"]),
        only("apiFormat", &["bedrock", "open_ai"]),
        only("apiBase", &["lite_llm"]),
        only("additionalParams", &["lite_llm"]),
    ];
    for key in stray.into_iter().flatten() {
        let words = format!("is not for provider {provider}");
        scope.fixable(&key, words, Repair::Delete);
    }
    if provider == "open_ai" && scope.text("apiFormat") == Some("converse_stream") {
        scope.fault(
            "apiFormat",
            "must be responses or chat_completions for provider open_ai",
        );
    }
    if matches!(provider, "open_ai" | "gemini") && !scope.has("apiKeyArn") {
        scope.fault(
            "apiKeyArn",
            format!("is missing: provider {provider} needs it"),
        );
    }
}

static SKILL_AUTH: Object = open(&[
    must("credentialName", FILLED.shape()),
    may("username", TEXT.shape()),
]);
static S3_FORM: Pattern = Pattern::new("^s3://", "an s3:// URI");
static HTTPS_FORM: Pattern = Pattern::new("^https://", "an https:// URL");
static FROM_S3: Object = strict(&[must("s3Uri", TEXT.min(5).like(&S3_FORM).shape())]);
static FROM_GIT: Object = strict(&[
    must("gitUrl", TEXT.min(8).like(&HTTPS_FORM).shape()),
    may("path", FILLED.shape()),
    may("auth", Shape::Object(&SKILL_AUTH)),
]);
static FROM_PATH: Object = strict(&[must("path", FILLED.shape())]);
static SKILL_PATH: Shape = FILLED.max(4096).shape();
static SKILL_PATHS: Object = strict(&[may("paths", list(&SKILL_PATH))]);
static FROM_AWS: Object = strict(&[must("awsSkills", Shape::Object(&SKILL_PATHS))]);
static SKILL: Shape = Shape::Either(&[
    FILLED.shape(),
    Shape::Object(&FROM_S3),
    Shape::Object(&FROM_GIT),
    Shape::Object(&FROM_PATH),
    Shape::Object(&FROM_AWS),
]);
static ALLOWED_FORM: Pattern = Pattern::new("^(\\*|@?[^/]+(/[^/]+)?)$", "* or a tool's name");
static ALLOWED: Shape = FILLED.max(64).like(&ALLOWED_FORM).shape();

static RETRIEVAL: Object = strict(&[
    may("topK", whole(1.0, GREATEST)),
    may("relevanceScore", number(0.0, 1.0)),
])
.rules(&[|scope| {
    if !scope.has("topK") && !scope.has("relevanceScore") {
        scope.fault("", "must hold topK or relevanceScore");
    }
}]);
static STRATEGY: Shape = STRATEGY_TYPE;
static MANAGED_MEMORY: Object = strict(&[
    must("mode", TEXT.shape()),
    may("strategies", list_of(&STRATEGY, 1, 4)),
    may("eventExpiryDuration", whole(3.0, 365.0)),
    may("encryptionKeyArn", FILLED.shape()),
]);
static EXISTING_MEMORY: Object = strict(&[
    // Left out in files older than the modes, which always name a memory.
    may("mode", Shape::Choice(&["existing"])),
    may("name", FILLED.shape()),
    may("arn", FILLED.shape()),
    may("actorId", TEXT.shape()),
    may("messagesCount", whole(1.0, GREATEST)),
    may("retrievalConfig", Shape::Object(&RETRIEVAL)),
])
.rules(&[|scope| {
    if !scope.has("arn") && !scope.has("name") {
        scope.fault(
            "name",
            "is missing: an existing memory is known by name or arn",
        );
    }
    if scope.has("arn") && scope.has("retrievalConfig") {
        scope.fault(
            "retrievalConfig",
            "is only for a memory that is known by name",
        );
    }
}]);
static NO_MEMORY: Object = strict(&[must("mode", TEXT.shape())]);
const MEMORY_MODES: Shape = Shape::Tagged(
    "mode",
    &[
        ("managed", Shape::Object(&MANAGED_MEMORY)),
        ("existing", Shape::Object(&EXISTING_MEMORY)),
        ("disabled", Shape::Object(&NO_MEMORY)),
    ],
);

static WINDOW: Object = open(&[may("messagesCount", whole(1.0, GREATEST))]);
static SUMMARY: Object = open(&[
    may("summaryRatio", number(0.0, 1.0)),
    may("preserveRecentMessages", whole(0.0, GREATEST)),
    may("summarizationSystemPrompt", TEXT.shape()),
]);
static WITH_WINDOW: Object = strict(&[must("slidingWindow", Shape::Object(&WINDOW))]);
static WITH_SUMMARY: Object = strict(&[must("summarization", Shape::Object(&SUMMARY))]);
static TRUNCATION: Object = open(&[
    must(
        "strategy",
        Shape::Choice(&["sliding_window", "summarization", "none"]),
    ),
    may(
        "config",
        Shape::Either(&[Shape::Object(&WITH_WINDOW), Shape::Object(&WITH_SUMMARY)]),
    ),
])
.rules(&[|scope| {
    let Some(config) = scope.get("config") else {
        return;
    };
    let fits = match scope.text("strategy") {
        Some("sliding_window") => config.get("slidingWindow").is_some(),
        Some("summarization") => config.get("summarization").is_some(),
        _ => false,
    };
    if !fits {
        scope.fault("config", "does not belong to this strategy");
    }
}]);

static CONTAINER_FORM: Pattern = Pattern::new(
    "^(([0-9]{12})\\.dkr\\.ecr\\.([a-z0-9-]+)\\.amazonaws\\.com(\\.cn)?|public\\.ecr\\.aws)/((?:[a-z0-9]+(?:[._-][a-z0-9]+)*/)*[a-z0-9]+(?:[._-][a-z0-9]+)*)(?::([^:@]{1,300}))?(?:@([^\n\r\u{2028}\u{2029}]+))?$",
    "the URI of an image in ECR",
);
fn prompt(text: &str) -> Option<&'static str> {
    let trimmed = text.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    if trimmed.is_empty() {
        return Some("must not be blank");
    }
    let lower = trimmed.to_ascii_lowercase();
    let path = ["./", "../"].iter().any(|start| trimmed.starts_with(start))
        || lower.ends_with(".md")
        || lower.ends_with(".txt");
    (path && !trimmed.contains(char::is_whitespace)).then_some(
        "must be the prompt itself, not a path: a prompt in a file goes to system-prompt.md",
    )
}
static ENV_VALUE: Shape = TEXT.max(5000).shape();

static HARNESS_OBJECT: Object = open(&[
    must("name", NAME.shape()),
    must("model", Shape::Object(&MODEL)),
    may("systemPrompt", TEXT.test(prompt).shape()),
    may("tools", unique(&TOOL, "name")),
    may("skills", list(&SKILL)),
    may("allowedTools", list(&ALLOWED)),
    may(
        "memory",
        Shape::Either(&[MEMORY_MODES, Shape::Object(&EXISTING_MEMORY)]),
    ),
    may("maxIterations", whole(1.0, GREATEST)),
    may("maxTokens", whole(1.0, GREATEST)),
    may("timeoutSeconds", whole(1.0, GREATEST)),
    may("truncation", Shape::Object(&TRUNCATION)),
    may(
        "containerUri",
        FILLED.max(1024).like(&CONTAINER_FORM).shape(),
    ),
    may("dockerfile", FILLED.shape()),
    may("executionRoleArn", TEXT.shape()),
    may("networkMode", network::MODE),
    may("networkConfig", Shape::Object(&network::CONFIG)),
    may("lifecycleConfig", Shape::Object(&network::LIFECYCLE)),
    may("sessionStoragePath", MOUNT),
    may("efsAccessPoints", list_of(&EFS_MOUNT, 0, 2)),
    may("s3AccessPoints", list_of(&S3_MOUNT, 0, 2)),
    may(
        "environmentVariables",
        Shape::Map(Map {
            key: FILLED.max(100),
            value: &ENV_VALUE,
            max: 50,
        }),
    ),
    may("authorizerType", authorizer::RUNTIME_TYPE),
    may(
        "authorizerConfiguration",
        Shape::Object(&authorizer::CONFIG),
    ),
    may("connections", list(&CONNECTION)),
    may("tags", TAGS),
])
.rules(&[
    |scope| {
        let container = scope.has("dockerfile") || scope.has("containerUri");
        network::mode_and_config(scope, container);
    },
    authorizer::type_and_config,
    one_image,
    mounts,
]);
/// `harness.json`.
pub static HARNESS: Shape = Shape::Object(&HARNESS_OBJECT);

fn one_image(scope: &mut Scope<'_, '_>) {
    if scope.has("containerUri") && scope.has("dockerfile") {
        scope.fault("containerUri", "must not be set together with dockerfile");
    }
}

fn mounts(scope: &mut Scope<'_, '_>) {
    let points = scope.count("efsAccessPoints") + scope.count("s3AccessPoints");
    if points > 0 && scope.text("networkMode") != Some("VPC") {
        scope.fault(
            "efsAccessPoints",
            "needs networkMode VPC, as s3AccessPoints does",
        );
    }
    let items = |key: &str| scope.get(key).map(Node::items).unwrap_or_default();
    let access = items("efsAccessPoints")
        .iter()
        .chain(items("s3AccessPoints"));
    let paths = access.filter_map(|point| point.get("mountPath")?.as_str());
    let mut seen = HashSet::new();
    let mut twice = None;
    for path in paths.chain(scope.text("sessionStoragePath")) {
        if !seen.insert(path.strip_suffix('/').unwrap_or(path)) {
            twice = Some(path);
        }
    }
    if let Some(path) = twice {
        scope.fault("efsAccessPoints", format!("mounts {path} twice"));
    }
}
