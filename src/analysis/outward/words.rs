//! Calls that only their names tell of: where nobody can tell what made the receiver.

use super::Reached;
use super::names::*;
use crate::analysis::names::{leaf, package};
use crate::model::source::{Call, Expr, ExprKind};

/// Where nobody can tell what made the receiver, its name and the method's may.
pub(super) fn by_words(name: Option<&str>, call: &Call) -> Option<Reached> {
    // The package is known and is none that runs agents.
    if let Some(name) = name
        && name.contains('.')
        && package(name).starts_with(|first: char| first.is_ascii_lowercase() || first == '@')
        && !name.starts_with("self.")
        && known_elsewhere(name)
    {
        return None;
    }
    match &call.callee.kind {
        ExprKind::Attribute { base, attr } => {
            let receiver = last_word(base)?;
            if TELLING.contains(&&**attr) || BEDROCK.contains(&&**attr) && &**attr != "converse" {
                return Some(if BEDROCK.contains(&&**attr) {
                    Reached::Model
                } else {
                    Reached::Agent
                });
            }
            if BEDROCK_AGENTS.contains(&&**attr) {
                return Some(Reached::Agent);
            }
            if matches!(
                &**attr,
                "call_tool" | "callTool" | "list_tools" | "listTools"
            ) && !says(&receiver, &["server"])
            {
                return Some(Reached::Tool);
            }
            if matches!(&**attr, "create" | "stream" | "parse")
                && let ExprKind::Attribute { attr: resource, .. } = &base.kind
                && matches!(&**resource, "completions" | "messages" | "responses")
            {
                return Some(Reached::Model);
            }
            if PLAIN.contains(&&**attr) || &**attr == "converse" {
                if says(&receiver, AGENT_WORDS) {
                    return Some(Reached::Agent);
                }
                if says(&receiver, MODEL_WORDS) && &**attr != "run" && &**attr != "call"
                    || &**attr == "converse"
                {
                    return Some(Reached::Model);
                }
            }
            is_asked(name, &receiver, attr, call).then_some(Reached::Agent)
        }
        // `agent(prompt)`: only a value, not a class or a function of the project, is called so.
        ExprKind::Name(called) => {
            let value =
                called.starts_with(|first: char| first.is_ascii_lowercase() || first == '_');
            let given = !call.args.is_empty()
                || call
                    .keywords
                    .iter()
                    .any(|keyword| keyword.name.as_deref() == Some("prompt"));
            let named = called.ends_with("agent") || called.ends_with("Agent");
            let verb = [
                "create", "make", "build", "get", "load", "new", "init", "setup", "register",
                "is_", "has_", "use", "to_",
            ]
            .iter()
            .any(|start| called.trim_start_matches('_').starts_with(start));
            (value && given && named && !verb && name.is_none_or(|name| !name.contains('.')))
                .then_some(Reached::Agent)
        }
        _ => None,
    }
}

/// Whether an agent of a package that nobody has read is run, whatever the method is called: an instance of a class named
/// `…Agent`, or a receiver named as an agent, that is given what somebody asks.
fn is_asked(name: Option<&str>, receiver: &str, method: &str, call: &Call) -> bool {
    let class = name
        .and_then(|name| name.strip_suffix(method)?.strip_suffix('.'))
        .filter(|owner| owner.contains('.'))
        .map_or("", leaf);
    let read = name.is_some_and(|name| {
        let top = package(name);
        AGENT_PACKAGES.contains(&top)
            || MODEL_PACKAGES.contains(&top)
            || HTTP_PACKAGES.contains(&top)
            || matches!(top, "boto3" | "botocore" | "aioboto3" | "bedrock_agentcore")
            || top.starts_with("@aws-sdk/")
    });
    let named = class.ends_with("Agent") || receiver.ends_with("agent");
    if read || !named || SETS_UP.iter().any(|start| method.starts_with(start)) {
        return false;
    }
    let by_name = call
        .keywords
        .iter()
        .filter_map(|keyword| keyword.name.as_deref())
        .any(|keyword| ASKED.contains(&keyword));
    let in_object = call.args.last().is_some_and(|last| {
        ASKED
            .iter()
            .any(|asked| matches!(last.kind, ExprKind::Dict(_)) && last.entry(asked).is_some())
    });
    let runs = method
        .split(['_', '.'])
        .any(|word| RUN_WORDS.contains(&word.to_lowercase().as_str()));
    by_name || in_object || class.ends_with("Agent") && runs && !call.args.is_empty()
}

/// Packages of the standard library and helpers that have methods of those names and run nothing outside.
fn known_elsewhere(name: &str) -> bool {
    const OTHERS: &[&str] = &[
        "asyncio",
        "subprocess",
        "uvicorn",
        "os",
        "concurrent",
        "threading",
        "json",
        "logging",
        "re",
        "contextvars",
        "anyio",
        "flask",
        "fastapi",
        "starlette",
        "express",
        "fastify",
        "hono",
        "node",
        "fs",
        "child_process",
        "pathlib",
        "sqlite3",
    ];
    OTHERS.contains(&package(name))
        || name.contains("BedrockAgentCoreApp")
        || name.contains("FastMCP")
        || name.contains("McpServer")
}

/// The last name of a receiver, lower case.
fn last_word(expr: &Expr) -> Option<String> {
    match &expr.kind {
        ExprKind::Name(name) => Some(name.to_lowercase()),
        ExprKind::Attribute { attr, .. } => Some(attr.to_lowercase()),
        ExprKind::Call(call) => match &call.callee.kind {
            ExprKind::Name(name) => Some(name.to_lowercase()),
            ExprKind::Attribute { attr, .. } => Some(attr.to_lowercase()),
            _ => None,
        },
        ExprKind::Await(inner) => last_word(inner),
        ExprKind::Subscript { base, .. } => last_word(base),
        _ => Some(String::new()),
    }
}

fn says(word: &str, words: &[&str]) -> bool {
    words.iter().any(|known| word.contains(known))
}
