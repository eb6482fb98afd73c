//! What reaches a command unchecked: flows from handlers, parameters and a person's input, over the one data flow of
//! [`crate::analysis::dataflow`], with what tests prove of each value on the way.

mod argv;
mod files;
mod seeds;
mod sinks;
mod words;

use std::collections::BTreeSet;

use crate::analysis::clients::places::Places;
use crate::analysis::clients::{self, Kind};
use crate::analysis::dataflow::{Flow, Step, Truncation};
use crate::analysis::handlers;
use crate::analysis::schema::{Fields, Registrations};
use crate::model::source::{ByteRange, EntrypointKind, FnId, ModuleId, Source};
use seeds::{Sources, Start};
use sinks::Sink;
pub(crate) use sinks::{Danger, is_command};

/// Where text that reaches a command comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// A handler of this kind is given it.
    Handler(EntrypointKind),
    /// A person types it.
    Typed,
    /// A parameter that nobody in sight gives a handler's payload for.
    Parameter,
    /// A parameter of a function that nothing calls.
    Uncalled,
}

/// A command that holds text which nothing on the way has tested.
pub(crate) struct Unchecked {
    /// The module.
    pub(crate) module: ModuleId,
    /// The call that runs it.
    pub(crate) range: ByteRange,
    /// What runs it, as it is called.
    pub(crate) command: String,
    /// What the text may do there.
    pub(crate) danger: Danger,
    /// Where the text comes from.
    pub(crate) origin: Origin,
    /// The way that it takes.
    pub(crate) steps: Vec<Step>,
}

/// What was found, and where the search was given up.
#[derive(Default)]
pub(crate) struct Found {
    /// The commands, in the order of the handlers that reach them.
    pub(crate) unchecked: Vec<Unchecked>,
    /// Where a flow was given up.
    pub(crate) truncated: Vec<Truncation>,
    /// What functions that nothing calls would run.
    pub(crate) idle: Vec<Unchecked>,
}

/// The modules that are looked at: what runs, what calls AgentCore, and what runs commands.
pub(crate) fn modules(source: &Source) -> Vec<ModuleId> {
    let mut all: BTreeSet<ModuleId> = clients::modules(source).into_iter().collect();
    all.extend(&source.commands);
    all.into_iter().collect()
}

/// Every such command in the repository.
pub(crate) fn find(source: &Source) -> Found {
    let places = Places::of(source, modules(source));
    let mut local: Vec<Vec<Sink<'_>>> = places
        .modules
        .iter()
        .filter_map(|id| source.module(*id))
        .flat_map(|module| sinks::of_module(&places, source, module))
        .collect();
    local.push(files::of(&places, source));
    let calls = clients::find(source);
    let remote: Vec<Sink<'_>> = calls
        .iter()
        .filter(|call| call.kind == Kind::Command)
        .filter_map(|call| {
            let command = sinks::command(source, call.module.id, call.expr.as_call()?)?;
            Some(Sink {
                what: "InvokeAgentRuntimeCommand".to_owned(),
                module: call.module.id,
                function: call.function,
                expr: call.expr,
                parts: vec![(command, Danger::Shell)],
            })
        })
        .collect();
    let mut found = Found::default();
    if local.iter().all(Vec::is_empty) && remote.is_empty() {
        return found;
    }
    let entries = handlers::find(source, &places.modules);
    let schemas = Registrations::new(source);
    for (function, kind, payload) in places.handlers() {
        let entry = entries
            .iter()
            .find(|entry| entry.function == Some(function));
        let rules = entry.map_or_else(Fields::new, |entry| schemas.of(entry, function));
        let sources = Sources::of_handler(source, function, (kind, payload), rules);
        let flow = sources.flow(None, &mut found.truncated);
        let ran: BTreeSet<FnId> = flow.functions().collect();
        let sinks: Vec<&Sink<'_>> = local
            .iter()
            .flatten()
            .chain(&remote)
            .filter(|sink| sink.function.is_some_and(|id| ran.contains(&id)))
            .collect();
        let origin = |_: bool| Origin::Handler(kind);
        let reached = unchecked(&sources, &flow, &sinks, origin, &mut found.truncated);
        found.unchecked.extend(reached);
    }
    found.idle = idle(source, &places, &local);
    for sink in &remote {
        outside(source, &places, sink, &mut found);
    }
    found
}

/// The commands of functions that nothing calls or is given, made of what they would be given: no failure, since nothing runs
/// them, and nothing to be silent about.
fn idle(source: &Source, places: &Places<'_>, local: &[Vec<Sink<'_>>]) -> Vec<Unchecked> {
    let mut found = Vec::new();
    for sink in local.iter().flatten() {
        let Some(function) = sink.function else {
            continue;
        };
        let about = source.function(function);
        let alone = about.is_some_and(|about| {
            about.parent.is_none() && about.class.is_none() && about.decorators.is_empty()
        });
        if !alone || places.handler(function).is_some() || !places.uses(function).is_empty() {
            continue;
        }
        let sources = Sources::of_anyone(source, Start::Function(function));
        let mut truncated = Vec::new();
        let flow = sources.flow(None, &mut truncated);
        let origin = |_: bool| Origin::Uncalled;
        let reached = unchecked(&sources, &flow, &[sink], origin, &mut truncated);
        found.extend(reached);
    }
    found
}

/// A command for a session's VM that nobody in sight gives a handler's payload: what its function is given, or what a person types.
fn outside(source: &Source, places: &Places<'_>, sink: &Sink<'_>, found: &mut Found) {
    let roots = match sink.function {
        Some(function) => places.roots(function),
        None => vec![(sink.module, None)],
    };
    for (module, root) in roots {
        if root.is_some_and(|root| places.handler(root).is_some()) {
            continue;
        }
        let start = root.map_or(Start::Module(module), Start::Function);
        let sources = Sources::of_anyone(source, start);
        let flow = sources.flow(None, &mut found.truncated);
        let origin = |typed: bool| match typed {
            true => Origin::Typed,
            false => Origin::Parameter,
        };
        let reached = unchecked(&sources, &flow, &[sink], origin, &mut found.truncated);
        found.unchecked.extend(reached);
    }
}

/// The sinks that something reaches which no test on the way vouches for.
fn unchecked(
    sources: &Sources<'_>,
    flow: &Flow,
    sinks: &[&Sink<'_>],
    origin: impl Fn(bool) -> Origin,
    truncated: &mut Vec<Truncation>,
) -> Vec<Unchecked> {
    let mut found = Vec::new();
    let hit = |flow: &Flow, sink: &Sink<'_>, danger: Danger| {
        sink.parts
            .iter()
            .filter(|(_, of)| *of == danger)
            .fold(0, |all, (at, _)| all | flow.labels(at.module, at.expr))
    };
    let open: Vec<&&Sink<'_>> = sinks
        .iter()
        .filter(|sink| {
            Danger::ALL
                .iter()
                .any(|danger| hit(flow, sink, *danger) != 0)
        })
        .collect();
    if open.is_empty() {
        return found;
    }
    sources.learn_schemas(flow);
    let mut done: BTreeSet<(ModuleId, ByteRange)> = BTreeSet::new();
    for danger in Danger::ALL {
        if open.iter().all(|sink| hit(flow, sink, danger) == 0) {
            continue;
        }
        let tested = sources.flow(Some(danger), truncated);
        for sink in &open {
            let labels = hit(&tested, sink, danger);
            if labels == 0 || !done.insert((sink.module, sink.expr.range)) {
                continue;
            }
            let steps = sink
                .parts
                .iter()
                .find(|(at, of)| *of == danger && tested.labels(at.module, at.expr) != 0)
                .map(|(at, _)| {
                    let function = sources.function_at(at.module, at.expr);
                    tested.path(sources.source, (at.module, function), at.expr, labels)
                });
            found.push(Unchecked {
                module: sink.module,
                range: sink.expr.range,
                command: sink.what.clone(),
                danger,
                origin: origin(sources.is_typed(labels)),
                steps: steps.unwrap_or_default(),
            });
        }
    }
    found
}
