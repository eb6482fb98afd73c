//! Calls over plain HTTP: any client, recognised by the address or the headers that only a runtime has.

use std::collections::BTreeSet;

use super::entries::{entries, option};
use super::text::text;
use super::{Call, Kind, Proof, Via};
use crate::analysis::names::leaf;
use crate::analysis::values::At;
use crate::model::source::ir::{Call as CallExpr, StmtKind};
use crate::model::source::walk::{self, Node};
use crate::model::source::{Expr, ExprKind, FnId, Module, Source};

/// The header that carries the session id.
pub(crate) const SESSION_HEADER: &str = "x-amzn-bedrock-agentcore-runtime-session-id";
/// The header that carries the user id.
pub(crate) const USER_HEADER: &str = "x-amzn-bedrock-agentcore-runtime-user-id";

/// Methods and functions that send a request.
const SENDERS: [&str; 22] = [
    "get",
    "post",
    "put",
    "patch",
    "delete",
    "request",
    "stream",
    "fetch",
    "axios",
    "got",
    "ky",
    "ws_connect",
    "connect",
    "create_connection",
    "urlopen",
    "WebSocket",
    "$fetch",
    "ofetch",
    "fetchEventSource",
    "EventSource",
    "Request",
    "invoke",
];
/// MCP clients of both SDKs.
pub(super) const MCP_CLIENTS: [&str; 5] = [
    "streamablehttp_client",
    "streamable_http_client",
    "sse_client",
    "StreamableHTTPClientTransport",
    "SSEClientTransport",
];
/// Requests that are made to be signed, and sent by something else.
const PREPARED: [&str; 2] = ["AWSRequest", "HttpRequest"];
/// What signs with SigV4.
const SIGNERS: [&str; 11] = [
    "SigV4Auth",
    "S3SigV4Auth",
    "SigV4QueryAuth",
    "AWS4Auth",
    "AWSV4SignerAuth",
    "SigV4HTTPXAuth",
    "SigV4AuthRefreshable",
    "SignatureV4",
    "AwsClient",
    "BotoAWSRequestsAuth",
    "AWSSigV4",
];

/// The call as one over HTTP.
pub(super) fn read<'a>(
    source: &'a Source,
    module: &'a Module,
    function: Option<FnId>,
    expr: &'a Expr,
) -> Option<Call<'a>> {
    let call = expr.as_call()?;
    let written = match &call.callee.kind {
        ExprKind::Name(name) => &**name,
        ExprKind::Attribute { attr, .. } => &**attr,
        _ => return None,
    };
    let mcp = MCP_CLIENTS.contains(&written);
    if !mcp && !SENDERS.contains(&written) && !PREPARED.contains(&written)
        || source.callee(module.id, expr).is_some()
        || reads_a_mapping(source, module, expr, call, written)
    {
        return None;
    }
    // What sends a request made before: the request has the address and the headers, and is the call that is read.
    let sends_request = call.args.first().is_some_and(|first| {
        source
            .type_of(module.id, first)
            .is_some_and(|made| leaf(&made.type_name) == "Request")
    });
    if sends_request {
        return None;
    }
    let url = address(source, module, call);
    let headers = headers(source, module, call);
    if !leads_to_runtime(&url, &headers) {
        return None;
    }
    let kind = if mcp {
        Kind::Mcp
    } else {
        kind(source, module, call, written, &url)
    };
    // What a browser opens cannot have headers: it is signed into the query.
    let query =
        given(call, "query", source, module).map_or_else(Vec::new, |query| entries(source, query));
    let value_of = |header: &str| {
        let mut given = headers.iter().chain(&query).rev();
        let found = given.find(|(name, _)| name.eq_ignore_ascii_case(header));
        found.map(|(_, value)| *value)
    };
    let session = value_of(SESSION_HEADER);
    let user = value_of(USER_HEADER);
    let in_address = url
        .to_ascii_lowercase()
        .contains(&SESSION_HEADER.to_ascii_lowercase());
    let proof = proof(source, module, function, call, &headers);
    Some(Call {
        kind,
        via: Via::Http,
        module,
        function,
        expr,
        session,
        user,
        mcp_session: None,
        opaque: in_address
            || headers.is_empty() && given(call, "headers", source, module).is_some(),
        headers,
        target: url,
        proof,
        harness: false,
    })
}

/// Whether a `get` looks a key up: `os.environ.get("URL", "https://…")`, `settings.get("url", default)`. A request's first argument
/// is an address.
fn reads_a_mapping(
    source: &Source,
    module: &Module,
    expr: &Expr,
    call: &CallExpr,
    written: &str,
) -> bool {
    if written != "get" {
        return false;
    }
    let name = source.callee_name(module.id, expr);
    if name.is_some_and(|name| matches!(name, "os.environ.get" | "dict.get" | "Map.get")) {
        return true;
    }
    let first = call.args.first();
    let key = first.and_then(|first| source.string(module.id, first));
    key.is_some_and(|key| !key.contains(['/', ':', '.']))
}

/// Drops requests that are only prepared where the function sends one as well: they are the same request.
pub(super) fn without_prepared(calls: &mut Vec<Call<'_>>) {
    let sent: BTreeSet<Option<FnId>> = calls
        .iter()
        .filter(|call| call.via == Via::Http && !is_prepared(call.expr))
        .map(|call| call.function)
        .collect();
    calls.retain(|call| {
        call.via == Via::Sdk || !is_prepared(call.expr) || !sent.contains(&call.function)
    });
}

/// Whether the call only prepares a request.
pub(crate) fn is_prepared(expr: &Expr) -> bool {
    expr.as_call().is_some_and(|call| match &call.callee.kind {
        ExprKind::Name(name) => PREPARED.contains(&&**name),
        ExprKind::Attribute { attr, .. } => PREPARED.contains(&&**attr),
        _ => false,
    })
}

pub(super) fn given<'a>(
    call: &'a CallExpr,
    name: &str,
    source: &'a Source,
    module: &'a Module,
) -> Option<At<'a>> {
    option(source, module.id, call, name)
}

/// The address of a request, holes included.
fn address(source: &Source, module: &Module, call: &CallExpr) -> String {
    let at = |expr| text(source, At::new(module.id, expr));
    let mut url = String::new();
    for name in ["url", "hostname", "host", "path", "uri"] {
        if let Some(value) = given(call, name, source, module) {
            url.push_str(&text(source, value));
        }
    }
    for arg in call.args.iter().take(2) {
        if !matches!(arg.kind, ExprKind::Dict(_)) {
            url.push_str(&at(arg));
            url.push(super::text::HOLE);
        }
    }
    url
}

/// The headers of a request, as far as they can be seen.
pub(super) fn headers<'a>(
    source: &'a Source,
    module: &'a Module,
    call: &'a CallExpr,
) -> Vec<(String, At<'a>)> {
    let own = given(call, "headers", source, module)
        .or_else(|| given(call, "additional_headers", source, module))
        .or_else(|| given(call, "extra_headers", source, module))
        .or_else(|| {
            let init = given(call, "requestInit", source, module)?;
            let found = entries(source, init)
                .into_iter()
                .find(|(name, _)| name == "headers")?;
            Some(found.1)
        });
    let mut found = own.map_or_else(Vec::new, |value| entries(source, value));
    // What the session or client was made with: `httpx.Client(headers=…)`.
    if let ExprKind::Attribute { base, .. } = &call.callee.kind
        && let Some(made) = source.type_of(module.id, base)
        && let Some(more) = made.call.and_then(|made| made.option("headers"))
    {
        found.extend(entries(source, At::new(made.module, more)));
    }
    found
}

fn leads_to_runtime(url: &str, headers: &[(String, At<'_>)]) -> bool {
    let url = url.to_ascii_lowercase();
    if [
        "localhost",
        "127.0.0.1",
        "0.0.0.0",
        "bedrock-agentcore-control",
        "[::1]",
    ]
    .iter()
    .any(|local| url.contains(local))
    {
        return false;
    }
    // What is known to be a gateway's address stays one, whatever is sent to it.
    if GATEWAYS.iter().any(|gateway| url.contains(gateway)) {
        return false;
    }
    let path = url.contains("/runtimes/") || url.contains("/invocations");
    let own = headers.iter().any(|(name, _)| {
        let name = name.to_ascii_lowercase();
        name.starts_with("x-amzn-bedrock-agentcore-")
            && !is_of_gateways(&name)
            && (name.contains("session") || name.contains("runtime-user"))
    });
    url.contains("bedrock-agentcore") && path
        || url.contains("/runtimes/") && url.contains("/invocations")
        || own
}

/// What an address of a gateway holds: its host, or the variable that the deploy sets.
const GATEWAYS: [&str; 2] = ["gateway.bedrock-agentcore", "agentcore_gateway_"];

/// Whether a header is one that gateways read, such as the session of a policy.
/// <https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/policy-session-based-temporal.html>
fn is_of_gateways(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.contains("policy") || name.contains("gateway")
}

fn kind(source: &Source, module: &Module, call: &CallExpr, written: &str, url: &str) -> Kind {
    let url = url.to_ascii_lowercase();
    let verb = given(call, "method", source, module).map(|value| text(source, value));
    let first = call.args.first().and_then(Expr::as_str);
    let delete = written == "delete"
        || verb.is_some_and(|verb| verb.eq_ignore_ascii_case("delete"))
        || first.is_some_and(|first| first.eq_ignore_ascii_case("delete"));
    if url.contains("/stopruntimesession") || delete {
        Kind::Stop
    } else if url.contains("/commands") {
        Kind::Command
    } else if url.contains("wss://")
        || url.contains("/ws")
        || matches!(
            written,
            "ws_connect" | "connect" | "create_connection" | "WebSocket"
        )
    {
        Kind::Socket
    } else {
        Kind::Invoke
    }
}

/// What the request proves itself with: its headers, its `auth=`, and what the function around signs.
fn proof(
    source: &Source,
    module: &Module,
    function: Option<FnId>,
    call: &CallExpr,
    headers: &[(String, At<'_>)],
) -> Proof {
    let mut proof = Proof::default();
    let mut bearer_at = Vec::new();
    for (name, value) in headers {
        let said = text(source, *value);
        match name.to_ascii_lowercase().as_str() {
            "authorization" if said.contains("AWS4-HMAC") => proof.sigv4 = true,
            "authorization" if said.to_ascii_lowercase().contains("bearer") => {
                proof.bearer = true;
                bearer_at.push(*value);
            }
            "x-amz-date" | "x-amz-security-token" | "x-amz-content-sha256" => proof.sigv4 = true,
            _ => {}
        }
    }
    if let Some(auth) = given(call, "auth", source, module) {
        let name = source
            .type_of(auth.module, auth.expr)
            .map(|made| made.type_name);
        proof.sigv4 |= name.is_some_and(|name| SIGNERS.contains(&leaf(&name)));
    }
    let body = source.body(module.id, function);
    let signed = walk::expressions(body)
        .into_iter()
        .find(|expr| signs(source, module, expr));
    if let Some(signed) = signed {
        let exclusive = bearer_at
            .iter()
            .any(|value| value.module == module.id && apart(body, value.expr, signed));
        if exclusive {
            // One branch signs and the other sends a token: which one runs is not known.
            return Proof::default();
        }
        proof.sigv4 = true;
    }
    proof
}

/// Whether a call signs, itself or in a helper of the project.
fn signs(source: &Source, module: &Module, expr: &Expr) -> bool {
    let ExprKind::Call(call) = &expr.kind else {
        return false;
    };
    let signer = |module: &Module, expr: &Expr, call: &CallExpr| {
        let name = source.callee_name(module.id, expr).unwrap_or_default();
        let written = call.written_name();
        SIGNERS.contains(&written)
            || SIGNERS.contains(&leaf(name))
            || name == "aws4.sign"
            || matches!(written, "add_auth" | "sign")
                && SIGNERS.iter().any(|signer| name.contains(signer))
    };
    if signer(module, expr, call) {
        return true;
    }
    let Some(helper) = source.callee(module.id, expr) else {
        return false;
    };
    let Some(home) = source.module(helper.module) else {
        return false;
    };
    walk::expressions(source.body(helper.module, Some(helper)))
        .into_iter()
        .any(|inner| match &inner.kind {
            ExprKind::Call(call) => signer(home, inner, call),
            _ => false,
        })
}

/// Whether two expressions of a body never run both: they stand in different branches of one choice, or the one's branch leaves.
fn apart(body: &[crate::model::source::Stmt], left: &Expr, right: &Expr) -> bool {
    for stmt in walk::statements(body) {
        if let StmtKind::If(branch) = &stmt.kind {
            let within = |part: &[crate::model::source::Stmt], expr: &Expr| {
                part.iter().any(|stmt| stmt.range.contains(expr.range))
            };
            let one = within(&branch.body, left) && within(&branch.orelse, right);
            let other = within(&branch.body, right) && within(&branch.orelse, left);
            let leaves = branch.body.last().is_some_and(|last| {
                matches!(last.kind, StmtKind::Return(_) | StmtKind::Raise { .. })
            }) && (within(&branch.body, left) != within(&branch.body, right));
            let either = branch.orelse.is_empty()
                && within(&branch.body, left) != within(&branch.body, right);
            if one || other || leaves || either {
                return true;
            }
        }
    }
    walk::path_to(body, right.range).iter().any(|node| {
        matches!(
            node,
            Node::Expr(Expr {
                kind: ExprKind::Conditional(_),
                ..
            })
        )
    })
}

/// A header that should carry the session id and is not called so.
pub(crate) fn misspelt<'a>(call: &'a Call<'_>) -> Option<&'a (String, At<'a>)> {
    if call.via != Via::Http || call.session.is_some() {
        return None;
    }
    let plain = |name: &str| -> String {
        name.chars()
            .filter(char::is_ascii_alphanumeric)
            .collect::<String>()
            .to_ascii_lowercase()
    };
    call.headers.iter().find(|(name, _)| {
        let plain = plain(name);
        plain.contains("session")
            && (plain.contains("agentcore")
                || plain.contains("runtime")
                || plain == "xsessionid"
                || plain == "sessionid")
            && !plain.contains("custom")
            && !is_of_gateways(&plain)
            && !plain.contains("sessiontype")
            && !plain.contains("mcpsession")
    })
}
