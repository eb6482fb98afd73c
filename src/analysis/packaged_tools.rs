//! Tools that come in a package, call a service and take their key from the environment themselves: neither the call nor the read is
//! in the project's code.

use crate::analysis::agent_code::AgentCode;
use crate::model::source::{Call, Expr, ExprKind, Module, ModuleId};

/// A tool that the code uses.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Packaged<'a> {
    /// The module.
    pub(crate) module: ModuleId,
    /// Where it is made, or handed on.
    pub(crate) expr: &'a Expr,
    /// The service behind it; None for one that calls whatever address the model chooses.
    pub(crate) service: Option<&'static str>,
    /// The variable that it takes its key from.
    pub(crate) variable: Option<&'static str>,
}

/// Start of the canonical name, the service, and the variable with its key. Read in strands-agents-tools 0.8.10, langchain-tavily
/// 0.2.18, langchain-exa 1.1.0, langchain-community 0.4.2 and crewai-tools 1.15.30.
const TOOLS: &[(&str, Option<&str>, Option<&str>)] = &[
    (
        "strands_tools.tavily",
        Some("Tavily"),
        Some("TAVILY_API_KEY"),
    ),
    ("strands_tools.exa", Some("Exa"), Some("EXA_API_KEY")),
    (
        "strands_tools.slack",
        Some("Slack"),
        Some("SLACK_BOT_TOKEN"),
    ),
    (
        "strands_tools.bright_data",
        Some("Bright Data"),
        Some("BRIGHTDATA_API_KEY"),
    ),
    (
        "strands_tools.generate_image_stability",
        Some("Stability AI"),
        Some("STABILITY_API_KEY"),
    ),
    (
        "strands_tools.search_video",
        Some("TwelveLabs"),
        Some("TWELVELABS_API_KEY"),
    ),
    (
        "strands_tools.chat_video",
        Some("TwelveLabs"),
        Some("TWELVELABS_API_KEY"),
    ),
    ("strands_tools.http_request", None, None),
    (
        "langchain_tavily.TavilySearch",
        Some("Tavily"),
        Some("TAVILY_API_KEY"),
    ),
    (
        "langchain_tavily.TavilyExtract",
        Some("Tavily"),
        Some("TAVILY_API_KEY"),
    ),
    (
        "langchain_tavily.TavilyCrawl",
        Some("Tavily"),
        Some("TAVILY_API_KEY"),
    ),
    (
        "langchain_tavily.TavilyMap",
        Some("Tavily"),
        Some("TAVILY_API_KEY"),
    ),
    (
        "langchain_community.tools.tavily_search.TavilySearchResults",
        Some("Tavily"),
        Some("TAVILY_API_KEY"),
    ),
    (
        "langchain_community.utilities.GoogleSerperAPIWrapper",
        Some("Serper"),
        Some("SERPER_API_KEY"),
    ),
    (
        "langchain_community.utilities.SerpAPIWrapper",
        Some("SerpApi"),
        Some("SERPAPI_API_KEY"),
    ),
    (
        "langchain_community.utilities.OpenWeatherMapAPIWrapper",
        Some("OpenWeather"),
        Some("OPENWEATHERMAP_API_KEY"),
    ),
    (
        "crewai_tools.SerperDevTool",
        Some("Serper"),
        Some("SERPER_API_KEY"),
    ),
    (
        "crewai_tools.TavilySearchTool",
        Some("Tavily"),
        Some("TAVILY_API_KEY"),
    ),
    (
        "crewai_tools.TavilyExtractorTool",
        Some("Tavily"),
        Some("TAVILY_API_KEY"),
    ),
    (
        "crewai_tools.EXASearchTool",
        Some("Exa"),
        Some("EXA_API_KEY"),
    ),
    (
        "crewai_tools.BraveSearchTool",
        Some("Brave Search"),
        Some("BRAVE_API_KEY"),
    ),
    (
        "crewai_tools.LinkupSearchTool",
        Some("Linkup"),
        Some("LINKUP_API_KEY"),
    ),
];

/// Those whose functions are handed to an agent as they are, each a module of that package.
const HANDED_ON: &str = "strands_tools";

/// The tools that the code of a runtime makes or hands on, where it gives no key itself.
pub(crate) fn used<'a>(code: &AgentCode<'a>) -> Vec<Packaged<'a>> {
    let made = code.calls().filter_map(|(module, _, expr)| {
        let call = expr.as_call()?;
        let name = code.source.callee_name(module.id, expr)?;
        let (service, variable) = row(name).filter(|_| !gives_a_key(call))?;
        Some(Packaged {
            module: module.id,
            expr,
            service,
            variable,
        })
    });
    let mut found: Vec<Packaged<'a>> = made.collect();
    found.extend(handed_on(code));
    found
}

/// What is known of a tool of that name.
fn row(name: &str) -> Option<(Option<&'static str>, Option<&'static str>)> {
    let packages = ["strands_tools.", "langchain_", "crewai_tools."];
    if !packages.iter().any(|package| name.starts_with(package)) {
        return None;
    }
    let found = TOOLS.iter().find(|(start, ..)| {
        let rest = name.strip_prefix(start);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    });
    found.map(|(_, service, variable)| (*service, *variable))
}

/// Whether a call gives a key of its own.
fn gives_a_key(call: &Call) -> bool {
    let mut names = call.keywords.iter().filter_map(|one| one.name.as_deref());
    names.any(|name| name.ends_with("key") || name.ends_with("token") || name.ends_with("client"))
}

/// The modules and functions of a package that code names other than to call them: `Agent(tools=[tavily_search])`.
fn handed_on<'a>(code: &AgentCode<'a>) -> Vec<Packaged<'a>> {
    let mut found = Vec::new();
    for external in &code.code.external {
        let import = code.source.module(external.module).and_then(|module| {
            let import = module.imports.get(external.import)?;
            Some((module, import)).filter(|_| !import.type_only)
        });
        let Some((module, import)) = import.filter(|_| external.package == HANDED_ON) else {
            continue;
        };
        let name = match &import.name {
            Some(name) => format!("{}.{name}", external.dotted),
            None => external.dotted.clone(),
        };
        let alias = import.alias.as_deref();
        let (Some((service, variable)), Some(alias)) = (row(&name), alias) else {
            continue;
        };
        found.extend(first_use(code, module, alias).map(|expr| Packaged {
            module: module.id,
            expr,
            service,
            variable,
        }));
    }
    found
}

/// Where code that may run names something first, other than to call it.
fn first_use<'a>(code: &AgentCode<'a>, module: &'a Module, alias: &str) -> Option<&'a Expr> {
    let is_called = |expr: &Expr| {
        let mut calls = module.calls().filter_map(|(_, call)| call.as_call());
        calls.any(|call| match &call.callee.kind {
            ExprKind::Attribute { base, .. } => base.range == expr.range,
            _ => call.callee.range == expr.range,
        })
    };
    let all = module.all_expressions().into_iter();
    let mut named = all.filter(|(_, expr)| expr.as_name() == Some(alias));
    let used = named.find(|(function, expr)| {
        function.is_none_or(|function| code.may_run(function)) && !is_called(expr)
    });
    used.map(|(_, expr)| expr)
}
