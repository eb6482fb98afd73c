//! The streams of the AI SDK. A model that fails does not throw out of them: the text ends, and the error is a part of the full
//! stream (<https://ai-sdk.dev/docs/troubleshooting/stream-text-not-working>). No `try` around the loop sees it.

use crate::analysis::names::{leaf, package};
use crate::model::source::ir::{ByteRange, LoopKind, Stmt, StmtKind};
use crate::model::source::walk::{Node, expressions, path_to, statements, sub_expressions};
use crate::model::source::{Call, Expr, ExprKind, FnId, ModuleId, Source};

use super::{Fate, Guard, around};
use crate::analysis::exceptions::{self, Conduct};

/// Streams that leave errors out.
const WITHOUT: &[&str] = &[
    "textStream",
    "partialObjectStream",
    "partialOutputStream",
    "experimental_partialOutputStream",
    "elementStream",
    "toTextStreamResponse",
    "pipeTextStreamToResponse",
];
/// Streams that have errors as parts.
const WITH: &[&str] = &["fullStream", "stream"];
/// What writes an error part to the caller itself, with a fixed text unless `onError` gives another.
const WRITES: &[&str] = &[
    "toUIMessageStream",
    "toUIMessageStreamResponse",
    "pipeUIMessageStreamToResponse",
    "toDataStream",
    "toDataStreamResponse",
    "pipeDataStreamToResponse",
    "mergeIntoDataStream",
];
/// Promises of a result: they reject where the model failed.
const PROMISES: &[&str] = &[
    "text",
    "object",
    "output",
    "finishReason",
    "usage",
    "totalUsage",
    "response",
    "steps",
    "content",
    "toolCalls",
    "toolResults",
];

/// What becomes of the failure of a model whose stream is made here; None where the call makes no such stream, or its result
/// is used where this cannot see it.
pub(crate) fn stream_fate(
    source: &Source,
    module: ModuleId,
    function: FnId,
    expr: &Expr,
) -> Option<Fate> {
    let call = expr.as_call()?;
    let name = source.callee_name(module, expr)?;
    if package(name) != "ai" || !matches!(leaf(name), "streamText" | "streamObject") {
        return None;
    }
    let body = source.body(module, Some(function));
    let used = uses(body, expr.range)?;
    let told = OnError::of(source, module, call);
    let mut answered = told.answers;
    let mut silent = None;
    for one in &used {
        let member = &*one.member;
        if WRITES.contains(&member) {
            answered = true;
        } else if WITH.contains(&member) {
            answered |= goes_through_errors(source, module, body, one.range);
        } else if PROMISES.contains(&member) {
            let guards = around(source, module, Some(function), one.range);
            answered |= guards.iter().any(|guard| guard.conduct.answers);
        } else if WITHOUT.contains(&member) {
            silent = silent.or(Some(one.range));
        }
    }
    match (answered, silent, told.guard) {
        (true, _, Some(guard)) => Some(Fate::Unlogged(guard)),
        (true, _, None) => Some(Fate::Handled),
        (false, Some(range), _) => Some(Fate::Ended(module, range)),
        (false, None, _) => used
            .iter()
            .find(|one| WITH.contains(&&*one.member))
            .map(|one| Fate::Ended(module, one.range)),
    }
}

/// What the `onError` of the call does.
struct OnError {
    /// It answers, or keeps the error for what does.
    answers: bool,
    /// It logs nothing; left out, the SDK writes the error to `console.error` (from version 5 on).
    guard: Option<Guard>,
}

impl OnError {
    fn of(source: &Source, module: ModuleId, call: &Call) -> Self {
        let none = Self {
            answers: false,
            guard: None,
        };
        let function = call
            .option("onError")
            .and_then(|given| source.function_value(module, given));
        let Some(found) = function.and_then(|id| source.function(id)) else {
            return none;
        };
        let keeps = statements(&found.body).iter().any(|stmt| {
            matches!(&stmt.kind, StmtKind::Assign(assign) if assign.targets.iter().any(|target| {
                target.as_name().is_none_or(|name| is_outer(source, found.id, name))
            }))
        });
        let calls: Vec<&Expr> = expressions(&found.body)
            .into_iter()
            .filter(|expr| matches!(expr.kind, ExprKind::Call(_)))
            .collect();
        let logs = exceptions::logs(source, found.id.module, &found.body);
        Self {
            answers: keeps || calls.iter().any(|expr| sends(expr)),
            guard: (!logs).then_some(Guard {
                conduct: Conduct::default(),
                module: found.id.module,
                range: found.header,
                ..Guard::default()
            }),
        }
    }
}

/// Whether a name belongs to a function around this one, or to the module.
fn is_outer(source: &Source, function: FnId, name: &str) -> bool {
    let Some(module) = source.module(function.module) else {
        return false;
    };
    let has = |index: usize| {
        let scope = module.scopes.get(index);
        scope.is_some_and(|scope| scope.names.contains_key(name))
    };
    let mut at = module.function(function).and_then(|found| found.parent);
    while let Some(id) = at {
        if has(id.index as usize + 1) {
            return true;
        }
        at = module.function(id).and_then(|found| found.parent);
    }
    has(0)
}

/// `res.write(…)`, `controller.enqueue(…)`, `errors.push(error)`.
fn sends(expr: &Expr) -> bool {
    expr.as_call().is_some_and(|call| {
        matches!(&call.callee.kind, ExprKind::Attribute { attr, .. }
            if matches!(&**attr, "send" | "write" | "end" | "json" | "enqueue" | "push" | "emit" | "writeSSE"))
    })
}

/// A member that is taken of a result.
struct Used {
    member: String,
    range: ByteRange,
}

/// The members that are taken of what a call makes; None where the whole goes elsewhere.
fn uses(body: &[Stmt], made: ByteRange) -> Option<Vec<Used>> {
    let path = path_to(body, made);
    for node in path.iter().rev() {
        match node {
            Node::Expr(Expr {
                kind: ExprKind::Attribute { attr, .. },
                range,
            }) => {
                return Some(vec![Used {
                    member: attr.to_string(),
                    range: *range,
                }]);
            }
            Node::Expr(inner) if inner.range == made => {}
            Node::Expr(Expr {
                kind: ExprKind::Await(_),
                ..
            }) => {}
            Node::Stmt(Stmt {
                kind: StmtKind::Assign(assign),
                ..
            }) => {
                let direct = assign
                    .value
                    .as_deref()
                    .is_some_and(|value| value.range.contains(made));
                return of_target(body, assign.targets.first().filter(|_| direct));
            }
            _ => return None,
        }
    }
    None
}

fn of_target(body: &[Stmt], target: Option<&Expr>) -> Option<Vec<Used>> {
    match &target?.kind {
        ExprKind::Name(name) => {
            let found = expressions(body).into_iter().filter_map(|expr| {
                let ExprKind::Attribute { base, attr } = &expr.kind else {
                    return None;
                };
                (base.as_name() == Some(name)).then(|| Used {
                    member: attr.to_string(),
                    range: expr.range,
                })
            });
            let found: Vec<Used> = found.collect();
            (!found.is_empty()).then_some(found)
        }
        // `const { textStream, fullStream: parts } = streamText(…)`
        ExprKind::Dict(entries) => {
            let mut found = Vec::new();
            for entry in entries {
                let member = entry.key.as_ref().and_then(Expr::as_str)?;
                let name = entry.value.as_name().unwrap_or(member);
                let places = expressions(body)
                    .into_iter()
                    .filter(|expr| expr.as_name() == Some(name) && expr.range != entry.value.range);
                found.extend(places.map(|expr| Used {
                    member: member.to_owned(),
                    range: expr.range,
                }));
            }
            (!found.is_empty()).then_some(found)
        }
        _ => None,
    }
}

/// Whether the loop over a full stream looks at error parts, or hands every part on.
fn goes_through_errors(
    source: &Source,
    module: ModuleId,
    body: &[Stmt],
    stream: ByteRange,
) -> bool {
    let text = |range: ByteRange| {
        source
            .module(module)
            .map_or("", |module| module.text(range))
    };
    for node in path_to(body, stream) {
        match node {
            Node::Stmt(Stmt {
                kind: StmtKind::Loop(looped),
                range,
            }) if looped.kind == LoopKind::AsyncFor => {
                let part = looped.target.as_ref().and_then(Expr::as_name);
                let whole = expressions(&looped.body)
                    .into_iter()
                    .any(|expr| match &expr.kind {
                        ExprKind::Yield {
                            value: Some(value), ..
                        } => holds_whole(value, part),
                        ExprKind::Call(call) => call.args.iter().any(|arg| holds_whole(arg, part)),
                        _ => false,
                    });
                let text = text(*range);
                return whole || text.contains("'error'") || text.contains("\"error\"");
            }
            // `yield* result.fullStream`, `forward(result.fullStream)`
            Node::Expr(Expr {
                kind: ExprKind::Yield { from: true, .. } | ExprKind::Call(_),
                ..
            }) => return true,
            _ => {}
        }
    }
    false
}

/// Whether a value is the part itself, or made of it: `part`, `{ data: part }`, `JSON.stringify(part)`.
fn holds_whole(value: &Expr, part: Option<&str>) -> bool {
    let members: Vec<ByteRange> = sub_expressions(value)
        .into_iter()
        .filter_map(|expr| match &expr.kind {
            ExprKind::Attribute { base, .. } => Some(base.range),
            _ => None,
        })
        .collect();
    sub_expressions(value)
        .into_iter()
        .any(|expr| part.is_some() && expr.as_name() == part && !members.contains(&expr.range))
}
