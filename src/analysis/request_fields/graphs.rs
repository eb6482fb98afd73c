//! Graphs of LangGraph: what they are given reaches a model only where a node hands it to one.

use std::collections::BTreeSet;

use crate::analysis::agent_code::AgentCode;
use crate::analysis::dataflow::{Flow, Labels, Seeds};
use crate::analysis::names::{leaf, package};
use crate::analysis::outward::outward;
use crate::model::source::walk::expressions;
use crate::model::source::{Call, Expr, ExprKind, FnId, Module, ModuleId, Source};

/// Modules that build graphs all of whose nodes can be seen, and none of which hands its state to a model, an agent or a tool.
pub(super) fn without_model(code: &AgentCode<'_>) -> BTreeSet<ModuleId> {
    let source = code.source;
    code.modules()
        .filter(|module| {
            nodes(source, module).is_some_and(|nodes| {
                !nodes.is_empty() && nodes.iter().all(|node| !hands_on(source, *node))
            })
        })
        .map(|module| module.id)
        .collect()
}

/// Whether a call runs a graph that one of these modules builds.
pub(super) fn is_of(
    source: &Source,
    module: ModuleId,
    call: &Call,
    modules: &BTreeSet<ModuleId>,
) -> bool {
    let ExprKind::Attribute { base, .. } = &call.callee.kind else {
        return false;
    };
    !modules.is_empty()
        && source.type_of(module, base).is_some_and(|made| {
            leaf(&made.type_name) == "compile"
                && is_langgraph(&made.type_name)
                && modules.contains(&made.module)
        })
}

fn is_langgraph(name: &str) -> bool {
    matches!(package(name), "langgraph" | "@langchain/langgraph")
}

/// The functions of the nodes of all graphs of a module; None where one cannot be seen.
fn nodes(source: &Source, module: &Module) -> Option<Vec<FnId>> {
    let mut found = Vec::new();
    for (_, expr) in module.calls() {
        let Some(call) = expr.as_call() else { continue };
        let ExprKind::Attribute { base, attr } = &call.callee.kind else {
            continue;
        };
        let adds = matches!(
            &**attr,
            "add_node" | "addNode" | "add_sequence" | "addSequence"
        );
        let of_graph = || {
            let name = source.callee_name(module.id, expr);
            name.is_some_and(is_langgraph) || matches!(base.kind, ExprKind::Call(_))
        };
        let graph = adds && of_graph();
        if !graph {
            continue;
        }
        let node = call.args.get(1).or_else(|| call.args.first())?;
        found.push(source.function_value(module.id, node)?);
    }
    Some(found)
}

/// Whether a node gives something of the state that it is given to what leaves the project.
fn hands_on(source: &Source, node: FnId) -> bool {
    struct State(FnId);
    impl Seeds for State {
        fn param(&self, function: FnId, _index: usize) -> Labels {
            Labels::from(function == self.0)
        }
    }
    let seeds = State(node);
    let flow = Flow::run(source, node, &seeds);
    if flow.truncated.is_some() {
        return true;
    }
    flow.functions().any(|id| {
        expressions(source.body(id.module, Some(id)))
            .into_iter()
            .any(|expr| {
                let Some(call) = expr.as_call() else {
                    return false;
                };
                given(call).any(|value| flow.labels(id.module, value) != 0)
                    && outward(source, id.module, expr).is_some()
            })
    })
}

fn given(call: &Call) -> impl Iterator<Item = &Expr> {
    call.args
        .iter()
        .chain(call.keywords.iter().map(|keyword| &keyword.value))
}
