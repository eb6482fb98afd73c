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
    // Where more than the path decides, another branch answers the rest.
    let bodies: Option<Vec<&[Stmt]>> = found
        .flat_map(branches)
        .map(|(decides, body)| (decides == Decides::Path).then_some(body))
        .collect();
    let bodies = bodies.unwrap_or_default().into_iter();
    bodies.map(|body| Answering { function, body }).collect()
}

/// What a test that asks for the ping depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Decides {
    /// The path, and the method at most.
    Path,
    /// Something else too, or the other way round.
    More,
}

/// What a statement runs where the path is that of the ping.
fn branches(stmt: &Stmt) -> Vec<(Decides, &[Stmt])> {
    match &stmt.kind {
        StmtKind::If(branch) => {
            let decides = asks_for_ping(&branch.test);
            decides
                .map(|decides| (decides, &*branch.body))
                .into_iter()
                .collect()
        }
        StmtKind::Switch(switch) => {
            let cases = switch.cases.iter();
            let cases = cases.filter(|case| case.pattern.as_ref().is_some_and(names_ping));
            cases
                .map(|case| match case.guard {
                    None => (Decides::Path, &*case.body),
                    Some(_) => (Decides::More, &*case.body),
                })
                .collect()
        }
        _ => Vec::new(),
    }
}

fn names_ping(expr: &Expr) -> bool {
    let mut parts = sub_expressions(expr).into_iter();
    parts.any(|part| part.as_str() == Some(PING))
}

/// What a test depends on that is true for the path of the ping: `req.url === "/ping"`, `self.path == "/ping"`,
/// `url.startsWith("/ping")`, `path in ("/ping", "/health")`; None where it does not ask for it.
fn asks_for_ping(test: &Expr) -> Option<Decides> {
    if !names_ping(test) {
        return None;
    }
    let values = match &test.kind {
        ExprKind::BoolOp { values, .. } => &**values,
        _ => std::slice::from_ref(test),
    };
    let plain = values
        .iter()
        .all(|value| is_of_path(value) || is_of_method(value));
    Some(if plain { Decides::Path } else { Decides::More })
}

/// Whether a test compares something with the path of the ping, or with another one.
fn is_of_path(test: &Expr) -> bool {
    let is_path = |expr: &Expr| expr.as_str().is_some_and(|text| text.starts_with('/'));
    match &test.kind {
        ExprKind::Compare(parts) => match &*parts.rest {
            [("==" | "===", right)] => is_path(right) || is_path(&parts.left),
            [("in", right)] => names_ping(right),
            _ => false,
        },
        ExprKind::Call(call) => {
            matches!(call.written_name(), "startsWith" | "startswith")
                && call.args.first().is_some_and(is_path)
        }
        _ => false,
    }
}

/// `req.method === "GET"`.
fn is_of_method(test: &Expr) -> bool {
    let is_method = |expr: &Expr| matches!(expr.as_str(), Some("GET" | "HEAD"));
    match &test.kind {
        ExprKind::Compare(parts) => match &*parts.rest {
            [("==" | "===", right)] => is_method(right) || is_method(&parts.left),
            _ => false,
        },
        _ => false,
    }
}
