//! Which headers of a request the code of an agent reads by name.

use crate::analysis::agent_code::AgentCode;
use crate::analysis::clients::places::Places;
use crate::analysis::limits;
use crate::analysis::names::{leaf, package};
use crate::analysis::values::{At, bound};
use crate::model::source::module::Param;
use crate::model::source::walk::sub_expressions;
use crate::model::source::{EntrypointKind, Expr, ExprKind, Language, Module, ModuleId};

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
            let asked = asked(module, expr);
            if !may_be_headers(base) && asked.is_none()
                || function.is_some_and(|id| !code.may_run(id))
            {
                return;
            }
            let name = source.string(module.id, key);
            if let Some(name) = name.filter(|name| !name.is_empty())
                && (is_headers(code, &places, module.id, base)
                    || asked.is_some_and(|asked| is_request(code, &places, module.id, asked)))
            {
                found.push((name, At::new(module.id, expr)));
            }
        });
        for function in &module.functions {
            if code.may_run(function.id) {
                let params = function.params.iter();
                found.extend(params.filter_map(|param| of_parameter(code, module.id, param)));
            }
        }
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

/// The request that an expression asks for a header by the request's own method: `req.get('x')`, `req.header('x')` of Express,
/// `c.req.header('x')` of Hono. A request of Starlette has no such method.
fn asked<'a>(module: &Module, expr: &'a Expr) -> Option<&'a Expr> {
    if module.language != Language::TypeScript {
        return None;
    }
    let call = expr.as_call()?;
    let ExprKind::Attribute { base, attr } = &call.callee.kind else {
        return None;
    };
    match (&base.kind, &**attr) {
        (ExprKind::Name(_), "get" | "header") => Some(base),
        (ExprKind::Attribute { base, attr }, "header") if &**attr == "req" => Some(base),
        _ => None,
    }
}

/// The header that FastAPI gives for a parameter: `x_tenant: str = Header()`, `Annotated[str, Header(alias="X-Tenant")]`.
fn of_parameter<'a>(
    code: &AgentCode<'a>,
    module: ModuleId,
    param: &'a Param,
) -> Option<(String, At<'a>)> {
    let is_header = |expr: &&'a Expr| {
        let name = code.source.callee_name(module, expr).unwrap_or_default();
        package(name) == "fastapi" && leaf(name) == "Header"
    };
    let default = param.default.as_deref().filter(is_header);
    let declared = || {
        let annotation = param.annotation.as_deref()?;
        sub_expressions(annotation).into_iter().find(is_header)
    };
    let given = default.or_else(declared)?;
    let call = given.as_call()?;
    let name = match call.option("alias") {
        Some(alias) => code.source.string(module, alias)?,
        None => {
            let kept = call.option("convert_underscores");
            match kept.map(|kept| &kept.kind) {
                Some(ExprKind::Bool(false)) => param.name.to_string(),
                _ => param.name.replace('_', "-"),
            }
        }
    };
    (!name.is_empty()).then_some((name, At::new(module, given)))
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
            "headers" => is_request(code, places, module, base),
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

/// Whether an expression is the request: a parameter of a function that the platform's requests reach, or of a helper that is
/// given it.
fn is_request(code: &AgentCode<'_>, places: &Places<'_>, module: ModuleId, expr: &Expr) -> bool {
    let Some(name) = expr.as_name() else {
        return false;
    };
    let Some(_step) = limits::follow("request", limits::CALLERS, module, expr) else {
        return false;
    };
    let function = code
        .source
        .module(module)
        .and_then(|module| module.function_at(expr.range.start));
    let Some(function) = function else {
        return false;
    };
    let params = &function.params;
    let Some(index) = params.iter().position(|param| &*param.name == name) else {
        return false;
    };
    match places.handler(function.id) {
        Some(
            EntrypointKind::Invocation
            | EntrypointKind::Route
            | EntrypointKind::Middleware
            | EntrypointKind::WebSocket,
        ) => {
            matches!(name, "context" | "ctx" | "request" | "req" | "c")
        }
        Some(_) => false,
        None => places.uses(function.id).iter().any(|used| {
            used.expr
                .as_call()
                .and_then(|call| call.argument(index, name))
                .is_some_and(|given| is_request(code, places, used.module, given))
        }),
    }
}
