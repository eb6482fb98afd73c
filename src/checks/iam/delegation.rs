//! Where the code that runs acts for a user by a name that nobody verified.

use crate::checks::agent_code;
use crate::checks::callers::http::USER_HEADER;
use crate::checks::callers::values::option;
use crate::context::Context;
use crate::model::source::ir::{Stmt, StmtKind};
use crate::model::source::walk;
use crate::model::source::{ByteRange, Expr, ExprKind, Module, ModuleId, Source};
use crate::report::Evidence;

/// Places in reachable code that pass a runtime user id (`runtimeUserId=`, or its header), or that get a workload access token for
/// a user id. They need `InvokeAgentRuntimeForUser` and `GetWorkloadAccessTokenForUserId`; nothing else does.
pub(crate) fn delegation_uses(context: &Context) -> Vec<Evidence> {
    let source = &context.source;
    let mut modules: Vec<ModuleId> = source
        .runtimes
        .iter()
        .flat_map(|runtime| runtime.reachable.iter().copied())
        .collect();
    modules.sort_unstable();
    modules.dedup();
    let mut found = Vec::new();
    for module in modules.into_iter().filter_map(|id| source.module(id)) {
        let mut here = uses(source, module);
        here.sort_by_key(|(range, _)| *range);
        here.dedup();
        found.extend(
            here.into_iter()
                .map(|(range, note)| agent_code::evidence(source, module.id, range).note(note)),
        );
    }
    found
}

fn uses(source: &Source, module: &Module) -> Vec<(ByteRange, &'static str)> {
    const PASSED: &str = "passes a runtime user id";
    const TOKEN: &str = "gets a workload access token for a user id";
    let mut found = Vec::new();
    let header = |expr: &Expr| {
        source
            .strings(module.id, expr)
            .iter()
            .any(|name| name.eq_ignore_ascii_case(USER_HEADER))
    };
    for (_, expr) in module.all_expressions() {
        match &expr.kind {
            ExprKind::Dict(entries) => {
                for entry in entries {
                    if entry.key.as_ref().is_some_and(header) {
                        found.push((entry.value.range, PASSED));
                    }
                }
            }
            ExprKind::Call(call) => {
                let name = match &call.callee.kind {
                    ExprKind::Attribute { attr, .. } => &**attr,
                    ExprKind::Name(name) => &**name,
                    _ => "",
                };
                if matches!(
                    name,
                    "invoke_agent_runtime"
                        | "InvokeAgentRuntimeCommand"
                        | "invokeAgentRuntime"
                        | "invoke_harness"
                        | "InvokeHarnessCommand"
                        | "invokeHarness"
                ) && let Some(user) = option(source, module.id, call, "runtimeUserId")
                {
                    found.push((
                        if user.module == module.id {
                            user.expr.range
                        } else {
                            expr.range
                        },
                        PASSED,
                    ));
                }
                let for_user =
                    matches!(
                        name,
                        "get_workload_access_token_for_user_id"
                            | "GetWorkloadAccessTokenForUserIdCommand"
                            | "getWorkloadAccessTokenForUserId"
                    ) || matches!(name, "get_workload_access_token" | "getWorkloadAccessToken")
                        && call
                            .argument(2, "user_id")
                            .is_some_and(|user| !matches!(user.kind, ExprKind::None));
                if for_user {
                    found.push((expr.range, TOKEN));
                }
                if let ("set" | "append" | "setdefault" | "add_header", [key, _, ..]) =
                    (name, call.args.as_slice())
                    && header(key)
                {
                    found.push((expr.range, PASSED));
                }
            }
            _ => {}
        }
    }
    let bodies =
        std::iter::once(&module.body).chain(module.functions.iter().map(|function| &function.body));
    for stmt in bodies.flat_map(|body| walk::statements(body)) {
        if let Stmt {
            kind: StmtKind::Assign(assign),
            range,
        } = stmt
        {
            let sets = assign.targets.iter().any(
                |target| matches!(&target.kind, ExprKind::Subscript { index, .. } if header(index)),
            );
            if sets {
                found.push((*range, PASSED));
            }
        }
    }
    found
}
