//! What payload fields reach: models, agents, tools, commands; ids also memory and sessions.

use std::collections::BTreeSet;

use crate::model::source::flow::{Flow, Labels};
use crate::model::source::ir::ByteRange;
use crate::model::source::resolve::leaf;
use crate::model::source::walk::expressions;
use crate::model::source::{Call, Expr, ExprKind, FnId, ModuleId, Source};

use super::super::outward::{Reached, outward};

/// A call that fields reach.
pub(super) struct Reach {
    pub labels: Labels,
    pub values: Vec<(ModuleId, ByteRange)>,
    pub runs_agent: bool,
    pub what: &'static str,
    pub at: (ModuleId, ByteRange),
}

pub(super) fn sinks(source: &Source, flow: &Flow, tools: &BTreeSet<FnId>) -> Vec<Reach> {
    let mut found = Vec::new();
    for id in flow.functions() {
        for expr in expressions(source.body(id.module, Some(id))) {
            let ExprKind::Call(call) = &expr.kind else {
                continue;
            };
            let Some((what, runs_agent)) = sink(source, id.module, expr, call, tools) else {
                continue;
            };
            let values: Vec<&Expr> = call
                .args
                .iter()
                .chain(call.keywords.iter().map(|keyword| &keyword.value))
                .collect();
            let labels = values
                .iter()
                .fold(0, |all, value| all | flow.labels(id.module, value));
            if labels != 0 {
                let values = values
                    .iter()
                    .map(|value| (id.module, value.range))
                    .collect();
                found.push(Reach {
                    labels,
                    values,
                    runs_agent,
                    what,
                    at: (id.module, expr.range),
                });
            }
        }
    }
    // The agent itself says more than what it is built with.
    found.sort_by_key(|reach| (!reach.runs_agent, reach.at));
    found
}

fn sink(
    source: &Source,
    module: ModuleId,
    expr: &Expr,
    call: &Call,
    tools: &BTreeSet<FnId>,
) -> Option<(&'static str, bool)> {
    if let Some(out) = outward(source, module, expr) {
        return match out.reached {
            Reached::Agent => Some(("the agent", true)),
            Reached::Model => Some(("the model", false)),
            Reached::Tool => Some(("a tool", false)),
            Reached::Client => has_id(call).then_some(("memory or a session", false)),
        };
    }
    if source
        .callee(module, expr)
        .is_some_and(|callee| tools.contains(&callee))
    {
        return Some(("a tool", false));
    }
    let name = source.callee_name(module, expr)?;
    let command = matches!(
        &*name,
        "os.system"
            | "os.popen"
            | "eval"
            | "exec"
            | "subprocess.run"
            | "subprocess.call"
            | "subprocess.check_output"
            | "subprocess.check_call"
            | "subprocess.Popen"
            | "subprocess.getoutput"
            | "asyncio.create_subprocess_shell"
            | "asyncio.create_subprocess_exec"
            | "child_process.exec"
            | "child_process.execSync"
            | "child_process.spawn"
            | "child_process.spawnSync"
            | "child_process.execFile"
    );
    if command {
        return Some(("a command", false));
    }
    if source.callee(module, expr).is_some() {
        return None;
    }
    let last = leaf(&name);
    let builds = last == "Agent"
        || last == "create_react_agent"
        || last == "create_agent"
        || last == "createReactAgent"
        || last == "createAgent";
    if builds && name.contains('.') {
        return Some(("the agent that is built", false));
    }
    let known = name.starts_with("bedrock_agentcore") || name.contains("session");
    (known && has_id(call)).then_some(("memory or a session", false))
}

/// Whether a call is given an id by name.
fn has_id(call: &Call) -> bool {
    let names = |name: &str| {
        matches!(
            name,
            "actor_id"
                | "session_id"
                | "user_id"
                | "thread_id"
                | "actorId"
                | "sessionId"
                | "userId"
                | "threadId"
        )
    };
    call.keywords
        .iter()
        .any(|keyword| keyword.name.as_deref().is_some_and(names))
        || call.args.last().is_some_and(|last| match &last.kind {
            ExprKind::Dict(entries) => entries
                .iter()
                .any(|entry| entry.key.as_ref().and_then(Expr::as_str).is_some_and(names)),
            _ => false,
        })
}

pub(super) fn words_of(source: &Source, reach: &Reach) -> String {
    let place = source
        .module(reach.at.0)
        .map(|module| module.site(reach.at.1));
    match place.and_then(|site| site.span.map(|span| (site.path.to_string(), span.line))) {
        Some((path, line)) => format!("{} ({path}:{line})", reach.what),
        None => reach.what.to_owned(),
    }
}
