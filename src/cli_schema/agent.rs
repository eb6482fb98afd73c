//! `runtimes[]`.

use std::collections::HashSet;

use super::authorizer;
use super::capacity::ATTACHED;
use super::fault::Scope;
use super::network::{self, CONNECTION, MOUNTED};
use super::patterns::{NAME, SOME_TEXT, TAGS, VARIABLE};
use super::shape::{
    FILLED, GREATEST, Object, Pattern, Shape, TEXT, list, list_of, map, may, must, open, whole,
};
use crate::model::json::Node;

static ENTRYPOINT_FORM: Pattern = Pattern::new(
    "^[a-zA-Z0-9_][a-zA-Z0-9_/.-]*\\.(py|ts|js)(:[a-zA-Z_][a-zA-Z0-9_]*)?$",
    "the path of a .py, .ts or .js file, with an optional :handler",
);
static DOCKERFILE_FORM: Pattern = Pattern::new(
    "^[A-Za-z0-9._/-]+$",
    "a path of letters, digits and . _ - /",
);

fn in_context(path: &str) -> Option<&'static str> {
    let leaves =
        path.starts_with('/') || path.split('/').any(|part| part.is_empty() || part == "..");
    leaves.then_some(
        "must be a file inside the build context: no leading slash, no .., no empty part",
    )
}

/// Values of `runtimeVersion`.
pub const RUNTIME_VERSION: Shape = Shape::Choice(&[
    "PYTHON_3_10",
    "PYTHON_3_11",
    "PYTHON_3_12",
    "PYTHON_3_13",
    "PYTHON_3_14",
    "NODE_18",
    "NODE_20",
    "NODE_22",
]);

fn printable(text: &str) -> Option<&'static str> {
    let control = |c: char| (c as u32) < 0x20 || c as u32 == 0x7f;
    text.contains(control)
        .then_some("must hold no control characters, line breaks included")
}
static BUILD_ARGUMENT: Shape = TEXT.max(4096).test(printable).shape();

static ENV_OBJECT: Object = open(&[must("name", VARIABLE.shape()), must("value", TEXT.shape())]);
static ENV: Shape = Shape::Object(&ENV_OBJECT);

fn header(name: &str) -> Option<&'static str> {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if name.is_empty() || !name.chars().all(plain) {
        return Some("must be a header's name: letters, digits, hyphens and underscores");
    }
    let name = name.to_ascii_lowercase();
    if name.starts_with("x-amz-") {
        return Some("must not start with x-amz-, which request signing uses");
    }
    let custom = name.starts_with("x-amzn-bedrock-agentcore-runtime-custom-");
    (name.starts_with("x-amzn-") && !custom).then_some(
        "must not start with x-amzn- unless it is X-Amzn-Bedrock-AgentCore-Runtime-Custom-*",
    )
}
static HEADER: Shape = TEXT.test(header).shape();

/// `instrumentation`.
pub static INSTRUMENTATION: Object = open(&[may("enableOtel", Shape::Flag)]);
static ENDPOINT_OBJECT: Object = open(&[
    must("version", whole(1.0, GREATEST)),
    may("description", TEXT.max(200).shape()),
]);
static ENDPOINT: Shape = Shape::Object(&ENDPOINT_OBJECT);

static RUNTIME_OBJECT: Object = open(&[
    must("name", NAME.shape()),
    may("description", TEXT.max(200).shape()),
    must("build", Shape::Choice(&["CodeZip", "Container"])),
    must("entrypoint", FILLED.like(&ENTRYPOINT_FORM).shape()),
    must("codeLocation", FILLED.shape()),
    may(
        "dockerfile",
        FILLED
            .max(255)
            .like(&DOCKERFILE_FORM)
            .test(in_context)
            .shape(),
    ),
    may("buildContextPath", FILLED.shape()),
    may("customDockerBuildArgs", map(VARIABLE, &BUILD_ARGUMENT)),
    may("runtimeVersion", RUNTIME_VERSION),
    may("envVars", list(&ENV)),
    may("networkMode", network::MODE),
    may("networkConfig", Shape::Object(&network::CONFIG)),
    may("instrumentation", Shape::Object(&INSTRUMENTATION)),
    may("protocol", Shape::Choice(&["HTTP", "MCP", "A2A", "AGUI"])),
    may("requestHeaderAllowlist", list_of(&HEADER, 0, 20)),
    may("executionRoleArn", TEXT.shape()),
    may("additionalPolicies", list(&SOME_TEXT)),
    may("authorizerType", authorizer::RUNTIME_TYPE),
    may(
        "authorizerConfiguration",
        Shape::Object(&authorizer::CONFIG),
    ),
    may("tags", TAGS),
    may("lifecycleConfiguration", Shape::Object(&network::LIFECYCLE)),
    may("filesystemConfigurations", list(&MOUNTED)),
    may("endpoints", map(NAME, &ENDPOINT)),
    may("connections", list(&CONNECTION)),
    may("capacityProviderConfiguration", Shape::Object(&ATTACHED)),
])
.rules(&[
    |scope| {
        let container = scope.text("build") == Some("Container");
        network::mode_and_config(scope, container || scope.has("dockerfile"));
    },
    authorizer::type_and_config,
    capacity_alone,
    container_only,
    build_arguments,
    mounts,
]);
/// An entry of `runtimes`.
pub static RUNTIME: Shape = Shape::Object(&RUNTIME_OBJECT);

fn capacity_alone(scope: &mut Scope<'_, '_>) {
    let network = scope.has("networkMode") || scope.has("networkConfig");
    if scope.has("capacityProviderConfiguration") && network {
        scope.fault(
            "capacityProviderConfiguration",
            "brings its own network: networkMode and networkConfig must not be set together with it",
        );
    }
}

fn container_only(scope: &mut Scope<'_, '_>) {
    if scope.text("build") == Some("Container") {
        return;
    }
    for key in ["dockerfile", "buildContextPath", "customDockerBuildArgs"] {
        if scope.has(key) {
            let words = "is only for build Container; set that, or take this out";
            scope.fault(key, words);
        }
    }
}

/// Names that the build shell or `CodeBuild` needs for itself.
const RESERVED: [&str; 13] = [
    "ECR_REGISTRY",
    "IMAGE_URI",
    "DOCKERFILE_PATH",
    "BUILD_ARG_FLAGS",
    "PATH",
    "HOME",
    "IFS",
    "LD_PRELOAD",
    "LD_LIBRARY_PATH",
    "DOCKER_HOST",
    "DOCKER_CONFIG",
    "DOCKER_TLS_VERIFY",
    "DOCKER_CERT_PATH",
];

fn build_arguments(scope: &mut Scope<'_, '_>) {
    let key = "customDockerBuildArgs";
    for member in scope.get(key).map(Node::members).unwrap_or_default() {
        let name = &*member.key;
        if RESERVED.contains(&name) || name.starts_with("CODEBUILD_") || name.starts_with("AWS_") {
            scope.fault(
                key,
                format!("must not set {name}, which the build environment keeps for itself"),
            );
        }
    }
}

fn mounts(scope: &mut Scope<'_, '_>) {
    let key = "filesystemConfigurations";
    let mounts = scope.get(key).map(Node::items).unwrap_or_default();
    let count = |kind: &str| {
        mounts
            .iter()
            .filter(|mount| mount.get(kind).is_some())
            .count()
    };
    let (efs, s3) = (count("efsAccessPoint"), count("s3FilesAccessPoint"));
    let mut say = |wrong: bool, words: &str| {
        if wrong {
            scope.fault(key, words);
        }
    };
    say(mounts.len() > 5, "must hold at most 5 mounts");
    say(efs > 2, "must hold at most 2 efsAccessPoint mounts");
    say(s3 > 2, "must hold at most 2 s3FilesAccessPoint mounts");
    say(
        count("sessionStorage") > 1,
        "must hold at most 1 sessionStorage",
    );
    let volumes = count("capacityProviderVolume");
    if volumes > 0 && !scope.has("capacityProviderConfiguration") {
        scope.fault(
            key,
            "mounts a capacityProviderVolume, which needs capacityProviderConfiguration",
        );
    }
    if efs + s3 > 0 && scope.text("networkMode") != Some("VPC") {
        scope.fault(key, "mounts an access point, which needs networkMode VPC");
    }
    let paths = mounts.iter().filter_map(|mount| {
        let inner = mount.members().first()?.node.get("mountPath")?.as_str()?;
        Some(inner.strip_suffix('/').unwrap_or(inner))
    });
    let mut seen = HashSet::new();
    for path in paths {
        if !seen.insert(path) {
            scope.fault(key, format!("mounts {path} twice"));
        }
    }
}
