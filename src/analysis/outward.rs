//! Calls that leave the project's code: to a model, an agent, a tool server, another service. Known by the package that made
//! the receiver; by the method's name alone only where that name means nothing else.

mod askers;
mod given;
mod names;
mod words;

use crate::analysis::names::{Meaning, is_declared_only, leaf, package};
use crate::analysis::runners::Runner;
use crate::model::source::{Call, Expr, ExprKind, ModuleId, Source};

pub(crate) use self::askers::Askers;
pub(crate) use self::names::AWS_LOCAL;
use self::names::*;
use self::words::by_words;

/// What a call reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Reached {
    /// A model's own API: Bedrock, Anthropic, OpenAI, `generateText` without tools is one too.
    Model,
    /// An agent: a loop that may call tools.
    Agent,
    /// A tool of an MCP server.
    Tool,
    /// Another client: HTTP, AWS, A2A, memory.
    Client,
}

impl Reached {
    /// Whether a model is asked, by itself or by an agent.
    pub(crate) fn asks(self) -> bool {
        matches!(self, Self::Model | Self::Agent)
    }

    /// In words.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Model => "the model",
            Self::Agent => "the agent",
            Self::Tool => "an MCP server",
            Self::Client => "another service",
        }
    }
}

/// Whether a package is a framework of agents.
pub(crate) fn is_agent_package(name: &str) -> bool {
    AGENT_PACKAGES.contains(&name)
}

/// A call that leaves the project.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Outward {
    /// What it reaches.
    pub reached: Reached,
    /// Whether nothing happens until its result is iterated.
    pub lazy: bool,
}

/// Whether a call asks a model or an agent.
pub(crate) fn asks(source: &Source, module: ModuleId, expr: &Expr) -> bool {
    outward(source, module, expr).is_some_and(|out| out.reached.asks())
}

/// What a call reaches outside the project; None for a call of the project's own functions and for what stays in the process.
pub(crate) fn outward<'s>(source: &'s Source, module: ModuleId, expr: &'s Expr) -> Option<Outward> {
    let ExprKind::Call(call) = &expr.kind else {
        return None;
    };
    // The constructor of a base class is one.
    if call.callee.as_name() == Some("super") {
        return None;
    }
    let declared = match source.callee(module, expr) {
        Some(function) if !is_declared_only(source, function) => return None,
        declared => declared.is_some(),
    };
    if let Some(name) = handed(source, module, call) {
        return by_package(source, module, call, &name).map(|reached| Outward {
            reached,
            lazy: false,
        });
    }
    let name = source.callee_name(module, expr).filter(|_| !declared);
    let found = name
        .and_then(|name| by_package(source, module, call, name))
        .or_else(|| by_words(name, call))
        .or_else(|| given::reached(source, module, call));
    let method = name.map_or_else(|| call.written_name(), leaf);
    found.map(|reached| Outward {
        reached,
        lazy: LAZY.contains(&method) && reached <= Reached::Agent,
    })
}

/// What a constructor reaches: an agent that is given clients of MCP servers starts them, an adapter connects to its servers.
/// Constructors of other clients only remember what they are given.
pub(crate) fn connects<'s>(
    source: &'s Source,
    module: ModuleId,
    expr: &'s Expr,
) -> Option<Outward> {
    let call = expr.as_call()?;
    let name = source.callee_name(module, expr)?;
    let starts = match (package(name), leaf(name)) {
        ("crewai_tools", "MCPServerAdapter") | ("smolagents", "MCPClient" | "from_mcp") => true,
        ("strands", "Agent") => call
            .option("tools")
            .is_some_and(|tools| holds_a_server(source, module, tools)),
        _ => false,
    };
    starts.then_some(Outward {
        reached: Reached::Tool,
        lazy: false,
    })
}

/// Whether a list of tools holds a client of an MCP server as a whole.
fn holds_a_server<'s>(source: &'s Source, module: ModuleId, tools: &'s Expr) -> bool {
    let (home, tools) = match (&tools.kind, source.meaning(module, tools)) {
        (ExprKind::Name(_), Meaning::Value(home, value)) => (home, value),
        _ => (module, tools),
    };
    let (ExprKind::List(items) | ExprKind::Tuple(items)) = &tools.kind else {
        return false;
    };
    items.iter().any(|item| {
        source.type_of(home, item).is_some_and(|made| {
            made.class.is_none()
                && package(&made.type_name) == "strands"
                && leaf(&made.type_name) == "MCPClient"
        })
    })
}

/// What a call runs that it is given, by its canonical name, where that is no function of the project: `asyncio.to_thread(agent, prompt)`,
/// `loop.run_in_executor(None, graph.invoke, state)`.
fn handed<'s>(source: &'s Source, module: ModuleId, call: &'s Call) -> Option<String> {
    let runner = Runner::of(call).filter(|runner| runner.hands_on && runner.raises)?;
    let given = runner.function(call)?;
    match &given.kind {
        ExprKind::Name(_) | ExprKind::Call(_) => {
            let made = source.type_of(module, given)?;
            (made.class.is_none()).then(|| format!("{}.__call__", made.type_name))
        }
        ExprKind::Attribute { base, attr } => match source.type_of(module, base) {
            Some(made) if made.class.is_none() => Some(format!("{}.{attr}", made.type_name)),
            Some(_) => None,
            None => source.canonical(module, given),
        },
        _ => None,
    }
}

/// Whether a dotted name is of a method: a class stands before its last word.
fn is_method(name: &str) -> bool {
    name.rsplit_once('.')
        .is_some_and(|(class, _)| leaf(class).starts_with(|first: char| first.is_ascii_uppercase()))
}

fn by_package<'s>(
    source: &'s Source,
    module: ModuleId,
    call: &'s Call,
    name: &str,
) -> Option<Reached> {
    let (top, last) = (package(name), leaf(name));
    let owner = name
        .strip_suffix(last)
        .and_then(|rest| rest.strip_suffix('.'))
        .unwrap_or("");
    let made = leaf(owner);
    // A constructor or module-level helper is not a run: `Agent()`, `langgraph.types.interrupt`.
    let on_instance = made.starts_with(|first: char| first.is_ascii_uppercase())
        || made.starts_with("create_")
        || made.starts_with("init_")
        || matches!(
            made,
            "compile"
                | "with_structured_output"
                | "bind_tools"
                | "bind"
                | "with_config"
                | "with_retry"
                | "withStructuredOutput"
                | "bindTools"
                | "createReactAgent"
                | "createAgent"
        )
        // What a method of a class made is called: `GraphBuilder().build()(task)`.
        || last == "__call__" && is_method(owner)
        || matches!(call.callee.kind, ExprKind::Attribute { .. })
            && !owner.is_empty()
            && owner != top;
    if name.starts_with("boto3")
        || name.starts_with("aioboto3")
        || name.starts_with("aiobotocore")
        || name.starts_with("botocore")
    {
        return aws(last, owner);
    }
    if top.starts_with("@aws-sdk/") {
        return (last == "send").then(|| command(source, module, call, top));
    }
    if top == "mcp"
        || top == "fastmcp"
        || top == "@modelcontextprotocol/sdk"
        || top == "langchain_mcp_adapters"
        || top == "@langchain/mcp-adapters"
    {
        let session = matches!(
            made,
            "ClientSession" | "Client" | "MultiServerMCPClient" | "__aenter__"
        ) || owner.contains("client");
        return (session
            && matches!(
                last,
                "call_tool"
                    | "callTool"
                    | "list_tools"
                    | "listTools"
                    | "initialize"
                    | "connect"
                    | "get_tools"
                    | "getTools"
                    | "read_resource"
                    | "readResource"
                    | "get_prompt"
            ))
        .then_some(Reached::Tool);
    }
    if matches!(
        last,
        "call_tool_sync" | "call_tool_async" | "list_tools_sync"
    ) {
        return Some(Reached::Tool);
    }
    if top == "google"
        && !name.starts_with("google.adk")
        && !name.starts_with("google.genai")
        && !name.starts_with("google.generativeai")
    {
        return None;
    }
    if name.starts_with("google.gen") && RUNS.contains(&last) {
        return Some(Reached::Model);
    }
    if top == "claude_agent_sdk" || top.starts_with("@anthropic-ai/claude-") {
        return matches!(
            last,
            "query" | "receive_response" | "receive_messages" | "connect"
        )
        .then_some(Reached::Agent);
    }
    if top.starts_with("haystack") {
        return haystack(made, last);
    }
    if AGENT_PACKAGES.contains(&top) {
        // `langchain.chat_models` and `strands.models` hold models.
        let model =
            name.contains("chat_models") || name.contains(".models.") || name.contains(".llms.");
        let static_runner =
            matches!(made, "Runner") || top.starts_with("@openai/agents") && last == "run";
        return (runs(top, last) && (on_instance || static_runner)).then_some(if model {
            Reached::Model
        } else {
            Reached::Agent
        });
    }
    if MODEL_PACKAGES.contains(&top) {
        let verb = matches!(last, "create" | "stream" | "parse" | "generate" | "acreate")
            && MODEL_RESOURCES.contains(&made);
        let run = RUNS.contains(&last) && (on_instance || matches!(top, "ai" | "litellm"));
        let agent = run && top == "ai" && call.option("tools").is_some() || made.ends_with("Agent");
        return (verb || run).then_some(if agent {
            Reached::Agent
        } else {
            Reached::Model
        });
    }
    if top == "bedrock_agentcore" || top == "bedrock-agentcore" {
        return agentcore(owner, last);
    }
    if HTTP_PACKAGES.contains(&top) {
        let plain = matches!(
            name,
            "axios" | "axios.__call__" | "got" | "ky" | "undici.fetch" | "node-fetch"
        );
        return (HTTP_VERBS.contains(&last) || plain).then_some(Reached::Client);
    }
    if name == "fetch" || name == "urllib.request.urlopen" {
        return Some(Reached::Client);
    }
    if top == "a2a" || top == "@a2a-js/sdk" {
        return matches!(
            last,
            "send_message"
                | "send_message_streaming"
                | "sendMessage"
                | "sendMessageStream"
                | "get_agent_card"
        )
        .then_some(Reached::Client);
    }
    None
}

/// Every component of Haystack has a method `run`; agents and pipelines run the generators that they hold.
fn haystack(made: &str, last: &str) -> Option<Reached> {
    let runs = matches!(last, "run" | "run_async" | "run_async_generator");
    match made {
        "Agent" | "Pipeline" | "AsyncPipeline" if runs => Some(Reached::Agent),
        _ if runs && made.ends_with("Generator") => Some(Reached::Model),
        _ => None,
    }
}

fn aws(last: &str, owner: &str) -> Option<Reached> {
    let service = [
        "client",
        "resource",
        "get_paginator",
        "Table",
        "Bucket",
        "Object",
        "create_client",
    ];
    if BEDROCK.contains(&last) {
        return Some(Reached::Model);
    }
    if BEDROCK_AGENTS.contains(&last) {
        return Some(Reached::Agent);
    }
    let on_client = service.contains(&leaf(owner)) || leaf(owner) == "__aenter__";
    let calls = on_client
        && !AWS_LOCAL.contains(&last)
        && !last.starts_with("exceptions")
        && last != "meta";
    calls.then_some(Reached::Client)
}

/// `client.send(new ConverseCommand({…}))`.
fn command<'s>(source: &'s Source, module: ModuleId, call: &'s Call, top: &str) -> Reached {
    let given = call.args.first();
    let called = given.and_then(|given| source.callee_name(module, given));
    let made = given.filter(|_| called.is_none());
    let made = made.and_then(|given| source.type_of(module, given));
    let made = made.as_ref().map(|made| made.type_name.as_str());
    let name = leaf(called.or(made).unwrap_or_default());
    if name.starts_with("Converse")
        || name.starts_with("InvokeModel")
        || name.starts_with("RetrieveAndGenerate")
    {
        Reached::Model
    } else if name.starts_with("InvokeAgent")
        || name.starts_with("InvokeInlineAgent")
        || name.starts_with("InvokeFlow")
    {
        Reached::Agent
    } else if top == "@aws-sdk/client-bedrock-runtime" {
        Reached::Model
    } else {
        Reached::Client
    }
}

fn agentcore(owner: &str, last: &str) -> Option<Reached> {
    let class = leaf(owner);
    let memory = class.starts_with("Memory")
        && !matches!(last, "get_logger")
        && [
            "create_",
            "list_",
            "get_",
            "retrieve_",
            "delete_",
            "add_",
            "save_",
            "process_",
            "search_",
            "fork_",
            "wait_",
        ]
        .iter()
        .any(|start| last.starts_with(start));
    let tools = matches!(
        class,
        "CodeInterpreter"
            | "BrowserClient"
            | "code_session"
            | "browser_session"
            | "CodeInterpreterClient"
    ) && matches!(
        last,
        "start"
            | "stop"
            | "invoke"
            | "execute_code"
            | "execute_command"
            | "generate_ws_headers"
            | "install_packages"
            | "upload_file"
            | "executeCode"
            | "executeCommand"
    );
    (memory || tools).then_some(Reached::Client)
}
