//! Whether a request to a runtime is repeated when it is throttled: by its client, by a loop around it, or by who calls its function.

use super::places::Places;
use super::{Call, Kind, Via, find, http};
use crate::analysis::names::leaf;
use crate::model::source::ir::{Stmt, StmtKind};
use crate::model::source::walk::{self, Node};
use crate::model::source::{Expr, ExprKind, FnId, Module, Source};

/// What makes an HTTP client retry, by the last part of its name.
const RETRIES: [&str; 22] = [
    "Retry",
    "HTTPAdapter",
    "RetryTransport",
    "RetryClient",
    "AsyncRetrying",
    "Retrying",
    "ExponentialRetry",
    "retry",
    "on_exception",
    "on_predicate",
    "retryAsync",
    "backOff",
    "pRetry",
    "asyncRetry",
    "axiosRetry",
    "fetchRetry",
    "retryWithBackoff",
    "withRetry",
    "with_retry",
    "retry_with_backoff",
    "fetchWithRetry",
    "RetryAgent",
];
/// Packages whose only purpose is to retry.
const PACKAGES: [&str; 13] = [
    "tenacity",
    "backoff",
    "stamina",
    "retrying",
    "aiohttp_retry",
    "httpx_retries",
    "p-retry",
    "async-retry",
    "axios-retry",
    "fetch-retry",
    "exponential-backoff",
    "cockatiel",
    "retry",
];
/// Callers that a request is followed through.
const MOST: usize = 20;

/// The requests of HTTP clients to a runtime that nothing repeats. An SDK repeats its own.
pub(crate) fn unrepeated(source: &Source) -> Vec<Call<'_>> {
    let places = Places::new(source);
    let mut calls = find(source);
    calls.retain(|call| {
        call.via == Via::Http
            && matches!(call.kind, Kind::Invoke | Kind::Command)
            && !http::is_prepared(call.expr)
            && !retried(source, &places, call)
    });
    calls
}

fn retried(source: &Source, places: &Places<'_>, call: &Call<'_>) -> bool {
    let module = call.module;
    let written = match call.expr.as_call().map(|call| &call.callee.kind) {
        Some(ExprKind::Attribute { base, .. }) => base.as_name().unwrap_or(""),
        Some(ExprKind::Name(name)) => name,
        _ => "",
    };
    // These retry by themselves.
    matches!(written, "ky" | "got" | "ofetch" | "$fetch")
        || repeats(source, places, module, (call.function, call.expr))
}

/// Whether a call is tried again by a loop, a decorator or a library that retries.
pub(super) fn repeats(
    source: &Source,
    places: &Places<'_>,
    module: &Module,
    call: (Option<FnId>, &Expr),
) -> bool {
    imports_retry(module) || in_function(source, places, module, call, &mut Vec::new())
}

/// Whether a module uses something that retries.
fn imports_retry(module: &Module) -> bool {
    module
        .imports
        .iter()
        .any(|import| PACKAGES.contains(&import.module.split('.').next().unwrap_or("")))
        || module.calls().any(|(_, expr)| {
            expr.as_call()
                .is_some_and(|call| RETRIES.contains(&call.written_name()))
        })
}

/// Whether the call stands in a loop that tries again, or the function around it is retried by who calls it.
fn in_function(
    source: &Source,
    places: &Places<'_>,
    module: &Module,
    (function, expr): (Option<FnId>, &Expr),
    seen: &mut Vec<FnId>,
) -> bool {
    let body = source.body(module.id, function);
    if tries_again(source, body, expr) {
        return true;
    }
    let Some(function) = function else {
        return false;
    };
    if seen.contains(&function) || seen.len() > MOST {
        return false;
    }
    seen.push(function);
    let decorated = source.function(function).is_some_and(|about| {
        about.decorators.iter().any(|decorator| {
            let target = decorator.as_call().map_or(decorator, |call| &call.callee);
            let name = source.canonical(module.id, target).unwrap_or_default();
            RETRIES.contains(&leaf(&name)) || name.contains("retry")
        })
    });
    if decorated {
        return true;
    }
    places.uses(function).iter().any(|used| {
        let Some(module) = source.module(used.module) else {
            return false;
        };
        // A helper that is given the function, and retries it.
        let handed = !used.direct
            && used.expr.as_call().is_some_and(|call| {
                let name = call.written_name().to_lowercase();
                name.contains("retry") || name.contains("backoff")
            });
        handed || in_function(source, places, module, (used.caller, used.expr), seen)
    })
}

/// A loop with a `try` around the call that goes on after a failure, or that sleeps between attempts.
fn tries_again(source: &Source, body: &[Stmt], expr: &Expr) -> bool {
    walk::path_to(body, expr.range).iter().any(|node| {
        let Node::Stmt(Stmt {
            kind: StmtKind::Loop(looped),
            ..
        }) = node
        else {
            return false;
        };
        let within = looped
            .body
            .iter()
            .any(|stmt| stmt.range.contains(expr.range));
        let sleeps = walk::expressions(&looped.body)
            .into_iter()
            .any(|inner| match &inner.kind {
                // `new Promise((resolve) => setTimeout(resolve, 100))`.
                ExprKind::Lambda(id) => walk::expressions(source.body(id.module, Some(*id)))
                    .into_iter()
                    .any(is_sleep),
                _ => is_sleep(inner),
            });
        within && sleeps
    })
}

fn is_sleep(expr: &Expr) -> bool {
    expr.as_call().is_some_and(|call| {
        let name = call.written_name();
        matches!(name, "sleep" | "delay" | "setTimeout" | "wait")
    })
}
