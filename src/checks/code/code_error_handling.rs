//! `code-error-handling`: Error handling wraps all agent logic.

mod fixes;
mod parsing;
mod tools;

use crate::analysis::agent_code::{self, AgentCode};
use crate::analysis::handlers;
use crate::checks::{Category, Check, Need};
use crate::context::Context;
use crate::model::finding::{Evidence, Fix, Outcome, Severity};
use crate::model::known::{ReasonCode, Unread};
use crate::model::source::{Entrypoint, EntrypointKind, Language, ModuleId};

use crate::analysis::exposed::{self, Exposed, Walker};
use crate::analysis::guards::{self, Fate};

pub(super) static CHECK: Check = Check {
    id: "code-error-handling",
    title: "Error handling wraps all agent logic",
    category: Category::Code,
    severity: Severity::Medium,
    needs: &[Need::Code],
    page: include_str!("code_error_handling.md"),
    references: &[
        "https://github.com/aws/bedrock-agentcore-sdk-python/blob/main/src/bedrock_agentcore/runtime/app.py",
        "https://github.com/aws/bedrock-agentcore-sdk-typescript",
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/runtime-security-best-practices.html",
    ],
    run,
};

fn run(context: &Context) -> Vec<Outcome> {
    crate::checks::agents::each_handled(context, judge)
}

fn judge(code: &AgentCode<'_>) -> Outcome {
    let mut walker = Walker::new(code.source);
    walker.listens = exposed::listens(code);
    let (web, mcp) = (guards::web(code), guards::mcp(code));
    let mut served = Vec::new();
    for entry in judged(code) {
        let Some(function) = entry.function else {
            served.extend(library(code, entry));
            continue;
        };
        let around = match entry.kind {
            EntrypointKind::Route | EntrypointKind::Middleware | EntrypointKind::AgUi => {
                web.as_slice()
            }
            EntrypointKind::McpTool => mcp.as_slice(),
            _ => &[],
        };
        walker.entry(entry.kind, function, around);
    }
    let name = &code.runtime.name;
    let tools = tools::bare(code);
    let parsing = parsing::bare(code);
    if walker.exposed.is_empty() && !parsing.is_empty() {
        return parsed(code, parsing).evidences(tools);
    }
    if walker.exposed.is_empty() {
        if walker.calls == 0
            && served.is_empty()
            && let Some((module, range, reached)) = exposed::unseen(code)
        {
            let message = format!(
                "{} calls {}, and which handler runs that, by which way, is not seen",
                place(code, module, range.start),
                reached.words()
            );
            let reason = Unread::new(ReasonCode::Unsupported, message);
            return Outcome::skipped(code.resource(), reason).evidences(tools);
        }
        let message = match walker.calls {
            0 if !served.is_empty() => format!(
                "runtime {name} leaves its responses to a library: {}",
                served[0].note
            ),
            0 => format!(
                "no handler of runtime {name} calls a model, an agent or a client; looked at {}",
                code.scope()
            ),
            1 => format!(
                "runtime {name} logs errors of its one call to a model, agent or client and returns a safe response"
            ),
            count => format!(
                "runtime {name} logs errors of its {count} calls to models, agents and clients and returns a safe response"
            ),
        };
        return Outcome::pass(code.resource(), message)
            .evidences(served)
            .evidences(tools);
    }
    // What nobody catches at all comes before what is caught and not logged.
    let uncaught =
        |exposed: &&Exposed| !matches!(exposed.fate, Fate::Unlogged(_) | Fate::Ended(..));
    let first = walker.exposed.iter().find(uncaught);
    let first = first.unwrap_or(&walker.exposed[0]);
    let count = walker.exposed.len();
    let message = format!(
        "runtime {name}: {}{}; {}",
        told(code, first),
        match count {
            1 => String::new(),
            2 => ", and 1 more call needs handling, too".to_owned(),
            count => format!(", and {} more calls need handling, too", count - 1),
        },
        match first.fate {
            Fate::Unlogged(_) => "nobody will know that it did",
            Fate::Floating => "an unhandled rejection ends the process, and the session with it",
            Fate::Ended(..) => "the caller gets an empty or broken-off answer that looks complete",
            _ => fixes::consequence(
                first.kind,
                language(code, first.site.0),
                streams(code, first),
            ),
        },
    );
    // The message's own place stands before the others.
    let others = walker
        .exposed
        .iter()
        .filter(|other| !std::ptr::eq(*other, first));
    let ordered = std::iter::once(first).chain(others);
    Outcome::fail(code.resource(), message)
        .evidences(ordered.map(|exposed| site(code, exposed)))
        .evidences(parsing)
        .evidences(served)
        .evidences(tools)
        .fix(fixes::fix(code, first))
}

/// A handler whose calls are wrapped, and that parses the payload before.
fn parsed(code: &AgentCode<'_>, parsing: Vec<Evidence>) -> Outcome {
    let first = parsing.first().and_then(|evidence| evidence.site.as_ref());
    let place = first.map_or(String::new(), |site| {
        format!(" ({}:{})", site.path, site.span.map_or(0, |span| span.line))
    });
    let message = format!(
        "runtime {}: the handler parses the payload outside of any `try`{place}: whatever a caller sends that does not parse is answered with the text of the exception",
        code.runtime.name
    );
    Outcome::fail(code.resource(), message)
        .severity(Severity::Low)
        .evidences(parsing)
        .fix(Fix::new("Parse inside the `try`").note(
            "move the line into the `try` of the handler, or catch what it raises (ValueError, SyntaxError) and answer that the payload is not valid",
        ))
}

fn judged<'a>(code: &AgentCode<'a>) -> impl Iterator<Item = &'a Entrypoint> {
    use EntrypointKind::{A2a, AgUi, Invocation, Lambda, McpTool, Route, WebSocket};
    let handlers = code.code.entrypoints.iter().filter(|entry| {
        matches!(
            entry.kind,
            Invocation | WebSocket | Route | McpTool | A2a | AgUi | Lambda
        )
    });
    // What a web framework runs before a route.
    handlers.chain(&code.code.middleware)
}

fn language(code: &AgentCode<'_>, module: ModuleId) -> Language {
    code.source
        .module(module)
        .map_or(Language::Python, |module| module.language)
}

/// Whether the function that makes the call yields its answer.
fn streams(code: &AgentCode<'_>, exposed: &Exposed) -> bool {
    code.source
        .module(exposed.site.0)
        .and_then(|module| module.function_at(exposed.site.1.start))
        .is_some_and(|function| function.is_generator)
}

fn told(code: &AgentCode<'_>, exposed: &Exposed) -> String {
    let what = format!("`{}` in {}", exposed.callee, exposed.entry);
    match exposed.fate {
        Fate::Unlogged(_) => format!("what goes wrong in {what} is caught and logged nowhere"),
        // The handler raises for somebody further out, and nobody there catches it.
        Fate::RaisedAgain(guard) if !is_own(code, exposed, guard) => format!(
            "{what} is not in a `try` that logs the error and returns a safe response: the error is raised again ({}) and reaches the caller",
            raised(code, guard)
        ),
        Fate::RaisedAgain(guard) => format!(
            "what goes wrong in {what} is only raised again ({})",
            raised(code, guard)
        ),
        Fate::Floating => {
            format!("nobody waits for {what}, so that no `try` catches what it rejects with")
        }
        Fate::Ended(..) => {
            format!("what goes wrong in {what} does not throw: the stream that is read just ends")
        }
        _ => format!("{what} is not in a `try` that logs the error and returns a safe response"),
    }
}

/// Whether a handler stands in the function that makes the call.
fn is_own(code: &AgentCode<'_>, exposed: &Exposed, guard: guards::Guard) -> bool {
    let function = |module: ModuleId, offset: u32| {
        let module = code.source.module(module)?;
        module.function_at(offset).map(|function| function.id)
    };
    let (module, range) = exposed.site;
    function(module, range.start) == function(guard.module, guard.range.start)
}

/// Where a handler raises again.
fn raised(code: &AgentCode<'_>, guard: guards::Guard) -> String {
    let raised = guards::raises_at(code.source, guard);
    place(code, guard.module, raised.start)
}

fn place(code: &AgentCode<'_>, module: ModuleId, offset: u32) -> String {
    let range = crate::model::source::ByteRange {
        start: offset,
        end: offset,
    };
    let site = code.source.module(module).map(|module| module.site(range));
    site.map_or(String::new(), |site| {
        let line = site.span.map_or(0, |span| span.line);
        format!("{}:{line}", site.path)
    })
}

fn site(code: &AgentCode<'_>, exposed: &Exposed) -> Evidence {
    let reached = exposed.reached.words();
    let (module, range) = exposed.site;
    let via = exposed.reaches.map(|(module, range)| {
        format!("reaches {reached} at {}", place(code, module, range.start))
    });
    let what = via.unwrap_or_else(|| format!("calls {reached}"));
    let note = match exposed.fate {
        Fate::Unlogged(guard) => {
            let note = "this handler logs nothing: nobody will know what went wrong";
            return agent_code::evidence(code.source, guard.module, guard.range).note(note);
        }
        Fate::RaisedAgain(guard) => format!(
            "{what}; the error is raised again at {}",
            raised(code, guard)
        ),
        Fate::Floating => {
            format!("{what}; nobody waits for the promise: no `try` catches its rejection")
        }
        Fate::Ended(module, range) => {
            let note = "a model that fails ends this stream without an exception: a `try` around it catches nothing";
            return agent_code::evidence(code.source, module, range).note(note);
        }
        _ if exposed.deferred => format!("{what}; the stream runs after the `try` has been left"),
        _ => format!("{what}; no broad handler is around it"),
    };
    agent_code::evidence(code.source, module, range).note(note)
}

/// What is known of an object of a library that is served instead of a function.
fn library(code: &AgentCode<'_>, entry: &Entrypoint) -> Option<Evidence> {
    let found = handlers::served_types(code.source, entry)?;
    let known = |name: &String| -> Option<&'static str> {
        match name.as_str() {
            "StrandsA2AExecutor" => Some("it logs what goes wrong and fails the task"),
            "LangGraphAgent" | "LangGraphAGUIAgent" => {
                Some("it logs what goes wrong and ends the run with an error event")
            }
            "StrandsAgent" => Some(
                "it prints what goes wrong and ends the run with an error event that holds the exception's text",
            ),
            _ => None,
        }
    };
    let note = match found.iter().find_map(|name| known(name).map(|what| (name, what))) {
        Some((name, what)) => format!("no handler of the project: {name} answers, and {what}"),
        None => "no handler of the project: the library that is served answers, and what it does with an error is its own".to_owned(),
    };
    Some(
        agent_code::evidence(code.source, entry.module, entry.range)
            .note(note)
            .context(),
    )
}
