//! What every agent needs of AgentCore, and what it uses of it: logs, traces, image, memories, gateways, credentials, tools.

use serde_json::json;

use super::code::Code;
use super::memory::MEMORY_INTEGRATION;
use super::words::Words;
use super::{Statements, Subject, UNKNOWN_SUFFIX, identity, memory};
use crate::iam::actions::Action;
use crate::model::json::Node;
use crate::model::project::{Agent, Named};

/// A name as the construct writes it into an environment variable.
pub(super) fn upper(name: &str) -> String {
    name.chars()
        .map(|letter| {
            if letter.is_ascii_alphanumeric() {
                letter.to_ascii_uppercase()
            } else {
                '_'
            }
        })
        .collect()
}

/// Actions of AgentCore by their names.
pub(super) fn core_actions<'n>(names: impl IntoIterator<Item = &'n str>) -> Vec<String> {
    names
        .into_iter()
        .map(|name| format!("bedrock-agentcore:{name}"))
        .collect()
}

/// Adds what AgentCore's own parts need.
pub(super) fn add<'a>(
    subject: &Subject<'a>,
    code: Option<&Code<'_, 'a>>,
    words: &Words<'_>,
    statements: &mut Statements,
) {
    observe(subject, statements);
    image(subject, statements);
    memory::add(subject, code, words, statements);
    identity::gateways(subject, words, statements);
    identity::credentials(subject, words, statements);
    bundles(subject, words, statements);
    tools(subject, words, statements);
    connections(subject, statements);
}

fn observe(subject: &Subject<'_>, statements: &mut Statements) {
    let group = format!(
        "log-group:/aws/bedrock-agentcore/runtimes/{}-*",
        subject.runtime_id()
    );
    statements.allow(
        "WriteOwnLogs",
        [
            "logs:CreateLogGroup",
            "logs:CreateLogStream",
            "logs:DescribeLogStreams",
            "logs:PutLogEvents",
        ],
        [subject.arn("logs", &group)],
    );
    statements.allow("FindLogGroups", ["logs:DescribeLogGroups"], ["*"]);
    let traced = subject
        .agent
        .runtime()
        .and_then(|runtime| runtime.enable_otel.as_ref());
    if traced.is_none_or(|traced| traced.value) {
        statements.allow(
            "WriteTraces",
            [
                "xray:PutTraceSegments",
                "xray:PutTelemetryRecords",
                "xray:GetSamplingRules",
                "xray:GetSamplingTargets",
            ],
            ["*"],
        );
    }
    let unified = subject.agent.common().env.iter().any(|(name, value)| {
        name == "UNIFIED_TRACES_DESTINATION_ENABLED" && value.value.eq_ignore_ascii_case("true")
    });
    if unified && traced.is_none_or(|traced| traced.value) {
        // Spans go to the agent's own log group, and X-Ray is let in there.
        statements.allow("LetTracesIn", ["logs:PutResourcePolicy"], ["*"]);
    }
    statements.allow_when(
        "WriteMetrics",
        ["cloudwatch:PutMetricData"],
        ["*"],
        Some(json!({"StringEquals": {"cloudwatch:namespace": "bedrock-agentcore"}})),
    );
}

fn image(subject: &Subject<'_>, statements: &mut Statements) {
    let pull = [
        "ecr:BatchGetImage",
        "ecr:GetDownloadUrlForLayer",
        "ecr:BatchCheckLayerAvailability",
    ];
    let container = match subject.agent {
        Agent::Runtime(runtime) => runtime
            .build
            .as_ref()
            .is_some_and(|build| build.value == "Container"),
        Agent::Harness(harness) => {
            // The service runs a harness on a public image.
            statements.allow(
                "FetchPublicImage",
                [
                    "ecr-public:GetAuthorizationToken",
                    "sts:GetServiceBearerToken",
                ],
                ["*"],
            );
            harness
                .document
                .read()
                .is_some_and(|document| document.root.get("dockerfile").is_some())
        }
    };
    if !container {
        return;
    }
    let repository = format!(
        "repository/{}/{}",
        subject.names.project,
        subject.agent.name()
    )
    .to_lowercase();
    statements.allow("LogInToImages", ["ecr:GetAuthorizationToken"], ["*"]);
    statements.allow("PullOwnImage", pull, [subject.arn("ecr", &repository)]);
    let service = format!("ecr.{}.amazonaws.com", subject.names.region);
    statements.allow_when(
        "DecryptOwnImage",
        ["kms:Decrypt"],
        [subject.arn("kms", "key/*")],
        Some(json!({"StringEquals": {"kms:ViaService": service}})),
    );
    statements.note("the key of the image repository is made by the first deploy: put its ARN in place of key/*");
}

/// A resource's ARN as far as it is known: from the deployed state, else its name and ten characters that AWS makes up.
pub(super) fn known_or(arn: Option<String>, otherwise: String) -> String {
    arn.unwrap_or(otherwise)
}

/// The ARNs of the project's configuration bundles that an agent reads: those that name it, and all where its code asks for one. The
/// construct puts project and name together with nothing between.
pub(super) fn own_bundles(subject: &Subject<'_>, words: &Words<'_>) -> Vec<String> {
    let project = &subject.context.project;
    let runtime = format!("{{{{runtime:{}}}}}", subject.agent.name());
    let asks = !words.known || words.any_contains("get_config_bundle");
    let names_it = |bundle: &&Named| {
        let components = bundle.node.get("components");
        components.is_some_and(|components| components.get(&runtime).is_some())
    };
    let bundles = project.config_bundles.iter();
    bundles
        .filter(|bundle| !bundle.name.starts_with('#') && (asks || names_it(bundle)))
        .map(|bundle| {
            let name = format!("{}{}", subject.names.project, bundle.name);
            subject.core(&format!("configuration-bundle/{name}-{UNKNOWN_SUFFIX}"))
        })
        .collect()
}

/// The SDK reads the bundle that a request names.
fn bundles(subject: &Subject<'_>, words: &Words<'_>, statements: &mut Statements) {
    statements.allow(
        "ReadOwnBundles",
        core_actions([
            "GetConfigurationBundle",
            "GetConfigurationBundleVersion",
            "ListConfigurationBundleVersions",
        ]),
        own_bundles(subject, words),
    );
}

/// Code interpreter and browser that AWS owns.
fn tools(subject: &Subject<'_>, words: &Words<'_>, statements: &mut Statements) {
    let owned = |resource: &str| {
        let names = &subject.names;
        format!(
            "arn:{}:bedrock-agentcore:{}:aws:{resource}",
            names.partition, names.region
        )
    };
    let harness = match subject.agent {
        Agent::Harness(harness) => harness
            .document
            .read()
            .map(|document| document.source.text.clone())
            .unwrap_or_default(),
        Agent::Runtime(_) => "".into(),
    };
    let uses = |in_code: &[&str], in_harness: &str| {
        in_code.iter().any(|word| words.has(word)) || harness.contains(in_harness)
    };
    if uses(
        &[
            "AgentCoreCodeInterpreter",
            "CodeInterpreter",
            "code_session",
            "start_code_interpreter_session",
        ],
        "code_interpreter",
    ) {
        statements.allow(
            "UseCodeInterpreter",
            core_actions([
                "StartCodeInterpreterSession",
                "InvokeCodeInterpreter",
                "StopCodeInterpreterSession",
                "GetCodeInterpreterSession",
                "ListCodeInterpreterSessions",
            ]),
            [owned("code-interpreter/aws.codeinterpreter.v1")],
        );
    }
    if uses(
        &[
            "AgentCoreBrowser",
            "BrowserClient",
            "browser_session",
            "start_browser_session",
        ],
        "agentcore_browser",
    ) {
        statements.allow(
            "UseBrowser",
            core_actions([
                "StartBrowserSession",
                "StopBrowserSession",
                "GetBrowserSession",
                "UpdateBrowserStream",
            ]),
            [owned("browser/aws.browser.v1")],
        );
        let stream = core_actions([
            "ConnectBrowserAutomationStream",
            "ConnectBrowserLiveViewStream",
        ]);
        let known = stream
            .into_iter()
            .filter(|action| Action::lookup(action).is_some_and(|action| !action.resource_types));
        statements.allow("WatchBrowser", known, ["*"]);
    }
}

/// `connections[]`: what is used outside of the project, by ARN.
fn connections(subject: &Subject<'_>, statements: &mut Statements) {
    let Some(runtime) = subject.agent.runtime() else {
        return;
    };
    let connections = runtime
        .node
        .get("connections")
        .map(Node::items)
        .unwrap_or_default();
    for target in connections
        .iter()
        .filter_map(|connection| connection.get("to"))
    {
        let text = |key: &str| target.get(key).and_then(Node::as_str);
        let Some(arn) = text("arn") else {
            continue;
        };
        match text("type") {
            Some("memory") => statements.allow(
                "UseConnectedMemory",
                core_actions(MEMORY_INTEGRATION),
                [arn],
            ),
            Some("gateway") => {
                let auth = |path: &[&str]| target.path(&[&["outboundAuth"], path].concat());
                let provider = auth(&["oauth", "providerArn"]).and_then(Node::as_str);
                match provider {
                    Some(provider) => identity::connected(subject, provider, statements),
                    None if auth(&["none"]).is_some() => {}
                    None => statements.allow(
                        "CallConnectedGateway",
                        core_actions(["InvokeGateway"]),
                        [arn],
                    ),
                }
            }
            Some("runtime") => {
                let endpoints = format!("{arn}/runtime-endpoint/*");
                statements.allow(
                    "CallConnectedRuntime",
                    core_actions(["InvokeAgentRuntime"]),
                    [arn.to_owned(), endpoints],
                );
                if target.get("exec").and_then(Node::as_bool) == Some(true) {
                    statements.note(format!("the connection to {arn} asks for commands: grant them by a policy of their own (--kind command)"));
                }
            }
            _ => statements.note(format!(
                "the connection to {arn} is left out: nothing is known of what its kind needs"
            )),
        }
    }
}
