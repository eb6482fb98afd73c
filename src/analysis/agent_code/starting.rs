//! Whether code starts anything that could answer a request.

use std::collections::HashSet;

use super::{AgentCode, served};
use crate::analysis::names::{leaf, package};
use crate::model::source::ir::StmtKind;
use crate::model::source::walk::{Node, path_to};
use crate::model::source::{
    ByteRange, Entrypoint, EntrypointKind, Expr, ExprKind, Language, Module,
};

/// Words in the names of what may start something that serves, wherever it comes from.
const STARTS: [&str; 33] = [
    "run",
    "serve",
    "start",
    "listen",
    "launch",
    "main",
    "mount",
    "exec",
    "spawn",
    "loop",
    "forever",
    "server",
    "popen",
    "cli",
    "runserver",
    "runapp",
    "startserver",
    "webserver",
    "httpserver",
    "mainloop",
    "execv",
    "execve",
    "execvp",
    "execvpe",
    "execl",
    "execle",
    "execlp",
    "execlpe",
    "spawnv",
    "spawnve",
    "spawnl",
    "spawnlp",
    "bootstrap",
];
/// Whole names of the same, and of what runs code that is not read. Django's `execute_from_command_line` starts its server,
/// `cursor.execute` starts nothing.
const STARTS_IN_FULL: [&str; 4] = [
    "system",
    "execute_from_command_line",
    "import_module",
    "__import__",
];
/// What runs a coroutine of the project, whose own calls tell what it starts.
const RUN_COROUTINES: [&str; 3] = ["run", "run_until_complete", "run_sync"];
/// What gives a loop of events, which serves nothing by itself.
const LOOPS: [&str; 4] = [
    "get_event_loop",
    "new_event_loop",
    "set_event_loop",
    "get_running_loop",
];
/// Packages whose `run` asks an agent or a model once.
const ASKED_ONCE: [&str; 9] = [
    "pydantic_ai",
    "agents",
    "langchain",
    "langchain_core",
    "langgraph",
    "crewai",
    "autogen_agentchat",
    "boto3",
    "smolagents",
];
/// What only makes an application, or speaks with a server of tools.
const NO_STARTS: [&str; 4] = [
    "BedrockAgentCoreApp",
    "AGUIApp",
    "StdioServerParameters",
    "stdio_client",
];
/// Members of an application of the SDK that start nothing.
const REGISTERING: [&str; 10] = [
    "entrypoint",
    "ping",
    "websocket",
    "async_task",
    "add_async_task",
    "complete_async_task",
    "get_async_task_info",
    "get_current_ping_status",
    "force_ping_status",
    "logger",
];

/// Whether a call is one that starts nothing but code of the project, which is judged by itself, or asks an agent once.
pub(super) fn starts_no_server(code: &AgentCode<'_>, module: &Module, expr: &Expr) -> bool {
    let own = |expr: &Expr| {
        let called = code.source.callee(module.id, expr);
        called.is_some_and(|function| code.is_reachable(function.module))
    };
    let Some(call) = expr.as_call() else {
        return true;
    };
    if own(expr) {
        return true;
    }
    let name = code.source.callee_name(module.id, expr).unwrap_or("");
    let last = call.written_name();
    let of_own = || call.args.first().is_some_and(&own);
    RUN_COROUTINES.contains(&last) && of_own()
        || LOOPS.contains(&last)
        || ASKED_ONCE.contains(&package(name)) && last.starts_with("run")
        || NO_STARTS.contains(&leaf(name))
}

/// Every call that runs and whose name speaks of starting or serving.
pub(super) fn calls<'a>(
    code: &AgentCode<'a>,
) -> impl Iterator<Item = (&'a Module, &'a Expr)> + use<'a> {
    let code = *code;
    let calls = code
        .calls()
        .map(|(module, _, expr)| (module, expr))
        .filter(|(_, expr)| speaks(expr));
    calls.filter(move |(module, expr)| {
        !starts_no_server(&code, module, expr) && !is_left_out(&code, module, expr.range)
    })
}

/// Whether a call stands in the main block of a module that is only imported.
fn is_left_out(code: &AgentCode<'_>, module: &Module, range: ByteRange) -> bool {
    if code.code.starts(module.id) || module.language != Language::Python {
        return false;
    }
    path_to(&module.body, range).iter().any(|node| {
        matches!(node, Node::Stmt(stmt) if matches!(&stmt.kind, StmtKind::If(branch)
            if module.is_main_guard(&branch.test)
                && branch.body.iter().any(|inner| inner.range.contains(range))))
    })
}

/// Whether the name of what is called speaks of starting or serving, or a method of such a name is handed on:
/// `asyncio.to_thread(app.run)`.
fn speaks(expr: &Expr) -> bool {
    let Some(call) = expr.as_call() else {
        return false;
    };
    let mut handed = call.values().filter_map(|value| match &value.kind {
        ExprKind::Attribute { attr, .. } => Some(&**attr),
        _ => None,
    });
    let named = match &call.callee.kind {
        ExprKind::Name(name) => is_start(name),
        ExprKind::Attribute { attr, .. } => is_start(attr),
        // `getattr(app, "run")()`; other values that are called at once are agents and tools.
        ExprKind::Call(made) => made.written_name() == "getattr",
        _ => false,
    };
    named || handed.any(is_start)
}

/// Whether a name speaks of starting or serving.
fn is_start(name: &str) -> bool {
    let words = words(name);
    let is_app = |word: &String| word.ends_with("app") && word != "whatsapp";
    STARTS_IN_FULL.contains(&name)
        || words.last().is_some_and(is_app)
        || words.iter().any(|word| STARTS.contains(&&**word))
}

/// The words of a name in snake or camel case, in lower case: `run`, `HTTP` and `Server` of `run_HTTPServer`.
fn words(name: &str) -> Vec<String> {
    let chars: Vec<char> = name.chars().collect();
    let mut words = vec![String::new()];
    for (at, &c) in chars.iter().enumerate() {
        let before = at.checked_sub(1).map(|before| chars[before]);
        let after = chars.get(at + 1);
        let rises = before.is_some_and(|before| before.is_lowercase() || before.is_numeric());
        let ends_run =
            before.is_some_and(char::is_uppercase) && after.is_some_and(|c| c.is_lowercase());
        if !c.is_alphanumeric() || c.is_uppercase() && (rises || ends_run) {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| c.is_alphanumeric()) {
            word.extend(c.to_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Whether the code, all of it read and started as a program, starts nothing that could answer a request: no call that runs has a name
/// that speaks of starting or serving, or nothing is done with the one application but to register handlers.
pub(crate) fn starts_nothing(code: &AgentCode<'_>) -> bool {
    let entry = code.code.entry.and_then(|id| code.source.module(id));
    // What is given to others may be served by whoever loads it.
    let given = entry.is_none_or(|module| {
        module
            .exports
            .iter()
            .any(|export| export.name.as_deref() == Some("default"))
    });
    !given && (calls(code).next().is_none() || app_is_not_run(code))
}

/// Whether all handlers are those of applications of the SDK, with which nothing is done that could start them.
fn app_is_not_run(code: &AgentCode<'_>) -> bool {
    use EntrypointKind::{AgentTool, AsyncTask, Invocation, Ping, WebSocket};
    let entries = &code.code.entrypoints;
    let of_sdk = |entry: &Entrypoint| {
        matches!(
            entry.kind,
            Invocation | WebSocket | Ping | AsyncTask | AgentTool
        )
    };
    let mut apps = Vec::new();
    for entry in entries.iter().filter(|entry| entry.kind == Invocation) {
        let Some(app) = application(code, entry) else {
            return false;
        };
        apps.push(app);
    }
    !apps.is_empty()
        && entries.iter().all(of_sdk)
        && !served::starts_any(code)
        && apps.iter().all(|app| is_only_registered(code, app))
}

/// The name of the application that a decorator registers an entrypoint with: `app` of `@app.entrypoint`.
fn application<'a>(code: &AgentCode<'a>, entry: &Entrypoint) -> Option<&'a str> {
    let function = code.source.function(entry.function?)?;
    let mut decorators = function.decorators.iter();
    let decorator = decorators.find(|decorator| decorator.range == entry.range)?;
    match &decorator.kind {
        ExprKind::Attribute { base, .. } => base.as_name(),
        _ => None,
    }
}

/// Whether a name is written nowhere but where it is given its value and where handlers are registered.
fn is_only_registered(code: &AgentCode<'_>, app: &str) -> bool {
    let by_text = format!(":{app}");
    code.modules().all(|module| {
        let scopes = module.scopes.iter();
        let bindings = scopes.filter_map(|scope| scope.names.get(app)).flatten();
        let bound: HashSet<u32> = bindings.map(|binding| binding.range.start).collect();
        let (mut written, mut registering) = (0_usize, 0_usize);
        module.each_expression(&mut |_, expr| match &expr.kind {
            ExprKind::Name(name) if &**name == app => {
                written += usize::from(!bound.contains(&expr.range.start));
            }
            ExprKind::Attribute { base, attr } => {
                let registers = base.as_name() == Some(app) && REGISTERING.contains(&&**attr);
                registering += usize::from(registers);
                written += usize::from(&**attr == app);
            }
            ExprKind::Str(text) => written += usize::from(text.ends_with(&by_text)),
            _ => {}
        });
        written <= registering
    })
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn words_of_both_cases() {
        let cases = [
            ("run_forever", "run forever"),
            ("runForever", "run forever"),
            ("RuntimeError", "runtime error"),
            ("startswith", "startswith"),
            ("HTTPServer", "http server"),
            ("_main", "main"),
        ];
        for (name, expected) in cases {
            assert_eq!(words(name).join(" "), expected, "{name}");
        }
    }
}
