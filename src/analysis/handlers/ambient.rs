//! Requests that a handler gets by no parameter: the global of Flask, the file of `http.server`, the socket that a handler of aiohttp makes.

use crate::model::source::{Expr, ExprKind, ModuleId, Source};

/// Whether an expression is the request that is being answered, or what is read from it.
pub(crate) fn is_request(source: &Source, module: ModuleId, expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Name(name) | ExprKind::Attribute { attr: name, .. } if &**name == "request" => {
            let name = source.canonical(module, expr);
            name.is_some_and(|name| matches!(&*name, "flask.request" | "quart.request"))
        }
        // It gives the messages.
        ExprKind::Call(_)
            if source.callee_name(module, expr) == Some("aiohttp.web.WebSocketResponse") =>
        {
            true
        }
        _ => is_body(expr),
    }
}

/// `self.rfile`, and what is read from it.
pub(crate) fn is_body(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Attribute { base, attr } => &**attr == "rfile" && base.as_name() == Some("self"),
        ExprKind::Call(call) => {
            matches!(&call.callee.kind, ExprKind::Attribute { base, .. } if is_body(base))
        }
        _ => false,
    }
}
