//! What kind of work the code of a runtime shows that it does. Only what leaves no doubt; the user declares the rest.

use super::Context;
use crate::analysis::names::leaf;
use crate::config::Workload;
use crate::model::project::Runtime;
use crate::model::source::detect::is_model_id;
use crate::model::source::{EntrypointKind, ExprKind, FnId, RuntimeSource, Source};

/// Methods that register background work with the platform, and the decorators for it.
const TASKS: [&str; 3] = ["add_async_task", "addAsyncTask", "asyncTask"];
/// What keeps a conversation under its session id.
const CONVERSATIONS: [&str; 3] = [
    "AgentCoreMemorySessionManager",
    "AgentCoreMemorySaver",
    "AsyncAgentCoreMemorySaver",
];

/// Background where tasks are registered that outlive a response; chat where users stay connected (WebSocket, AG-UI), or where
/// answers are streamed out of a conversation that is kept under the session.
pub(super) fn shown_by(source: &Source, code: &RuntimeSource, agui: bool) -> Option<Workload> {
    let has = |kind| code.entrypoints.iter().any(|entry| entry.kind == kind);
    let modules = || code.reachable.iter().filter_map(|id| source.module(*id));
    let mut tasks = has(EntrypointKind::AsyncTask);
    let mut conversation = false;
    for module in modules() {
        for (_, expr) in module.calls() {
            let Some(call) = expr.as_call() else {
                continue;
            };
            let written = match &call.callee.kind {
                ExprKind::Name(name) => &**name,
                ExprKind::Attribute { attr, .. } => &**attr,
                _ => continue,
            };
            if TASKS.contains(&written) && source.callee(module.id, expr).is_none() {
                tasks = true;
            }
            conversation |= CONVERSATIONS.contains(&leaf(written));
        }
    }
    if tasks {
        return Some(Workload::Background);
    }
    let streams = code.entrypoints.iter().any(|entry| {
        entry.kind == EntrypointKind::Invocation
            && entry.function.is_some_and(|id| generates(source, id))
    });
    let connected = agui || has(EntrypointKind::WebSocket) || has(EntrypointKind::AgUi);
    (connected || streams && conversation).then_some(Workload::Chat)
}

/// Packages that call models without being a framework of agents (top-level Python modules, npm packages).
const MODEL_CLIENTS: [&str; 14] = [
    "openai",
    "anthropic",
    "@anthropic-ai/sdk",
    "@anthropic-ai/bedrock-sdk",
    "litellm",
    "groq",
    "mistralai",
    "cohere",
    "ollama",
    "together",
    "google.genai",
    "@google/genai",
    "@aws-sdk/client-bedrock-runtime",
    "@aws-sdk/client-bedrock-agent-runtime",
];

impl Context {
    /// True for a runtime that serves tools over MCP and whose code, all of it read, names no model, client of models or
    /// framework of agents: there are no answers of an agent to be judged.
    pub fn serves_tools_only(&self, runtime: &Runtime) -> bool {
        let mcp = runtime
            .protocol
            .as_ref()
            .is_some_and(|protocol| protocol.value == "MCP");
        let Some(code) = self.source.runtime(&runtime.name).filter(|_| mcp) else {
            return false;
        };
        let source = &self.source;
        let modules = || code.reachable.iter().filter_map(|id| source.module(*id));
        let unread = || {
            source
                .notes
                .iter()
                .any(|note| modules().any(|module| *module.path == *note.site.path))
        };
        let client = |module: &str| {
            MODEL_CLIENTS.iter().any(|client| {
                let rest = module.strip_prefix(client);
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '/']))
            })
        };
        let imports_client =
            || modules().any(|module| module.imports.iter().any(|import| client(&import.module)));
        let framework = source.framework(&code.reachable);
        let env = runtime.common.env.iter();
        code.entry.is_some()
            && !unread()
            && framework.is_none_or(|framework| framework.value == "mcp")
            && source.models(&code.reachable).is_empty()
            && !env.map(|(_, value)| &value.value).any(|value| is_model_id(value))
            && !imports_client()
            // Mentions Bedrock or the invocation of an agent.
            && !code.reachable.iter().any(|id| source.callers.contains(id))
    }

    /// True for an MCP server that keeps nothing between requests: `FastMCP(…, stateless_http=True)`.
    pub fn serves_stateless_mcp(&self, runtime: &Runtime) -> bool {
        let Some(code) = self.source.runtime(&runtime.name) else {
            return false;
        };
        let modules = code
            .reachable
            .iter()
            .filter_map(|id| self.source.module(*id));
        modules.flat_map(|module| module.calls()).any(|(_, expr)| {
            let keywords = expr.as_call().map(|call| &*call.keywords);
            keywords.unwrap_or_default().iter().any(|keyword| {
                keyword.name.as_deref() == Some("stateless_http")
                    && matches!(keyword.value.kind, ExprKind::Bool(true))
            })
        })
    }
}

fn generates(source: &Source, id: FnId) -> bool {
    source
        .function(id)
        .is_some_and(|function| function.is_generator)
}
