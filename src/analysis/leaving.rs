//! Where values leave for the caller: what a handler returns, yields, sends, and the exceptions that a framework answers with.

use std::collections::BTreeSet;

use crate::analysis::dataflow::Flow;
use crate::analysis::exceptions;
use crate::analysis::names::leaf;
use crate::analysis::values::{self, At};
use crate::model::source::ir::{ByteRange, StmtKind};
use crate::model::source::walk::{TryPart, enclosing_tries, expressions, statements};
use crate::model::source::{Call, EntrypointKind, Expr, ExprKind, FnId, ModuleId, Source, Stmt};

/// What makes a stream of the AI SDK, and takes what an error becomes in it.
const STREAMS: [&str; 9] = [
    "toUIMessageStream",
    "toUIMessageStreamResponse",
    "pipeUIMessageStreamToResponse",
    "createUIMessageStream",
    "toDataStream",
    "toDataStreamResponse",
    "pipeDataStreamToResponse",
    "createDataStream",
    "createDataStreamResponse",
];
/// Methods that send something to a caller.
const SENDS: [&str; 26] = [
    "send",
    "send_json",
    "send_text",
    "send_bytes",
    "send_str",
    "emit",
    "sendJson",
    "json",
    "end",
    "write",
    "enqueue",
    "enqueue_event",
    "failed",
    "reject",
    "update_status",
    "complete",
    "writeSSE",
    "render",
    "sendStatus",
    "close",
    "publish",
    "send_error",
    "enqueueEvent",
    "setHeader",
    "header",
    "writeHead",
];

/// Methods of the context of an MCP tool whose text the client is notified of.
/// <https://modelcontextprotocol.io/specification/2025-06-18/server/utilities/logging>
const NOTICES: [&str; 6] = [
    "error",
    "warning",
    "info",
    "debug",
    "log",
    "report_progress",
];

/// A place where something leaves.
#[derive(Clone, Debug)]
pub(crate) struct Sink {
    /// The module it stands in.
    pub(crate) module: ModuleId,
    /// Its text.
    pub(crate) range: ByteRange,
    /// How it leaves.
    pub(crate) how: How,
}

/// How something leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum How {
    /// A handler returns it.
    Returned,
    /// A handler yields it.
    Yielded,
    /// It is written to a socket, a response or a queue of events.
    Sent,
    /// It is in an exception that a framework answers with.
    Raised,
    /// The AI SDK writes it into the stream.
    Streamed,
}

/// The sinks of a handler, each with the values that leave there.
pub(crate) fn of<'s>(
    source: &'s Source,
    start: FnId,
    kind: EntrypointKind,
    flow: &Flow,
) -> Vec<(Sink, Vec<&'s Expr>)> {
    let sockets = sockets(source, start, kind);
    let contexts = contexts(source, start, kind);
    let mut found = Vec::new();
    given(source, start, flow, &mut found);
    // What a framework sends goes out of any function on the way.
    for id in flow.functions() {
        let body = source.body(id.module, Some(id));
        found.extend(
            statements(body)
                .into_iter()
                .filter_map(|stmt| put(id, stmt)),
        );
        for expr in expressions(body) {
            let ExprKind::Call(call) = &expr.kind else {
                continue;
            };
            streamed(source, id.module, call, &mut found);
            if is_send(call, &sockets) || is_notice(call, &contexts) {
                let sink = Sink {
                    module: id.module,
                    range: expr.range,
                    how: How::Sent,
                };
                found.push((sink, call.values().collect()));
            }
        }
        raised(
            source,
            id,
            id == start && kind == EntrypointKind::McpTool,
            &mut found,
        );
    }
    found
}

/// The entry of an object literal, or of one in a list or a call, that holds what leaves.
pub(crate) fn entry(flow: &Flow, module: ModuleId, value: &Expr) -> Option<ByteRange> {
    let tainted = |value: &Expr| flow.labels(module, value) != 0;
    let inside = |value: &Expr| entry(flow, module, value);
    match &value.kind {
        ExprKind::Dict(entries) => {
            let held = entries.iter().find(|entry| tainted(&entry.value))?;
            Some(inside(&held.value).unwrap_or(held.value.range))
        }
        ExprKind::List(items) | ExprKind::Tuple(items) => {
            items.iter().filter(|item| tainted(item)).find_map(inside)
        }
        ExprKind::Call(call) => call.values().filter(|arg| tainted(arg)).find_map(inside),
        ExprKind::Await(inner) => inside(inner),
        _ => None,
    }
}

/// What a function returns or yields; for a call of a generator that is handed on (`return StreamingResponse(stream())`) what
/// that generator yields. What a generator returns reaches nobody who goes through what it yields.
fn given<'s>(source: &'s Source, start: FnId, flow: &Flow, found: &mut Vec<(Sink, Vec<&'s Expr>)>) {
    let mut leaves = |module: ModuleId, range: ByteRange, how: How, value: &'s Expr| {
        found.push((Sink { module, range, how }, vec![value]));
    };
    let followed: BTreeSet<FnId> = flow.functions().collect();
    let mut streams = vec![start];
    let function = source.function(start);
    if function.is_none_or(|function| !function.is_generator) {
        let mut seen = BTreeSet::from([start]);
        for At { module, expr } in values::returned(source, start) {
            match nested_stream(source, start, expr).filter(|inner| followed.contains(inner)) {
                Some(inner) if seen.insert(inner) => streams.push(inner),
                Some(_) => {}
                None => leaves(module, expr.range, How::Returned, expr),
            }
        }
    }
    for id in streams {
        for expr in expressions(source.body(id.module, Some(id))) {
            if let ExprKind::Yield {
                value: Some(value), ..
            } = &expr.kind
            {
                leaves(id.module, expr.range, How::Yielded, value);
            }
        }
    }
}

/// The generator of the project that a returned response streams.
fn nested_stream(source: &Source, id: FnId, value: &Expr) -> Option<FnId> {
    let call = value.as_call()?;
    let inner = call.values().chain([value]);
    inner
        .filter_map(|arg| source.callee(id.module, arg))
        .find(|callee| {
            source
                .function(*callee)
                .is_some_and(|function| function.is_generator)
        })
}

/// `res.statusMessage = …`, `ctx.body = …`.
fn put(id: FnId, stmt: &Stmt) -> Option<(Sink, Vec<&Expr>)> {
    let StmtKind::Assign(assign) = &stmt.kind else {
        return None;
    };
    let leaves = assign.targets.iter().any(|target| {
        matches!(&target.kind, ExprKind::Attribute { base, attr }
            if matches!(&**attr, "statusMessage" | "body")
                && root(base).is_some_and(|word| matches!(&*word, "res" | "response" | "reply" | "ctx")))
    });
    let value = assign.value.as_deref().filter(|_| leaves)?;
    let sink = Sink {
        module: id.module,
        range: stmt.range,
        how: How::Sent,
    };
    Some((sink, vec![value]))
}

/// What the AI SDK writes into the stream for an error: what the `onError` of the response returns.
fn streamed<'s>(
    source: &'s Source,
    module: ModuleId,
    call: &'s Call,
    found: &mut Vec<(Sink, Vec<&'s Expr>)>,
) {
    if !STREAMS.contains(&call.written_name()) {
        return;
    }
    let function = ["onError", "getErrorMessage"]
        .iter()
        .filter_map(|key| call.option(key))
        .find_map(|value| source.function_value(module, value));
    let Some(id) = function else { return };
    for stmt in statements(source.body(id.module, Some(id))) {
        if let StmtKind::Return(Some(value)) = &stmt.kind {
            let sink = Sink {
                module: id.module,
                range: value.range,
                how: How::Streamed,
            };
            found.push((sink, vec![value]));
        }
    }
}

/// `ws.send(…)`, `res.status(500).json(…)`, `reply.send(…)`, `event_queue.enqueue_event(…)`.
fn is_send(call: &Call, sockets: &[String]) -> bool {
    let ExprKind::Attribute { base, attr } = &call.callee.kind else {
        return false;
    };
    if !SENDS.contains(&&**attr) {
        return false;
    }
    let Some(word) = root(base) else { return false };
    let known = matches!(
        word.as_str(),
        "ws" | "websocket"
            | "socket"
            | "res"
            | "response"
            | "reply"
            | "conn"
            | "connection"
            | "stream"
            | "event_queue"
            | "eventqueue"
            | "updater"
            | "task_updater"
            | "sse"
            | "wfile"
            | "eventbus"
            | "event_bus"
            | "controller"
            | "responsestream"
    );
    known || sockets.contains(&word)
}

/// Whether a call notifies the client of an MCP tool.
fn is_notice(call: &Call, contexts: &[String]) -> bool {
    match &call.callee.kind {
        ExprKind::Attribute { base, attr } => {
            NOTICES.contains(&&**attr) && root(base).is_some_and(|root| contexts.contains(&root))
        }
        _ => false,
    }
}

/// What the contexts are called that an MCP tool is given, in lower case.
fn contexts(source: &Source, start: FnId, kind: EntrypointKind) -> Vec<String> {
    let tool = source
        .function(start)
        .filter(|_| kind == EntrypointKind::McpTool);
    let params = tool.map(|tool| &*tool.params).unwrap_or_default().iter();
    let is_context = |annotation: &Expr| {
        let annotation = match &annotation.kind {
            ExprKind::Subscript { base, .. } => base,
            _ => annotation,
        };
        annotation
            .last_name()
            .is_some_and(|name| &**name == "Context")
    };
    params
        .filter(|param| param.annotation.as_deref().is_some_and(is_context))
        .map(|param| param.name.to_lowercase())
        .collect()
}

/// What the sockets are called that a handler is given, in lower case.
fn sockets(source: &Source, start: FnId, kind: EntrypointKind) -> Vec<String> {
    let Some(function) = source.function(start) else {
        return Vec::new();
    };
    let method = function.class.is_some() && !function.is_static;
    let first = usize::from(method);
    let params = function.params.iter().enumerate().skip(first);
    params
        .filter(|(index, param)| {
            let typed = param
                .annotation
                .as_deref()
                .and_then(Expr::last_name)
                .is_some_and(|name| name.ends_with("WebSocket"));
            typed || kind == EntrypointKind::WebSocket && *index == first
        })
        .map(|(_, param)| param.name.to_lowercase())
        .collect()
}

/// The object that a chain of calls starts from: `res` of `res.status(500).json`; `wfile` of `self.wfile.write`.
fn root(expr: &Expr) -> Option<String> {
    match &expr.kind {
        ExprKind::Name(name) => Some(name.to_lowercase()),
        ExprKind::Attribute { base, attr } => match base.as_name() {
            Some("self" | "this") => Some(attr.to_lowercase()),
            Some(_) | None => {
                let word = attr.to_lowercase();
                if matches!(word.as_str(), "raw" | "sse" | "socket") {
                    root(base)
                } else {
                    root(base).or(Some(word))
                }
            }
        },
        ExprKind::Call(call) => root(match &call.callee.kind {
            ExprKind::Attribute { base, .. } => base,
            _ => &call.callee,
        }),
        ExprKind::Await(inner) => root(inner),
        _ => None,
    }
}

/// Exceptions that a framework answers with.
fn raised<'s>(source: &'s Source, id: FnId, any: bool, found: &mut Vec<(Sink, Vec<&'s Expr>)>) {
    let body = source.body(id.module, Some(id));
    let mut push = |range: ByteRange, call: &'s Call| {
        let values = call.values().collect();
        found.push((
            Sink {
                module: id.module,
                range,
                how: How::Raised,
            },
            values,
        ));
    };
    for stmt in statements(body) {
        let StmtKind::Raise {
            value: Some(value), ..
        } = &stmt.kind
        else {
            continue;
        };
        let Some(call) = value.as_call() else {
            continue;
        };
        let escapes = || {
            !enclosing_tries(body, stmt.range)
                .iter()
                .any(|(tried, part)| {
                    *part == TryPart::Body
                        && source.module(id.module).is_some_and(|module| {
                            tried
                                .handlers
                                .iter()
                                .any(|handler| exceptions::is_broad(source, module, handler))
                        })
                })
        };
        if (any || exceptions::is_answering_exception(source, id.module, value)) && escapes() {
            push(value.range, call);
        }
    }
    for expr in expressions(body) {
        if let ExprKind::Call(call) = &expr.kind
            && matches!(call.callee.kind, ExprKind::Name(_))
            && source
                .callee_name(id.module, expr)
                .is_some_and(|name| leaf(name) == "abort")
        {
            push(expr.range, call);
        }
    }
}
