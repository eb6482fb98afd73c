//! What is surely used of AgentCore's own parts: logs, traces, image, memories, gateways, credentials, tools.

use super::agentcore::{own_bundles, upper};
use super::code::Code;
use super::invoked::NOT_SEEN;
use super::needs::Need;
use super::values::texts;
use super::words::Words;
use super::{Statements, Subject, UNKNOWN_SUFFIX, memory_calls, signed};
use crate::analysis::agent_code::evidence;
use crate::analysis::names::leaf;
use crate::model::finding::Evidence;
use crate::model::project::Agent;
use crate::model::source::ModuleId;
use crate::model::source::ir::{Call, Expr, ExprKind};

/// Adds the needs.
pub(super) fn add<'a>(
    subject: &Subject<'a>,
    code: Option<&Code<'_, 'a>>,
    words: &Words<'_>,
    statements: &mut Statements,
) {
    observed(subject, statements);
    image(subject, statements);
    let Some(code) = code else { return };
    memory(subject, code, words, statements);
    gateways(subject, code, words, statements);
    credentials(subject, code, statements);
    bundles(subject, code, words, statements);
    tools(subject, code, statements);
}

fn observed(subject: &Subject<'_>, statements: &mut Statements) {
    let place = Evidence::config(subject.agent.site());
    let id = subject.runtime_id();
    let group = |end: &str| {
        subject.arn(
            "logs",
            &format!("log-group:/aws/bedrock-agentcore/runtimes/{id}-{end}"),
        )
    };
    let every = [group("*")];
    for action in ["logs:CreateLogStream", "logs:PutLogEvents"] {
        let stream = group("DEFAULT:log-stream:*");
        let need = Need::new(action, stream, "writing its logs", place.clone());
        statements.need(need.granted_on(every.clone()));
    }
    // The request names no group: a statement on the groups of AgentCore alone does not match it.
    let all = subject.arn("logs", "log-group::log-stream:*");
    let need = Need::new(
        "logs:DescribeLogGroups",
        all,
        "finding its log group",
        place.clone(),
    );
    statements.need(need.granted_on(["*".to_owned()]));
    let runtime = subject.agent.runtime();
    let traced = runtime.and_then(|runtime| runtime.enable_otel.as_ref());
    if traced.is_none_or(|traced| traced.value) {
        let need = Need::new("xray:PutTraceSegments", "*", "sending traces", place);
        statements.need(need.unsure(Some(
            "a runtime that keeps its spans in its own log group sends none to X-Ray".to_owned(),
        )));
    }
}

fn image(subject: &Subject<'_>, statements: &mut Statements) {
    let Agent::Runtime(runtime) = subject.agent else {
        return;
    };
    let Some(build) = runtime
        .build
        .as_ref()
        .filter(|build| build.value == "Container")
    else {
        return;
    };
    let place = Evidence::config(&build.site);
    let own = format!("repository/{}/{}", subject.names.project, runtime.name).to_lowercase();
    let own = [subject.arn("ecr", &own)];
    let by = "pulling its image";
    statements.need(Need::new(
        "ecr:GetAuthorizationToken",
        "*",
        by,
        place.clone(),
    ));
    for action in ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"] {
        // The repository may be shared, or of another account.
        let any = "arn:*:ecr:*:*:repository/*";
        statements.need(Need::new(action, any, by, place.clone()).granted_on(own.clone()));
    }
}

pub(super) fn why<'a>(code: &Code<'_, 'a>, module: ModuleId, expr: &Expr) -> Option<String> {
    (!code.surely_runs(module, expr.range)).then(|| NOT_SEEN.to_owned())
}

/// Calls of the AgentCore SDK, and of what frameworks build on it.
fn memory<'a>(
    subject: &Subject<'a>,
    code: &Code<'_, 'a>,
    words: &Words<'_>,
    statements: &mut Statements,
) {
    let memories = &subject.context.project.memories;
    let named: Vec<&str> = memories
        .iter()
        .map(|memory| memory.name.as_str())
        .filter(|name| words.any_contains(&format!("MEMORY_{}_ID", upper(name))))
        .collect();
    // By name and the ten characters that AWS makes up: a role that only the CLI's construct shows has no others.
    let resource = match named.as_slice() {
        [name] => subject.core(&format!(
            "memory/{}_{name}-{UNKNOWN_SUFFIX}",
            subject.names.project
        )),
        _ => "*".to_owned(),
    };
    for call in memory_calls::calls(subject, code) {
        let known = !call.memories.is_empty();
        let unsure = why(code, call.module, call.expr).or_else(|| {
            (memories.is_empty() && !known).then(|| "the project configures no memory".to_owned())
        });
        let resources: Vec<&str> = match known {
            true => call.memories.iter().map(String::as_str).collect(),
            false => vec![&resource],
        };
        for action in call.actions {
            let action = format!("bedrock-agentcore:{action}");
            for resource in &resources {
                let place = evidence(code.source(), call.module, call.expr.range);
                let need = Need::new(&action, *resource, call.by, place);
                statements.need(need.unsure(unsure.clone()));
            }
        }
    }
}

fn gateways<'a>(
    subject: &Subject<'a>,
    code: &Code<'_, 'a>,
    words: &Words<'_>,
    statements: &mut Statements,
) {
    let Some((module, expr)) = signed::first(subject, code) else {
        return;
    };
    for gateway in &subject.context.project.gateways {
        let kind = gateway
            .authorizer_type
            .as_ref()
            .map(|kind| kind.value.as_str());
        let name = &gateway.name;
        let variable = format!("AGENTCORE_GATEWAY_{}_", upper(name));
        if !matches!(kind, Some("AWS_IAM" | "AUTHENTICATE_ONLY")) || !words.any_contains(&variable)
        {
            continue;
        }
        let id =
            format!("gateway/{}-{name}-{UNKNOWN_SUFFIX}", subject.names.project).to_lowercase();
        let arn = subject.core(&id);
        let place = evidence(code.source(), module, expr.range);
        let by = format!("calling gateway {name}");
        let need = Need::new("bedrock-agentcore:InvokeGateway", arn, &by, place);
        statements.need(need.unsure(why(code, module, expr)));
    }
}

/// `@requires_access_token(provider_name=…)`, `@requires_api_key(provider_name=…)`.
fn credentials<'a>(subject: &Subject<'a>, code: &Code<'_, 'a>, statements: &mut Statements) {
    for module in code.agent().modules() {
        for function in &module.functions {
            for decorator in &function.decorators {
                let Some(call) = decorator.as_call() else {
                    continue;
                };
                let name = code.source().callee_name(module.id, decorator);
                let (action, kind) = match name.map_or("", leaf) {
                    "requires_access_token" => {
                        ("bedrock-agentcore:GetResourceOauth2Token", "oauth2")
                    }
                    "requires_api_key" => ("bedrock-agentcore:GetResourceApiKey", "apikey"),
                    _ => continue,
                };
                let provider = call
                    .option("provider_name")
                    .map(|value| texts(subject, code, module.id, value))
                    .filter(|found| found.complete && found.all.len() == 1);
                let provider = provider.and_then(|found| found.all.into_iter().next());
                let arn = |name: &str| {
                    subject.core(&format!(
                        "token-vault/default/{kind}credentialprovider/{name}"
                    ))
                };
                let resource = provider.as_deref().map_or_else(|| "*".to_owned(), arn);
                let directory = "workload-identity-directory/default";
                let physical = subject.physical();
                let granted = [
                    subject.core(directory),
                    subject.core(&format!("{directory}/workload-identity/{physical}-*")),
                    subject.core("token-vault/default"),
                    arn(provider.as_deref().unwrap_or("*")),
                ];
                let used = !code.callers().is_idle(function)
                    && code.surely_runs(module.id, function.header);
                let place = evidence(code.source(), module.id, decorator.range);
                let need = Need::new(action, resource, name.map_or("", leaf), place);
                let unsure = (!used).then(|| NOT_SEEN.to_owned());
                statements.need(need.unsure(unsure).granted_on(granted));
            }
        }
    }
}

/// `BedrockAgentCoreContext.get_config_bundle()`: the SDK reads the bundle that the request names, and raises where it may not.
fn bundles<'a>(
    subject: &Subject<'a>,
    code: &Code<'_, 'a>,
    words: &Words<'_>,
    statements: &mut Statements,
) {
    let source = code.source();
    let mut calls = code.calls();
    let asked = calls.find(|(module, expr, _)| {
        source.callee_name(*module, expr).is_some_and(|name| {
            leaf(name) == "get_config_bundle" && name.starts_with("bedrock_agentcore.")
        })
    });
    let Some((module, expr, _)) = asked else {
        return;
    };
    for arn in own_bundles(subject, words) {
        let place = evidence(source, module, expr.range);
        let action = "bedrock-agentcore:GetConfigurationBundleVersion";
        let need = Need::new(action, arn, "get_config_bundle", place);
        statements.need(need.unsure(why(code, module, expr)));
    }
}

/// The interpreter and the browser that AWS owns.
const INTERPRETER: &str = "code-interpreter/aws.codeinterpreter.v1";
const BROWSER: &str = "browser/aws.browser.v1";
/// What is called of them; the last ends a session.
const INTERPRETER_CALLS: [&str; 3] = [
    "StartCodeInterpreterSession",
    "InvokeCodeInterpreter",
    "StopCodeInterpreterSession",
];
const BROWSER_CALLS: [&str; 3] = [
    "StartBrowserSession",
    "ConnectBrowserAutomationStream",
    "StopBrowserSession",
];

/// `client.stop()` of the SDK's clients of both.
fn ended<'a>(
    code: &Code<'_, 'a>,
    module: ModuleId,
    call: &'a Call,
) -> Option<(&'static str, &'static [&'static str])> {
    let ExprKind::Attribute { base, attr } = &call.callee.kind else {
        return None;
    };
    if &**attr != "stop" {
        return None;
    }
    let owner = code.source().type_of(module, base)?;
    match leaf(&owner.type_name) {
        "CodeInterpreter" => Some((INTERPRETER, &INTERPRETER_CALLS[2..])),
        "BrowserClient" => Some((BROWSER, &BROWSER_CALLS[2..])),
        _ => None,
    }
}

/// Code interpreter and browser, of AWS or of one's own.
fn tools<'a>(subject: &Subject<'a>, code: &Code<'_, 'a>, statements: &mut Statements) {
    let own = code.calls().any(|(.., call)| {
        [
            "identifier",
            "browser_identifier",
            "code_interpreter_identifier",
            "browserIdentifier",
            "codeInterpreterIdentifier",
        ]
        .iter()
        .any(|key| call.option(key).is_some())
    });
    for (module, expr, call) in code.calls() {
        let Some(name) = code.source().callee_name(module, expr) else {
            continue;
        };
        let of_sdk = ["bedrock_agentcore.", "strands_tools.", "bedrock-agentcore."]
            .iter()
            .any(|package| name.starts_with(package));
        let (resource, actions) = match leaf(name) {
            _ if !of_sdk => continue,
            // What a context manager does at its end is as certain as what it begins with.
            "code_session" => (INTERPRETER, &INTERPRETER_CALLS[..]),
            "AgentCoreCodeInterpreter" | "CodeInterpreter" => {
                (INTERPRETER, &INTERPRETER_CALLS[..2])
            }
            "browser_session" => (BROWSER, &BROWSER_CALLS[..]),
            "AgentCoreBrowser" | "BrowserClient" => (BROWSER, &BROWSER_CALLS[..2]),
            _ => match ended(code, module, call) {
                Some(ended) => ended,
                None => continue,
            },
        };
        let names = &subject.names;
        let arn = |region: &str| {
            format!(
                "arn:{}:bedrock-agentcore:{region}:aws:{resource}",
                names.partition
            )
        };
        let place = evidence(code.source(), module, expr.range);
        for action in actions {
            let action = format!("bedrock-agentcore:{action}");
            let unscoped = crate::iam::actions::Action::lookup(&action)
                .is_some_and(|known| !known.resource_types);
            let (resource, granted) = match own || unscoped {
                true if unscoped => ("*".to_owned(), "*".to_owned()),
                true => ("*".to_owned(), arn(&names.region)),
                false => (arn("*"), arn(&names.region)),
            };
            let need = Need::new(&action, resource, leaf(name), place.clone());
            statements.need(need.unsure(why(code, module, expr)).granted_on([granted]));
        }
    }
}
