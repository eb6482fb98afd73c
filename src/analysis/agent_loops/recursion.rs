//! The bound of LangGraph: `recursion_limit`, which runs are given in a configuration, and what holds without it.

use super::LiveCall;
use crate::analysis::clients::entries;
use crate::analysis::values::At;
use crate::model::source::{Call, ExprKind, Module, ModuleId, Source};

/// The option, as Python and TypeScript spell it.
const OPTIONS: [&str; 2] = ["recursion_limit", "recursionLimit"];

/// A release of a distribution, and releases after it.
pub(crate) type Since = (&'static str, &'static [&'static str]);

/// What a graph of LangGraph stops after, up to 1.0.5.
const BEFORE: u32 = 25;
/// The same from 1.0.6 on (10,007 by 1.1.10): the default of `LANGGRAPH_DEFAULT_RECURSION_LIMIT` in `langgraph/_internal/_config.py`
/// of the wheels 1.0.2 to 1.2.24.
const OF_GRAPH: u32 = 10_000;
const OF_GRAPH_SINCE: Since = (
    "1.0.6",
    &[
        "1.0.7", "1.0.8", "1.0.9", "1.0.10", "1.1.0", "1.1.10", "1.2.0", "1.2.24",
    ],
);
/// What `create_agent` of LangChain gives its graph itself, from 1.0.5 on (9,999 from 1.2.14 on): `langchain/agents/factory.py` of the
/// wheels 1.0.0 to 1.5.2.
const OF_AGENT: u32 = 9_999;
const OF_AGENT_SINCE: Since = (
    "1.0.5",
    &[
        "1.0.6", "1.0.8", "1.1.0", "1.1.3", "1.2.0", "1.2.18", "1.3.0", "1.4.0", "1.5.2",
    ],
);
/// Sets the default of LangGraph.
pub(crate) const VARIABLE: &str = "LANGGRAPH_DEFAULT_RECURSION_LIMIT";

/// How many steps a graph runs where nothing else is said, and since which release, in words. `is_agent` says that `create_agent`
/// makes it, `takes` whether a distribution is taken from a release on (none where nothing says which one), `set` what [`VARIABLE`] is.
pub(crate) fn default_steps(
    is_agent: bool,
    takes: impl Fn(&str, Since) -> Option<bool>,
    set: Option<u32>,
) -> (u32, &'static str) {
    let agent = takes("langchain", OF_AGENT_SINCE);
    if is_agent && agent != Some(false) {
        return match agent {
            Some(_) => (OF_AGENT, "langchain since 1.0.5"),
            None => (
                OF_AGENT,
                "langchain since 1.0.5, and no older release is asked for",
            ),
        };
    }
    if let Some(number) = set {
        return (number, "as LANGGRAPH_DEFAULT_RECURSION_LIMIT says");
    }
    match takes("langgraph", OF_GRAPH_SINCE) {
        Some(false) => (BEFORE, "langgraph before 1.0.6"),
        Some(true) => (OF_GRAPH, "langgraph since 1.0.6"),
        None => (
            OF_GRAPH,
            "langgraph since 1.0.6, and no older release is asked for",
        ),
    }
}

/// The limit that a call is given, as its option or in a configuration, wherever that was made:
/// `graph.invoke(state, {"recursion_limit": 20})`.
pub(crate) fn given<'a>(source: &'a Source, module: ModuleId, call: &'a Call) -> Option<At<'a>> {
    let literal = call.option("recursion_limit").or_else(|| {
        let mut values = call.values();
        values.find_map(|value| OPTIONS.iter().find_map(|option| value.entry(option)))
    });
    if let Some(limit) = literal {
        return Some(At::new(module, limit));
    }
    // The first argument is the state.
    let config = call.option("config").or_else(|| call.args.get(1))?;
    let entries = entries::entries(source, At::new(module, config));
    let mut entries = entries.into_iter().rev();
    let limit = entries.find(|(key, _)| OPTIONS.contains(&key.as_str()))?;
    Some(limit.1)
}

/// Whether code gives the limit to a call, or writes it into a configuration.
pub(crate) fn is_named<'a>(
    calls: &[LiveCall<'a>],
    mut modules: impl Iterator<Item = &'a Module>,
) -> bool {
    let gives = |call: &Call| OPTIONS.iter().any(|option| call.option(option).is_some());
    let mut calls = calls.iter();
    calls.any(|(.., expr)| expr.as_call().is_some_and(gives)) || modules.any(is_configured)
}

/// Whether a module writes the limit into a configuration.
fn is_configured(module: &Module) -> bool {
    let text = &module.source.text;
    if !OPTIONS.iter().any(|option| text.contains(option)) {
        return false;
    }
    let mut found = false;
    module.each_expression(&mut |_, expr| {
        found |= match &expr.kind {
            ExprKind::Dict(_) => OPTIONS.iter().any(|option| expr.entry(option).is_some()),
            ExprKind::Subscript { index, .. } => {
                index.as_str().is_some_and(|key| OPTIONS.contains(&key))
            }
            _ => false,
        };
    });
    found
}

#[cfg(test)]
mod tests {
    use super::default_steps;

    #[test]
    fn the_default_depends_on_the_release_and_the_variable() {
        let steps = |is_agent, langchain, langgraph, set| {
            let takes = |name: &str, _| match name {
                "langchain" => langchain,
                _ => langgraph,
            };
            default_steps(is_agent, takes, set).0
        };
        assert_eq!(steps(false, None, Some(false), None), 25);
        assert_eq!(steps(false, None, Some(true), None), 10_000);
        assert_eq!(steps(false, None, None, None), 10_000);
        assert_eq!(steps(false, None, None, Some(30)), 30);
        // An agent of today gives its graph a limit itself, whatever the variable is.
        assert_eq!(steps(true, None, None, Some(30)), 9_999);
        assert_eq!(steps(true, Some(false), Some(false), None), 25);
    }
}
