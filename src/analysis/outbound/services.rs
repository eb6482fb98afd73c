//! Libraries that wrap one public REST service, and hosts of model providers.

use crate::analysis::names::leaf;

/// Canonical start, and the service behind it.
const LIBRARIES: &[(&str, &str)] = &[
    ("tavily.", "Tavily"),
    ("langchain_tavily.", "Tavily"),
    ("langchain_community.tools.tavily_search.", "Tavily"),
    ("@tavily/core.", "Tavily"),
    ("@langchain/tavily.", "Tavily"),
    ("strands_tools.tavily.", "Tavily"),
    ("exa_py.", "Exa"),
    ("langchain_exa.", "Exa"),
    ("exa-js", "Exa"),
    ("serpapi.", "SerpApi"),
    ("langchain_community.utilities.SerpAPIWrapper", "SerpApi"),
    (
        "langchain_community.utilities.GoogleSerperAPIWrapper",
        "Serper",
    ),
    (
        "langchain_google_community.GoogleSearchAPIWrapper",
        "Google Search",
    ),
    ("duckduckgo_search.", "DuckDuckGo"),
    ("ddgs.", "DuckDuckGo"),
    (
        "langchain_community.tools.DuckDuckGoSearchRun",
        "DuckDuckGo",
    ),
    (
        "langchain_community.tools.DuckDuckGoSearchResults",
        "DuckDuckGo",
    ),
    ("brave_search.", "Brave Search"),
    ("firecrawl.", "Firecrawl"),
    ("@mendable/firecrawl-js", "Firecrawl"),
    ("stripe.", "Stripe"),
    ("github.Github", "GitHub"),
    ("github3.", "GitHub"),
    ("@octokit/rest.", "GitHub"),
    ("octokit.", "GitHub"),
    ("gitlab.Gitlab", "GitLab"),
    ("jira.JIRA", "Jira"),
    ("atlassian.", "Atlassian"),
    ("slack_sdk.", "Slack"),
    ("slack.WebClient", "Slack"),
    ("@slack/web-api.", "Slack"),
    ("notion_client.", "Notion"),
    ("@notionhq/client.", "Notion"),
    ("pyowm.", "OpenWeather"),
    (
        "langchain_community.utilities.OpenWeatherMapAPIWrapper",
        "OpenWeather",
    ),
    ("wikipedia.", "Wikipedia"),
    ("wikipediaapi.", "Wikipedia"),
    (
        "langchain_community.utilities.WikipediaAPIWrapper",
        "Wikipedia",
    ),
    ("arxiv.", "arXiv"),
    ("yfinance.", "Yahoo Finance"),
    ("yahoo-finance2", "Yahoo Finance"),
    ("alpha_vantage.", "Alpha Vantage"),
    ("finnhub.Client", "Finnhub"),
    ("googlemaps.Client", "Google Maps"),
    ("@googlemaps/google-maps-services-js.Client", "Google Maps"),
    ("googleapiclient.discovery.build", "Google APIs"),
    ("googleapis.google.", "Google APIs"),
    ("twilio.rest.Client", "Twilio"),
    ("twilio", "Twilio"),
    ("sendgrid.SendGridAPIClient", "SendGrid"),
    ("@sendgrid/mail.send", "SendGrid"),
    ("resend.", "Resend"),
    ("hubspot.", "HubSpot"),
    ("@hubspot/api-client.Client", "HubSpot"),
    ("simple_salesforce.Salesforce", "Salesforce"),
    ("jsforce.Connection", "Salesforce"),
    ("zenpy.Zenpy", "Zendesk"),
    ("pyairtable.Api", "Airtable"),
    ("airtable", "Airtable"),
    ("todoist_api_python.", "Todoist"),
    ("asana.", "Asana"),
    ("trello.TrelloClient", "Trello"),
    ("discord.Client", "Discord"),
    ("telegram.Bot", "Telegram"),
    ("telebot.TeleBot", "Telegram"),
    ("tweepy.", "X"),
    ("twitter-api-v2.TwitterApi", "X"),
    ("praw.Reddit", "Reddit"),
    ("spotipy.Spotify", "Spotify"),
    ("newsapi.NewsApiClient", "NewsAPI"),
    ("shopify.", "Shopify"),
    ("square.client.Client", "Square"),
    ("paypalrestsdk.", "PayPal"),
    ("plaid.", "Plaid"),
    ("openweather", "OpenWeather"),
];

/// Hosts that serve models: calls of them are model calls, not tools.
const MODELS: &[&str] = &[
    "api.openai.com",
    "api.anthropic.com",
    "generativelanguage.googleapis.com",
    "aiplatform.googleapis.com",
    "api.mistral.ai",
    "api.cohere.ai",
    "api.cohere.com",
    "api.groq.com",
    "openrouter.ai",
    "api.together.xyz",
    "api.together.ai",
    "api.deepseek.com",
    "api.perplexity.ai",
    "api.x.ai",
    "api.fireworks.ai",
    "api.cerebras.ai",
    "api.replicate.com",
    "api-inference.huggingface.co",
    "router.huggingface.co",
    "api.voyageai.com",
    "integrate.api.nvidia.com",
];

/// The service that a call of a library reaches: constructors and functions of the package, not methods of what they made.
pub(crate) fn service(name: &str) -> Option<&'static str> {
    let first = name.as_bytes().first();
    // Asked of every call: most names begin like none of these.
    let mut libraries = LIBRARIES
        .iter()
        .filter(|(start, _)| start.as_bytes().first() == first);
    let found = libraries.find_map(|(start, service)| {
        let rest = name.strip_prefix(start)?;
        let whole = start.ends_with('.') || rest.is_empty();
        let class = |segment: &str| segment.starts_with(|c: char| c.is_ascii_uppercase());
        // A constructor is the last class of its name; `stripe.Customer.create` is a call of the service itself.
        let segments: Vec<&str> = rest
            .split('.')
            .filter(|segment| !segment.is_empty())
            .collect();
        let classes = segments.iter().filter(|segment| class(segment)).count();
        let made = classes == 0
            || classes == 1 && segments.last().is_some_and(|last| class(last))
            || *start == "stripe." && classes == 1 && segments.len() == 2;
        let local = *start == "stripe." && segments.first() == Some(&"Webhook");
        (whole && made && !local).then_some(*service)
    })?;
    let type_like = [
        "Error",
        "Exception",
        "Warning",
        "Settings",
        "Options",
        "Config",
        "Request",
    ];
    let last = leaf(name);
    (!type_like.iter().any(|end| last.ends_with(end))).then_some(found)
}

/// Whether a host serves models.
pub(crate) fn is_model_host(host: &str) -> bool {
    MODELS.contains(&host)
        || host.ends_with(".openai.azure.com")
        || host.ends_with("-aiplatform.googleapis.com")
        || host.ends_with(".inference.ai.azure.com")
}
