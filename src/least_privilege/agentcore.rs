//! What every agent needs of AgentCore, and what it uses of it: logs, traces, image, memories, gateways, credentials, tools.

use std::collections::BTreeSet;

use serde_json::json;

use super::{Statements, Subject, UNKNOWN_SUFFIX};
use crate::iam::actions::Action;
use crate::model::json::Node;
use crate::model::project::{Agent, Credential};
use crate::model::source::ir::ExprKind;

/// What code calls on a memory, and the action that each call is.
const MEMORY_CALLS: [(&str, &str); 24] = [
    ("create_event", "CreateEvent"),
    ("create_blob_event", "CreateEvent"),
    ("save_conversation", "CreateEvent"),
    ("save_turn", "CreateEvent"),
    ("add_turns", "CreateEvent"),
    ("process_turn", "CreateEvent"),
    ("process_turn_with_llm", "CreateEvent"),
    ("fork_conversation", "CreateEvent"),
    ("get_event", "GetEvent"),
    ("list_events", "ListEvents"),
    ("get_last_k_turns", "ListEvents"),
    ("list_branches", "ListEvents"),
    ("delete_event", "DeleteEvent"),
    ("retrieve_memories", "RetrieveMemoryRecords"),
    ("retrieve_memory_records", "RetrieveMemoryRecords"),
    ("search_long_term_memories", "RetrieveMemoryRecords"),
    ("list_long_term_memory_records", "ListMemoryRecords"),
    ("list_memory_records", "ListMemoryRecords"),
    ("get_memory_record", "GetMemoryRecord"),
    ("delete_memory_record", "DeleteMemoryRecord"),
    ("batch_create_memory_records", "BatchCreateMemoryRecords"),
    ("list_sessions", "ListSessions"),
    ("list_actors", "ListActors"),
    ("get_memory", "GetMemory"),
];

/// What an integration of a framework uses: it reads and writes events and reads long-term records.
const MEMORY_INTEGRATION: [&str; 9] = [
    "CreateEvent",
    "GetEvent",
    "ListEvents",
    "ListSessions",
    "ListActors",
    "RetrieveMemoryRecords",
    "ListMemoryRecords",
    "GetMemoryRecord",
    "GetMemory",
];

/// Words of the code: text literals and the names of members.
struct Words {
    all: BTreeSet<String>,
    /// False where there is no code, or it could not be read: then everything that is configured counts as used.
    known: bool,
}

impl Words {
    fn of(subject: &Subject<'_>) -> Self {
        let source = &subject.context.source;
        let code = source.runtime(subject.agent.name());
        let mut all = BTreeSet::new();
        let modules = code.map_or(&[][..], |code| code.reachable.as_slice());
        for module in modules.iter().filter_map(|&id| source.module(id)) {
            for (_, expr) in module.all_expressions() {
                match &expr.kind {
                    ExprKind::Str(text) if text.len() < 200 => all.insert(text.to_string()),
                    ExprKind::Attribute { attr, .. } => all.insert(attr.to_string()),
                    ExprKind::Name(name) => all.insert(name.to_string()),
                    _ => false,
                };
            }
        }
        let known = code.is_some_and(|code| code.entry.is_some());
        Self { all, known }
    }

    fn has(&self, word: &str) -> bool {
        self.all.contains(word)
    }

    fn any_contains(&self, part: &str) -> bool {
        self.all.iter().any(|word| word.contains(part))
    }

    /// True where the resource with a name, or its variable, stands in the code.
    fn names(&self, name: &str, variable: &str) -> bool {
        !self.known || self.has(name) || self.any_contains(variable)
    }
}

/// A name as the construct writes it into an environment variable.
fn upper(name: &str) -> String {
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

fn core_actions<'n>(names: impl IntoIterator<Item = &'n str>) -> Vec<String> {
    names
        .into_iter()
        .map(|name| format!("bedrock-agentcore:{name}"))
        .collect()
}

/// Adds what AgentCore's own parts need.
pub(super) fn add(subject: &Subject<'_>, statements: &mut Statements) {
    let words = Words::of(subject);
    observe(subject, statements);
    image(subject, statements);
    memories(subject, &words, statements);
    gateways(subject, &words, statements);
    credentials(subject, &words, statements);
    tools(subject, &words, statements);
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
fn known_or(arn: Option<String>, otherwise: String) -> String {
    arn.unwrap_or(otherwise)
}

fn memories(subject: &Subject<'_>, words: &Words, statements: &mut Statements) {
    let deployed = subject.context.deployed();
    let used: BTreeSet<&str> = MEMORY_CALLS
        .iter()
        .filter(|(call, _)| words.has(call))
        .map(|(_, action)| *action)
        .collect();
    let integrated =
        words.any_contains("AgentCoreMemory") || words.any_contains("MemorySessionManager");
    let actions: Vec<&str> = if used.is_empty() || integrated {
        used.iter().copied().chain(MEMORY_INTEGRATION).collect()
    } else {
        used.into_iter().collect()
    };
    for memory in &subject.context.project.memories {
        let name = &memory.name;
        if !words.names(name, &format!("MEMORY_{}_ID", upper(name))) {
            statements.note(format!(
                "memory {name} is left out: the code does not name it or its variable MEMORY_{}_ID",
                upper(name)
            ));
            continue;
        }
        let known = deployed.and_then(|target| target.memories.get(name)?.arn.clone());
        let arn = known_or(
            known,
            subject.core(&format!(
                "memory/{}_{name}-{UNKNOWN_SUFFIX}",
                subject.names.project
            )),
        );
        statements.allow("UseMemory", core_actions(actions.clone()), [arn]);
    }
    if let Agent::Harness(harness) = subject.agent
        && let Some(document) = harness.document.read()
        && document
            .root
            .path(&["memory", "mode"])
            .and_then(Node::as_str)
            == Some("managed")
    {
        // The service cuts the name here.
        let prefix: String = subject.physical().chars().take(34).collect();
        let all = MEMORY_INTEGRATION
            .into_iter()
            .chain(["DeleteEvent", "DeleteMemoryRecord"]);
        statements.allow(
            "UseManagedMemory",
            core_actions(all),
            [subject.core(&format!("memory/{prefix}*"))],
        );
    }
}

fn gateways(subject: &Subject<'_>, words: &Words, statements: &mut Statements) {
    let deployed = subject.context.deployed();
    for gateway in &subject.context.project.gateways {
        let name = &gateway.name;
        let variable = format!("AGENTCORE_GATEWAY_{}_", upper(name));
        if !words.names(name, &variable) {
            statements.note(format!("gateway {name} is left out: the code does not name it or its variable {variable}URL"));
            continue;
        }
        let known = deployed.and_then(|target| target.gateways.get(name)?.arn.clone());
        let id =
            format!("gateway/{}-{name}-{UNKNOWN_SUFFIX}", subject.names.project).to_lowercase();
        match gateway
            .authorizer_type
            .as_ref()
            .map(|kind| kind.value.as_str())
        {
            Some("CUSTOM_JWT") => oauth(subject, &format!("{name}-oauth"), statements),
            Some("AWS_IAM" | "AUTHENTICATE_ONLY") => {
                statements.allow(
                    "CallGateway",
                    core_actions(["InvokeGateway"]),
                    [known_or(known, subject.core(&id))],
                );
            }
            _ => {}
        }
    }
}

/// Directory and workload identity of the agent.
fn identity(subject: &Subject<'_>) -> [String; 2] {
    let directory = "workload-identity-directory/default";
    [
        subject.core(directory),
        subject.core(&format!(
            "{directory}/workload-identity/{}-*",
            subject.physical()
        )),
    ]
}

fn token(subject: &Subject<'_>, statements: &mut Statements) {
    statements.allow(
        "GetOwnWorkloadToken",
        core_actions(["GetWorkloadAccessToken", "GetWorkloadAccessTokenForJWT"]),
        identity(subject),
    );
}

fn secret(subject: &Subject<'_>, kind: &str, name: &str, statements: &mut Statements) {
    let secret = format!("secret:bedrock-agentcore-identity!default/{kind}/{name}-*");
    statements.allow(
        "ReadCredentialSecret",
        ["secretsmanager:GetSecretValue"],
        [subject.arn("secretsmanager", &secret)],
    );
}

fn oauth(subject: &Subject<'_>, provider: &str, statements: &mut Statements) {
    let vault = subject.core("token-vault/default");
    let own = subject.core(&format!(
        "token-vault/default/oauth2credentialprovider/{provider}"
    ));
    let resources = identity(subject).into_iter().chain([vault, own]);
    statements.allow(
        "GetOauthToken",
        core_actions(["GetResourceOauth2Token"]),
        resources,
    );
    secret(subject, "oauth2", provider, statements);
    token(subject, statements);
}

fn api_key(subject: &Subject<'_>, provider: &str, statements: &mut Statements) {
    let vault = subject.core("token-vault/default");
    let own = subject.core(&format!(
        "token-vault/default/apikeycredentialprovider/{provider}"
    ));
    let resources = identity(subject).into_iter().chain([vault, own]);
    statements.allow("GetApiKey", core_actions(["GetResourceApiKey"]), resources);
    secret(subject, "apikey", provider, statements);
    token(subject, statements);
}

fn credentials(subject: &Subject<'_>, words: &Words, statements: &mut Statements) {
    let project = &subject.context.project;
    let harness = match subject.agent {
        Agent::Harness(harness) => harness
            .document
            .read()
            .map(|document| document.source.text.clone()),
        Agent::Runtime(_) => None,
    };
    let gateway_own = |credential: &&Credential| {
        // What a gateway presents to its targets, the gateway's role gets.
        let mut targets = project.gateways.iter().flat_map(|gateway| &gateway.targets);
        targets.any(|target| {
            target
                .credential
                .as_ref()
                .is_some_and(|name| name.value == credential.name)
        })
    };
    for credential in &project.credentials {
        let name = &credential.name;
        let variable = format!("CREDENTIAL_{}_NAME", upper(name));
        let named = match &harness {
            Some(text) => text.contains(name.as_str()),
            None => words.known && (words.has(name) || words.any_contains(&variable)),
        };
        let blind = harness.is_none() && !words.known && !gateway_own(&credential);
        if !named && !blind {
            if !gateway_own(&credential) {
                statements.note(format!("credential {name} is left out: the code does not name it or its variable {variable}"));
            }
            continue;
        }
        match credential.kind.as_ref().map(|kind| kind.value.as_str()) {
            Some("OAuthCredentialProvider") => oauth(subject, name, statements),
            Some("ApiKeyCredentialProvider") => api_key(subject, name, statements),
            _ => statements.note(format!(
                "credential {name}: nothing is known of what its kind needs"
            )),
        }
    }
}

/// Code interpreter and browser that AWS owns.
fn tools(subject: &Subject<'_>, words: &Words, statements: &mut Statements) {
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
            Some("gateway") if target.path(&["outboundAuth", "oauth"]).is_none() => {
                statements.allow(
                    "CallConnectedGateway",
                    core_actions(["InvokeGateway"]),
                    [arn],
                );
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
