//! What an escaping exception means for the caller, and what to write.

use crate::analysis::agent_code::AgentCode;
use crate::model::finding::Fix;
use crate::model::source::{EntrypointKind, Language, ModuleId};

use super::{language, place, streams};
use crate::analysis::exposed::Exposed;
use crate::analysis::guards::Fate;

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
fn logger(code: &AgentCode<'_>, module: ModuleId) -> (String, &'static str) {
    const MAKE: &str = " The module has no logger yet: `import logging` and `logger = logging.getLogger(__name__)` at its top.";
    let text = code
        .source
        .module(module)
        .map(|module| module.source.text.clone());
    let text = text.as_deref().unwrap_or_default();
    let mut app = None;
    for line in text.lines() {
        if line.starts_with("from loguru import logger") {
            return ("logger".to_owned(), "");
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
            return (name.to_owned(), "");
        }
        if call.ends_with("BedrockAgentCoreApp") {
            app = Some(format!("{name}.logger"));
        }
    }
    match app {
        Some(app) => (app, ""),
        None => ("logger".to_owned(), MAKE),
    }
}

/// What to write where nothing catches, where what catches logs nothing, and where it only raises again.
pub(super) fn fix(code: &AgentCode<'_>, first: &Exposed) -> Fix {
    let language = language(code, first.site.0);
    let yields = streams(code, first);
    let gives = match (language, yields) {
        (_, true) => "yield",
        (_, false) => "return",
    };
    // What is named must be there: in the module of the handler that is there, or of the call.
    let module = match first.fate {
        Fate::Unlogged(guard) | Fate::RaisedAgain(guard) => guard.module,
        _ => first.site.0,
    };
    let (logger, make) = match language {
        Language::Python => logger(code, module),
        Language::TypeScript => (String::new(), ""),
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
        Fate::RaisedAgain(guard) if first.kind != EntrypointKind::McpTool => {
            return Fix::new("Return an error instead of raising again").note(format!(
                "In the handler at {}, or around the call in {}: `{log}`, then `{answer}` where it raises now.{make}",
                place(code, guard.module, guard.range.start),
                first.entry
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
