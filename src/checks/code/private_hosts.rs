//! Hosts that only a private network reaches, named by code that runs.

use std::collections::BTreeMap;

use crate::analysis::agent_code::{self, AgentCode};
use crate::analysis::call_sites::Callers;
use crate::analysis::environment::read;
use crate::analysis::outbound::{Reach, calls, is_loopback};
use crate::analysis::reachability::{Absent, Live};
use crate::analysis::written::addresses;
use crate::model::finding::Evidence;
use crate::model::source::ir::StmtKind;
use crate::model::source::walk::statements;
use crate::model::source::{ByteRange, Expr, ExprKind, ModuleId};

/// What a name must hold to be one of an address, for a bare host to count: code names hosts in block lists too.
const ADDRESSES: [&str; 9] = [
    "host", "server", "endpoint", "addr", "url", "uri", "node", "broker", "dsn",
];

/// The hosts, each once, with the evidence; `private` tells them.
pub(in crate::checks) fn in_code(
    code: &AgentCode<'_>,
    private: fn(&str) -> Option<String>,
) -> Vec<(String, Evidence)> {
    let callers = Callers::new(code);
    let live = Live::new(&callers, Absent::Unset);
    let mut found: BTreeMap<String, (ModuleId, ByteRange)> = BTreeMap::new();
    let mut add = |host: String, module: ModuleId, range: ByteRange| {
        if !is_loopback(&host) && !host.starts_with("metadata.") && live.runs(module, range) {
            found.entry(host).or_insert((module, range));
        }
    };
    for call in calls(&callers, &live) {
        if let Reach::Private(host) = call.reach
            && private(&host).is_some()
        {
            add(host, call.module, call.range);
        }
    }
    for module in code.modules() {
        for (expr, text) in addresses(code.source, module) {
            if let Some(host) = private(text) {
                add(host, module.id, expr.range);
            }
        }
        for (_, expr) in module.all_expressions() {
            match &expr.kind {
                ExprKind::Call(call) => {
                    for keyword in &call.keywords {
                        if let Some(name) = keyword.name.as_deref() {
                            bare(name, &keyword.value, private, &mut |host, range| {
                                add(host, module.id, range)
                            });
                        }
                    }
                    if let Some(found) = read(&callers, module.id, expr)
                        && let Some(default) = found.default
                    {
                        for name in found.names(code.source) {
                            bare(&name, default, private, &mut |host, range| {
                                add(host, module.id, range)
                            });
                        }
                    }
                }
                ExprKind::Dict(entries) => {
                    for entry in entries {
                        if let Some(name) = entry.key.as_ref().and_then(Expr::as_str) {
                            bare(name, &entry.value, private, &mut |host, range| {
                                add(host, module.id, range)
                            });
                        }
                    }
                }
                _ => {}
            }
        }
        let bodies = std::iter::once(&module.body)
            .chain(module.functions.iter().map(|function| &function.body))
            .chain(module.classes.iter().map(|class| &class.body));
        for stmt in bodies.flat_map(|body| statements(body)) {
            let StmtKind::Assign(assign) = &stmt.kind else {
                continue;
            };
            let (Some(target), Some(value)) = (assign.targets.first(), assign.value.as_deref())
            else {
                continue;
            };
            let name = match &target.kind {
                ExprKind::Name(name) => name,
                ExprKind::Attribute { attr, .. } => attr,
                _ => continue,
            };
            bare(name, value, private, &mut |host, range| {
                add(host, module.id, range)
            });
        }
    }
    found
        .into_iter()
        .map(|(host, (module, range))| (host, agent_code::evidence(code.source, module, range)))
        .collect()
}

/// A host without a scheme, under a name that is one of an address. `10.0.0.0/8` is a range, not a host.
fn bare(
    name: &str,
    value: &Expr,
    private: fn(&str) -> Option<String>,
    add: &mut dyn FnMut(String, ByteRange),
) {
    let lower = name.to_lowercase();
    if !ADDRESSES.iter().any(|word| lower.contains(word)) {
        return;
    }
    let values: Vec<&Expr> = match &value.kind {
        ExprKind::List(items) | ExprKind::Tuple(items) => items.iter().collect(),
        _ => vec![value],
    };
    for value in values {
        if let Some(text) = value.as_str()
            && !text.contains('/')
            && let Some(host) = private(text)
        {
            add(host, value.range);
        }
    }
}
