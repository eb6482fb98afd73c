//! The code that calls a runtime, anywhere in the repository: through an SDK, or over plain HTTP.

pub(crate) mod entries;
pub(crate) mod http;
pub(crate) mod length;
pub(crate) mod origin;
pub(crate) mod places;
mod sdk;
pub(crate) mod sessions;
#[cfg(test)]
mod tests;
pub(crate) mod values;

use std::collections::BTreeSet;

use crate::checks::unconfigured::{Listed, unconfigured};
use crate::context::Context;
use crate::model::known::{ReasonCode, Unread};
use crate::model::project::Agent;
use crate::model::source::{Expr, FnId, Module, ModuleId, Source};
use crate::report::{Evidence, Outcome, Status};
use values::At;

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

/// Every call of a runtime in the repository, in the order of modules and text.
pub(crate) fn find(source: &Source) -> Vec<Call<'_>> {
    let mut found = Vec::new();
    for id in modules(source) {
        let Some(module) = source.module(id) else {
            continue;
        };
        let mut here = Vec::new();
        for (function, expr) in module.calls() {
            let call = sdk::read(source, module, function, expr)
                .or_else(|| http::read(source, module, function, expr));
            here.extend(call);
        }
        http::without_prepared(&mut here);
        here.sort_by_key(|call| call.expr.range);
        here.dedup_by_key(|call| call.expr.range);
        found.extend(here);
    }
    found
}

/// Which agents of the project a call may go to. Empty where its ARN names another one.
pub(crate) fn targets<'a>(context: &'a Context, call: &Call<'_>) -> Vec<Agent<'a>> {
    let fits = |agent: &Agent<'a>| matches!(agent, Agent::Harness(_)) == call.harness;
    let all: Vec<Agent<'a>> = context.project.agents().filter(fits).collect();
    let text = call.target.to_ascii_lowercase();
    let project = context.project.display_name().to_ascii_lowercase();
    let deployed = |agent: &Agent<'a>| {
        context.deployed().is_some_and(|target| {
            target.runtimes.get(agent.name()).is_some_and(|runtime| {
                let id = runtime.id.as_deref().unwrap_or("").to_ascii_lowercase();
                !id.is_empty() && text.contains(&id)
            })
        })
    };
    let named = |agent: &Agent<'a>| {
        let name = agent.name().to_ascii_lowercase();
        text.contains(&format!("/{project}_{name}-"))
            || text.contains(&format!("runtime_{name}_arn"))
    };
    let known: Vec<Agent<'a>> = all
        .iter()
        .copied()
        .filter(|agent| deployed(agent) || named(agent))
        .collect();
    if !known.is_empty() {
        return known;
    }
    // A whole ARN that names none of them leads elsewhere; a placeholder does not tell.
    if foreign(&text) { Vec::new() } else { all }
}

/// Whether the text holds a complete id of a runtime: `runtime/<name>-<10 letters>`.
fn foreign(text: &str) -> bool {
    ["runtime/", "runtime%2f"].iter().any(|start| {
        text.split(start).skip(1).any(|rest| {
            let id: String = rest
                .chars()
                .take_while(|char| char.is_ascii_alphanumeric() || matches!(char, '_' | '-'))
                .collect();
            id.rsplit_once('-')
                .is_some_and(|(name, suffix)| !name.is_empty() && suffix.len() == 10)
        })
    })
}

/// How many files were looked at, in words: those that run, and those that mention AgentCore or Bedrock.
pub(crate) fn scope(context: &Context) -> String {
    let (read, sources) = (
        modules(&context.source).len(),
        &context.files.contents.sources,
    );
    let runs = context
        .source
        .runtimes
        .iter()
        .flat_map(|runtime| &runtime.reachable);
    let outside_of_list = runs
        .collect::<BTreeSet<_>>()
        .into_iter()
        .filter_map(|id| context.source.module(*id))
        .filter(|module| !sources.contains(&*module.path))
        .count();
    let all = (sources.len() + outside_of_list).max(read);
    match all {
        0 => "no source file".to_owned(),
        1 => "1 source file".to_owned(),
        _ if read == all || read == 0 => format!("{all} source files"),
        _ => format!("the {read} of {all} source files that run or mention AgentCore"),
    }
}

/// Turns a pass into `skipped` where a caller could not be read, or where nothing was read at all.
pub(crate) fn honest_of_callers(context: &Context, outcome: Outcome) -> Outcome {
    let all: BTreeSet<ModuleId> = modules(&context.source).into_iter().collect();
    honest(context, &all, outcome)
}

/// Turns a pass into `skipped` where one of the modules could not be read, or where nothing was read at all.
pub(crate) fn honest(context: &Context, all: &BTreeSet<ModuleId>, outcome: Outcome) -> Outcome {
    if outcome.status != Status::Pass {
        return outcome;
    }
    let source = &context.source;
    let paths: BTreeSet<&str> = all
        .iter()
        .filter_map(|id| source.module(*id))
        .map(|module| &*module.path)
        .collect();
    let broken = source
        .notes
        .iter()
        .find(|note| paths.contains(&*note.site.path));
    if let Some(note) = broken {
        let reason = Unread::new(
            ReasonCode::Unsupported,
            format!("{}: {}", note.site.path, note.message),
        );
        return Outcome::skipped(outcome.resource, reason);
    }
    if all.is_empty() && !context.project.runtimes.is_empty() {
        let reason = Unread::new(
            ReasonCode::Absent,
            "no source file of the project could be read",
        );
        return Outcome::skipped(outcome.resource, reason);
    }
    if context.project.runtimes.is_empty() {
        // What the agents themselves do stands where nobody looked.
        let unknown = unconfigured(context, &[Listed::Agent], "");
        if unknown.status == Status::Skipped {
            return unknown;
        }
    }
    outcome
}
