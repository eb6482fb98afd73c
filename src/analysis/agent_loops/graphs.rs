//! Graphs of LangGraph: which calls build one, where its edges lead, and whether a run may come back to a node.

use std::collections::{BTreeMap, BTreeSet};

use super::LiveCall;
use crate::analysis::graph::Graph;
use crate::model::source::{Call, Expr, ExprKind, FnId, Module, ModuleId, Source};

/// What stands for a graph: its module, the function of a local name, and the text.
type Key = (ModuleId, Option<FnId>, String);

/// The graphs that a runtime's code builds.
pub(crate) struct Graphs<'a> {
    source: &'a Source,
    /// The calls that build each.
    built: BTreeMap<Key, Vec<(ModuleId, &'a Call)>>,
}

impl<'a> Graphs<'a> {
    /// Those that the calls that run build.
    pub(crate) fn new(source: &'a Source, calls: &[LiveCall<'a>]) -> Self {
        let mut built: BTreeMap<Key, Vec<(ModuleId, &'a Call)>> = BTreeMap::new();
        for (module, function, expr) in calls {
            if let Some(call) = expr.as_call()
                && let ExprKind::Attribute { base, attr } = &call.callee.kind
                && matches!(&**attr, "add_edge" | "add_conditional_edges" | "add_node")
            {
                let graph = built.entry(key_of(module, *function, base));
                graph.or_default().push((module.id, call));
            }
        }
        Self { source, built }
    }

    /// Whether the graph that a call compiles leads from a node back to it, as far as its edges are seen.
    pub(crate) fn may_cycle(&self, module: &Module, compile: &Expr) -> bool {
        let callee = compile.as_call().map(|call| &call.callee.kind);
        let Some(ExprKind::Attribute { base, .. }) = callee else {
            return false;
        };
        let function = module.function_at(compile.range.start);
        let key = key_of(module, function.map(|around| around.id), base);
        let mut edges = Edges::default();
        for (module, call) in self.built.get(&key).into_iter().flatten() {
            edges.add(self.source, *module, call);
        }
        edges.may_cycle()
    }
}

/// What stands for the graph that a method of it is called on.
fn key_of(module: &Module, function: Option<FnId>, base: &Expr) -> Key {
    let mut root = base;
    // `StateGraph(S).add_node(a).add_edge(START, "a")`: the chain is one graph.
    while let Some(call) = root.as_call() {
        match &call.callee.kind {
            ExprKind::Attribute { base, .. } => root = base,
            _ => break,
        }
    }
    let function = match root.kind {
        ExprKind::Attribute { .. } => None,
        _ => function,
    };
    let text = match root.kind {
        ExprKind::Name(_) | ExprKind::Attribute { .. } => module.text(root.range).to_owned(),
        _ => root.range.start.to_string(),
    };
    (module.id, function, text)
}

/// The nodes of a graph and where they lead.
#[derive(Default)]
struct Edges {
    nodes: BTreeSet<String>,
    targets: BTreeMap<String, BTreeSet<String>>,
    /// Nodes after which a function chooses, where nothing says among which.
    open: Vec<String>,
}

impl Edges {
    /// Adds what a call puts into the graph.
    fn add(&mut self, source: &Source, module: ModuleId, call: &Call) {
        let named = |expr: Option<&Expr>| node_names(source, module, expr);
        match call.written_name() {
            "add_node" => self.nodes.extend(named(call.args.first())),
            "add_edge" => {
                let targets = named(call.argument(1, "end_key"));
                self.lead(named(call.argument(0, "start_key")), &targets);
            }
            _ => {
                let mut targets = named(call.argument(2, "path_map"));
                let path = call.argument(1, "path").and_then(Expr::last_name);
                if path.is_some_and(|name| &**name == "tools_condition") {
                    targets.push("tools".to_owned());
                }
                let from = named(call.argument(0, "source"));
                match targets.is_empty() {
                    true => self.open.extend(from),
                    false => self.lead(from, &targets),
                }
            }
        }
    }

    fn lead(&mut self, from: Vec<String>, targets: &[String]) {
        for from in from {
            let known = self.targets.entry(from).or_default();
            known.extend(targets.iter().cloned());
        }
    }

    /// Whether they lead from a node back to it.
    fn may_cycle(mut self) -> bool {
        // Where the function that chooses says nothing: it chooses among the nodes that nothing else leads to.
        let led: BTreeSet<&String> = self.targets.values().flatten().collect();
        let unled = self.nodes.iter().filter(|node| !led.contains(node));
        let unled: Vec<String> = unled.cloned().collect();
        for from in std::mem::take(&mut self.open) {
            let others = unled.iter().filter(|node| **node != from);
            let others: Vec<String> = others.cloned().collect();
            self.lead(vec![from], &others);
        }
        is_cyclic(&self.targets)
    }
}

/// The names of nodes that an expression gives: a text, a list, the values of a mapping, a function.
fn node_names(source: &Source, module: ModuleId, expr: Option<&Expr>) -> Vec<String> {
    let Some(expr) = expr else { return Vec::new() };
    let items: Vec<&Expr> = match &expr.kind {
        ExprKind::List(items) | ExprKind::Tuple(items) => items.iter().collect(),
        ExprKind::Dict(entries) => entries.iter().map(|entry| &entry.value).collect(),
        _ => vec![expr],
    };
    let name = |item: &Expr| {
        let text = source.string(module, item);
        text.or_else(|| item.last_name().map(ToString::to_string))
    };
    items.into_iter().filter_map(name).collect()
}

/// Whether edges lead from somewhere back to it.
fn is_cyclic(targets: &BTreeMap<String, BTreeSet<String>>) -> bool {
    let mut numbers: BTreeMap<&str, usize> = BTreeMap::new();
    for node in targets.keys().chain(targets.values().flatten()) {
        let next = numbers.len();
        numbers.entry(node).or_insert(next);
    }
    let mut graph = Graph {
        edges: vec![Vec::new(); numbers.len()],
    };
    for (from, targets) in targets {
        let from = numbers.get(from.as_str());
        let edges = from.and_then(|from| graph.edges.get_mut(*from));
        let to = targets.iter().filter_map(|to| numbers.get(to.as_str()));
        if let Some(edges) = edges {
            edges.extend(to);
        }
    }
    let to_itself = targets.iter().any(|(from, targets)| targets.contains(from));
    to_itself || graph.circles().iter().any(|circle| circle.len() > 1)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::analysis::sample::source_of_files;

    /// Whether the graph of a sample, which is compiled last, may cycle.
    fn may_cycle(building: &str) -> bool {
        let text = format!(
            "from langgraph.graph import END, START, StateGraph\n\n\n{building}\nagent = graph.compile()\n"
        );
        let source = source_of_files(&[("main.py", &text)], "main.py");
        let module = source.modules.first().unwrap();
        let calls = module.calls();
        let calls: Vec<LiveCall<'_>> = calls
            .map(|(function, expr)| (module, function, expr))
            .collect();
        let (.., compile) = calls.last().unwrap();
        Graphs::new(&source, &calls).may_cycle(module, compile)
    }

    #[test]
    fn edges_that_lead_back_are_a_cycle() {
        let line = "graph = StateGraph(dict)\ngraph.add_edge(START, \"a\")\ngraph.add_edge(\"a\", \"b\")\n";
        assert!(!may_cycle(line));
        assert!(may_cycle(&format!("{line}graph.add_edge(\"b\", \"a\")\n")));
        assert!(may_cycle(&format!("{line}graph.add_edge(\"b\", \"b\")\n")));
    }

    #[test]
    fn a_choice_leads_to_what_its_map_says() {
        let ask = "graph = StateGraph(dict)\ngraph.add_edge(\"tools\", \"ask\")\n";
        let choice =
            |to: &str| format!("{ask}graph.add_conditional_edges(\"ask\", choose, {to})\n");
        assert!(may_cycle(&choice("[\"tools\", END]")));
        assert!(may_cycle(&choice("{\"more\": \"tools\", \"done\": END}")));
        assert!(!may_cycle(&choice("[\"answer\", END]")));
    }

    #[test]
    fn a_choice_without_a_map_leads_to_what_nothing_else_leads_to() {
        let nodes = "graph = StateGraph(dict)\ngraph.add_node(\"ask\", ask)\ngraph.add_node(\"act\", act)\n\
                     graph.add_edge(START, \"ask\")\ngraph.add_conditional_edges(\"ask\", choose)\n";
        assert!(!may_cycle(nodes));
        assert!(may_cycle(&format!(
            "{nodes}graph.add_edge(\"act\", \"ask\")\n"
        )));
    }

    #[test]
    fn the_edges_of_another_graph_are_not_its_own() {
        let other = "other = StateGraph(dict)\nother.add_edge(\"a\", \"a\")\n";
        assert!(!may_cycle(&format!(
            "{other}graph = StateGraph(dict)\ngraph.add_edge(\"a\", \"b\")\n"
        )));
    }
}
