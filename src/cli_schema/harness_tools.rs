//! `tools[]` of a `harness.json`.

use super::fault::Scope;
use super::patterns::{ANY_TEXT, ANYTHING, SOME_TEXT};
use super::shape::{FILLED, Object, Pattern, Shape, TEXT, list, map, may, must, open, passing};
use crate::model::json::Node;

static REMOTE: Object = open(&[
    must("url", FILLED.shape()),
    may("headers", map(TEXT, &ANY_TEXT)),
]);
static BROWSER: Object = open(&[may("browserArn", TEXT.shape())]);
static INTERPRETER: Object = open(&[may("codeInterpreterArn", TEXT.shape())]);
static NOTHING: Object = open(&[]);
static OAUTH: Object = open(&[
    must("providerArn", FILLED.shape()),
    must("scopes", list(&SOME_TEXT)),
    may(
        "grantType",
        Shape::Choice(&["CLIENT_CREDENTIALS", "USER_FEDERATION"]),
    ),
    may("customParameters", map(TEXT, &ANY_TEXT)),
]);
static BY_IAM: Object = open(&[must("awsIam", Shape::Object(&NOTHING))]);
static BY_NONE: Object = open(&[must("none", Shape::Object(&NOTHING))]);
static BY_OAUTH: Object = open(&[must("oauth", Shape::Object(&OAUTH))]);
static GATEWAY: Object = passing(&[
    must("gatewayArn", FILLED.shape()),
    may(
        "outboundAuth",
        Shape::Either(&[
            Shape::Object(&BY_IAM),
            Shape::Object(&BY_NONE),
            Shape::Object(&BY_OAUTH),
        ]),
    ),
    may("credentialProviderName", Shape::Absent),
]);
static INLINE: Object = open(&[
    must("description", FILLED.shape()),
    must("inputSchema", map(TEXT, &ANYTHING)),
]);
/// The configurations in the order in which the CLI tries them, with the tool types that take them.
static TOOL_CONFIGS: [(&str, &str, Shape); 5] = [
    ("remote_mcp", "remoteMcp", Shape::Object(&REMOTE)),
    (
        "agentcore_browser",
        "agentCoreBrowser",
        Shape::Object(&BROWSER),
    ),
    (
        "agentcore_code_interpreter",
        "agentCoreCodeInterpreter",
        Shape::Object(&INTERPRETER),
    ),
    (
        "agentcore_gateway",
        "agentCoreGateway",
        Shape::Object(&GATEWAY),
    ),
    ("inline_function", "inlineFunction", Shape::Object(&INLINE)),
];
static TOOL_FORM: Pattern = Pattern::new(
    "^[a-zA-Z0-9_-]+$",
    "letters, digits, hyphens and underscores",
);
static TOOL_OBJECT: Object = open(&[
    must(
        "type",
        Shape::Choice(&[
            "remote_mcp",
            "agentcore_browser",
            "agentcore_gateway",
            "inline_function",
            "agentcore_code_interpreter",
        ]),
    ),
    must("name", FILLED.max(64).like(&TOOL_FORM).shape()),
    may("config", Shape::Any),
])
.rules(&[tool]);
/// An entry of `tools`.
pub static TOOL: Shape = Shape::Object(&TOOL_OBJECT);

/// The first configuration that fits decides, and must be the one of the tool's type.
fn tool(scope: &mut Scope<'_, '_>) {
    let kind = scope.text("type").unwrap_or_default();
    let Some((_, wanted, shape)) = TOOL_CONFIGS.iter().find(|(name, ..)| *name == kind) else {
        return;
    };
    let Some(config) = scope.get("config") else {
        if matches!(kind, "remote_mcp" | "agentcore_gateway" | "inline_function") {
            scope.fault(
                "config",
                format!("is missing: a {kind} tool needs {wanted} in it"),
            );
        }
        return;
    };
    let rejected = |node: &Node, shape: &Shape| {
        let faults = super::walk::validate(node, shape);
        faults
            .into_iter()
            .find(|fault| fault.class == super::fault::Class::Rejected)
    };
    let fits = |(_, key, shape): &&(&str, &str, Shape)| {
        config
            .get(key)
            .is_some_and(|node| rejected(node, shape).is_none())
    };
    let first = TOOL_CONFIGS.iter().find(fits).map(|(_, key, _)| *key);
    if first == Some(*wanted) {
        return;
    }
    let inner = config.get(wanted).and_then(|node| rejected(node, shape));
    match (inner, first) {
        (Some(fault), _) => {
            let place = if fault.path.is_empty() {
                String::new()
            } else {
                format!(".{}", fault.path)
            };
            scope.fault("config", format!("{wanted}{place} {}", fault.words));
        }
        (None, Some(other)) => scope.fault(
            "config",
            format!("must hold {wanted} for a {kind} tool, found {other}"),
        ),
        (None, None) => scope.fault("config", format!("must hold {wanted}")),
    }
}
