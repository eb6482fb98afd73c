//! Graphs of LangGraph: what they are given reaches a model only where a node hands it to one.

use std::collections::BTreeSet;

use crate::analysis::agent_code::AgentCode;
use crate::analysis::dataflow::{Flow, Labels, Seeds};
use crate::analysis::outward::outward;
use crate::analysis::state_graphs::{builder, nodes};
use crate::model::source::walk::expressions;
use crate::model::source::{Call, Expr, FnId, ModuleId, Source};

/// Modules that build graphs all of whose nodes can be seen, and none of which hands its state to a model, an agent or a tool.
pub(super) fn without_model(code: &AgentCode<'_>) -> BTreeSet<ModuleId> {
    let source = code.source;
    code.modules()
        .filter(|module| {
            let nodes = nodes(source, module);
            let stays = |node: &Option<FnId>| node.is_some_and(|node| !hands_on(source, node));
            !nodes.is_empty() && nodes.iter().all(stays)
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
    !modules.is_empty()
        && builder(source, module, call).is_some_and(|built_in| modules.contains(&built_in))
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
