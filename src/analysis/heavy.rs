//! What is too heavy for import time: calls that open connections, load models, wait for an answer or start processes.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::OnceLock;

use crate::analysis::agent_code::AgentCode;
use crate::analysis::names::{leaf, package};
use crate::analysis::outbound::clients::{Client, client};
use crate::analysis::outward::AWS_LOCAL;
use crate::analysis::startup::{Place, StartCall, Startup};
use crate::model::source::{Call, EntrypointKind, ExprKind, FnId, Language, Source};

pub(crate) const CONNECTS: &str = "connects to a database";
pub(crate) const LOADS: &str = "loads a model";
pub(crate) const FETCHES: &str = "downloads data";
pub(crate) const EMBEDS: &str = "builds an index";
pub(crate) const CALLS_AWS: &str = "calls an AWS API";
const RUNS: &str = "runs an event loop";
const ASKS: &str = "calls a model";
pub(crate) const ASKS_HTTP: &str = "waits for an HTTP answer";
pub(crate) const STREAMS: &str = "opens a stream";
pub(crate) const MCP: &str = "connects to an MCP server";

/// What callables do, by canonical name.
fn named(name: &str) -> Option<&'static str> {
    static NAMES: OnceLock<HashMap<&str, &str>> = OnceLock::new();
    let names = NAMES.get_or_init(|| {
        let rows = include_str!("api/heavy.tsv").lines();
        let rows = rows.filter(|row| !row.starts_with('#'));
        rows.filter_map(|row| row.split_once('\t')).collect()
    });
    names.get(name).copied()
}

/// Last segments that are heavy on any class of these packages.
const METHODS: &[(&str, &[&str], &str)] = &[
    ("from_pretrained", &[], LOADS),
    ("from_documents", &["langchain", "llama_index"], EMBEDS),
    ("from_texts", &["langchain"], EMBEDS),
    ("add_documents", &["langchain"], EMBEDS),
    ("load_local", &["langchain"], LOADS),
    ("create_all", &["sqlalchemy"], CONNECTS),
    ("setup", &["langgraph"], CONNECTS),
    ("invoke", &["langchain", "langgraph", "@langchain"], ASKS),
    ("embedQuery", &["@langchain"], ASKS),
    ("embedDocuments", &["@langchain"], ASKS),
    ("fromDocuments", &["@langchain", "langchain"], EMBEDS),
    ("fromTexts", &["@langchain", "langchain"], EMBEDS),
    ("embed_query", &["langchain"], ASKS),
    ("embed_documents", &["langchain"], ASKS),
    ("get_tools", &["langchain_mcp_adapters"], MCP),
    ("getTools", &["@langchain/mcp-adapters"], MCP),
    (
        "connect",
        &[
            "@modelcontextprotocol",
            "@strands-agents",
            "agents",
            "@openai/agents",
        ],
        MCP,
    ),
    (
        "listTools",
        &["@modelcontextprotocol", "@strands-agents"],
        MCP,
    ),
];

/// What is heavy before the agent serves, by its place: what it does, and the place at import that leads there where it is another.
pub(crate) type AtStartup = BTreeMap<Place, (&'static str, Option<Place>)>;

/// What startup code does that is heavy.
pub(crate) fn at_startup(code: &AgentCode<'_>, startup: &Startup<'_, '_>) -> AtStartup {
    let mut found = AtStartup::new();
    for started in &startup.calls {
        // An event loop that runs in the main block is the server's own.
        let serves = |does: &&str| *does == RUNS && started.is_of_main_block(code.source);
        if let Some(does) = done_by(code.source, started).filter(|does| !serves(does)) {
            let place = (started.module, started.expr.range);
            found.entry(place).or_insert((does, started.from));
        }
    }
    found
}

/// What a call at startup, or the entering of a context, does that is heavy.
fn done_by(source: &Source, started: &StartCall<'_>) -> Option<&'static str> {
    let name = started.name.as_deref()?;
    if started.entering {
        return entered(name);
    }
    let language = source.module(started.module)?.language;
    heavy(name, started.expr.as_call()?, language)
}

/// What request code does that is heavy, each call with what it does.
pub(crate) fn in_requests(code: &AgentCode<'_>) -> Vec<(&'static str, Place)> {
    let source = code.source;
    let handlers = code.code.entrypoints.iter();
    let handled: BTreeSet<FnId> = handlers
        .filter(|entry| entry.kind != EntrypointKind::Ping)
        .filter_map(|entry| entry.function)
        .flat_map(|id| source.reach(id))
        .collect();
    let heavy = code.calls().filter_map(|(module, function, expr)| {
        let inside = function.is_some_and(|id| handled.contains(&id));
        let name = source.callee_name(module.id, expr).filter(|_| inside)?;
        let does = heavy(name, expr.as_call()?, module.language)?;
        Some((does, (module.id, expr.range)))
    });
    heavy.collect()
}

/// What a call does that is too heavy for import time.
fn heavy(name: &str, call: &Call, language: Language) -> Option<&'static str> {
    if name == "time.sleep"
        && let Some(seconds) = call
            .args
            .first()
            .and_then(crate::model::source::Expr::as_number)
        && seconds < 1.0
    {
        return None;
    }
    if let Some(does) = named(name) {
        let lazily = name == "psycopg_pool.ConnectionPool"
            && call
                .option("open")
                .is_some_and(|open| matches!(open.kind, ExprKind::Bool(false)));
        return (!lazily).then_some(does);
    }
    let last = leaf(name);
    let of = METHODS.iter().find(|(method, packages, _)| {
        *method == last
            && name.contains('.')
            && (packages.is_empty()
                || packages
                    .iter()
                    .any(|start| package(name).starts_with(start)))
    });
    if let Some((_, _, does)) = of {
        return Some(does);
    }
    if is_mcp_client(name)
        && matches!(
            last,
            "start" | "__enter__" | "list_tools_sync" | "list_tools" | "call_tool_sync"
        )
    {
        return Some(MCP);
    }
    if calls_aws(name, last) {
        return Some(CALLS_AWS);
    }
    match client(name, language) {
        Some(Client::Http(_)) => Some(ASKS_HTTP),
        Some(Client::Stream) => Some(STREAMS),
        // The constructors do no I/O.
        Some(Client::Mcp) | None => None,
    }
}

/// What entering a context manager does.
fn entered(name: &str) -> Option<&'static str> {
    if matches!(leaf(name), "MCPClient") && name.starts_with("strands.") {
        return Some(MCP);
    }
    (leaf(name) == "from_conn_string" && name.starts_with("langgraph.")).then_some(CONNECTS)
}

fn is_mcp_client(name: &str) -> bool {
    name.starts_with("strands.") && name.contains(".MCPClient.")
}

/// Calls of boto3 clients and resources, of `@aws-sdk` clients, and of the AgentCore SDK's clients.
fn calls_aws(name: &str, last: &str) -> bool {
    if name.starts_with("@aws-sdk/client-") || name.starts_with("@aws-sdk/lib-dynamodb") {
        // `new S3({}).getObject(…)`: the aggregated clients have a method for each operation.
        let parts: Vec<&str> = name.rsplit('.').collect();
        let aggregated = parts.get(1).is_some_and(|class| {
            class.starts_with(|c: char| c.is_ascii_uppercase())
                && !class.ends_with("Client")
                && !class.ends_with("Command")
        });
        return last == "send" || aggregated && !matches!(last, "destroy" | "from");
    }
    let made = [
        "boto3.client.",
        "boto3.Session.client.",
        "boto3.session.Session.client.",
        "boto3.resource.",
    ]
    .iter()
    .chain(&["boto3.Session.resource.", "boto3.session.Session.resource."])
    .find_map(|start| name.strip_prefix(*start));
    if let Some(method) = made {
        // What stands behind the operation is a part of its answer.
        let deepest = match method.split('.').next() {
            Some("exceptions" | "meta") => return false,
            Some("get_paginator" | "get_waiter") => 2,
            Some(first) if first.starts_with(|c: char| c.is_ascii_uppercase()) => 2,
            _ => 1,
        };
        return method.split('.').count() <= deepest && !AWS_LOCAL.contains(&last);
    }
    let verbs = [
        "get_",
        "list_",
        "create_",
        "delete_",
        "retrieve_",
        "update_",
        "wait_",
        "save_",
    ];
    let clients = [
        "MemoryClient.",
        "IdentityClient.",
        "MemorySessionManager.",
        "MemoryControlPlaneClient.",
    ];
    name.starts_with("bedrock_agentcore")
        && clients.iter().any(|client| name.contains(client))
        && verbs.iter().any(|verb| last.starts_with(verb))
}
