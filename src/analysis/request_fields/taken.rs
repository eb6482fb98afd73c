//! Where fields are taken out of a payload.

use std::collections::BTreeSet;

use crate::analysis::dataflow::Flow;
use crate::analysis::handlers::ambient;
use crate::analysis::limits;
use crate::model::source::ir::{ByteRange, StmtKind};
use crate::model::source::walk::{expressions, statements};
use crate::model::source::{
    Call, EntrypointKind, Expr, ExprKind, FnId, Language, ModuleId, Source,
};

use super::fields::{Kind, at};
use super::tested::is_made_here;
use crate::analysis::schema;
use crate::analysis::schema::WHOLE;

/// A place where a field is taken out of something.
pub(super) struct Taken {
    pub name: String,
    pub module: ModuleId,
    pub range: ByteRange,
    pub base: ByteRange,
    pub default: Option<Kind>,
    /// Where the fields are taken that this one is a part of.
    pub within: Vec<(ModuleId, ByteRange)>,
}

/// The name for what `RequestContext.get_user_input()` of A2A gives: always text.
pub(super) const A2A_TEXT: &str = "message";

/// Members of `RequestContext` of A2A that are ids: text, or None
/// (<https://github.com/a2aproject/a2a-python/blob/main/src/a2a/server/agent_execution/context.py>).
pub(super) const A2A_IDS: [&str; 4] = ["context_id", "task_id", "contextId", "taskId"];

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

/// Headers that the platform has checked before the agent sees them: the session's own id, and the token that it validated.
const CHECKED: [&str; 2] = [
    "x-amzn-bedrock-agentcore-runtime-session-id",
    "authorization",
];

/// Whether a field is such a header.
pub(super) fn is_checked(source: &Source, name: &str, site: (ModuleId, ByteRange)) -> bool {
    CHECKED.iter().any(|known| name.eq_ignore_ascii_case(known))
        && source.module(site.0).is_some_and(|module| {
            let text = module.text(site.1).to_ascii_lowercase();
            text.contains("header")
        })
}

/// Every place where something is taken out of a labelled value by a key that is known.
pub(super) fn taken_out(
    source: &Source,
    kind: EntrypointKind,
    flow: &Flow,
    declared: &BTreeSet<String>,
) -> Vec<Taken> {
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
                ExprKind::Subscript { base, index } => Some((Key::Expr(index), &**base, None)),
                ExprKind::Call(call) => got(call),
                ExprKind::Attribute { .. }
                    if ambient::is_signal(expr) || ambient::is_web_request(expr) =>
                {
                    None
                }
                ExprKind::Attribute { base, attr }
                    if kind == EntrypointKind::A2a && A2A_IDS.contains(&&**attr) =>
                {
                    Some((Key::Text(attr), &**base, Some(Kind::Id)))
                }
                ExprKind::Attribute { base, attr }
                    if !called.contains(&expr.range)
                        && (typescript
                            || module.is_asked_by_text(expr)
                            || schema::is_model_value(source, id.module, base)) =>
                {
                    Some((Key::Text(attr), &**base, None))
                }
                _ => None,
            };
            let Some((key, base, default)) = one else {
                continue;
            };
            if flow.labels(id.module, base) & WHOLE == 0 {
                continue;
            }
            // `counts[kind] = counts.get(kind, 0) + 1`: the keys of what is made here are none of the payload's.
            let written = matches!(
                key,
                Key::Text(_)
                    | Key::Expr(Expr {
                        kind: ExprKind::Str(_),
                        ..
                    })
            );
            if !written && is_made_here(source, id.module, base) {
                continue;
            }
            let mut names = match key {
                Key::Text(key) => vec![key.to_owned()],
                Key::Expr(key) => keys(source, flow, id, key),
            };
            names.retain(|key| {
                declared.contains(key)
                    || !(PLUMBING.contains(&&**key)
                        && (kind != EntrypointKind::Invocation
                            || matches!(&**key, "data" | "body")))
                        && !(typescript && matches!(&**key, "length" | "success" | "error"))
                        && !(key == "right" && schema::is_either(source, id.module, base))
            });
            if !names.is_empty() {
                found.push(Taken {
                    name: names.join(OR),
                    module: id.module,
                    range: expr.range,
                    base: base.range,
                    default,
                    within: Vec::new(),
                });
            }
        }
        for stmt in statements(body) {
            if let StmtKind::Switch(switch) = &stmt.kind
                && flow.labels(id.module, &switch.subject) & WHOLE != 0
            {
                let base = (id.module, switch.subject.range);
                let patterns = switch.cases.iter().filter_map(|case| case.pattern.as_ref());
                patterns.for_each(|fits| case(fits, base, &mut found));
            }
            if let StmtKind::Assign(assign) = &stmt.kind
                && let Some(value) = &assign.value
                && flow.labels(id.module, value) & WHOLE != 0
            {
                assign.targets.iter().for_each(|target| {
                    pattern(target, (id.module, value.range), declared, &mut found);
                });
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
                pattern(target, (id.module, target.range), declared, &mut found);
            }
        }
    }
    found
}

/// What names a field.
enum Key<'e> {
    Text(&'e str),
    Expr(&'e Expr),
}

/// Between the names of what is taken out of one place: `for key in ("prompt", "input"): payload.get(key)`.
pub(crate) const OR: &str = "/";
/// Most names of one place.
const MOST_NAMES: usize = 24;

/// The constant names that a key can be: its own, those of a loop's elements, those that callers on the way give.
fn keys(source: &Source, flow: &Flow, function: FnId, key: &Expr) -> Vec<String> {
    if let Some(key) = key.as_str() {
        return vec![key.to_owned()];
    }
    if matches!(key.kind, ExprKind::Number(_) | ExprKind::Slice(_)) {
        return Vec::new();
    }
    let mut found = source.strings(function.module, key);
    let place = key.as_name().and_then(|name| {
        let params = &source.function(function)?.params;
        params.iter().position(|param| &*param.name == name)
    });
    if let Some(index) = place {
        for id in flow.functions() {
            for expr in expressions(source.body(id.module, Some(id))) {
                if let ExprKind::Call(call) = &expr.kind
                    && source.callee(id.module, expr) == Some(function)
                    && let Some(param) = source
                        .function(function)
                        .and_then(|called| called.params.get(index))
                    && let Some(given) = call.argument(index, &param.name)
                {
                    found.extend(source.strings(id.module, given));
                }
            }
        }
    }
    found.sort();
    found.dedup();
    if found.len() > MOST_NAMES {
        limits::reached(limits::FIELDS, function.module, key.range);
        found.truncate(MOST_NAMES);
    }
    found
}

/// `payload.get("prompt", "default")`, `getattr(payload, "prompt")`.
fn got(call: &Call) -> Option<(Key<'_>, &Expr, Option<Kind>)> {
    let default = |index: usize| {
        call.args.get(index).and_then(|value| match &value.kind {
            ExprKind::Number(_) => Some(Kind::Number),
            ExprKind::Bool(_) => Some(Kind::Flag),
            ExprKind::Str(_) => Some(Kind::Text),
            _ => None,
        })
    };
    match &call.callee.kind {
        ExprKind::Attribute { base, attr } if &**attr == "get_user_input" => {
            Some((Key::Text(A2A_TEXT), base, None))
        }
        ExprKind::Attribute { base, attr } if matches!(&**attr, "get" | "pop") => {
            Some((Key::Expr(call.args.first()?), base, default(1)))
        }
        ExprKind::Name(name) if &**name == "getattr" => {
            let key = Key::Expr(call.args.get(1)?);
            Some((key, call.args.first()?, default(2)))
        }
        _ => None,
    }
}

/// `case {"prompt": str(prompt)}`, and either of several such.
fn case(fits: &Expr, base: (ModuleId, ByteRange), found: &mut Vec<Taken>) {
    match &fits.kind {
        ExprKind::BinOp { left, right, .. } => {
            case(left, base, found);
            case(right, base, found);
        }
        ExprKind::Dict(entries) => found.extend(entries.iter().filter_map(|entry| {
            let key = entry.key.as_ref()?;
            Some(Taken {
                name: key.as_str()?.to_owned(),
                module: base.0,
                range: key.range,
                base: base.1,
                default: None,
                within: Vec::new(),
            })
        })),
        _ => {}
    }
}

/// `const { prompt, userId = 'x' } = payload`.
fn pattern(
    target: &Expr,
    (module, base): (ModuleId, ByteRange),
    declared: &BTreeSet<String>,
    found: &mut Vec<Taken>,
) {
    let ExprKind::Dict(entries) = &target.kind else {
        return;
    };
    for entry in entries {
        if let Some(key) = entry.key.as_ref().and_then(Expr::as_str)
            && (declared.contains(key) || !matches!(key, "body" | "data" | "success" | "error"))
        {
            found.push(Taken {
                name: key.to_owned(),
                module,
                range: entry.value.range,
                base,
                default: None,
                within: Vec::new(),
            });
        }
    }
}
