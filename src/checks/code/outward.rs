//! Calls that leave the project's code: to a model, an agent, a tool server, another service. Known by the package that made
//! the receiver; by the method's name alone only where that name means nothing else.

use crate::model::source::resolve::{leaf, package};
use crate::model::source::{Call, Expr, ExprKind, ModuleId, Source};

/// What a call reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Reached {
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
    /// In words.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Model => "the model",
            Self::Agent => "the agent",
            Self::Tool => "an MCP server",
            Self::Client => "another service",
        }
    }
}

/// A call that leaves the project.
#[derive(Clone, Copy, Debug)]
pub(super) struct Outward {
    /// What it reaches.
    pub reached: Reached,
    /// Whether nothing happens until its result is iterated.
    pub lazy: bool,
}

/// Packages whose objects are agents, and methods of theirs that run one.
const AGENT_PACKAGES: &[&str] = &[
    "strands",
    "@strands-agents/sdk",
    "langgraph",
    "langgraph_swarm",
    "langgraph_supervisor",
    "@langchain/langgraph",
    "google",
    "@google/adk",
    "agents",
    "@openai/agents",
    "@openai/agents-core",
    "crewai",
    "autogen",
    "autogen_agentchat",
    "autogen_core",
    "ag2",
    "claude_agent_sdk",
    "@anthropic-ai/claude-agent-sdk",
    "@anthropic-ai/claude-code",
    "pydantic_ai",
    "semantic_kernel",
    "smolagents",
    "@mastra/core",
    "llama_index",
    "llamaindex",
    "langchain",
    "deepagents",
];
const MODEL_PACKAGES: &[&str] = &[
    "langchain_core",
    "langchain_aws",
    "langchain_openai",
    "langchain_anthropic",
    "langchain_google_genai",
    "langchain_community",
    "langchain_groq",
    "langchain_mistralai",
    "langchain_ollama",
    "@langchain/core",
    "@langchain/aws",
    "@langchain/openai",
    "@langchain/anthropic",
    "@langchain/google-genai",
    "anthropic",
    "openai",
    "@anthropic-ai/sdk",
    "@anthropic-ai/bedrock-sdk",
    "groq",
    "groq-sdk",
    "mistralai",
    "cohere",
    "litellm",
    "ai",
    "instructor",
    "dspy",
    "@google/genai",
    "@google/generative-ai",
];
/// Methods that run what they belong to, on an object of the packages above.
const RUNS: &[&str] = &[
    "__call__",
    "invoke",
    "ainvoke",
    "stream",
    "astream",
    "astream_events",
    "astream_log",
    "streamEvents",
    "batch",
    "abatch",
    "predict",
    "apredict",
    "call",
    "acall",
    "run",
    "arun",
    "run_sync",
    "run_async",
    "run_live",
    "runAsync",
    "run_stream",
    "run_streamed",
    "runStreamed",
    "run_debug",
    "invoke_async",
    "stream_async",
    "structured_output",
    "structured_output_async",
    "kickoff",
    "kickoff_async",
    "kickoff_for_each",
    "kickoff_for_each_async",
    "generate",
    "agenerate",
    "generate_content",
    "generate_content_stream",
    "generate_content_async",
    "generateContent",
    "generateContentStream",
    "generate_reply",
    "a_generate_reply",
    "initiate_chat",
    "a_initiate_chat",
    "on_messages",
    "on_messages_stream",
    "query",
    "aquery",
    "chat",
    "achat",
    "stream_chat",
    "astream_chat",
    "receive_response",
    "stream_events",
    "streamEvents",
    "invoke_stream",
    "get_response",
    "completion",
    "acompletion",
    "embed_query",
    "embed_documents",
    "aembed_query",
    "generateText",
    "streamText",
    "generateObject",
    "streamObject",
    "embed",
    "embedMany",
    "generateVNext",
    "streamVNext",
    "generateLegacy",
    "streamLegacy",
    "prompt_async",
    "execute",
];
/// `client.messages.create` and the like: the resource before the verb.
const MODEL_RESOURCES: &[&str] = &[
    "messages",
    "completions",
    "responses",
    "embeddings",
    "models",
    "images",
    "chat",
    "transcriptions",
    "moderations",
];
const BEDROCK: &[&str] = &[
    "converse",
    "converse_stream",
    "invoke_model",
    "invoke_model_with_response_stream",
    "retrieve_and_generate",
    "retrieve_and_generate_stream",
];
const BEDROCK_AGENTS: &[&str] = &[
    "invoke_agent",
    "invoke_inline_agent",
    "invoke_flow",
    "invoke_agent_runtime",
];
/// Method names that mean running an agent whatever they are called on.
const TELLING: &[&str] = &[
    "stream_async",
    "invoke_async",
    "structured_output_async",
    "ainvoke",
    "astream",
    "astream_events",
    "run_streamed",
    "run_async",
    "kickoff",
    "kickoff_async",
    "generate_content",
    "generate_content_async",
];
/// Method names that run what they belong to where the receiver is named as an agent.
const PLAIN: &[&str] = &[
    "invoke",
    "stream",
    "run",
    "generate",
    "run_sync",
    "run_stream",
    "call",
    "batch",
];
/// Words of a receiver's name that say agent or model.
const AGENT_WORDS: &[&str] = &[
    "agent",
    "graph",
    "crew",
    "swarm",
    "orchestrator",
    "coordinator",
    "supervisor",
    "assistant",
    "workflow",
    "planner",
    "runner",
];
const MODEL_WORDS: &[&str] = &["llm", "model", "chain", "chat"];
/// What only happens once its result is iterated.
const LAZY: &[&str] = &[
    "stream",
    "stream_async",
    "astream",
    "astream_events",
    "astream_log",
    "run_async",
    "run_live",
    "run_stream",
    "on_messages_stream",
    "run_streamed",
    "stream_events",
    "streamText",
    "streamObject",
    "query",
    "receive_response",
    "invoke_stream",
    "generate_content_stream",
    "streamEvents",
];
/// Methods of AWS clients that do not call AWS.
const AWS_LOCAL: &[&str] = &[
    "get_paginator",
    "get_waiter",
    "can_paginate",
    "generate_presigned_url",
    "generate_presigned_post",
    "close",
    "Table",
    "Bucket",
    "Object",
    "Queue",
    "Topic",
    "client",
    "resource",
    "register",
    "events",
];
const HTTP_VERBS: &[&str] = &[
    "get",
    "post",
    "put",
    "patch",
    "delete",
    "head",
    "options",
    "request",
    "send",
    "stream",
    "urlopen",
    "fetch",
    "ws_connect",
];
const HTTP_PACKAGES: &[&str] = &[
    "requests",
    "httpx",
    "aiohttp",
    "urllib3",
    "axios",
    "got",
    "undici",
    "node-fetch",
    "ky",
    "superagent",
];

/// What a call reaches outside the project; None for a call of the project's own functions and for what stays in the process.
pub(super) fn outward<'s>(source: &'s Source, module: ModuleId, expr: &'s Expr) -> Option<Outward> {
    let ExprKind::Call(call) = &expr.kind else {
        return None;
    };
    if source.callee(module, expr).is_some() {
        return None;
    }
    let name = source.callee_name(module, expr);
    let found = name
        .as_deref()
        .and_then(|name| by_package(source, module, expr, call, name))
        .or_else(|| by_words(name.as_deref(), call));
    let method = name
        .as_deref()
        .map(leaf)
        .or_else(|| method_of(call))
        .unwrap_or("");
    found.map(|reached| Outward {
        reached,
        lazy: LAZY.contains(&method) && reached <= Reached::Agent,
    })
}

fn method_of(call: &Call) -> Option<&str> {
    match &call.callee.kind {
        ExprKind::Attribute { attr, .. } => Some(attr),
        ExprKind::Name(name) => Some(name),
        _ => None,
    }
}

fn by_package<'s>(
    source: &'s Source,
    module: ModuleId,
    expr: &'s Expr,
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
    if AGENT_PACKAGES.contains(&top) {
        // `langchain.chat_models` and `strands.models` hold models.
        let model =
            name.contains("chat_models") || name.contains(".models.") || name.contains(".llms.");
        let static_runner =
            matches!(made, "Runner") || top.starts_with("@openai/agents") && last == "run";
        return (RUNS.contains(&last) && (on_instance || static_runner)).then_some(if model {
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
    let _ = expr;
    None
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
    let name = given
        .and_then(|given| {
            source
                .callee_name(module, given)
                .or_else(|| source.type_of(module, given).map(|made| made.type_name))
        })
        .unwrap_or_default();
    let name = leaf(&name);
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

/// Where nobody can tell what made the receiver, its name and the method's may.
fn by_words(name: Option<&str>, call: &Call) -> Option<Reached> {
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
            None
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
