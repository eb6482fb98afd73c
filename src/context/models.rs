//! The models that an agent calls, as far as code and configuration name them.

use std::collections::BTreeSet;

use super::Context;
use crate::model::project::Agent;
use crate::model::source::detect::{is_model_id, without_route};

/// Geographic prefixes of cross-Region inference profiles.
/// <https://docs.aws.amazon.com/bedrock/latest/userguide/inference-profiles-support.html>
const GEOGRAPHIES: [&str; 8] = ["us", "eu", "apac", "global", "us-gov", "au", "jp", "ca"];

/// Providers of models on Amazon Bedrock, as model ids begin.
/// <https://docs.aws.amazon.com/bedrock/latest/userguide/models-supported.html>
const PROVIDERS: [&str; 20] = [
    "ai21",
    "amazon",
    "anthropic",
    "cohere",
    "deepseek",
    "google",
    "luma",
    "meta",
    "minimax",
    "mistral",
    "moonshot",
    "moonshotai",
    "nvidia",
    "openai",
    "qwen",
    "stability",
    "twelvelabs",
    "writer",
    "xai",
    "zai",
];

/// A model of Amazon Bedrock as an agent names it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum BedrockModel {
    /// An ARN.
    Arn(String),
    /// A model by its id.
    Foundation(String),
    /// A system-defined inference profile: its geography and the model behind it.
    Profile(String, String),
}

impl BedrockModel {
    /// Reads an id; `None` where it is no model of Amazon Bedrock.
    pub fn parse(id: &str) -> Option<Self> {
        let id = without_route(id);
        if id.starts_with("arn:") {
            return id.contains(":bedrock:").then(|| Self::Arn(id.to_owned()));
        }
        let plain = |letter: char| letter.is_ascii_alphanumeric() || "._:-".contains(letter);
        if !id.chars().all(plain) {
            return None;
        }
        let is_model = |text: &str| {
            let provider = text.split_once('.');
            provider
                .is_some_and(|(provider, rest)| PROVIDERS.contains(&provider) && !rest.is_empty())
        };
        match id.split_once('.') {
            Some((geography, model)) if GEOGRAPHIES.contains(&geography) && is_model(model) => {
                Some(Self::Profile(geography.to_owned(), model.to_owned()))
            }
            _ if is_model(id) => Some(Self::Foundation(id.to_owned())),
            _ => None,
        }
    }

    /// The model's own id, without a profile's geography; `None` for an ARN.
    pub fn model(&self) -> Option<&str> {
        match self {
            Self::Arn(_) => None,
            Self::Foundation(model) | Self::Profile(_, model) => Some(model),
        }
    }
}

/// Starts of models that are called through an inference profile alone: they have no on-demand throughput under their own id. Some have
/// it in single Regions.
/// <https://docs.aws.amazon.com/bedrock/latest/userguide/models-region-compatibility.html>
const PROFILE_ONLY: [&str; 16] = [
    "anthropic.claude-3-7-",
    // From Claude 4 on the family stands before the number, and all of them are: Sonnet 5 and Opus 5 too.
    "anthropic.claude-sonnet-",
    "anthropic.claude-opus-",
    "anthropic.claude-haiku-",
    "amazon.nova-premier-",
    // Nova 2 Sonic and the embeddings are called under their own ids.
    "amazon.nova-2-lite-",
    "amazon.nova-2-omni-",
    "amazon.nova-2-pro-",
    "meta.llama3-1-405b-",
    "meta.llama3-2-",
    "meta.llama3-3-",
    "meta.llama4-",
    "deepseek.r1-",
    "writer.palmyra-",
    "mistral.pixtral-large-",
    "twelvelabs.pegasus-",
];

/// Whether a model is called through an inference profile alone.
pub(crate) fn needs_a_profile(model: &str) -> bool {
    PROFILE_ONLY.iter().any(|start| model.starts_with(start))
}

/// Starts of models that surely answer with an error under their own id, and the Regions in which they do; none where it is each
/// commercial Region. What is not certain is not here.
const NO_OWN_ID: [(&str, &[&str]); 14] = [
    ("anthropic.claude-3-7-", &[]),
    ("anthropic.claude-sonnet-", &[]),
    ("anthropic.claude-opus-", &[]),
    ("anthropic.claude-haiku-", &[]),
    ("amazon.nova-premier-", &[]),
    ("amazon.nova-2-lite-", &[]),
    // The first Nova models have on-demand throughput in us-east-1 and single Regions elsewhere.
    ("amazon.nova-micro-v1", &["us-east-2", "us-west-2"]),
    ("amazon.nova-lite-v1", &["us-east-2", "us-west-2"]),
    ("amazon.nova-pro-v1", &["us-east-2", "us-west-2"]),
    ("meta.llama3-2-", &["us-east-1", "us-east-2", "us-west-2"]),
    ("meta.llama3-3-", &["us-east-1", "us-west-2"]),
    ("meta.llama4-", &[]),
    ("deepseek.r1-", &[]),
    ("writer.palmyra-x", &[]),
];

/// Where a model surely answers with an error under its own id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoOwnId {
    /// Nowhere, as far as is known.
    Unknown,
    /// In every commercial Region.
    Everywhere,
    /// In this Region; in others it may have on-demand throughput.
    Here,
}

/// Whether a model answers with an error under its own id in a Region.
pub(crate) fn no_own_id(model: &str, region: &str) -> NoOwnId {
    if region.starts_with("us-gov-") || region.starts_with("cn-") {
        return NoOwnId::Unknown;
    }
    let known = NO_OWN_ID.iter().find(|(start, _)| model.starts_with(start));
    match known {
        Some((_, [])) => NoOwnId::Everywhere,
        Some((_, regions)) if regions.contains(&region) => NoOwnId::Here,
        _ => NoOwnId::Unknown,
    }
}

/// The id of an inference profile that calls a model from a Region; `None` where it is not known which there are.
pub(crate) fn profile_of(model: &str, region: &str) -> Option<String> {
    let everywhere = ["anthropic.", "amazon.nova-2-lite-"];
    let geography = match geography_of(region) {
        "us" => "us",
        other if everywhere.iter().any(|start| model.starts_with(start)) => other,
        _ => return None,
    };
    Some(format!("{geography}.{model}"))
}

/// The geography whose profiles a Region calls; `global` where it has several, or none of its own.
pub(crate) fn geography_of(region: &str) -> &'static str {
    match region.split('-').next() {
        Some("eu") => "eu",
        Some("us") => "us",
        _ => "global",
    }
}

impl Context {
    /// The ids of the models that an agent calls: literals and defaults in code, environment variables of the configuration,
    /// a harness's model.
    pub fn model_ids(&self, agent: Agent<'_>) -> BTreeSet<String> {
        let code = self.source.runtime(agent.name());
        let reachable = code.map_or(&[][..], |code| code.reachable.as_slice());
        let mut ids: BTreeSet<String> = match agent {
            Agent::Runtime(_) => self.source.models(reachable).into_keys().collect(),
            Agent::Harness(harness) => harness.model_id.iter().map(|id| id.value.clone()).collect(),
        };
        let values = agent.common().env.iter().map(|(_, value)| &value.value);
        let model = |value: &&String| is_model_id(value) || BedrockModel::parse(value).is_some();
        ids.extend(values.filter(model).cloned());
        ids
    }

    /// Those of them that Amazon Bedrock serves.
    pub fn bedrock_models(&self, agent: Agent<'_>) -> BTreeSet<BedrockModel> {
        self.model_ids(agent)
            .iter()
            .filter_map(|id| BedrockModel::parse(id))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_told_apart_by_geography_and_provider() {
        let profile = |geography: &str, model: &str| {
            Some(BedrockModel::Profile(
                geography.to_owned(),
                model.to_owned(),
            ))
        };
        assert_eq!(
            BedrockModel::parse("global.anthropic.claude-sonnet-4-5-20250929-v1:0"),
            profile("global", "anthropic.claude-sonnet-4-5-20250929-v1:0")
        );
        assert_eq!(
            BedrockModel::parse("bedrock/us-gov.anthropic.claude-3-haiku-20240307-v1:0"),
            profile("us-gov", "anthropic.claude-3-haiku-20240307-v1:0")
        );
        assert_eq!(
            BedrockModel::parse("amazon.nova-pro-v1:0"),
            Some(BedrockModel::Foundation("amazon.nova-pro-v1:0".to_owned()))
        );
        for routed in [
            "bedrock:amazon.nova-pro-v1:0",
            "bedrock_converse:amazon.nova-pro-v1:0",
            "bedrock/converse/amazon.nova-pro-v1:0",
            "litellm/bedrock/amazon.nova-pro-v1:0",
        ] {
            assert_eq!(
                BedrockModel::parse(routed),
                Some(BedrockModel::Foundation("amazon.nova-pro-v1:0".to_owned())),
                "{routed}"
            );
        }
        for model in ["anthropic.claude-sonnet-5", "anthropic.claude-opus-4-8"] {
            assert!(needs_a_profile(model), "{model}");
        }
        assert!(!needs_a_profile("amazon.nova-2-sonic-v1:0"));
        assert!(!needs_a_profile("anthropic.claude-3-haiku-20240307-v1:0"));
        for other in ["gpt-4.1", "gemini-2.5-flash", "claude-sonnet-4-5", "a b.c"] {
            assert_eq!(BedrockModel::parse(other), None, "{other}");
        }
    }

    #[test]
    fn own_ids_fail_by_region() {
        let own = |model, region| no_own_id(model, region);
        let nova = "amazon.nova-lite-v1:0";
        assert_eq!(own(nova, "us-west-2"), NoOwnId::Here);
        assert_eq!(own(nova, "us-east-1"), NoOwnId::Unknown);
        assert_eq!(
            own("amazon.nova-2-lite-v1:0", "us-east-1"),
            NoOwnId::Everywhere
        );
        assert_eq!(
            own("amazon.nova-2-sonic-v1:0", "us-east-1"),
            NoOwnId::Unknown
        );
        let claude = "anthropic.claude-sonnet-4-6";
        assert_eq!(own(claude, "us-gov-west-1"), NoOwnId::Unknown);
        assert!(NO_OWN_ID.iter().all(|(start, _)| needs_a_profile(start)
            || start.starts_with("amazon.nova-")
            || start.starts_with("writer.palmyra-")));
        let llama = "meta.llama4-scout-17b-instruct-v1:0";
        assert_eq!(profile_of(llama, "ap-southeast-2"), None);
    }
}
