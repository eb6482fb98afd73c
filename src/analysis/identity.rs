//! Where code asks AgentCore Identity for credentials, and whether the context of the request is there.

use std::collections::BTreeSet;

use crate::analysis::agent_code::AgentCode;
use crate::analysis::names::leaf;
use crate::analysis::runners::Runner;
use crate::analysis::values::At;
use crate::model::source::ir::StmtKind;
use crate::model::source::walk::{Node, expressions, path_to};
use crate::model::source::{EntrypointKind, Expr, ExprKind, FnId, Function, Module};

/// Decorators of the SDK that ask Identity for what the function is given.
const ASKS: [&str; 3] = [
    "requires_access_token",
    "requires_api_key",
    "requires_iam_access_token",
];
/// What of the SDK serves, and keeps the workload access token of each request.
const SERVES: [&str; 4] = ["BedrockAgentCoreApp", "serve_a2a", "serve_ag_ui", "AGUIApp"];

/// Methods of Identity's own client that give a credential.
const GIVES: [&str; 2] = ["get_resource_api_key", "get_resource_oauth2_token"];

/// Whether the code asks Identity by its own client.
pub(crate) fn asks_by_client(code: &AgentCode<'_>) -> bool {
    code.calls().any(|(_, _, expr)| {
        let call = expr.as_call();
        call.is_some_and(|call| GIVES.contains(&call.written_name()))
    })
}

/// The functions that a decorator of the SDK asks Identity for, and those that take the workload access token of the request.
pub(crate) fn asking(code: &AgentCode<'_>) -> BTreeSet<FnId> {
    let asks = |function: &&Function| {
        function.decorators.iter().any(|decorator| {
            let target = decorator.as_call().map_or(decorator, |call| &call.callee);
            code.source
                .canonical(function.id.module, target)
                .is_some_and(|name| ASKS.contains(&leaf(&name)))
        })
    };
    let functions = code.modules().flat_map(|module| &module.functions);
    let decorated = functions.filter(asks).map(|function| function.id);
    decorated.chain(taking(code)).collect()
}

/// The functions that take the workload access token of the request.
fn taking(code: &AgentCode<'_>) -> BTreeSet<FnId> {
    let takes = code.calls().filter_map(|(module, function, expr)| {
        let name = code.source.callee_name(module.id, expr)?;
        name.ends_with("BedrockAgentCoreContext.get_workload_access_token")
            .then_some(function)?
    });
    takes.collect()
}

/// The calls that take the token of a request when a module is loaded, where no request is, and whose failure nothing catches; each
/// with its name as written. The decorators make a workload identity of their own there, which the role of the CLI lets them.
pub(crate) fn when_loaded<'a>(code: &AgentCode<'a>) -> Vec<(&'a str, At<'a>)> {
    let asking = taking(code);
    let mut found = Vec::new();
    if asking.is_empty() {
        return found;
    }
    for module in code.modules() {
        for stmt in module.import_time(false) {
            for expr in expressions(std::slice::from_ref(stmt)) {
                let callee = code.source.callee(module.id, expr);
                let asks = callee.is_some_and(|callee| reaches(code, callee, &asking));
                // What stands in a condition, a `try` or a `with` may be left out, or its failure be caught.
                let certain = || {
                    let path = path_to(&module.body, expr.range);
                    path.iter().all(|node| match node {
                        Node::Stmt(stmt) => !matches!(
                            stmt.kind,
                            StmtKind::If(_) | StmtKind::Try(_) | StmtKind::With(_)
                        ),
                        Node::Expr(expr) => !matches!(
                            expr.kind,
                            ExprKind::Conditional(_)
                                | ExprKind::BoolOp { .. }
                                | ExprKind::Lambda(_)
                        ),
                        _ => true,
                    })
                };
                if asks
                    && certain()
                    && let Some(call) = expr.as_call()
                {
                    found.push((call.written_name(), At::new(module.id, expr)));
                }
            }
        }
    }
    found.dedup_by(|(_, one), (_, other)| {
        one.module == other.module && one.expr.range == other.expr.range
    });
    found
}

/// Whether the code keeps the workload access token of a request itself.
pub(crate) fn keeps_token(code: &AgentCode<'_>) -> bool {
    code.calls().any(|(_, _, expr)| {
        expr.as_call().is_some_and(|call| {
            matches!(&call.callee.kind, ExprKind::Attribute { attr, .. }
                if attr.contains("workload_access_token") || attr.contains("WorkloadAccessToken"))
        })
    })
}

/// Whether an application of the SDK serves, which keeps the token of each request.
pub(crate) fn is_served_by_sdk(code: &AgentCode<'_>) -> bool {
    code.calls().any(|(module, _, expr)| {
        let name = code.source.callee_name(module.id, expr);
        name.is_some_and(|name| SERVES.contains(&leaf(name)))
    })
}

/// The routes whose functions run one of these.
pub(crate) fn routes<'a>(code: &AgentCode<'a>, asking: &BTreeSet<FnId>) -> Vec<&'a Function> {
    let entries = code.code.entrypoints.iter();
    let routes = entries.filter(|entry| entry.kind == EntrypointKind::Route);
    routes
        .filter_map(|entry| {
            let function = entry.function?;
            let reaches = reaches(code, function, asking);
            code.source.function(function).filter(|_| reaches)
        })
        .collect()
}

/// The calls that run one of these functions in a thread without the context of who starts it, each with its name as written.
pub(crate) fn out_of_context<'a>(
    code: &AgentCode<'a>,
    asking: &BTreeSet<FnId>,
) -> Vec<(&'a str, At<'a>)> {
    let starts = |module: &'a Module, expr: &'a Expr| {
        let call = expr.as_call()?;
        let target = Runner::of(call)
            .filter(|runner| runner.is_bare(call))?
            .function(call)?;
        let function = code.source.function_value(module.id, target)?;
        let at = At::new(module.id, expr);
        reaches(code, function, asking).then(|| (call.written_name(), at))
    };
    code.calls()
        .filter_map(|(module, _, expr)| starts(module, expr))
        .collect()
}

/// Whether a function runs one of these.
fn reaches(code: &AgentCode<'_>, function: FnId, asking: &BTreeSet<FnId>) -> bool {
    let reached = code.source.reach(function);
    reached.iter().any(|id| asking.contains(id))
}
