//! Which limits of rates an agent's own code holds against those who call it.

use std::collections::BTreeSet;

use crate::analysis::agent_code::AgentCode;
use crate::analysis::call_sites::Callers;
use crate::analysis::names::package;
use crate::analysis::reachability::{Absent, Live};
use crate::model::source::ir::FormatPart;
use crate::model::source::walk::{Node, expressions, sub_expressions, walk};
use crate::model::source::{
    ByteRange, EntrypointKind, Expr, ExprKind, FnId, Function, ModuleId, Source, StmtKind,
};

/// Libraries that limit what comes in.
const INBOUND: [&str; 12] = [
    "slowapi",
    "flask_limiter",
    "fastapi_limiter",
    "asgi_ratelimit",
    "ratelimit_asgi",
    "express-rate-limit",
    "express-slow-down",
    "@fastify/rate-limit",
    "hono-rate-limiter",
    "koa-ratelimit",
    "koa2-ratelimit",
    "sanic_limiter",
];
/// Libraries that limit calls in either direction: a limiter of what goes out (an API, a model) is none of this.
const GENERAL: [&str; 13] = [
    "limits",
    "ratelimit",
    "ratelimiter",
    "aiolimiter",
    "pyrate_limiter",
    "throttled",
    "token_bucket",
    "asyncio_throttle",
    "rate-limiter-flexible",
    "limiter",
    "bottleneck",
    "@upstash/ratelimit",
    "upstash_ratelimit",
];
/// Answers that a caller made too many calls, in lower case.
const SAID: [&str; 7] = [
    "rate limit",
    "rate_limit",
    "ratelimit",
    "rate-limit",
    "too many requests",
    "too many calls",
    "slow down",
];

/// What limits a rate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Limiter {
    /// A library, by the name of its package.
    Package(String),
    /// A count over a clock, of the code's own.
    Counter,
}

/// The limiters of a runtime's code that run, each with its place: those of libraries, one a line, and then the code's own.
pub(crate) fn of(code: &AgentCode<'_>) -> Vec<(ModuleId, ByteRange, Limiter)> {
    let callers = Callers::new(code);
    let live = Live::new(&callers, Absent::Unknown);
    let handlers = handlers(code);
    let mut found = Vec::new();
    let mut lines = BTreeSet::new();
    for (module, function, expr) in code.calls() {
        let Some(name) = code.source.callee_name(module.id, expr) else {
            continue;
        };
        let library = package(name);
        let limits = INBOUND.contains(&library)
            || GENERAL.contains(&library)
                && (function.is_some_and(|function| handlers.contains(&function))
                    || decorates(code.source, &handlers, expr));
        let limiter = if limits {
            Some(library.to_owned())
        } else {
            registered(code.source, module.id, expr)
        };
        let line = || module.site(expr.range).span.map(|span| span.line);
        if let Some(limiter) = limiter
            && live.runs(module.id, expr.range)
            && lines.insert((module.id, line()))
        {
            found.push((module.id, expr.range, Limiter::Package(limiter)));
        }
    }
    let own = handlers
        .iter()
        .filter_map(|function| code.source.function(*function))
        .filter_map(|function| {
            let range = counter(code.source, &live, function)?;
            Some((function.id.module, range, Limiter::Counter))
        });
    found.extend(own);
    found
}

/// `server.register(rateLimit, …)`, `app.add_middleware(SlowAPIMiddleware)`: the package of the limiter that a server is given.
fn registered(source: &Source, module: ModuleId, expr: &Expr) -> Option<String> {
    let call = expr.as_call()?;
    let ExprKind::Attribute { attr, .. } = &call.callee.kind else {
        return None;
    };
    let registers = matches!(
        &**attr,
        "register" | "use" | "add_middleware" | "addMiddleware" | "init_app" | "apply"
    );
    let given = call.args.iter().filter(|_| registers);
    given
        .filter(|arg| matches!(arg.kind, ExprKind::Name(_) | ExprKind::Attribute { .. }))
        .filter_map(|arg| source.canonical(module, arg))
        .map(|name| package(&name).to_owned())
        .find(|name| INBOUND.contains(&name.as_str()))
}

/// The functions that answer callers, and the helpers that they call directly.
fn handlers(code: &AgentCode<'_>) -> BTreeSet<FnId> {
    let mut found = BTreeSet::new();
    for entry in &code.code.entrypoints {
        let answers = matches!(
            entry.kind,
            EntrypointKind::Invocation
                | EntrypointKind::WebSocket
                | EntrypointKind::Route
                | EntrypointKind::A2a
                | EntrypointKind::AgUi
                | EntrypointKind::McpTool
        );
        if let Some(function) = entry.function.filter(|_| answers) {
            found.insert(function);
            found.extend(code.source.runs(function.module, Some(function)));
        }
    }
    found
}

/// Whether a call decorates one of the functions that answer callers.
fn decorates(source: &Source, handlers: &BTreeSet<FnId>, expr: &Expr) -> bool {
    let decorators = handlers
        .iter()
        .filter_map(|function| source.function(*function))
        .flat_map(|function| &function.decorators);
    decorators.into_iter().any(|decorator| decorator.is(expr))
}

/// `if len(recent) >= LIMIT: return {"error": "rate limit exceeded"}` over a clock.
fn counter<'a>(
    source: &'a Source,
    live: &Live<'_, 'a>,
    function: &'a Function,
) -> Option<ByteRange> {
    let module = function.id.module;
    if !expressions(&function.body)
        .into_iter()
        .any(|expr| is_clock(source, module, expr))
    {
        return None;
    }
    let mut found = None;
    walk(&function.body, &mut |_, node| {
        match node {
            // What a handler answers is the limit of something that was called.
            Node::Handler(_) => return false,
            Node::Stmt(stmt) => {
                if let StmtKind::If(branch) = &stmt.kind
                    && counts(&branch.test)
                    && branch.body.iter().any(|stmt| refuses(&stmt.kind))
                    && live.runs(module, stmt.range)
                {
                    found = found.or(Some(branch.test.range));
                }
            }
            _ => {}
        }
        true
    });
    found
}

fn is_clock(source: &Source, module: ModuleId, expr: &Expr) -> bool {
    matches!(expr.kind, ExprKind::Call(_))
        && matches!(
            source.callee_name(module, expr),
            Some(
                "time.time"
                    | "time.monotonic"
                    | "time.perf_counter"
                    | "datetime.datetime.now"
                    | "datetime.datetime.utcnow"
                    | "datetime.now"
                    | "Date.now"
                    | "performance.now"
            )
        )
}

/// A comparison of a count with a limit; one of a status with 429 is an answer from elsewhere.
fn counts(test: &Expr) -> bool {
    let parts = sub_expressions(test);
    let compares = parts.iter().any(|expr| {
        matches!(&expr.kind, ExprKind::Compare(compared) if compared.rest.iter().any(|(op, _)| matches!(*op, ">" | ">=" | "<" | "<=")))
    });
    let answered = parts.iter().any(|expr| match &expr.kind {
        ExprKind::Number(text) => &**text == "429",
        ExprKind::Attribute { attr, .. } => attr.contains("status"),
        _ => false,
    });
    compares && !answered
}

/// Whether a statement answers that there were too many calls.
fn refuses(kind: &StmtKind) -> bool {
    let value = match kind {
        StmtKind::Return(Some(value)) | StmtKind::Expr(value) => value,
        StmtKind::Raise {
            value: Some(value), ..
        } => value,
        _ => return false,
    };
    sub_expressions(value)
        .into_iter()
        .any(|expr| match &expr.kind {
            ExprKind::Str(text) => said(text),
            ExprKind::Format(parts) => parts
                .iter()
                .any(|part| matches!(part, FormatPart::Text(text) if said(text))),
            ExprKind::Number(text) => &**text == "429",
            ExprKind::Name(name) => said(name),
            _ => false,
        })
}

fn said(text: &str) -> bool {
    let text = text.to_lowercase();
    SAID.iter().any(|words| text.contains(words))
}
