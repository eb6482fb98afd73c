//! Tools that come in a package, call a service and take their key from the environment themselves: neither the call nor the read is
//! in the project's code.

use std::collections::{BTreeMap, BTreeSet};

use crate::analysis::agent_code::AgentCode;
use crate::analysis::names::{Meaning, leaf};
use crate::model::source::{ByteRange, Call, Expr, ExprKind, Module, ModuleId};

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
        let (service, variable) = row(name).filter(|_| !gives_a_key(name, call))?;
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

/// Whether a call gives a key of its own, or may do so: what is spread into it, and the first argument of a class, are not looked into.
fn gives_a_key(name: &str, call: &Call) -> bool {
    let holds = ["key", "token", "client", "wrapper"];
    let makes = leaf(name).starts_with(|first: char| first.is_uppercase());
    let mut given = call.keywords.iter().map(|one| one.name.as_deref());
    makes && !call.args.is_empty()
        || given.any(|name| name.is_none_or(|name| holds.iter().any(|end| name.ends_with(end))))
}

/// The modules and functions of a package that code names other than to call them: `Agent(tools=[tavily_search])`. Each counts where
/// a module names it first.
fn handed_on<'a>(code: &AgentCode<'a>) -> Vec<Packaged<'a>> {
    let of_package = code.code.external.iter();
    let of_package = of_package.filter(|external| external.package == HANDED_ON);
    let mut aliases: BTreeMap<ModuleId, BTreeSet<&str>> = BTreeMap::new();
    for external in of_package {
        let module = code.source.module(external.module);
        let import = module.and_then(|module| module.imports.get(external.import));
        let alias = import.and_then(|import| import.alias.as_deref());
        aliases.entry(external.module).or_default().extend(alias);
    }
    let modules = aliases.iter();
    let named = modules.filter_map(|(id, aliases)| Some((code.source.module(*id)?, aliases)));
    named
        .flat_map(|(module, aliases)| first_uses(code, module, aliases))
        .collect()
}

/// Where the code of a module that may run names tools first, other than to call them.
fn first_uses<'a>(
    code: &AgentCode<'a>,
    module: &'a Module,
    aliases: &BTreeSet<&str>,
) -> Vec<Packaged<'a>> {
    let calls = module.calls().filter_map(|(_, call)| call.as_call());
    let called: BTreeSet<ByteRange> = calls
        .map(|call| match &call.callee.kind {
            ExprKind::Attribute { base, .. } => base.range,
            _ => call.callee.range,
        })
        .collect();
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    module.each_expression(&mut |function, expr| {
        let alias = expr.as_name().filter(|name| aliases.contains(name));
        let runs = function.is_none_or(|function| code.may_run(function));
        if alias.is_none() || !runs || called.contains(&expr.range) {
            return;
        }
        // A parameter or another value may be called the same.
        let Meaning::External(name) = code.source.meaning(module.id, expr) else {
            return;
        };
        let Some((service, variable)) = row(&name) else {
            return;
        };
        if seen.insert(name) {
            found.push(Packaged {
                module: module.id,
                expr,
                service,
                variable,
            });
        }
    });
    found
}
