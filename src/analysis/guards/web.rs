//! Error handlers and middleware that frameworks are given.

use crate::analysis::agent_code::AgentCode;
use crate::analysis::names::leaf;
use crate::model::source::walk::expressions;
use crate::model::source::{Call, Expr, ExprKind, FnId, ModuleId, Source};

use super::{Guard, around};
use crate::analysis::exceptions::{self, Conduct};

/// A function that a framework calls with an exception, and the parameter that holds it.
pub(crate) struct ErrorHandler {
    /// The function.
    pub function: FnId,
    /// Index of the exception among its parameters.
    pub exception: usize,
    /// Whether it is for every exception.
    pub broad: bool,
}

/// The error handlers that web frameworks are given: `@app.exception_handler(Exception)`, `app.use((err, req, res, next) => …)`,
/// `setErrorHandler`, `onError`.
pub(crate) fn error_handlers(code: &AgentCode<'_>) -> Vec<ErrorHandler> {
    let source = code.source;
    let mut found = Vec::new();
    for module in code.modules() {
        for function in &module.functions {
            for decorator in &function.decorators {
                let Some(call) = decorator.as_call() else {
                    continue;
                };
                let ExprKind::Attribute { attr, .. } = &call.callee.kind else {
                    continue;
                };
                let index = match &**attr {
                    "exception_handler" => 1,
                    "errorhandler" | "app_errorhandler" => 0,
                    _ => continue,
                };
                let broad = call
                    .args
                    .first()
                    .is_some_and(|caught| catches_all(source, module.id, caught));
                found.push(ErrorHandler {
                    function: function.id,
                    exception: index,
                    broad,
                });
            }
        }
        for (_, expr) in module.calls() {
            let Some(call) = expr.as_call() else { continue };
            registered(source, module.id, call, &mut found);
        }
    }
    found
}

fn catches_all(source: &Source, module: ModuleId, caught: &Expr) -> bool {
    exceptions::broad_type(source, module, caught)
        || caught.as_number().is_some_and(|status| status == 500.0)
}

fn registered(source: &Source, module: ModuleId, call: &Call, found: &mut Vec<ErrorHandler>) {
    for map in call
        .keywords
        .iter()
        .filter(|keyword| keyword.name.as_deref() == Some("exception_handlers"))
    {
        if let ExprKind::Dict(entries) = &map.value.kind {
            for entry in entries {
                let broad = entry
                    .key
                    .as_ref()
                    .is_some_and(|key| catches_all(source, module, key));
                let function = source.function_value(module, &entry.value);
                found.extend(function.map(|function| ErrorHandler {
                    function,
                    exception: 1,
                    broad,
                }));
            }
        }
    }
    let ExprKind::Attribute { attr, .. } = &call.callee.kind else {
        return;
    };
    let given = |index: usize| {
        call.args
            .get(index)
            .and_then(|arg| source.function_value(module, arg))
    };
    match &**attr {
        "add_exception_handler" | "register_error_handler" => {
            let broad = call
                .args
                .first()
                .is_some_and(|caught| catches_all(source, module, caught));
            let index = usize::from(&**attr == "add_exception_handler");
            found.extend(given(1).map(|function| ErrorHandler {
                function,
                exception: index,
                broad,
            }));
        }
        "setErrorHandler" | "onError" => {
            found.extend(given(0).map(|function| ErrorHandler {
                function,
                exception: 0,
                broad: true,
            }));
        }
        "use" => {
            let last = call.args.len().checked_sub(1).and_then(given);
            let four = last.filter(|id| {
                source
                    .function(*id)
                    .is_some_and(|function| function.params.len() == 4)
            });
            found.extend(four.map(|function| ErrorHandler {
                function,
                exception: 0,
                broad: true,
            }));
        }
        _ => {}
    }
}

/// What a web framework puts around every route: broad error handlers and middleware.
pub(crate) fn web(code: &AgentCode<'_>) -> Vec<Guard> {
    let source = code.source;
    let mut found: Vec<Guard> = error_handlers(code)
        .into_iter()
        .filter(|handler| handler.broad)
        .filter_map(|handler| {
            let function = source.function(handler.function)?;
            Some(Guard {
                conduct: exceptions::conduct(
                    source,
                    source.module(handler.function.module)?,
                    &function.body,
                ),
                module: handler.function.module,
                range: function.header,
                ..Guard::default()
            })
        })
        .collect();
    for module in code.modules() {
        for function in &module.functions {
            let next = function
                .params
                .iter()
                .find(|param| matches!(&*param.name, "call_next" | "next"));
            let Some(next) = next else { continue };
            for expr in expressions(&function.body) {
                if let ExprKind::Call(call) = &expr.kind
                    && call.callee.as_name() == Some(&*next.name)
                {
                    found.extend(around(source, module.id, Some(function.id), expr.range));
                }
            }
        }
    }
    found
}

/// Whether a middleware that logs and answers every error of an MCP server is installed.
pub(crate) fn mcp(code: &AgentCode<'_>) -> Vec<Guard> {
    let handled = |expr: &Expr, module: ModuleId| {
        let text = code
            .source
            .module(module)
            .map_or("", |module| module.text(expr.range));
        text.contains("Middleware")
            && code
                .source
                .callee_name(module, expr)
                .is_some_and(|name| leaf(name) == "ErrorHandlingMiddleware")
    };
    let conduct = Conduct {
        logs: true,
        answers: true,
        ..Conduct::default()
    };
    let calls = code
        .calls()
        .filter(|(module, _, expr)| handled(expr, module.id));
    calls
        .map(|(module, _, expr)| Guard {
            conduct,
            module: module.id,
            range: expr.range,
            ..Guard::default()
        })
        .collect()
}
