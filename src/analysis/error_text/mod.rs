//! Where the text of an exception leaves for a caller, or for the model.

mod gathered;
mod harmless;
mod made;
mod seeds;

use std::collections::BTreeSet;

use self::seeds::{Caught, Exceptions};
use super::agent_code::AgentCode;
use super::dataflow::{Flow, Labels, Step, Truncation};
use super::guards;
use super::leaving::{self, How, Sink};
use crate::model::source::{ByteRange, EntrypointKind, Expr, FnId, ModuleId};

/// A value with an exception's text in it that leaves.
pub(crate) struct Leak {
    /// Where it leaves, or where a helper makes what leaves.
    pub(crate) module: ModuleId,
    /// The value there.
    pub(crate) range: ByteRange,
    /// How it leaves.
    pub(crate) how: How,
    /// Where it leaves, for what a helper makes.
    pub(crate) sent: Option<(ModuleId, ByteRange)>,
    /// Whether it is a whole traceback.
    pub(crate) is_trace: bool,
    /// Whether it is only what a validation library says of the payload.
    pub(crate) is_of_payload: bool,
    /// Where the exceptions are caught, as far as they are counted apart.
    pub(crate) caught: Vec<(ModuleId, ByteRange)>,
    /// The way from there.
    pub(crate) steps: Vec<Step>,
}

impl Leak {
    fn place(&self) -> (ModuleId, ByteRange) {
        (self.module, self.range)
    }
}

/// What leaves, each place once, in the order of the code.
#[derive(Default)]
pub(crate) struct Leaks {
    /// For a caller.
    pub(crate) callers: Vec<Leak>,
    /// For the model: what only tools return.
    pub(crate) model: Vec<Leak>,
    /// Where the first flow was given up.
    pub(crate) truncated: Option<Truncation>,
}

/// What leaves a runtime's handlers, their middleware and the error handlers of their frameworks.
pub(crate) fn leaks(code: &AgentCode<'_>) -> Leaks {
    let caught = Caught::new(code);
    let mut found = Leaks::default();
    // One decorator is around many handlers.
    let mut seen = BTreeSet::new();
    for entry in code.code.entrypoints.iter().chain(&code.code.middleware) {
        let Some(function) = entry.function else {
            continue;
        };
        let left = match entry.kind {
            EntrypointKind::Ping | EntrypointKind::AsyncTask => continue,
            EntrypointKind::AgentTool => &mut found.model,
            _ => &mut found.callers,
        };
        // What a decorator puts around it answers in its place.
        let about = code.source.function(function);
        let around = about.map(|about| guards::wrappers(code.source, about));
        for function in std::iter::once(function).chain(around.unwrap_or_default()) {
            if !seen.insert((function, entry.kind)) {
                continue;
            }
            let of = (function, entry.kind, None);
            left.extend(leaving_of(code, &caught, of, &mut found.truncated));
        }
    }
    for handler in guards::error_handlers(code) {
        let of = (
            handler.function,
            EntrypointKind::Route,
            Some(handler.exception),
        );
        let left = leaving_of(code, &caught, of, &mut found.truncated);
        found.callers.extend(left);
    }
    for leaks in [&mut found.callers, &mut found.model] {
        // Of what leaves one place, the worst is reported.
        leaks.sort_by_key(|leak| (leak.place(), leak.is_of_payload));
        leaks.dedup_by_key(|leak| leak.place());
    }
    let Leaks { callers, model, .. } = &mut found;
    model.retain(|leak| !callers.iter().any(|other| other.place() == leak.place()));
    found
}

fn leaving_of(
    code: &AgentCode<'_>,
    caught: &Caught<'_>,
    (function, kind, exception): (FnId, EntrypointKind, Option<usize>),
    truncated: &mut Option<Truncation>,
) -> Vec<Leak> {
    let seeds = Exceptions {
        caught,
        start: function,
        exception,
    };
    let flow = Flow::run(code.source, function, &seeds);
    *truncated = truncated.or(flow.truncated);
    leaving::of(code.source, function, kind, &flow)
        .into_iter()
        .filter_map(|(sink, values)| leak(code, caught, &flow, sink, &values))
        .collect()
}

/// What the values that leave at a place say of an exception.
fn leak(
    code: &AgentCode<'_>,
    caught: &Caught<'_>,
    flow: &Flow,
    sink: Sink,
    values: &[&Expr],
) -> Option<Leak> {
    let labels = values.iter().fold(0, |all: Labels, value| {
        all | flow.labels(sink.module, value)
    });
    let entry = values
        .iter()
        .find_map(|value| leaving::entry(flow, sink.module, value));
    let left = (sink.module, entry.unwrap_or(sink.range));
    let made = values
        .iter()
        .find_map(|value| made::in_helper(code.source, flow, sink.module, value));
    let (module, range) = made.unwrap_or(left);
    let labels = seeds::leaking(labels);
    let value = values
        .iter()
        .find(|value| seeds::leaking(flow.labels(sink.module, value)) != 0)?;
    let within = code
        .source
        .module(sink.module)?
        .function_at(value.range.start)
        .map(|found| found.id);
    Some(Leak {
        module,
        range,
        how: sink.how,
        sent: made.map(|_| left),
        is_trace: labels & seeds::TRACE != 0,
        is_of_payload: caught.is_of_payload(labels),
        caught: caught.places(labels),
        steps: flow.path(code.source, (sink.module, within), value, labels),
    })
}
