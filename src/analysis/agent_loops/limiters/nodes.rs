//! Agents that run as nodes of a swarm or a graph of Strands, whose runs end after a time.

use std::collections::BTreeSet;

use super::super::LiveCall;
use super::{address, maker};
use crate::analysis::agent_code::AgentCode;
use crate::analysis::names::{Meaning, leaf, package};
use crate::model::source::{Call, Expr, ExprKind, ModuleId, Source};

/// Options that limit the time of a run or of a node. A swarm has 900 and 300 seconds where neither is given.
const TIMES: [&str; 2] = ["execution_timeout", "node_timeout"];
/// The methods of a builder that set them; a graph has none by itself.
const SETS: [&str; 2] = ["set_execution_timeout", "set_node_timeout"];

/// The calls that make agents which run within such a time, and nowhere else.
pub(super) fn timed(code: &AgentCode<'_>, calls: &[LiveCall<'_>]) -> Vec<usize> {
    let source = code.source;
    let of_strands = |module: ModuleId, expr: &Expr, last: &str| {
        let name = source.callee_name(module, expr);
        name.is_some_and(|name| package(name) == "strands" && leaf(name) == last)
    };
    let graphs_end = calls.iter().any(|(_, _, expr)| {
        expr.as_call().is_some_and(|call| {
            SETS.contains(&call.written_name()) && call.args.first().is_some_and(is_given)
        })
    });
    let mut nodes: BTreeSet<usize> = BTreeSet::new();
    for (module, _, expr) in calls {
        let Some(call) = expr.as_call() else { continue };
        let given = if of_strands(module.id, expr, "Swarm") && ends(call) {
            call.argument(0, "nodes")
        } else if graphs_end && of_strands(module.id, expr, "add_node") {
            call.argument(0, "executor")
        } else {
            None
        };
        if let Some(given) = given {
            collect(source, module.id, given, &mut nodes);
        }
    }
    if nodes.is_empty() {
        return Vec::new();
    }
    // Those that are run by themselves, too.
    for (module, _, expr) in calls {
        let run = expr.as_call().and_then(|call| {
            let adds = matches!(call.written_name(), "add_node" | "Swarm");
            maker(source, module.id, call).filter(|_| !adds)
        });
        if let Some(run) = run {
            nodes.remove(&run);
        }
    }
    nodes.into_iter().collect()
}

fn is_given(value: &Expr) -> bool {
    !matches!(value.kind, ExprKind::None)
}

/// Whether a swarm ends after a time: unless both options are switched off.
fn ends(call: &Call) -> bool {
    TIMES
        .iter()
        .any(|option| call.option(option).is_none_or(is_given))
}

/// The calls that made the agents of a value: one, or a list of them.
fn collect(source: &Source, module: ModuleId, value: &Expr, found: &mut BTreeSet<usize>) {
    match &value.kind {
        ExprKind::List(items) | ExprKind::Tuple(items) => {
            for item in items {
                collect(source, module, item, found);
            }
        }
        _ => match source.meaning(module, value) {
            Meaning::Instance(made) => found.extend(made.call.map(address)),
            Meaning::Value(home, held) if !held.is(value) => {
                if let ExprKind::List(items) | ExprKind::Tuple(items) = &held.kind {
                    for item in items {
                        let made = source.type_of(home, item);
                        found.extend(made.and_then(|made| made.call).map(address));
                    }
                }
            }
            _ => {}
        },
    }
}
