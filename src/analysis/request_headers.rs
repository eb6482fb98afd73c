//! Which headers of a request the code of an agent reads by name.

use crate::analysis::agent_code::AgentCode;
use crate::analysis::clients::places::Places;
use crate::analysis::limits;
use crate::analysis::values::{At, bound};
use crate::model::source::walk::sub_expressions;
use crate::model::source::{EntrypointKind, Expr, ExprKind, ModuleId};

/// The request headers that code reads by a literal name, each with the expression that reads it.
pub(crate) fn reads<'a>(code: &AgentCode<'a>) -> Vec<(String, At<'a>)> {
    let source = code.source;
    let places = Places::of(source, code.code.reachable.clone());
    let mut found = Vec::new();
    for module in code.modules() {
        module.each_expression(&mut |function, expr| {
            let Some((base, key)) = item(expr) else {
                return;
            };
            if !may_be_headers(base) || function.is_some_and(|id| !code.may_run(id)) {
                return;
            }
            let name = source.string(module.id, key);
            if let Some(name) = name.filter(|name| !name.is_empty())
                && is_headers(code, &places, module.id, base)
            {
                found.push((name, At::new(module.id, expr)));
            }
        });
    }
    found
}

/// What an expression takes an item of, and the item's name.
fn item(expr: &Expr) -> Option<(&Expr, &Expr)> {
    match &expr.kind {
        ExprKind::Subscript { base, index } => Some((base, index)),
        ExprKind::Call(call) => match (&call.callee.kind, call.args.first()) {
            (ExprKind::Attribute { base, attr }, Some(key))
                if matches!(&**attr, "get" | "getlist" | "pop" | "header") =>
            {
                Some((base, key))
            }
            _ => None,
        },
        _ => None,
    }
}

/// Whether an expression has a form that [`is_headers`] knows: most have not, and nothing is resolved for them.
fn may_be_headers(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Attribute { attr, .. } => {
            matches!(&**attr, "request_headers" | "requestHeaders" | "headers")
        }
        ExprKind::Name(_)
        | ExprKind::BoolOp { .. }
        | ExprKind::Call(_)
        | ExprKind::Comprehension(_)
        | ExprKind::Conditional(_)
        | ExprKind::Dict(_) => true,
        _ => false,
    }
}

/// Whether an expression is the headers of the request, or made of them.
fn is_headers(code: &AgentCode<'_>, places: &Places<'_>, module: ModuleId, expr: &Expr) -> bool {
    let Some(_step) = limits::follow("headers", limits::CALLERS, module, expr) else {
        return false;
    };
    let source = code.source;
    match &expr.kind {
        ExprKind::Attribute { base, attr } => match &**attr {
            "request_headers" | "requestHeaders" => true,
            "headers" => base.as_name().is_some_and(|name| {
                matches!(name, "context" | "ctx" | "request" | "req")
                    && of_handler(code, places, module, base, name)
            }),
            _ => false,
        },
        ExprKind::Name(name) => {
            let Some(place) = source.module(module) else {
                return false;
            };
            let values = bound(source, module, name, expr.range.start);
            if !values.is_empty() {
                return values.into_iter().any(|value| {
                    !value.range.contains(expr.range) && is_headers(code, places, module, value)
                });
            }
            // A parameter: what the callers give.
            let Some(function) = place.function_at(expr.range.start) else {
                return false;
            };
            let Some(index) = function
                .params
                .iter()
                .position(|param| *param.name == **name)
            else {
                return false;
            };
            places.uses(function.id).iter().any(|used| {
                used.expr
                    .as_call()
                    .and_then(|call| call.argument(index, name))
                    .is_some_and(|given| is_headers(code, places, used.module, given))
            })
        }
        ExprKind::BoolOp { .. }
        | ExprKind::Call(_)
        | ExprKind::Comprehension(_)
        | ExprKind::Conditional(_)
        | ExprKind::Dict(_) => sub_expressions(expr).into_iter().any(|inner| {
            matches!(&inner.kind, ExprKind::Attribute { .. })
                && is_headers(code, places, module, inner)
        }),
        _ => false,
    }
}

/// Whether a name is a parameter of a function that the platform's requests reach.
fn of_handler(
    code: &AgentCode<'_>,
    places: &Places<'_>,
    module: ModuleId,
    base: &Expr,
    name: &str,
) -> bool {
    let function = code
        .source
        .module(module)
        .and_then(|module| module.function_at(base.range.start));
    function.is_some_and(|function| {
        matches!(
            places.handler(function.id),
            Some(
                EntrypointKind::Invocation
                    | EntrypointKind::Route
                    | EntrypointKind::Middleware
                    | EntrypointKind::WebSocket
            )
        ) && function.params.iter().any(|param| &*param.name == name)
    })
}
