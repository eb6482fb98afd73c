//! What an escaping exception means for the caller, and what to write.

use crate::analysis::agent_code::AgentCode;
use crate::model::finding::Fix;
use crate::model::source::{EntrypointKind, FnId, Language, ModuleId};

use super::{language, place, streams};
use crate::analysis::exposed::Exposed;
use crate::analysis::guards::{self, Fate, Guard};

/// What the caller sees when an exception escapes.
pub(super) fn consequence(kind: EntrypointKind, language: Language, streams: bool) -> &'static str {
    if streams && kind == EntrypointKind::Invocation {
        return "an exception that escapes ends the stream with an event of the SDK that holds its text";
    }
    match (kind, language) {
        (EntrypointKind::Invocation, Language::Python) => {
            "the SDK returns the text of an uncaught exception to the caller: HTTP 500 and {\"error\": str(e)}"
        }
        (EntrypointKind::Invocation, Language::TypeScript) => {
            "the SDK returns the text of an uncaught exception to the caller: HTTP 500 and {\"error\": error.message}"
        }
        (EntrypointKind::WebSocket, _) => {
            "an exception that escapes closes the socket without an answer"
        }
        (EntrypointKind::McpTool, _) => {
            "the MCP server sends the text of an unhandled exception to its client"
        }
        (EntrypointKind::Lambda, _) => {
            "Lambda returns the text and stack trace of an unhandled exception to its caller"
        }
        _ => "an exception that escapes breaks the answer off, with whatever the server says of it",
    }
}

/// The logger of a Python module: the name that it has, else one to make.
fn logger(code: &AgentCode<'_>, module: ModuleId) -> (String, String) {
    let found = code.source.module(module);
    let text = found.map_or("", |module| &*module.source.text);
    let mut app = None;
    for line in text.lines() {
        if line.starts_with("from loguru import logger") {
            return ("logger".to_owned(), String::new());
        }
        let Some((name, value)) = line.split_once('=') else {
            continue;
        };
        let name = name.split(':').next().unwrap_or_default().trim_end();
        let value = value.trim();
        let word = !name.is_empty()
            && name
                .chars()
                .all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
        if !word {
            continue;
        }
        let call = value.split('(').next().unwrap_or_default();
        if call.ends_with("getLogger") || call.ends_with("get_logger") || value.ends_with(".logger")
        {
            return (name.to_owned(), String::new());
        }
        if call.ends_with("BedrockAgentCoreApp") {
            app = Some(format!("{name}.logger"));
        }
    }
    match app {
        Some(app) => (app, String::new()),
        None => {
            let path = found.map_or("The module", |module| &*module.source.path);
            let make = format!(
                " {path} has no logger yet: `import logging` and `logger = logging.getLogger(__name__)` at its top."
            );
            ("logger".to_owned(), make)
        }
    }
}

/// What to write where nothing catches, where what catches logs nothing, and where it only raises again.
pub(super) fn fix(code: &AgentCode<'_>, first: &Exposed) -> Fix {
    let language = language(code, first.site.0);
    // A helper returns what its callers expect: an error for the caller of the agent is written in the handler.
    let helper = match first.fate {
        Fate::RaisedAgain(guard) => !stands_in(code, guard, first.handler),
        _ => false,
    };
    let yields = match helper {
        true => is_generator(code, first.handler),
        false => streams(code, first),
    };
    let gives = match (language, yields) {
        (_, true) => "yield",
        (_, false) => "return",
    };
    // What is named must be there: in the module of the handler that is there, or of the call.
    let module = match first.fate {
        Fate::RaisedAgain(_) if helper => first.handler.module,
        Fate::Unlogged(guard) | Fate::RaisedAgain(guard) => guard.module,
        _ => first.site.0,
    };
    let (logger, make) = match language {
        Language::Python => logger(code, module),
        Language::TypeScript => (String::new(), String::new()),
    };
    let (log, answer) = match language {
        Language::Python => (
            format!("{logger}.exception(\"invocation failed\")"),
            format!("{gives} {{\"error\": \"An error occurred. Please try again.\"}}"),
        ),
        Language::TypeScript => (
            "console.error('invocation failed', error)".to_owned(),
            format!("{gives} {{ error: 'An error occurred. Please try again.' }}"),
        ),
    };
    match first.fate {
        Fate::Unlogged(guard) => {
            return Fix::new("Log in the handler that is there").note(format!(
                "In the handler at {}: add `{log}` as its first line. What it answers can stay.{make}",
                place(code, guard.module, guard.range.start)
            ));
        }
        Fate::RaisedAgain(guard) if first.kind != EntrypointKind::McpTool && helper => {
            return around_the_call(code, first, guard, (&log, &answer, &make));
        }
        Fate::RaisedAgain(guard) if first.kind != EntrypointKind::McpTool => {
            let raised = guards::raises_at(code.source, guard);
            return Fix::new("Return an error instead of raising again").note(format!(
                "In {}: `{log}`, then `{answer}` where it raises now ({}).{make}",
                first.entry,
                place(code, guard.module, raised.start),
            ));
        }
        Fate::Floating => {
            return Fix::new("Wait for the promise, or catch its rejection").note(format!(
                "In {}: `await` it inside of the `try`; where the answer must not wait for it, end it with `.catch((error) => {log})`.",
                first.entry
            ));
        }
        Fate::Ended(..) => {
            return Fix::new("Go through `fullStream` and answer its error part").note(format!(
                "In {}: `for await (const part of result.fullStream) {{ if (part.type === 'error') {{ {answer}; }} else if (part.type === 'text-delta') {{ yield {{ data: part.text }}; }} }}`. \
                 `onError: ({{ error }}) => {log}` among the options of the call logs it (from version 5 of `ai` that is the default). A `try` around the loop is for what fails outside the model.",
                first.entry
            ));
        }
        _ => {}
    }
    let stream = match yields {
        true => {
            "Put the whole loop inside the `try`: the error is the last event of the stream, and what was sent before it stays sent."
        }
        false => {
            "Put the whole loop inside the `try` where the answer is streamed, and yield the error as the last event."
        }
    };
    let narrow = guards::narrow_around(code.source, first.handler, first.site.1);
    if let (Language::Python, Some(last)) = (language, narrow.filter(|_| is_direct(code, first)))
        && first.kind != EntrypointKind::McpTool
    {
        return Fix::new("Catch, log and return what else is raised").note(format!(
            "In {}: behind the handler at {}, which catches some exceptions only, add `except Exception: {log}; {answer}` to the same `try`.{make}",
            first.entry,
            place(code, first.handler.module, last.start)
        ));
    }
    let note = match (language, first.kind) {
        (Language::Python, EntrypointKind::McpTool) => {
            format!(
                "In the tool: `try:` around the call, then `except Exception: {logger}.exception(\"tool failed\"); raise ToolError(\"The tool failed. Please try again.\") from None`.{make}"
            )
        }
        (Language::Python, _) => format!(
            "In {}: `try:` around the call, then `except Exception: {log}; {answer}`. {stream}{make}",
            first.entry
        ),
        (Language::TypeScript, _) => format!(
            "In {}: `try {{ … }} catch (error) {{ {log}; {answer}; }}`. {stream}",
            first.entry
        ),
    };
    Fix::new("Catch, log and return an error in the handler").note(note)
}

/// What to write in the handler where a helper raises again.
fn around_the_call(
    code: &AgentCode<'_>,
    first: &Exposed,
    guard: Guard,
    (log, answer, make): (&str, &str, &str),
) -> Fix {
    let raised = guards::raises_at(code.source, guard);
    let stays = format!(
        "What raises at {} can stay: a function that returned an error there would give its callers something else than they expect.",
        place(code, guard.module, raised.start)
    );
    let range = first.site.1;
    let direct = is_direct(code, first);
    let behind = match direct {
        true => guards::answers_behind(code.source, first.handler, range),
        false => None,
    };
    if let Some(tried) = behind {
        return Fix::new("Begin the `try` of the handler earlier").note(format!(
            "In {}: begin the `try` at {} before `{}`, so that what stands between them is in it, too: its handler logs and answers. {stays}",
            first.entry,
            place(code, first.handler.module, tried.start),
            first.callee
        ));
    }
    let what = match direct {
        true => format!("`{}`", first.callee),
        false => "the call".to_owned(),
    };
    let write = match language(code, first.handler.module) {
        Language::Python => format!(
            "`try:` around {what} and what follows from it, then `except Exception: {log}; {answer}`"
        ),
        Language::TypeScript => format!(
            "`try {{ … }} catch (error) {{ {log}; {answer}; }}` around {what} and what follows from it"
        ),
    };
    Fix::new("Catch, log and return an error in the handler")
        .note(format!("In {}: {write}. {stays}{make}", first.entry))
}

/// Whether the call stands in the handler itself: a function inside of it has a caller of its own, which is not named here.
fn is_direct(code: &AgentCode<'_>, first: &Exposed) -> bool {
    let (module, range) = first.site;
    let module = code.source.module(module);
    module
        .and_then(|module| module.function_at(range.start))
        .is_some_and(|function| function.id == first.handler)
}

/// Whether a guard stands in this function itself.
fn stands_in(code: &AgentCode<'_>, guard: Guard, function: FnId) -> bool {
    let module = code.source.module(guard.module);
    let found = module.and_then(|module| module.function_at(guard.range.start));
    found.is_some_and(|found| found.id == function)
}

fn is_generator(code: &AgentCode<'_>, function: FnId) -> bool {
    let function = code.source.function(function);
    function.is_some_and(|function| function.is_generator)
}
