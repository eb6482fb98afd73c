//! What the platform's ping is answered with: which functions answer it, which state they say, and which time of the last change.

mod branches;
pub(crate) mod routes;
pub(crate) mod stamps;
mod status;

use std::collections::BTreeSet;

use crate::analysis::agent_code::AgentCode;
use crate::analysis::startup::is_ping;
use crate::model::source::walk::{expressions, statements};
use crate::model::source::{
    ByteRange, Expr, ExprKind, FnId, Function, ModuleId, Source, Stmt, StmtKind,
};

pub(crate) use self::status::State;
use self::status::{is_state, names_state};

/// The functions that answer the ping.
pub(crate) fn handlers(code: &AgentCode<'_>) -> Vec<FnId> {
    let entries = code.code.entrypoints.iter();
    let pings = entries.filter(|entry| is_ping(code.source, entry));
    let mut found: Vec<FnId> = pings.filter_map(|entry| entry.function).collect();
    found.sort();
    found.dedup();
    found
}

/// What answers the ping: a function, or the branch of one that looks at the path itself.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Answering<'s> {
    /// The function.
    pub(crate) function: &'s Function,
    /// Its statements that answer.
    pub(crate) body: &'s [Stmt],
}

/// Everything that answers the ping: handlers, and where there is none, branches of servers without a router
/// (`if (req.url === '/ping')`).
pub(crate) fn answering<'s>(code: &AgentCode<'s>, handlers: &[FnId]) -> Vec<Answering<'s>> {
    let source = code.source;
    if handlers.is_empty() && !has_sdk(code) {
        return branches::of_ping(code);
    }
    let functions = handlers.iter().filter_map(|id| source.function(*id));
    let whole = functions.map(|function| Answering {
        function,
        body: &function.body,
    });
    whole.collect()
}

impl<'s> Answering<'s> {
    /// The same answer, and those of the functions that it runs.
    pub(crate) fn makers(&self, source: &'s Source) -> Vec<Self> {
        let module = self.function.id.module;
        let called = expressions(self.body).into_iter();
        let called = called.filter_map(|expr| source.callee(module, expr));
        let reached: BTreeSet<FnId> = called.flat_map(|id| source.reach(id)).collect();
        let others = reached.into_iter().filter_map(|id| source.function(id));
        let whole = others.map(|function| Self {
            function,
            body: &function.body,
        });
        std::iter::once(*self).chain(whole).collect()
    }
}

/// The first answer that says one state whatever happens.
pub(crate) fn always(source: &Source, answering: Answering<'_>, state: State) -> Option<ByteRange> {
    let module = answering.function.id.module;
    let answers = answered(source, answering);
    let first = answers.first()?;
    let mut all = answers.iter();
    all.all(|answer| is_state(source, module, answer, state))
        .then_some(first.range)
}

/// Whether what answers the ping names both states: it chooses between them by a state of its own.
pub(crate) fn names_both(source: &Source, handler: FnId) -> bool {
    let said = source.reach_expressions(handler);
    let names = |state| said.iter().any(|(_, expr)| names_state(expr, state));
    names(State::Busy) && names(State::Idle)
}

/// `force_ping_status(HEALTHY_BUSY)` that nothing takes back.
pub(crate) fn forced_busy(code: &AgentCode<'_>) -> Option<(ModuleId, ByteRange)> {
    let mut forced = None;
    for (module, _, expr) in code.calls() {
        let Some(call) = expr.as_call() else { continue };
        let ExprKind::Attribute { attr, .. } = &call.callee.kind else {
            continue;
        };
        match &**attr {
            "clear_forced_ping_status" | "clearForcedPingStatus" => return None,
            "force_ping_status" | "forcePingStatus" => {
                let state = call.args.first();
                if !state.is_some_and(|state| is_state(code.source, module.id, state, State::Busy))
                {
                    return None;
                }
                forced = forced.or(Some((module.id, expr.range)));
            }
            _ => {}
        }
    }
    forced
}

/// Whether the AgentCore SDK is there to answer the ping; a plain MCP or web server goes without it.
pub(crate) fn has_sdk(code: &AgentCode<'_>) -> bool {
    code.modules().any(|module| {
        module.imports.iter().any(|import| {
            ["bedrock_agentcore", "bedrock-agentcore"]
                .iter()
                .any(|sdk| {
                    let rest = import.module.strip_prefix(sdk);
                    rest.is_some_and(|rest| matches!(rest, "" | ".runtime" | "/runtime"))
                })
        })
    })
}

/// Everything that a handler answers with: what it returns, and what it sends (`res.status(200).json(…)`, `reply.send(…)`,
/// `ctx.body = …`).
fn answered<'s>(source: &'s Source, answering: Answering<'s>) -> Vec<&'s Expr> {
    let returned = statements(answering.body).into_iter();
    let returned = returned.filter_map(|stmt| match &stmt.kind {
        StmtKind::Return(value) => value.as_ref(),
        _ => None,
    });
    let mut found: Vec<&Expr> = returned.collect();
    if !source.is_typescript(answering.function.id.module) {
        return found;
    }
    for expr in expressions(answering.body) {
        if let ExprKind::Call(call) = &expr.kind
            && let ExprKind::Attribute { attr, .. } = &call.callee.kind
            && matches!(
                &**attr,
                "json" | "send" | "end" | "jsonp" | "body" | "text" | "write"
            )
            && let Some(first) = call.args.first()
            && !found.iter().any(|known| known.range.contains(expr.range))
        {
            found.push(first);
        }
    }
    found.extend(statements(answering.body).into_iter().filter_map(|stmt| {
        let StmtKind::Assign(assign) = &stmt.kind else {
            return None;
        };
        let body = assign.targets.iter().any(
            |target| matches!(&target.kind, ExprKind::Attribute { attr, .. } if &**attr == "body"),
        );
        assign.value.as_deref().filter(|_| body)
    }));
    found
}
