//! Graphs of LangGraph whose nodes are functions of the project: each is given the state and returns what changes of it.

use crate::analysis::names::{leaf, package};
use crate::model::source::{Call, Expr, ExprKind, FnId, Module, ModuleId, Source};

/// Methods of a compiled graph that give its state, or parts of it
/// (<https://docs.langchain.com/oss/python/langgraph/graph-api>).
const RUNS: [&str; 4] = ["invoke", "ainvoke", "stream", "astream"];

fn is_langgraph(name: &str) -> bool {
    matches!(package(name), "langgraph" | "@langchain/langgraph")
}

/// The functions of the nodes of all graphs of a module; None for each that cannot be seen, and for one that a helper makes: what runs
/// in that is what the helper was given.
pub(crate) fn nodes(source: &Source, module: &Module) -> Vec<Option<FnId>> {
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
        if adds && of_graph() {
            let node = call.args.get(1).or_else(|| call.args.first());
            let node = node.filter(|node| !matches!(node.kind, ExprKind::Call(_)));
            found.push(node.and_then(|node| source.function_value(module.id, node)));
        }
    }
    found
}

/// The module that builds the graph whose method a call is.
pub(crate) fn builder(source: &Source, module: ModuleId, call: &Call) -> Option<ModuleId> {
    let made = source.receiver(module, call)?;
    (leaf(&made.type_name) == "compile" && is_langgraph(&made.type_name)).then_some(made.module)
}

/// The nodes, as far as they are seen, of the graph that a call runs for its state, and whether the call gives the state as a whole.
pub(crate) fn run_by(source: &Source, module: ModuleId, expr: &Expr) -> Option<(Vec<FnId>, bool)> {
    let call = expr.as_call()?;
    let ExprKind::Attribute { attr, .. } = &call.callee.kind else {
        return None;
    };
    if !RUNS.contains(&&**attr) {
        return None;
    }
    let built_in = source.module(builder(source, module, call)?)?;
    let nodes = nodes(source, built_in).into_iter().flatten().collect();
    Some((nodes, attr.ends_with("invoke")))
}
