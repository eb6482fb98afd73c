//! Requests that a handler gets by no parameter: the global of Flask and Bottle, the file of `http.server`, the member of a handler of
//! Tornado, the socket that a handler of aiohttp makes, the event of Powertools for AWS Lambda.

use crate::analysis::names::package;
use crate::model::source::{Expr, ExprKind, ModuleId, Source};

/// Whether an expression is the request that is being answered, or what is read from it.
pub(crate) fn is_request(source: &Source, module: ModuleId, expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Name(name) | ExprKind::Attribute { attr: name, .. } if &**name == "request" => {
            let name = source.canonical(module, expr);
            let global =
                |name: &str| matches!(name, "flask.request" | "quart.request" | "bottle.request");
            name.is_some_and(|name| global(&name)) || is_own_request(source, module, expr)
        }
        ExprKind::Attribute { base, attr } if &**attr == "current_event" => {
            let made = source.type_of(module, base);
            made.is_some_and(|made| package(&made.type_name) == "aws_lambda_powertools")
        }
        ExprKind::Attribute { base, attr } if &**attr == "current_request" => {
            let made = source.type_of(module, base);
            made.is_some_and(|made| package(&made.type_name) == "chalice")
        }
        // `self.get_argument("dir")`
        ExprKind::Call(call) if is_argument(&call.callee) => imports(source, module, "tornado"),
        // It gives the messages.
        ExprKind::Call(_)
            if source.callee_name(module, expr) == Some("aiohttp.web.WebSocketResponse") =>
        {
            true
        }
        _ => is_body(expr),
    }
}

/// Whether an expression is what tells that the caller has left (`request.signal`, `c.req.raw.signal`), or the request of the web that
/// Hono wraps: nothing that a caller writes.
pub(crate) fn is_signal(expr: &Expr) -> bool {
    let ExprKind::Attribute { base, attr } = &expr.kind else {
        return false;
    };
    &**attr == "signal" && (is_web_request(base) || is_named(base, &["request", "req"]))
}

/// `c.req.raw`.
pub(crate) fn is_web_request(expr: &Expr) -> bool {
    matches!(&expr.kind, ExprKind::Attribute { base, attr }
        if &**attr == "raw" && is_named(base, &["request", "req"]))
}

/// Whether a name, or the last member of one, is one of these.
fn is_named(expr: &Expr, names: &[&str]) -> bool {
    match &expr.kind {
        ExprKind::Name(name) | ExprKind::Attribute { attr: name, .. } => names.contains(&&**name),
        _ => false,
    }
}

/// Methods of a handler of Tornado that read the request (<https://www.tornadoweb.org/en/stable/web.html#input>).
const ARGUMENTS: [&str; 6] = [
    "get_argument",
    "get_arguments",
    "get_query_argument",
    "get_query_arguments",
    "get_body_argument",
    "get_body_arguments",
];

fn is_argument(callee: &Expr) -> bool {
    matches!(&callee.kind, ExprKind::Attribute { base, attr }
        if ARGUMENTS.contains(&&**attr) && base.as_name() == Some("self"))
}

/// `self.request` in a handler of Tornado or a view of Django or aiohttp.
fn is_own_request(source: &Source, module: ModuleId, expr: &Expr) -> bool {
    let ExprKind::Attribute { base, .. } = &expr.kind else {
        return false;
    };
    base.as_name() == Some("self")
        && (["tornado", "django", "rest_framework"]
            .iter()
            .any(|name| imports(source, module, name))
            || is_view(source, module, expr))
}

/// Whether an expression stands in a view of aiohttp, which many import as a client only.
fn is_view(source: &Source, module: ModuleId, expr: &Expr) -> bool {
    let function = source
        .module(module)
        .and_then(|at| at.function_at(expr.range.start));
    let class = function.and_then(|function| function.class);
    class.is_some_and(|class| {
        let bases = source.bases(class);
        bases.iter().any(|base| &**base == "aiohttp.web.View")
    })
}

/// Whether a module imports a package.
fn imports(source: &Source, module: ModuleId, name: &str) -> bool {
    source.module(module).is_some_and(|module| {
        let mut imports = module.imports.iter();
        imports.any(|import| import.module.split('.').next() == Some(name))
    })
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
