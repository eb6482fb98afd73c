//! Whether code serves anything: a handler that is known, or the start of a server.

use super::AgentCode;
use crate::analysis::names::leaf;
use crate::model::known::{ReasonCode, Unread};
use crate::model::site::Site;
use crate::model::source::{Call, Entrypoint, EntrypointKind, ExprKind};

/// Methods and functions that serve, whatever they belong to.
const SERVE: [&str; 8] = [
    "serve",
    "serve_forever",
    "serve_async",
    "run_app",
    "run_server",
    "listen",
    "createServer",
    "run_http_async",
];
/// What serves where it is told to `run`, `start` or `launch`: the end of its class or module, or of the name it is kept under.
const SERVERS: [&str; 11] = [
    "app",
    "server",
    "mcp",
    "flask",
    "uvicorn",
    "hypercorn",
    "granian",
    "application",
    "web",
    "service",
    "bot",
];

/// The handlers of what callers send, of the modules that run.
pub(crate) fn handlers<'a>(code: &AgentCode<'a>) -> impl Iterator<Item = &'a Entrypoint> + use<'a> {
    use EntrypointKind::{A2a, AgUi, Invocation, McpTool, Route, WebSocket};
    code.code.entrypoints.iter().filter(|entry| {
        matches!(
            entry.kind,
            Invocation | WebSocket | Route | McpTool | A2a | AgUi
        )
    })
}

/// Whether the modules that run hold a handler of what callers send.
pub(crate) fn handles(code: &AgentCode<'_>) -> bool {
    handlers(code).next().is_some()
}

/// Whether the modules that run hold a handler, or start a server whose handlers are not known here.
pub(crate) fn serves(code: &AgentCode<'_>) -> bool {
    let pings = |entry: &Entrypoint| entry.kind == EntrypointKind::Ping;
    handles(code) || code.code.entrypoints.iter().any(pings) || started(code).is_some()
}

/// Whether the modules that run start a server of a kind that is known.
pub(super) fn starts_any(code: &AgentCode<'_>) -> bool {
    started(code).is_some()
}

/// Where the modules that run start a server.
fn started(code: &AgentCode<'_>) -> Option<Site> {
    code.calls().find_map(|(module, _, expr)| {
        let name = code.source.callee_name(module.id, expr);
        let call = expr.as_call()?;
        starts(call, name.unwrap_or("")).then(|| module.site(expr.range))
    })
}

/// Whether a call, whose canonical name is given where it is known, starts a server.
pub(crate) fn starts(call: &Call, name: &str) -> bool {
    let (written, base) = match &call.callee.kind {
        ExprKind::Name(name) => (&**name, None),
        ExprKind::Attribute { base, attr } => (&**attr, Some(&**base)),
        _ => return false,
    };
    let last = if name.is_empty() { written } else { leaf(name) };
    if SERVE.contains(&last) || last.starts_with("serve_") {
        return true;
    }
    if !matches!(
        last,
        "run" | "start" | "launch" | "run_async" | "start_server"
    ) {
        return false;
    }
    let owner = name
        .strip_suffix(last)
        .map_or("", |rest| leaf(rest.trim_end_matches('.')));
    let kept = match base.map(|base| &base.kind) {
        Some(ExprKind::Name(name)) => &**name,
        Some(ExprKind::Attribute { attr, .. }) => &**attr,
        _ => "",
    };
    [owner, kept].iter().any(|word| {
        let word = word.to_lowercase();
        SERVERS.iter().any(|server| word.ends_with(server))
    })
}

/// Why nothing can be said of what handlers do.
pub(crate) fn unhandled(code: &AgentCode<'_>) -> Unread {
    let Some(site) = started(code) else {
        return nothing(code);
    };
    Unread::new(
        ReasonCode::Unsupported,
        format!(
            "{} starts a server, and which functions it calls with what callers send is not known; looked for @app.entrypoint, \
             an invocation handler, HTTP routes, MCP tools, A2A and AG-UI agents in {}",
            site.place(),
            code.scope()
        ),
    )
}

fn nothing(code: &AgentCode<'_>) -> Unread {
    let lambda = code
        .code
        .entrypoints
        .iter()
        .any(|entry| entry.kind == EntrypointKind::Lambda);
    let more = if lambda {
        "; its Lambda handler is not called by AgentCore Runtime"
    } else {
        ""
    };
    Unread::new(
        ReasonCode::Unsupported,
        format!(
            "no entrypoint found in the code of runtime {}; looked for @app.entrypoint, an invocation handler, HTTP routes, MCP tools, \
             A2A and AG-UI agents and the start of a server in {}{more}",
            code.runtime.name,
            code.scope()
        ),
    )
}
