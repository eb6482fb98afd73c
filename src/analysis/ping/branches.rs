//! Branches of servers without a router that answer the ping: what runs where the path of a request is `/ping`.

use super::Answering;
use crate::analysis::agent_code::AgentCode;
use crate::model::source::walk::{statements, sub_expressions};
use crate::model::source::{Expr, ExprKind, Function, Stmt, StmtKind};

/// The path that the platform asks.
const PING: &str = "/ping";

/// The branches of the functions that run.
pub(super) fn of_ping<'s>(code: &AgentCode<'s>) -> Vec<Answering<'s>> {
    let speaks = code
        .modules()
        .filter(|module| module.source.text.contains(PING));
    let functions = speaks.flat_map(|module| &module.functions);
    let running = functions.filter(|function| code.may_run(function.id));
    running.flat_map(of_function).collect()
}

fn of_function(function: &Function) -> Vec<Answering<'_>> {
    let found = statements(&function.body).into_iter();
    let bodies = found.flat_map(|stmt| branches(stmt));
    bodies.map(|body| Answering { function, body }).collect()
}

/// What a statement runs where the path is that of the ping.
fn branches(stmt: &Stmt) -> Vec<&[Stmt]> {
    match &stmt.kind {
        StmtKind::If(branch) if asks_for_ping(&branch.test) => vec![&branch.body],
        StmtKind::Switch(switch) => {
            let is_ping = |pattern: &Expr| {
                let mut parts = sub_expressions(pattern).into_iter();
                parts.any(|part| part.as_str() == Some(PING))
            };
            let cases = switch.cases.iter();
            let cases = cases.filter(|case| case.pattern.as_ref().is_some_and(is_ping));
            cases.map(|case| &*case.body).collect()
        }
        _ => Vec::new(),
    }
}

/// Whether a test is true for the path of the ping: `req.url === "/ping"`, `self.path == "/ping"`, `url.startsWith("/ping")`,
/// `path in ("/ping", "/health")`.
fn asks_for_ping(test: &Expr) -> bool {
    let is_ping = |expr: &Expr| expr.as_str() == Some(PING);
    sub_expressions(test)
        .into_iter()
        .any(|part| match &part.kind {
            ExprKind::Compare(parts) => match &*parts.rest {
                [("==" | "===", right)] => is_ping(right) || is_ping(&parts.left),
                [("in", right)] => sub_expressions(right).into_iter().any(is_ping),
                _ => false,
            },
            ExprKind::Call(call) => {
                matches!(call.written_name(), "startsWith" | "startswith")
                    && call.args.first().is_some_and(is_ping)
            }
            _ => false,
        })
}
