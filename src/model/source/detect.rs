//! What an agent is built with: its framework, and the models it names.

use std::collections::BTreeMap;

use super::canonical::package;
use super::{Language, ModuleId, Source};
use crate::model::site::{Site, Sited};

/// Packages (top-level Python modules, npm packages) by the framework they are of, the more telling first.
const FRAMEWORKS: [(&str, &[&str]); 15] = [
    ("strands", &["strands", "@strands-agents/sdk"]),
    (
        "langgraph",
        &[
            "langgraph",
            "langgraph_swarm",
            "langgraph_supervisor",
            "@langchain/langgraph",
        ],
    ),
    ("google-adk", &["google.adk", "@google/adk"]),
    (
        "openai-agents",
        &["agents", "@openai/agents", "@openai/agents-core"],
    ),
    ("crewai", &["crewai"]),
    (
        "autogen",
        &["autogen", "autogen_agentchat", "autogen_core", "ag2"],
    ),
    (
        "claude-agent-sdk",
        &[
            "claude_agent_sdk",
            "@anthropic-ai/claude-agent-sdk",
            "@anthropic-ai/claude-code",
        ],
    ),
    ("pydantic-ai", &["pydantic_ai"]),
    ("semantic-kernel", &["semantic_kernel"]),
    ("smolagents", &["smolagents"]),
    ("mastra", &["@mastra/core"]),
    ("vercel-ai", &["ai"]),
    ("llamaindex", &["llama_index", "llamaindex"]),
    (
        "langchain",
        &[
            "langchain",
            "langchain_core",
            "langchain_aws",
            "langchain_community",
            "@langchain/core",
            "langchain",
        ],
    ),
    ("mcp", &["mcp", "fastmcp", "@modelcontextprotocol/sdk"]),
];

/// Vendors whose names start a Bedrock model id.
const VENDORS: [&str; 19] = [
    "anthropic.",
    "amazon.",
    "meta.",
    "mistral.",
    "cohere.",
    "ai21.",
    "deepseek.",
    "openai.",
    "qwen.",
    "stability.",
    "writer.",
    "luma.",
    "twelvelabs.",
    "google.",
    "nvidia.",
    "minimax.",
    "moonshot.",
    "moonshotai.",
    "zai.",
];
/// Prefixes of cross-region inference profiles.
const PROFILES: [&str; 9] = [
    "us.", "eu.", "apac.", "global.", "us-gov.", "jp.", "au.", "ca.", "sa.",
];
/// How other vendors' model names start.
const OTHERS: [&str; 14] = [
    "gpt-",
    "chatgpt-",
    "o1-",
    "o3-",
    "o4-",
    "claude-",
    "gemini-",
    "gemini/",
    "bedrock/",
    "anthropic/",
    "openai/",
    "mistral-",
    "llama-",
    "grok-",
];

/// Whether a module below `agents` is one of OpenAI's SDK. (`src/agents` of openai-agents 0.6.)
fn of_openai(dotted: &str) -> bool {
    matches!(
        dotted.split('.').nth(1).unwrap_or_default(),
        "agent"
            | "agent_output"
            | "exceptions"
            | "extensions"
            | "function_schema"
            | "guardrail"
            | "handoffs"
            | "items"
            | "lifecycle"
            | "mcp"
            | "memory"
            | "model_settings"
            | "models"
            | "realtime"
            | "result"
            | "run"
            | "run_context"
            | "stream_events"
            | "strict_schema"
            | "tool"
            | "tool_context"
            | "tracing"
            | "usage"
            | "voice"
    )
}

impl Source {
    /// The framework that these modules are written with, and the import that tells; None for none that is known. Plain MCP
    /// only where no other is there.
    pub fn framework(&self, modules: &[ModuleId]) -> Option<Sited<&'static str>> {
        let mut sites: BTreeMap<&str, Site> = BTreeMap::new();
        for module in modules.iter().filter_map(|&id| self.module(id)) {
            for import in module
                .imports
                .iter()
                .filter(|import| import.target.is_none() && !import.type_only)
            {
                let written = &*import.module;
                let top = match module.language {
                    Language::Python if written.starts_with("google.adk") => "google.adk",
                    // Many a project calls a package of its own so.
                    Language::Python if written.starts_with("agents.") && !of_openai(written) => "",
                    Language::Python => written.split('.').next().unwrap_or(""),
                    Language::TypeScript => package(written),
                };
                sites
                    .entry(top)
                    .or_insert_with(|| module.site(import.range));
            }
        }
        let found = FRAMEWORKS.iter().find_map(|(name, packages)| {
            packages
                .iter()
                .find_map(|package| sites.get(package))
                .map(|site| (*name, site.clone()))
        });
        found.map(|(name, site)| Sited::new(name, site))
    }

    /// Model ids that these modules name, each with the places it stands at: every string literal of that shape.
    pub fn models(&self, modules: &[ModuleId]) -> BTreeMap<String, Vec<Site>> {
        let mut found: BTreeMap<String, Vec<Site>> = BTreeMap::new();
        for module in modules.iter().filter_map(|&id| self.module(id)) {
            for expr in module.model_ids() {
                let Some(text) = expr.as_str() else { continue };
                let site = module.site(expr.range);
                let sites = found.entry(text.to_owned()).or_default();
                if !sites.contains(&site) {
                    sites.push(site);
                }
            }
        }
        found
    }
}

/// What frameworks put before the id of a model to send it to Amazon Bedrock: LiteLLM and what is built on it, Pydantic AI, LangChain.
const ROUTES: [&str; 7] = [
    "litellm/",
    "bedrock/",
    "bedrock_converse/",
    "converse/",
    "invoke/",
    "bedrock:",
    "bedrock_converse:",
];

/// An id without what sends it to Amazon Bedrock.
pub fn without_route(id: &str) -> &str {
    let strip = |id, route: &&str| str::strip_prefix(id, *route).unwrap_or(id);
    ROUTES.iter().fold(id, strip)
}

/// Whether a text looks like a model id: a Bedrock id, inference profile, or its ARN, or another vendor's model name.
pub fn is_model_id(text: &str) -> bool {
    if text.len() > 200 || text.len() < 4 || text.contains(char::is_whitespace) {
        return false;
    }
    if text.starts_with("arn:aws") && text.contains(":bedrock:") {
        return text.contains(":foundation-model/")
            || text.contains(":inference-profile/")
            || text.contains("-inference-profile/")
            || text.contains(":provisioned-model/");
    }
    let unrouted = without_route(text);
    let bare = PROFILES
        .iter()
        .find_map(|profile| unrouted.strip_prefix(profile))
        .unwrap_or(unrouted);
    let bedrock = VENDORS.iter().any(|vendor| {
        bare.strip_prefix(vendor).is_some_and(|rest| {
            rest.contains(['-', ':'])
                && rest.starts_with(|first: char| first.is_ascii_alphanumeric())
                && rest
                    .chars()
                    .all(|char| char.is_ascii_alphanumeric() || "-.:_".contains(char))
                && !rest.contains("amazonaws")
        })
    });
    let other = OTHERS.iter().any(|start| {
        text.strip_prefix(start).is_some_and(|rest| {
            rest.chars()
                .all(|char| char.is_ascii_alphanumeric() || "-.:_/@".contains(char))
                && rest.chars().any(|char| char.is_ascii_digit())
        })
    });
    bedrock || other
}
