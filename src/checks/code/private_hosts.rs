//! Hosts that only a private network reaches, named by code that runs.

use std::collections::BTreeMap;

use crate::analysis::agent_code::{self, AgentCode};
use crate::analysis::call_sites::Callers;
use crate::analysis::outbound::{Reach, calls, is_loopback};
use crate::analysis::reachability::{Absent, Live};
use crate::analysis::written::{addresses, hosts};
use crate::model::finding::Evidence;
use crate::model::source::{ByteRange, ModuleId};

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
        let written = addresses(code.source, module).into_iter();
        for (expr, text) in written.chain(hosts(&callers, module)) {
            if let Some(host) = private(text) {
                add(host, module.id, expr.range);
            }
        }
    }
    found
        .into_iter()
        .map(|(host, (module, range))| (host, agent_code::evidence(code.source, module, range)))
        .collect()
}
