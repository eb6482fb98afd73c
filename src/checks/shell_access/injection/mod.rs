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
use crate::model::finding::Severity;
use crate::model::source::{ByteRange, EntrypointKind, FnId, ModuleId, Source};
use seeds::{Sources, Start};
pub(in crate::checks) use sinks::is_command;
use sinks::{Danger, Sink};

/// A command that holds unchecked text.
pub(super) struct Finding {
    /// The module.
    pub(super) module: ModuleId,
    /// The call that runs it.
    pub(super) range: ByteRange,
    /// What reaches what, in words.
    pub(super) note: String,
    /// How bad.
    pub(super) severity: Severity,
    /// The way that it takes.
    pub(super) steps: Vec<Step>,
}

/// What was found, and where the search was given up.
#[derive(Default)]
pub(super) struct Found {
    pub(super) findings: Vec<Finding>,
    pub(super) truncated: Vec<Truncation>,
    /// What a function that nothing calls would run.
    pub(super) idle: Vec<Finding>,
}

/// The modules that are looked at: what runs, what calls AgentCore, and what runs commands.
pub(super) fn modules(source: &Source) -> Vec<ModuleId> {
    let mut all: BTreeSet<ModuleId> = clients::modules(source).into_iter().collect();
    all.extend(&source.commands);
    all.into_iter().collect()
}

/// Every finding in the repository.
pub(super) fn find(source: &Source) -> Found {
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
        let reached = (words(kind), Severity::Critical);
        found.findings.extend(unchecked(
            &sources,
            &flow,
            &sinks,
            |_| reached,
            &mut found.truncated,
        ));
    }
    found.idle = idle(source, &places, &local);
    for sink in &remote {
        outside(source, &places, sink, &mut found);
    }
    found.findings.sort_by(|one, other| {
        (one.module, one.range, one.severity).cmp(&(other.module, other.range, other.severity))
    });
    found
        .findings
        .dedup_by(|one, other| (one.module, one.range) == (other.module, other.range));
    found
}

/// The commands of functions that nothing calls or is given, made of what they would be given: no failure, since nothing runs
/// them, and nothing to be silent about.
fn idle(source: &Source, places: &Places<'_>, local: &[Vec<Sink<'_>>]) -> Vec<Finding> {
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
        let reached = |_: bool| ("a parameter", Severity::Medium);
        for mut finding in unchecked(&sources, &flow, &[sink], reached, &mut truncated) {
            finding.note = format!("{}; nothing calls this function", finding.note);
            found.push(finding);
        }
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
        let reached = |typed: bool| match typed {
            true => ("what a person types", Severity::Medium),
            false => ("a parameter that anything may be given for", Severity::High),
        };
        found.findings.extend(unchecked(
            &sources,
            &flow,
            &[sink],
            reached,
            &mut found.truncated,
        ));
    }
}

/// The sinks that something reaches which no test on the way vouches for.
fn unchecked(
    sources: &Sources<'_>,
    flow: &Flow,
    sinks: &[&Sink<'_>],
    reached: impl Fn(bool) -> (&'static str, Severity),
    truncated: &mut Vec<Truncation>,
) -> Vec<Finding> {
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
            let (what, severity) = reached(sources.is_typed(labels));
            let severity = match danger {
                Danger::Option => Severity::Medium,
                _ => severity,
            };
            let steps = sink
                .parts
                .iter()
                .find(|(at, of)| *of == danger && tested.labels(at.module, at.expr) != 0)
                .map(|(at, _)| {
                    let function = sources.function_at(at.module, at.expr);
                    tested.path(sources.source, (at.module, function), at.expr, labels)
                });
            found.push(Finding {
                steps: steps.unwrap_or_default(),
                module: sink.module,
                range: sink.expr.range,
                note: format!(
                    "{what} reaches {} {} without validation",
                    sink.what,
                    danger.words()
                ),
                severity,
            });
        }
    }
    found
}

fn words(kind: EntrypointKind) -> &'static str {
    match kind {
        EntrypointKind::AgentTool => "text that the model gives a tool",
        EntrypointKind::McpTool => "text that a client gives an MCP tool",
        EntrypointKind::Route | EntrypointKind::Middleware => "text from the request",
        EntrypointKind::Lambda => "text from the Lambda event",
        _ => "text from the payload",
    }
}
