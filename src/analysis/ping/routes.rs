//! Whether a server of the code's own, all of whose routes are seen, answers the ping.

use crate::analysis::agent_code::AgentCode;
use crate::analysis::handlers;
use crate::model::source::{Entrypoint, EntrypointKind, Expr, ExprKind, Module, ModuleId, Source};

/// Calls that add routes which are not read here.
const MORE_ROUTES: [&str; 14] = [
    "mount",
    "include_router",
    "register_blueprint",
    "register",
    "route",
    "routes",
    "add_url_rule",
    "add_api_route",
    "add_route",
    "add_routes",
    "createServer",
    "dispatch",
    "all",
    "any",
];

/// The first route of a server of the code's own, all of whose routes are seen, where none answers `/ping`.
pub(crate) fn without_ping<'a>(code: &AgentCode<'a>) -> Option<&'a Entrypoint> {
    let source = code.source;
    let named = ["/ping", "\"ping\"", "'ping'", "`ping`"];
    let speaks = |module: &Module| named.iter().any(|name| module.source.text.contains(name));
    if code.modules().any(speaks) {
        return None;
    }
    let entries = &code.code.entrypoints;
    let mut served = entries
        .iter()
        .filter(|entry| entry.kind != EntrypointKind::AgentTool);
    if !served.all(|entry| is_plain_route(source, entry)) {
        return None;
    }
    let first = entries
        .iter()
        .find(|entry| entry.kind == EntrypointKind::Route)?;
    // What else is put into the server may answer it.
    let registered = |module: ModuleId, expr: &Expr| {
        let mut entries = entries.iter();
        entries.any(|entry| entry.module == module && entry.range.contains(expr.range))
    };
    let more = |module: ModuleId, expr: &Expr| {
        adds_routes(source, module, expr) && !registered(module, expr)
    };
    let mut calls = code.calls();
    (!calls.any(|(module, _, expr)| more(module.id, expr))).then_some(first)
}

/// Whether a handler is registered under one path that is written out.
fn is_plain_route(source: &Source, entry: &Entrypoint) -> bool {
    let call = handlers::registering(source, entry);
    let path = call.and_then(|call| call.args.first()?.as_str());
    entry.kind == EntrypointKind::Route
        && path
            .is_some_and(|path| path.starts_with('/') && !path.contains(['*', '(', ':', '{', '<']))
}

/// Whether a call adds routes that are not read here.
fn adds_routes(source: &Source, module: ModuleId, expr: &Expr) -> bool {
    let Some(call) = expr.as_call() else {
        return false;
    };
    let name = call.written_name();
    let is_method = matches!(call.callee.kind, ExprKind::Attribute { .. });
    let path_first = || call.args.first().and_then(Expr::as_str).is_some();
    let is_middleware = |arg: &Expr| is_middleware(source, module, arg);
    MORE_ROUTES.contains(&name)
        && (is_method || name == "createServer")
        && (!matches!(name, "all" | "any") || path_first())
        || is_method && name == "use" && !call.args.iter().all(is_middleware)
}

/// Whether what a server uses is made by a library, and serves no files.
fn is_middleware(source: &Source, module: ModuleId, arg: &Expr) -> bool {
    arg.as_call()
        .is_some_and(|call| source.callee(module, arg).is_none() && call.written_name() != "static")
}
