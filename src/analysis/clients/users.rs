//! Code that acts for a user whom it names itself, and nobody verifies: by the runtime's user id, or by a workload token for one.

use super::Kind;
use super::entries::option;
use super::http::USER_HEADER;
use super::sdk::operation;
use crate::model::source::walk::statements;
use crate::model::source::{
    ByteRange, Call, Expr, ExprKind, Module, ModuleId, Source, Stmt, StmtKind,
};

/// The option of a call of a runtime that names the user.
const USER_ID: &str = "runtimeUserId";
/// Calls that give a workload token for the user that they name.
const TOKENS_OF_USERS: [&str; 3] = [
    "get_workload_access_token_for_user_id",
    "GetWorkloadAccessTokenForUserIdCommand",
    "getWorkloadAccessTokenForUserId",
];
/// Those of the SDK that take a user beside others.
const TOKENS: [&str; 2] = ["get_workload_access_token", "getWorkloadAccessToken"];
/// Methods that put a header.
const PUTS: [&str; 4] = ["set", "append", "setdefault", "add_header"];

/// How code acts for a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Use {
    /// It gives a runtime a user id: as an option, or in the header of a request.
    UserId,
    /// It gets a workload access token for a user id.
    Token,
}

/// Where a module acts for users, in the order of the text. Reading the header of one's own caller is no such place.
pub(crate) fn uses(source: &Source, module: &Module) -> Vec<(ByteRange, Use)> {
    let mut found = Vec::new();
    module.each_expression(&mut |_, expr| match &expr.kind {
        ExprKind::Dict(entries) => {
            let named = entries.iter().filter(|entry| {
                let key = entry.key.as_ref();
                key.is_some_and(|key| is_header(source, module.id, key))
            });
            found.extend(named.map(|entry| (entry.value.range, Use::UserId)));
        }
        ExprKind::Call(call) => {
            let user = user_id(source, module.id, expr, call);
            found.extend(user.map(|range| (range, Use::UserId)));
            if names_user_of_token(call) {
                found.push((expr.range, Use::Token));
            }
            if puts_header(source, module.id, call) {
                found.push((expr.range, Use::UserId));
            }
        }
        _ => {}
    });
    let functions = module.functions.iter().map(|function| &function.body);
    let bodies = std::iter::once(&module.body).chain(functions);
    let assigned = bodies
        .flat_map(|body| statements(body))
        .filter(|stmt| assigns_header(source, module.id, stmt));
    found.extend(assigned.map(|stmt| (stmt.range, Use::UserId)));
    found.sort_unstable();
    found.dedup();
    found
}

/// Whether a call anywhere in the repository is given a runtime's user id as an option.
pub(crate) fn is_passed_a_user(source: &Source) -> bool {
    source.modules.iter().any(|module| {
        let mut calls = module.calls().filter_map(|(_, expr)| expr.as_call());
        calls.any(|call| call.option(USER_ID).is_some())
    })
}

/// Where a call of a runtime is given a user id.
fn user_id(source: &Source, module: ModuleId, expr: &Expr, call: &Call) -> Option<ByteRange> {
    if operation(call.written_name()) != Some(Kind::Invoke) {
        return None;
    }
    let user = option(source, module, call, USER_ID)?;
    Some(match user.module == module {
        true => user.expr.range,
        false => expr.range,
    })
}

/// Whether a call gets a workload token for a user that it names.
fn names_user_of_token(call: &Call) -> bool {
    let name = call.written_name();
    let user = call.argument(2, "user_id");
    TOKENS_OF_USERS.contains(&name)
        || TOKENS.contains(&name) && user.is_some_and(|user| !matches!(user.kind, ExprKind::None))
}

/// `headers.set(USER, user)`
fn puts_header(source: &Source, module: ModuleId, call: &Call) -> bool {
    matches!(&*call.args, [key, _, ..]
        if PUTS.contains(&call.written_name()) && is_header(source, module, key))
}

/// `headers[USER] = user`
fn assigns_header(source: &Source, module: ModuleId, stmt: &Stmt) -> bool {
    let StmtKind::Assign(assign) = &stmt.kind else {
        return false;
    };
    assign.targets.iter().any(|target| {
        matches!(&target.kind, ExprKind::Subscript { index, .. } if is_header(source, module, index))
    })
}

/// Whether an expression is the name of the header that carries the user id.
fn is_header(source: &Source, module: ModuleId, name: &Expr) -> bool {
    let names = source.strings(module, name);
    names
        .iter()
        .any(|name| name.eq_ignore_ascii_case(USER_HEADER))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

    use super::{Use, uses};
    use crate::analysis::sample::source_of_files;

    fn found(path: &str, text: &str) -> Vec<Use> {
        let source = source_of_files(&[(path, text)], path);
        let found = uses(&source, &source.modules[0]).into_iter();
        found.map(|(_, how)| how).collect()
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
            [Use::UserId, Use::UserId, Use::Token]
        );
        let typescript = "
import { GetWorkloadAccessTokenForUserIdCommand } from '@aws-sdk/client-bedrock-agentcore';
const user = request.headers['x-amzn-bedrock-agentcore-runtime-user-id'];
fetch(url, { headers: { 'x-amzn-bedrock-agentcore-runtime-user-id': user } });
client.send(new GetWorkloadAccessTokenForUserIdCommand({ userId: user }));
";
        assert_eq!(found("main.ts", typescript), [Use::UserId, Use::Token]);
    }
}
