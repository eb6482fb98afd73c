//! Where fields are taken out of a payload.

use std::collections::BTreeSet;

use crate::model::source::flow::Flow;
use crate::model::source::ir::{ByteRange, StmtKind};
use crate::model::source::walk::{expressions, statements};
use crate::model::source::{Call, EntrypointKind, Expr, ExprKind, Language, ModuleId, Source};

use super::fields::{Kind, WHOLE, at};
use super::schema;

/// A place where a field is taken out of something.
pub(super) struct Taken {
    pub name: String,
    pub module: ModuleId,
    pub range: ByteRange,
    pub base: ByteRange,
    pub default: Option<Kind>,
}

/// The name for what `RequestContext.get_user_input()` of A2A gives: always text.
pub(super) const A2A_TEXT: &str = "message";

/// Parts of a request that hold the payload and are none of its fields.
const PLUMBING: &[&str] = &[
    "body",
    "json",
    "query",
    "params",
    "headers",
    "req",
    "request",
    "data",
    "rawBody",
    "form",
    "args",
    "queryStringParameters",
    "pathParameters",
    "requestContext",
    "query_params",
    "path_params",
    "state",
    "url",
    "method",
    "app",
    "client",
    "cookies",
    "log",
    "session",
    "get_json",
    "parameters",
];

/// Every place where something is taken out of a labelled value by a constant key.
pub(super) fn taken_out(source: &Source, kind: EntrypointKind, flow: &Flow) -> Vec<Taken> {
    let mut found = Vec::new();
    for id in flow.functions() {
        let Some(module) = source.module(id.module) else {
            continue;
        };
        let body = source.body(id.module, Some(id));
        let typescript = module.language == Language::TypeScript;
        let all = expressions(body);
        let called: BTreeSet<ByteRange> = all
            .iter()
            .filter_map(|expr| expr.as_call().map(|call| call.callee.range))
            .collect();
        for expr in &all {
            let one = match &expr.kind {
                ExprKind::Subscript { base, index } => {
                    index.as_str().map(|key| (key, &**base, None))
                }
                ExprKind::Call(call) => got(call),
                ExprKind::Attribute { base, attr }
                    if !called.contains(&expr.range)
                        && (typescript || schema::is_model_value(source, id.module, base)) =>
                {
                    Some((&**attr, &**base, None))
                }
                _ => None,
            };
            if let Some((key, base, default)) = one
                && flow.labels(id.module, base) & WHOLE != 0
                && !(PLUMBING.contains(&key)
                    && (kind != EntrypointKind::Invocation || matches!(key, "data" | "body")))
                && !(typescript && matches!(key, "length" | "success" | "error"))
            {
                found.push(Taken {
                    name: key.to_owned(),
                    module: id.module,
                    range: expr.range,
                    base: base.range,
                    default,
                });
            }
        }
        for stmt in statements(body) {
            if let StmtKind::Assign(assign) = &stmt.kind
                && let Some(value) = &assign.value
                && flow.labels(id.module, value) & WHOLE != 0
            {
                assign
                    .targets
                    .iter()
                    .for_each(|target| pattern(target, id.module, value.range, &mut found));
            }
        }
        for param in source
            .function(id)
            .map(|function| function.params.as_slice())
            .unwrap_or_default()
        {
            if let Some(target) = &param.pattern
                && at(flow, id.module, target.range) & WHOLE != 0
            {
                pattern(target, id.module, target.range, &mut found);
            }
        }
    }
    found
}

/// `payload.get("prompt", "default")`, `getattr(payload, "prompt")`.
fn got(call: &Call) -> Option<(&str, &Expr, Option<Kind>)> {
    let default = |index: usize| {
        call.args.get(index).and_then(|value| match &value.kind {
            ExprKind::Number(_) => Some(Kind::Number),
            ExprKind::Bool(_) => Some(Kind::Flag),
            _ => None,
        })
    };
    match &call.callee.kind {
        ExprKind::Attribute { base, attr } if &**attr == "get_user_input" => {
            Some((A2A_TEXT, base, None))
        }
        ExprKind::Attribute { base, attr } if matches!(&**attr, "get" | "pop") => {
            Some((call.args.first()?.as_str()?, base, default(1)))
        }
        ExprKind::Name(name) if &**name == "getattr" => {
            Some((call.args.get(1)?.as_str()?, call.args.first()?, default(2)))
        }
        _ => None,
    }
}

/// `const { prompt, userId = 'x' } = payload`.
fn pattern(target: &Expr, module: ModuleId, base: ByteRange, found: &mut Vec<Taken>) {
    let ExprKind::Dict(entries) = &target.kind else {
        return;
    };
    for entry in entries {
        if let Some(key) = entry.key.as_ref().and_then(Expr::as_str)
            && !matches!(key, "body" | "data" | "success" | "error")
        {
            found.push(Taken {
                name: key.to_owned(),
                module,
                range: entry.value.range,
                base,
                default: None,
            });
        }
    }
}
