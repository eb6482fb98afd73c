//! Which calls send the id of a model to Amazon Bedrock as it stands, on demand.

use crate::analysis::names::{leaf, package};
use crate::model::source::ir::{Call, Expr};

/// What calls Amazon Bedrock with the id that it is given, whatever package has it.
const ALWAYS: [&str; 18] = [
    "BedrockModel",
    "ChatBedrock",
    "ChatBedrockConverse",
    "BedrockConverseModel",
    "BedrockConverse",
    "BedrockChatCompletion",
    "AmazonBedrockModel",
    "AmazonBedrockChatGenerator",
    "AmazonBedrockGenerator",
    "AwsBedrock",
    "converse",
    "converse_stream",
    "invoke_model",
    "invoke_model_with_response_stream",
    "ConverseCommand",
    "ConverseStreamCommand",
    "InvokeModelCommand",
    "InvokeModelWithResponseStreamCommand",
];

/// Calls whose first parameter is the id of a model: their package, their names, and the prefixes of ids that they send to Amazon
/// Bedrock.
type Form = (
    &'static str,
    &'static [&'static str],
    &'static [&'static str],
);

const LITELLM: &[&str] = &["bedrock/"];
const LANGCHAIN: &[&str] = &["bedrock_converse:", "bedrock:"];

/// As of strands-agents 1.62, pydantic-ai 2.68, langchain 1.5, crewai 1.15, openai-agents 0.24, google-adk 2.13 and smolagents 1.26.
const FORMS: [Form; 15] = [
    // A text is the id of a BedrockModel.
    ("strands", &["Agent"], &[""]),
    ("@strands-agents/sdk", &["Agent"], &[""]),
    ("pydantic_ai", &["Agent"], &["bedrock:"]),
    ("langchain", &["init_chat_model", "create_agent"], LANGCHAIN),
    ("langgraph", &["create_react_agent"], LANGCHAIN),
    ("deepagents", &["create_deep_agent"], LANGCHAIN),
    ("litellm", &["completion", "acompletion"], LITELLM),
    ("crewai", &["LLM"], LITELLM),
    ("google", &["LiteLlm"], LITELLM),
    ("agents", &["LitellmModel"], LITELLM),
    ("smolagents", &["LiteLLMModel"], LITELLM),
    ("dspy", &["LM"], LITELLM),
    ("langchain_litellm", &["ChatLiteLLM"], LITELLM),
    ("strands", &["LiteLLMModel"], LITELLM),
    ("@ai-sdk/amazon-bedrock", &["bedrock", "__call__"], &[""]),
];

fn forms(name: &str) -> impl Iterator<Item = &'static Form> {
    let (of, last) = (package(name), leaf(name));
    let is_it = move |(package, names, _): &&Form| *package == of && names.contains(&last);
    FORMS.iter().filter(is_it)
}

/// Whether the first parameter of a call is the id of a model.
pub(super) fn takes_first(name: &str) -> bool {
    forms(name).next().is_some() || ALWAYS.contains(&leaf(name)) && is_class(name)
}

/// Agno's models of Amazon Bedrock, which call the id of a model `id`.
const AGNO: &str = "agno.models.aws.";

/// The id of a model of Agno.
pub(super) fn named_by_id<'c>(name: &str, call: &'c Call) -> Option<&'c Expr> {
    call.option("id").filter(|_| name.starts_with(AGNO))
}

/// Whether a name is of a class: commands and methods of clients take no id first.
fn is_class(name: &str) -> bool {
    let last = leaf(name);
    last.starts_with(|first: char| first.is_ascii_uppercase()) && !last.ends_with("Command")
}

/// Whether a call surely asks Amazon Bedrock for the model with an id, as it stands.
pub(super) fn is_direct(name: &str, call: &Call, id: &str) -> bool {
    if ALWAYS.contains(&leaf(name)) || names_the_provider(name, call) || name.starts_with(AGNO) {
        return true;
    }
    let sends = |(_, _, prefixes): &Form| prefixes.iter().any(|prefix| id.starts_with(prefix));
    forms(name).any(sends)
}

/// `init_chat_model("…", model_provider="bedrock_converse")`
fn names_the_provider(name: &str, call: &Call) -> bool {
    let named = call.option("model_provider");
    let named = named.and_then(Expr::as_str);
    leaf(name) == "init_chat_model" && matches!(named, Some("bedrock" | "bedrock_converse"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_class_takes_its_id_first_and_a_command_does_not() {
        assert!(takes_first("strands.Agent"));
        assert!(takes_first(
            "llama_index.llms.bedrock_converse.BedrockConverse"
        ));
        assert!(!takes_first("boto3.client.converse"));
        assert!(!takes_first(
            "@aws-sdk/client-bedrock-runtime.ConverseCommand"
        ));
        assert!(!takes_first("crewai.Agent"));
    }
}
