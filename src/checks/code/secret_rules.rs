//! Whether a name or a value is that of a secret: a thin stand-in with the interface of the secret engine, to be replaced by it.

/// A segment that makes a name that of a secret.
const WORDS: [&str; 7] = [
    "TOKEN",
    "SECRET",
    "PASSWORD",
    "PASSWD",
    "CREDENTIAL",
    "CREDENTIALS",
    "APIKEY",
];
/// What KEY has to follow.
const BEFORE_KEY: [&str; 17] = [
    "API",
    "ACCESS",
    "PRIVATE",
    "SECRET",
    "AUTH",
    "OPENAI",
    "ANTHROPIC",
    "GEMINI",
    "GOOGLE",
    "TAVILY",
    "GROQ",
    "COHERE",
    "MISTRAL",
    "EXA",
    "PINECONE",
    "LANGSMITH",
    "STRIPE",
];
/// A last segment that exempts.
const EXEMPT: [&str; 8] = [
    "ID", "ARN", "URL", "NAME", "PROVIDER", "TOKENS", "TTL", "TYPE",
];

/// Whether the name of an environment variable implies that its value is a secret.
pub(super) fn secret_like_name(name: &str) -> bool {
    let segments: Vec<String> = name
        .split(['_', '-', '.'])
        .filter(|part| !part.is_empty())
        .map(str::to_uppercase)
        .collect();
    let Some(last) = segments.last() else {
        return false;
    };
    if EXEMPT.contains(&last.as_str()) {
        return false;
    }
    let after_key = segments.windows(2).any(|pair| matches!(pair, [before, key] if key == "KEY" && BEFORE_KEY.contains(&before.as_str())));
    after_key
        || segments
            .iter()
            .any(|segment| WORDS.contains(&segment.as_str()))
}

/// The kind of secret that a value is, by forms that nothing else has.
pub(super) fn secret_value(value: &str) -> Option<&'static str> {
    const PREFIXES: [(&str, &str); 10] = [
        ("sk-ant-", "an Anthropic key"),
        ("sk-", "a model provider's key"),
        ("AKIA", "an AWS access key id"),
        ("ghp_", "a GitHub token"),
        ("github_pat_", "a GitHub token"),
        ("xoxb-", "a Slack token"),
        ("AIza", "a Google API key"),
        ("tvly-", "a Tavily key"),
        ("gsk_", "a Groq key"),
        ("hf_", "a Hugging Face token"),
    ];
    if value.starts_with("-----BEGIN") && value.contains("PRIVATE KEY") {
        return Some("a private key");
    }
    if let Ok(url) = url::Url::parse(value)
        && url.password().is_some_and(|password| !password.is_empty())
    {
        return Some("an address with a password");
    }
    let plain = value.len() >= 20
        && value
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "-_".contains(c));
    PREFIXES
        .iter()
        .find(|(prefix, _)| plain && value.starts_with(prefix))
        .map(|(_, kind)| *kind)
}
