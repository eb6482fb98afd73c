//! The code that calls a runtime, anywhere in the repository: through an SDK, or over plain HTTP.

mod developer;
pub(crate) mod entries;
pub(crate) mod gateways;
pub(crate) mod http;
pub(crate) mod length;
pub(crate) mod origin;
pub(crate) mod places;
pub(crate) mod policies;
pub(crate) mod retries;
mod sdk;
#[cfg(test)]
mod tests;
pub(crate) mod text;
pub(crate) mod users;

use std::collections::BTreeSet;

use rustc_hash::FxHashSet;

use crate::analysis::limits;
use crate::analysis::values::At;
use crate::model::finding::Evidence;
use crate::model::site::Site;
use crate::model::source::{Expr, FnId, Module, ModuleId, Source};

/// What a call does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// InvokeAgentRuntime, InvokeHarness.
    Invoke,
    /// InvokeAgentRuntimeCommand: a shell command in the session's VM.
    Command,
    /// StopRuntimeSession.
    Stop,
    /// A WebSocket connection to a runtime.
    Socket,
    /// An MCP client connected to a runtime: it ends its session by itself.
    Mcp,
}

/// How it goes over the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Via {
    /// An AWS SDK: signed and retried by it.
    Sdk,
    /// An HTTP client.
    Http,
}

/// What a call proves itself with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Proof {
    /// SigV4.
    pub(crate) sigv4: bool,
    /// A bearer token.
    pub(crate) bearer: bool,
}

/// A call of a runtime.
#[derive(Clone, Debug)]
pub(crate) struct Call<'a> {
    /// What it does.
    pub(crate) kind: Kind,
    /// How.
    pub(crate) via: Via,
    /// The module it stands in.
    pub(crate) module: &'a Module,
    /// The function it stands in.
    pub(crate) function: Option<FnId>,
    /// The call.
    pub(crate) expr: &'a Expr,
    /// The session id it gives.
    pub(crate) session: Option<At<'a>>,
    /// The id of the user for whom it calls.
    pub(crate) user: Option<At<'a>>,
    /// The MCP session id it gives.
    pub(crate) mcp_session: Option<At<'a>>,
    /// The headers it gives, for HTTP.
    pub(crate) headers: Vec<(String, At<'a>)>,
    /// The literal text of its target: the ARN or the URL.
    pub(crate) target: String,
    /// What it proves itself with, as far as is seen.
    pub(crate) proof: Proof,
    /// Some of its options cannot be seen.
    pub(crate) opaque: bool,
    /// InvokeHarness.
    pub(crate) harness: bool,
}

impl Call<'_> {
    /// Evidence at the call.
    pub(crate) fn evidence(&self) -> Evidence {
        Evidence::code(&self.module.site(self.expr.range))
    }
}

/// The modules that may hold calls of runtimes: what runs, and the callers.
pub(crate) fn modules(source: &Source) -> Vec<ModuleId> {
    let mut all: BTreeSet<ModuleId> = source.callers.clone();
    for runtime in &source.runtimes {
        all.extend(runtime.reachable.iter().copied());
    }
    all.into_iter().collect()
}

/// Operations that run commands in a runtime, as SDKs name what calls them.
const COMMANDS: [&str; 4] = [
    "invoke_agent_runtime_command",
    "invoke_agent_runtime_command_shell",
    "InvokeAgentRuntimeCommandCommand",
    "InvokeAgentRuntimeCommandShellCommand",
];

/// The calls that run commands in a runtime by their names, whatever they are given: [`find`] has those whose options tell it.
pub(crate) fn named_commands(source: &Source) -> Vec<Site> {
    let calls = source.modules.iter().flat_map(|module| {
        let named = module.calls().filter(|(_, expr)| {
            let call = expr.as_call();
            call.is_some_and(|call| COMMANDS.contains(&call.written_name()))
        });
        named.map(|(_, expr)| module.site(expr.range))
    });
    calls.collect()
}

/// The functions of agents' code that nothing which runs there can call.
pub(crate) struct Idle<'a> {
    /// Of each runtime, the modules that run, and its idle functions.
    runtimes: Vec<(FxHashSet<ModuleId>, &'a BTreeSet<FnId>)>,
}

impl<'a> Idle<'a> {
    pub(crate) fn of(source: &'a Source) -> Self {
        let runtimes = source.runtimes.iter();
        let sets = runtimes.map(|runtime| {
            let reachable = runtime.reachable.iter().copied().collect();
            (reachable, &runtime.idle)
        });
        Self {
            runtimes: sets.collect(),
        }
    }

    /// Whether code that runs names a function, as what it calls or as a value: kept in a table, say.
    pub(crate) fn names(&self, function: FnId) -> bool {
        let mut runtimes = self.runtimes.iter();
        runtimes.any(|(reachable, idle)| {
            reachable.contains(&function.module) && !idle.contains(&function)
        })
    }

    fn holds(&self, function: FnId) -> bool {
        let mut reaching = self
            .runtimes
            .iter()
            .filter(|(reachable, _)| reachable.contains(&function.module))
            .peekable();
        reaching.peek().is_some() && reaching.all(|(_, idle)| idle.contains(&function))
    }
}

/// Every call of a runtime in the repository, in the order of modules and text.
pub(crate) fn find(source: &Source) -> Vec<Call<'_>> {
    let mut found = Vec::new();
    let idle = Idle::of(source);
    let read = |module, number| {
        let (function, expr) = Module::call(module, number)?;
        sdk::read(source, module, function, expr)
            .or_else(|| http::read(source, module, function, expr))
    };
    for id in modules(source) {
        let Some(module) = source.module(id) else {
            continue;
        };
        let numbers = limits::kept(&module.clients, || {
            let calls = module.calls().zip(0u32..);
            let running = calls
                .filter(|((function, _), _)| function.is_none_or(|function| !idle.holds(function)));
            let of_clients = running.map(|(_, number)| number);
            of_clients
                .filter(|number| read(module, *number).is_some())
                .collect()
        });
        let mut here: Vec<Call<'_>> = numbers
            .iter()
            .filter_map(|number| read(module, *number))
            .collect();
        http::without_prepared(&mut here);
        here.sort_by_key(|call| call.expr.range);
        here.dedup_by_key(|call| call.expr.range);
        found.extend(here);
    }
    found
}
