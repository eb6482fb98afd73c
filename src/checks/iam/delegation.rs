//! Where the code that runs acts for a user by a name that nobody verified.

use crate::checks::agent_code;
use crate::checks::callers::http::USER_HEADER;
use crate::checks::callers::values::option;
use crate::context::Context;
use crate::model::project::Agent;
use crate::model::source::ir::{Stmt, StmtKind};
use crate::model::source::walk;
use crate::model::source::{ByteRange, Expr, ExprKind, Module, Source};
use crate::report::Evidence;

/// The code passes a runtime user id.
const PASSED: &str = "passes a runtime user id";
/// The code gets a token for a user id.
const TOKEN: &str = "gets a workload access token for a user id";

/// Where the code of an agent acts for users.
#[derive(Default)]
pub(super) struct Uses {
    /// It calls a runtime with a user id.
    pub(super) for_user: bool,
    /// It asks for a workload token by user id.
    pub(super) token: bool,
    /// The places.
    pub(super) sites: Vec<Evidence>,
}

/// Places in reachable code that pass a runtime user id (`runtimeUserId=`, or its header), or that get a workload access token for
/// a user id. They need `InvokeAgentRuntimeForUser` and `GetWorkloadAccessTokenForUserId`; nothing else does.
pub(super) fn delegation_uses(context: &Context, agent: Agent<'_>) -> Uses {
    let source = &context.source;
    let mut found = Uses::default();
    let Some(runtime) = source.runtime(agent.name()) else {
        return found;
    };
    for module in runtime.reachable.iter().filter_map(|&id| source.module(id)) {
        let mut here = uses(source, module);
        here.sort_by_key(|(range, _)| *range);
        here.dedup();
        for (range, note) in here {
            found.for_user |= note == PASSED;
            found.token |= note == TOKEN;
            found
                .sites
                .push(agent_code::evidence(source, module.id, range).note(note));
        }
    }
    found
}

fn uses(source: &Source, module: &Module) -> Vec<(ByteRange, &'static str)> {
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
