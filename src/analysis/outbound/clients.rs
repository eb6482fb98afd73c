//! Clients: which calls leave the process, by the canonical name of what is called.

use crate::analysis::names::{leaf, package};
use crate::model::source::Language;

const VERBS: [&str; 9] = [
    "get", "post", "put", "patch", "delete", "head", "options", "request", "stream",
];

/// Python modules whose functions and sessions send requests.
const PYTHON: [&str; 9] = [
    "requests",
    "httpx",
    "aiohttp",
    "niquests",
    "requests_oauthlib",
    "urllib3",
    "requests_cache",
    "cloudscraper",
    "requests_html",
];
/// Longer names of the same kind.
const PYTHON_NESTED: [&str; 3] = [
    "curl_cffi.requests.",
    "authlib.integrations.",
    "botocore.vendored.requests.",
];
/// npm packages whose functions and instances send requests.
const NODE: [&str; 9] = [
    "axios",
    "got",
    "ky",
    "undici",
    "superagent",
    "needle",
    "https",
    "http",
    "wretch",
];
/// Functions that send the request they are called with, in TypeScript.
const FETCH: [&str; 10] = [
    "fetch",
    "node-fetch",
    "cross-fetch",
    "cross-fetch.fetch",
    "isomorphic-fetch",
    "undici.fetch",
    "axios",
    "got",
    "ky",
    "ofetch.ofetch",
];
const URLLIB: [&str; 3] = [
    "urllib.request.urlopen",
    "urllib.request.urlretrieve",
    "urllib.request.OpenerDirector.open",
];
/// What opens a stream that a gateway does not front.
const STREAMS: [&str; 16] = [
    "websockets.connect",
    "websockets.asyncio.client.connect",
    "websockets.sync.client.connect",
    "websocket.create_connection",
    "websocket.WebSocketApp",
    "aiohttp.ClientSession.ws_connect",
    "httpx_sse.aconnect_sse",
    "httpx_sse.connect_sse",
    "sseclient.SSEClient",
    "ws",
    "ws.WebSocket",
    "WebSocket",
    "EventSource",
    "eventsource",
    "eventsource.EventSource",
    "httpx_ws.aconnect_ws",
];
/// Constructors of MCP clients over HTTP, by their last segment, with a start that their package has.
const MCP: [(&str, &[&str]); 22] = [
    ("streamablehttp_client", &["mcp."]),
    ("streamable_http_client", &["mcp."]),
    ("sse_client", &["mcp."]),
    ("websocket_client", &["mcp."]),
    ("Client", &["fastmcp."]),
    ("StreamableHttpTransport", &["fastmcp."]),
    ("SSETransport", &["fastmcp."]),
    (
        "MultiServerMCPClient",
        &["langchain_mcp_adapters.", "@langchain/mcp-adapters."],
    ),
    ("StreamableHTTPConnectionParams", &["google.adk."]),
    ("SseConnectionParams", &["google.adk."]),
    ("SseServerParams", &["google.adk.", "autogen_ext."]),
    ("StreamableHttpServerParams", &["autogen_ext."]),
    ("MCPServerStreamableHttp", &["agents.", "@openai/agents"]),
    ("MCPServerSse", &["agents.", "@openai/agents"]),
    (
        "MCPServerSSE",
        &["pydantic_ai.", "@openai/agents", "crewai."],
    ),
    ("MCPServerStreamableHTTP", &["pydantic_ai."]),
    ("MCPServerHTTP", &["pydantic_ai.", "crewai."]),
    ("BasicMCPClient", &["llama_index."]),
    ("MCPStreamableHttpPlugin", &["semantic_kernel."]),
    ("MCPSsePlugin", &["semantic_kernel."]),
    ("MCPServerAdapter", &["crewai_tools."]),
    ("HostedMCPTool", &["agents."]),
];
/// The same for npm packages.
const MCP_NODE: [(&str, &[&str]); 8] = [
    ("StreamableHTTPClientTransport", &["@modelcontextprotocol/"]),
    ("SSEClientTransport", &["@modelcontextprotocol/"]),
    ("WebSocketClientTransport", &["@modelcontextprotocol/"]),
    ("createMCPClient", &["ai.", "@ai-sdk/"]),
    ("experimental_createMCPClient", &["ai.", "@ai-sdk/"]),
    ("MCPClient", &["@mastra/mcp"]),
    ("hostedMcpTool", &["@openai/agents"]),
    ("McpToolset", &["@google/adk"]),
];

/// How a call leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Client {
    /// A request; where its URL and method stand.
    Http(Shape),
    /// A WebSocket or server-sent events.
    Stream,
    /// An MCP client.
    Mcp,
}

/// Where a request says its URL and method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// `get(url)`: the function's name is the method.
    Verb,
    /// `request(method, url)`.
    Request,
    /// `fetch(url, { method })`, `urlopen(url)`, `axios({ url, method })`.
    Fetch,
    /// `http.client.HTTPSConnection(host)`: the constructor has the host.
    Connection,
}

/// What kind of outbound call a canonical name is.
pub(crate) fn client(name: &str, language: Language) -> Option<Client> {
    if STREAMS.contains(&name) {
        return Some(Client::Stream);
    }
    let last = leaf(name);
    let of = |table: &[(&str, &[&str])]| {
        table.iter().any(|(client, starts)| {
            *client == last && starts.iter().any(|start| name.starts_with(start))
        })
    };
    if of(&MCP) || of(&MCP_NODE) {
        return Some(Client::Mcp);
    }
    if language == Language::TypeScript && FETCH.contains(&name) || URLLIB.contains(&name) {
        return Some(Client::Http(Shape::Fetch));
    }
    if matches!(
        name,
        "http.client.HTTPSConnection.request" | "http.client.HTTPConnection.request"
    ) {
        return Some(Client::Http(Shape::Connection));
    }
    let known = match language {
        Language::Python => {
            PYTHON.contains(&package(name))
                || PYTHON_NESTED.iter().any(|start| name.starts_with(start))
        }
        Language::TypeScript => NODE.contains(&package(name)),
    };
    if !known || !VERBS.contains(&last) || !sends(name, language) {
        return None;
    }
    let shape = match (last, language) {
        ("request" | "stream", Language::Python) => Shape::Request,
        ("request" | "stream", Language::TypeScript) => Shape::Fetch,
        _ => Shape::Verb,
    };
    Some(Client::Http(shape))
}

/// Whether what stands between package and verb is a client, not a response or a route table (`aiohttp.web.get`).
fn sends(name: &str, language: Language) -> bool {
    let owner = name
        .strip_suffix(leaf(name))
        .and_then(|rest| rest.strip_suffix('.'))
        .unwrap_or("");
    let last = leaf(owner);
    if language == Language::TypeScript {
        return package(name) == owner || last == "create" || last == "extend" || last == "default";
    }
    matches!(
        last,
        "requests" | "api" | "httpx" | "aiohttp" | "niquests" | "urllib3" | "session" | "sessions"
    ) || last.ends_with("Session")
        || last.ends_with("Client")
        || last.ends_with("PoolManager")
        || last.ends_with("ConnectionPool")
        || last == "create_scraper"
}
