//! `code-error-leak`: Error messages do not expose internals.

mod harmless;
mod made;
mod seeds;

use crate::analysis::agent_code::{self, AgentCode};
use crate::analysis::dataflow::{Flow, Step, Truncation};
use crate::analysis::guards;
use crate::analysis::leaving::{self, How, Sink};
use crate::checks::{Category, Check, Need};
use crate::context::Context;
use crate::model::finding::{Evidence, Fix, Outcome, Severity};
use crate::model::source::{ByteRange, EntrypointKind, FnId, ModuleId};

use self::seeds::{Caught, Exceptions};

pub(super) static CHECK: Check = Check {
    id: "code-error-leak",
    title: "Error messages do not expose internals",
    category: Category::Code,
    severity: Severity::Medium,
    needs: &[Need::Code],
    page: include_str!("code_error_leak.md"),
    references: &[
        "https://cheatsheetseries.owasp.org/cheatsheets/Error_Handling_Cheat_Sheet.html",
        "https://cwe.mitre.org/data/definitions/209.html",
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/runtime-security-best-practices.html",
    ],
    run,
};

fn run(context: &Context) -> Vec<Outcome> {
    crate::checks::agents::each_handled(context, judge)
}

fn judge(code: &AgentCode<'_>) -> Outcome {
    let caught = Caught::new(code);
    let mut truncated = None;
    let (mut leaks, mut notes) = (Vec::new(), Vec::new());
    for entry in code.code.entrypoints.iter().chain(&code.code.middleware) {
        let Some(function) = entry.function else {
            continue;
        };
        match entry.kind {
            EntrypointKind::Ping | EntrypointKind::AsyncTask => {}
            EntrypointKind::AgentTool => notes.extend(sites(
                code,
                &caught,
                (function, entry.kind, None),
                &mut truncated,
            )),
            kind => leaks.extend(sites(code, &caught, (function, kind, None), &mut truncated)),
        }
    }
    for handler in guards::error_handlers(code) {
        leaks.extend(sites(
            code,
            &caught,
            (
                handler.function,
                EntrypointKind::Route,
                Some(handler.exception),
            ),
            &mut truncated,
        ));
    }
    leaks.sort_by_key(|leak| (leak.sink.module, leak.sink.range));
    leaks.dedup_by_key(|leak| (leak.sink.module, leak.sink.range));
    notes.sort_by_key(|leak| (leak.sink.module, leak.sink.range));
    notes.dedup_by_key(|leak| (leak.sink.module, leak.sink.range));
    notes.retain(|note| {
        !leaks
            .iter()
            .any(|leak| leak.sink.module == note.sink.module && leak.sink.range == note.sink.range)
    });
    let notes: Vec<Evidence> = notes.iter().map(|note| tool_note(code, note)).collect();
    let name = &code.runtime.name;
    let Some(first) = leaks.first() else {
        if let Some(truncated) = truncated {
            let reason = agent_code::limited(code.source, &truncated);
            return Outcome::skipped(code.resource(), reason).evidences(notes);
        }
        let message = format!(
            "no response of runtime {name} contains an exception's text; looked at {}",
            code.scope()
        );
        return Outcome::pass(code.resource(), message).evidences(notes);
    };
    let more = match leaks.len() {
        1 => String::new(),
        count => format!(" (and {} more)", count - 1),
    };
    let message = format!(
        "runtime {name} {} {}{}{more}: callers read names of hosts, tables, ARNs and paths in it",
        verb(first.sink.how),
        first.what(),
        first.from(code, &caught),
    );
    let found = leaks.iter().map(|leak| {
        let (verb, what, from) = (verb(leak.sink.how), leak.what(), leak.from(code, &caught));
        let note = match leak.sent.and_then(|sent| place(code, sent)) {
            Some(sent) => format!("makes {what}{from}, which {sent} {verb}"),
            None => format!("{verb} {what}{from}"),
        };
        agent_code::evidence(code.source, leak.sink.module, leak.sink.range)
            .note(note)
            .steps(agent_code::steps(code.source, &leak.steps))
    });
    Outcome::fail(code.resource(), message).evidences(found).evidences(notes).fix(
        Fix::new("Log the exception, answer with a fixed sentence").note(
            "Write the exception to the log (`logger.exception(\"…\")`, `console.error('…', error)`) and answer a text of your own: `{\"error\": \"An error occurred. Please try again.\"}`, with an id that the log line holds too where callers must quote it.",
        ),
    )
}

fn verb(how: How) -> &'static str {
    match how {
        How::Returned => "returns",
        How::Yielded => "yields",
        How::Sent => "sends",
        How::Raised => "raises",
        How::Streamed => "streams",
    }
}

/// A value with an exception's text in it that leaves.
struct Leak {
    /// Where it leaves, or where a helper makes what leaves.
    sink: Sink,
    /// Where it leaves, for what a helper makes.
    sent: Option<(ModuleId, ByteRange)>,
    labels: u64,
    steps: Vec<Step>,
}

impl Leak {
    fn what(&self) -> &'static str {
        if self.labels & seeds::TRACE != 0 {
            "a traceback"
        } else {
            "the text of an exception"
        }
    }

    /// Where the exception was caught.
    fn from(&self, code: &AgentCode<'_>, caught: &Caught<'_>) -> String {
        let mut places = caught.places(code, self.labels);
        let more = places.len().saturating_sub(3);
        places.truncate(3);
        let rest = if more > 0 {
            format!(" and {more} more")
        } else {
            String::new()
        };
        if places.is_empty() {
            String::new()
        } else {
            format!(" caught at {}{rest}", places.join(", "))
        }
    }
}

fn sites(
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
    let labelled = |module: ModuleId, expr: &crate::model::source::Expr| flow.labels(module, expr);
    leaving::of(code.source, function, kind, &flow)
        .into_iter()
        .filter_map(|(mut sink, values)| {
            let labels = values
                .iter()
                .fold(0, |all, value| all | labelled(sink.module, value));
            let entry = values
                .iter()
                .find_map(|value| leaving::entry(&flow, sink.module, value));
            sink.range = entry.unwrap_or(sink.range);
            let sent = (sink.module, sink.range);
            let made = values
                .iter()
                .find_map(|value| made::in_helper(code.source, &flow, sink.module, value));
            (sink.module, sink.range) = made.unwrap_or(sent);
            let sent = made.map(|_| sent);
            let labels = seeds::leaking(labels);
            let home = sent.map_or(sink.module, |(module, _)| module);
            let value = values
                .iter()
                .find(|value| seeds::leaking(labelled(home, value)) != 0)?;
            let module = code.source.module(home)?;
            let within = module.function_at(value.range.start).map(|found| found.id);
            let steps = flow.path(code.source, (home, within), value, labels);
            (labels != 0).then_some(Leak {
                sink,
                sent,
                labels,
                steps,
            })
        })
        .collect()
}

/// A place as `path:line`.
fn place(code: &AgentCode<'_>, (module, range): (ModuleId, ByteRange)) -> Option<String> {
    let site = code.source.module(module)?.site(range);
    Some(format!("{}:{}", site.path, site.span?.line))
}

fn tool_note(code: &AgentCode<'_>, leak: &Leak) -> Evidence {
    let note = format!(
        "a tool gives the model {}: the model may repeat it to the caller",
        leak.what()
    );
    agent_code::evidence(code.source, leak.sink.module, leak.sink.range)
        .note(note)
        .context()
}
