//! Calls through an AWS SDK: boto3 and its asynchronous twins, the AWS SDK for JavaScript, the AgentCore SDK's own client.

use super::entries::{opaque, option};
use super::text::text;
use super::{Call, Kind, Proof, Via};
use crate::analysis::names::leaf;
use crate::analysis::values::At;
use crate::model::source::ir::Call as CallExpr;
use crate::model::source::{Expr, ExprKind, FnId, Language, Module, Source};

/// Python method, JavaScript command class, JavaScript method, and what it does. In the JavaScript SDK `XCommand` is the command
/// object of operation `X`: `InvokeAgentRuntimeCommand` invokes, `InvokeAgentRuntimeCommandCommand` runs a shell command.
const OPERATIONS: [(&str, &str, &str, Kind); 5] = [
    (
        "invoke_agent_runtime",
        "InvokeAgentRuntimeCommand",
        "invokeAgentRuntime",
        Kind::Invoke,
    ),
    (
        "invoke_agent_runtime_command",
        "InvokeAgentRuntimeCommandCommand",
        "invokeAgentRuntimeCommand",
        Kind::Command,
    ),
    (
        "stop_runtime_session",
        "StopRuntimeSessionCommand",
        "stopRuntimeSession",
        Kind::Stop,
    ),
    (
        "invoke_harness",
        "InvokeHarnessCommand",
        "invokeHarness",
        Kind::Invoke,
    ),
    (
        "invoke_agent_runtime_with_web_socket_stream",
        "InvokeAgentRuntimeWithWebSocketStreamCommand",
        "invokeAgentRuntimeWithWebSocketStream",
        Kind::Socket,
    ),
];

/// What the operation of a method or command does, in any of the languages.
pub(super) fn operation(name: &str) -> Option<Kind> {
    let found = OPERATIONS
        .iter()
        .find(|(python, command, method, _)| [*python, *command, *method].contains(&name));
    found.map(|(.., kind)| *kind)
}

/// Methods of `bedrock_agentcore.runtime.AgentCoreRuntimeClient` that open a connection; the last tells a bearer token.
const CLIENT: [(&str, Kind, bool); 7] = [
    ("generate_ws_connection", Kind::Socket, false),
    ("generate_presigned_url", Kind::Socket, false),
    ("generate_ws_connection_oauth", Kind::Socket, true),
    ("connect_shell", Kind::Socket, false),
    ("connect_shell_presigned", Kind::Socket, false),
    ("connect_shell_oauth", Kind::Socket, true),
    ("open_shell", Kind::Socket, false),
];

/// Words of a module that replaces the SDK's own signature.
const OWN_SIGNING: [&str; 8] = [
    "UNSIGNED",
    "before-sign",
    "before-send",
    "before-call",
    "httpBearerAuth",
    "httpAuthSchemes",
    "NoAuthSigner",
    "middlewareStack",
];

/// The call as one of an SDK's.
pub(super) fn read<'a>(
    source: &'a Source,
    module: &'a Module,
    function: Option<FnId>,
    expr: &'a Expr,
) -> Option<Call<'a>> {
    let call = expr.as_call()?;
    let (kind, harness, bearer) = match module.language {
        Language::Python => python(source, module, expr, call)?,
        Language::TypeScript => typescript(source, module, expr, call)?,
    };
    let get = |name: &str| option(source, module.id, call, name);
    let arn = get("agentRuntimeArn")
        .or_else(|| get("harnessArn"))
        .or_else(|| get("runtime_arn"))
        .or_else(|| {
            let first = call.args.first().filter(|_| kind == Kind::Socket);
            first.map(|first| At::new(module.id, first))
        });
    let own = OWN_SIGNING
        .iter()
        .any(|word| module.source.text.contains(word));
    Some(Call {
        kind,
        via: Via::Sdk,
        module,
        function,
        expr,
        session: get("runtimeSessionId").or_else(|| get("session_id")),
        user: get("runtimeUserId"),
        mcp_session: get("mcpSessionId"),
        headers: Vec::new(),
        target: arn.map_or_else(String::new, |arn| text(source, arn)),
        proof: Proof {
            sigv4: !own && !bearer,
            bearer,
        },
        opaque: opaque(source, module.id, call),
        harness,
    })
}

fn python(
    source: &Source,
    module: &Module,
    expr: &Expr,
    call: &CallExpr,
) -> Option<(Kind, bool, bool)> {
    let attr = method(&call.callee);
    // `asyncio.to_thread(client.invoke_agent_runtime, agentRuntimeArn=…)`, `partial(client.invoke_agent_runtime, …)`.
    let given = call
        .args
        .iter()
        .filter_map(method)
        .find(|given| OPERATIONS.iter().any(|(name, ..)| name == given));
    let of_service = |name: &str| {
        let known = ["agentRuntimeArn", "runtimeSessionId", "harnessArn"]
            .iter()
            .any(|key| option(source, module.id, call, key).is_some());
        let (_, _, _, kind) = OPERATIONS.iter().find(|(python, ..)| *python == name)?;
        (known || opaque(source, module.id, call)).then_some((
            *kind,
            name == "invoke_harness",
            false,
        ))
    };
    if let Some(name) = given {
        return of_service(name);
    }
    let attr = attr?;
    if let Some((_, kind, bearer)) = CLIENT.iter().find(|(name, ..)| *name == attr) {
        let name = source.callee_name(module.id, expr)?;
        return name
            .contains("AgentCoreRuntimeClient")
            .then_some((*kind, false, *bearer));
    }
    if !OPERATIONS.iter().any(|(name, ..)| *name == attr)
        || source.callee(module.id, expr).is_some()
    {
        return None;
    }
    of_service(attr)
}

fn typescript(
    source: &Source,
    module: &Module,
    expr: &Expr,
    call: &CallExpr,
) -> Option<(Kind, bool, bool)> {
    let written = match &call.callee.kind {
        ExprKind::Name(name) => &**name,
        ExprKind::Attribute { attr, .. } => &**attr,
        _ => return None,
    };
    if call.is_new {
        let canonical = source.callee_name(module.id, expr);
        let name = canonical.map_or(written, leaf);
        let (_, command, _, kind) = OPERATIONS
            .iter()
            .find(|(_, command, ..)| *command == name || *command == written)?;
        return Some((*kind, *command == "InvokeHarnessCommand", false));
    }
    let (_, _, name, kind) = OPERATIONS.iter().find(|(_, _, name, _)| *name == written)?;
    let has = |key: &str| option(source, module.id, call, key).is_some();
    let own = source.callee(module.id, expr).is_some();
    (!own && (has("agentRuntimeArn") || has("harnessArn"))).then_some((
        *kind,
        *name == "invokeHarness",
        false,
    ))
}

/// The member that an expression names: `client.invoke_agent_runtime`, `getattr(client, "invoke_agent_runtime", None)`.
fn method(expr: &Expr) -> Option<&str> {
    match &expr.kind {
        ExprKind::Attribute { attr, .. } => Some(attr),
        ExprKind::Conditional(ways) => method(&ways.body),
        _ => None,
    }
}
