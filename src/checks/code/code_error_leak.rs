//! `code-error-leak`: Error messages do not expose internals.

use crate::analysis::agent_code::{self, AgentCode};
use crate::analysis::error_text::{Leak, leaks};
use crate::analysis::leaving::How;
use crate::checks::{Category, Check, Need};
use crate::context::Context;
use crate::model::finding::{Evidence, Fix, Outcome, Severity};
use crate::model::source::{ByteRange, ModuleId};

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
    let left = leaks(code);
    let notes: Vec<Evidence> = left
        .model
        .iter()
        .map(|note| tool_note(code, note))
        .collect();
    let name = &code.runtime.name;
    let leaks = &left.callers;
    let worst = leaks.iter().find(|leak| !leak.is_of_payload);
    let Some(first) = worst.or(leaks.first()) else {
        if let Some(truncated) = left.truncated {
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
        "runtime {name} {} {}{}{more}: callers read {}",
        verb(first.how),
        what(first),
        from(code, first),
        match first.is_of_payload {
            true => "names of the schema's classes and fields in it",
            false => "names of hosts, tables, ARNs and paths in it",
        },
    );
    let found = leaks.iter().map(|leak| {
        let (verb, what, from) = (verb(leak.how), what(leak), from(code, leak));
        let note = match leak.sent.and_then(|sent| place(code, sent)) {
            Some(sent) => format!("makes {what}{from}, which {sent} {verb}"),
            None => format!("{verb} {what}{from}"),
        };
        let site = agent_code::evidence(code.source, leak.module, leak.range)
            .note(note)
            .steps(agent_code::steps(code.source, &leak.steps));
        match leak.is_of_payload == first.is_of_payload {
            true => site,
            false => site.severity(severity(leak)),
        }
    });
    let outcome = Outcome::fail(code.resource(), message)
        .severity(severity(first))
        .evidences(found)
        .evidences(notes);
    if first.is_of_payload {
        return outcome.fix(Fix::new("Say which fields do not fit, in words of your own").note(
            "Answer the places of the faults and no more: `[\".\".join(map(str, fault[\"loc\"])) for fault in error.errors()]` of pydantic, `error.issues.map((issue) => issue.path.join('.'))` of zod, `list(error.absolute_path)` of jsonschema, or a fixed sentence.",
        ));
    }
    outcome.fix(
        Fix::new("Log the exception, answer with a fixed sentence").note(
            "Write the exception to the log (`logger.exception(\"…\")`, `console.error('…', error)`) and answer a text of your own: `{\"error\": \"An error occurred. Please try again.\"}`, with an id that the log line holds too where callers must quote it.",
        ),
    )
}

/// What a validation library says of the payload holds nothing of the inside but the names of a schema.
fn severity(leak: &Leak) -> Severity {
    match leak.is_of_payload {
        true => Severity::Low,
        false => Severity::Medium,
    }
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

fn what(leak: &Leak) -> &'static str {
    match (leak.is_trace, leak.is_of_payload) {
        (true, _) => "a traceback",
        (false, true) => "what a validation library says of the payload",
        (false, false) => "the text of an exception",
    }
}

/// Where the exceptions were caught.
fn from(code: &AgentCode<'_>, leak: &Leak) -> String {
    let shown = leak.caught.iter().take(3);
    let places: Vec<String> = shown.filter_map(|at| place(code, *at)).collect();
    let more = leak.caught.len().saturating_sub(3);
    let rest = if more > 0 {
        format!(" and {more} more")
    } else {
        String::new()
    };
    if places.is_empty() {
        String::new()
    } else {
        let comma = if leak.is_of_payload { "," } else { "" };
        format!("{comma} caught at {}{rest}", places.join(", "))
    }
}

/// A place as `path:line`.
fn place(code: &AgentCode<'_>, (module, range): (ModuleId, ByteRange)) -> Option<String> {
    Some(code.source.module(module)?.site(range).place())
}

fn tool_note(code: &AgentCode<'_>, leak: &Leak) -> Evidence {
    let note = format!(
        "a tool gives the model {}: the model may repeat it to the caller",
        what(leak)
    );
    agent_code::evidence(code.source, leak.module, leak.range)
        .note(note)
        .context()
}
