//! Where the code that runs acts for a user by a name that nobody verified.

use crate::analysis::clients::entries::option;
use crate::analysis::clients::http::USER_HEADER;
use crate::context::Context;
use crate::model::project::Agent;
use crate::model::site::Site;
use crate::model::source::ir::{Stmt, StmtKind};
use crate::model::source::walk;
use crate::model::source::{ByteRange, Expr, ExprKind, Module, Source};

/// Where the code of an agent acts for users.
#[derive(Debug, Default)]
pub(super) struct Uses {
    /// It calls a runtime with a user id.
    pub(super) for_user: bool,
    /// It asks for a workload token by user id.
    pub(super) token: bool,
    /// The places.
    pub(super) sites: Vec<Site>,
}

impl Uses {
    /// Whether it does either.
    pub(super) fn any(&self) -> bool {
        self.for_user || self.token
    }
}

/// Places in the code that runs which pass a runtime user id (`runtimeUserId=`, or its header), or get a workload access token for
/// a user id. They need `InvokeAgentRuntimeForUser` and `GetWorkloadAccessTokenForUserId`; reading the header of one's own caller
/// does not.
pub(super) fn delegation_uses(context: &Context, agent: Agent<'_>) -> Uses {
    let mut found = Uses::default();
    let source = &context.source;
    let Some(code) = source.runtime(agent.name()) else {
        return found;
    };
    for module in code.reachable.iter().filter_map(|&id| source.module(id)) {
        let mut here = uses(source, module);
        here.sort_unstable();
        here.dedup();
        for (range, what) in here {
            found.for_user |= what == What::User;
            found.token |= what == What::Token;
            found.sites.push(module.site(range));
        }
    }
    found
}

/// Which of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum What {
    User,
    Token,
}

fn uses(source: &Source, module: &Module) -> Vec<(ByteRange, What)> {
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
                        found.push((entry.value.range, What::User));
                    }
                }
            }
            ExprKind::Call(call) => {
                let name = call.written_name();
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
                        What::User,
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
                    found.push((expr.range, What::Token));
                }
                if let ("set" | "append" | "setdefault" | "add_header", [key, _, ..]) =
                    (name, &*call.args)
                    && header(key)
                {
                    found.push((expr.range, What::User));
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
                found.push((*range, What::User));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

    use super::{What, uses};
    use crate::analysis::sample::source_of_files;

    fn found(path: &str, text: &str) -> Vec<What> {
        let source = source_of_files(&[(path, text)], path);
        let mut found = uses(&source, &source.modules[0]);
        found.sort_unstable();
        found.into_iter().map(|(_, what)| what).collect()
    }

    #[test]
    fn passing_counts_and_reading_does_not() {
        let python = "
USER = 'X-Amzn-Bedrock-AgentCore-Runtime-User-Id'
def call(client, headers, request, user):
    seen = request.headers.get(USER)
    client.invoke_agent_runtime(agentRuntimeArn='arn', runtimeUserId=user)
    headers[USER] = user
    client.get_workload_access_token_for_user_id(workloadName='w', userId=user)
    return seen == USER
";
        assert_eq!(
            found("main.py", python),
            [What::User, What::User, What::Token]
        );
        let typescript = "
import { GetWorkloadAccessTokenForUserIdCommand } from '@aws-sdk/client-bedrock-agentcore';
const user = request.headers['x-amzn-bedrock-agentcore-runtime-user-id'];
fetch(url, { headers: { 'x-amzn-bedrock-agentcore-runtime-user-id': user } });
client.send(new GetWorkloadAccessTokenForUserIdCommand({ userId: user }));
";
        assert_eq!(found("main.ts", typescript), [What::User, What::Token]);
    }
}
