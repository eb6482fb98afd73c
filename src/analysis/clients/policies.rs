//! Retry policies that SDK clients of AgentCore and Bedrock are given.

use super::entries::{entries, option};
use super::places::Places;
use super::{Via, modules, retries};
use crate::analysis::names::{Meaning, leaf};
use crate::analysis::values::At;
use crate::model::source::ir::Call;
use crate::model::source::{Expr, ExprKind, Language, Module, ModuleId, Source};

/// Keywords under which clients and frameworks take a botocore configuration.
const CONFIGS: [&str; 6] = [
    "config",
    "boto_client_config",
    "client_config",
    "botocore_config",
    "boto_config",
    "boto3_config",
];
/// Clients of other vendors' SDKs and frameworks that call Bedrock, by the last part of their name.
const BEDROCK_CLASSES: [&str; 9] = [
    "AnthropicBedrock",
    "AsyncAnthropicBedrock",
    "AnthropicBedrockMantle",
    "ChatBedrock",
    "ChatBedrockConverse",
    "BedrockChat",
    "BedrockLLM",
    "BedrockEmbeddings",
    "ChatAnthropicBedrock",
];

/// What turns the retries of a client off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Policy {
    /// botocore's `max_attempts`, which counts repetitions, is 0.
    NoRepetition,
    /// botocore's `total_max_attempts` is 1.
    OneAttempt,
    /// botocore's mode is `legacy`.
    Legacy,
    /// `maxAttempts` of the SDK for JavaScript is 1.
    OneAttemptOfJavaScript,
    /// The strategy that a client of the SDK for JavaScript is given allows one attempt.
    OneAttemptOfStrategy,
    /// The retries of another vendor's client, or of a framework, are 0.
    NoRetries,
}

/// A policy, and the value that sets it.
type Set<'a> = (Policy, At<'a>);

/// The policies that turn the retries of clients of AgentCore or Bedrock off, anywhere in the repository, in the order of modules and
/// text.
pub(crate) fn turned_off(source: &Source) -> Vec<Set<'_>> {
    let mut found: Vec<Set<'_>> = Vec::new();
    for module in modules(source)
        .into_iter()
        .filter_map(|id| source.module(id))
    {
        for (_, expr) in module.calls() {
            let Some(call) = expr.as_call() else {
                continue;
            };
            found.extend(botocore(source, module, expr, call));
            found.extend(javascript(source, module, expr, call));
            found.extend(framework(source, module, expr, call));
        }
    }
    found.sort_by_key(|(_, at)| (at.module, at.expr.range));
    found.dedup_by_key(|(_, at)| (at.module, at.expr.range));
    if !found.is_empty() {
        let repeats = Repeats::of(source);
        found.retain(|(_, at)| !repeats.all_of(at.module));
    }
    found
}

/// Which calls the code repeats itself.
struct Repeats<'a> {
    source: &'a Source,
    places: Places<'a>,
    calls: Vec<super::Call<'a>>,
}

impl<'a> Repeats<'a> {
    fn of(source: &'a Source) -> Self {
        let mut calls = super::find(source);
        calls.retain(|call| call.via == Via::Sdk);
        Self {
            source,
            places: Places::new(source),
            calls,
        }
    }

    /// Whether a module calls AgentCore or a model through an SDK, and each of these calls stands in a loop or a wrapper that tries again.
    fn all_of(&self, module: ModuleId) -> bool {
        let Some(place) = self.source.module(module) else {
            return false;
        };
        let runtimes = self.calls.iter().filter(|call| call.module.id == module);
        let runtimes = runtimes.map(|call| (call.function, call.expr));
        let models = place.calls().filter(|(_, expr)| {
            let name = self.source.callee_name(module, expr).unwrap_or_default();
            name.starts_with("boto") && MODEL_CALLS.contains(&leaf(name))
        });
        let mut all = runtimes.chain(models).peekable();
        all.peek().is_some()
            && all.all(|call| retries::repeats(self.source, &self.places, place, call))
    }
}

/// Methods of a client of Amazon Bedrock that call a model.
const MODEL_CALLS: [&str; 4] = [
    "converse",
    "converse_stream",
    "invoke_model",
    "invoke_model_with_response_stream",
];

/// `boto3.client("bedrock-runtime", config=Config(retries={…}))` and what takes such a configuration for Bedrock.
fn botocore<'a>(
    source: &'a Source,
    module: &'a Module,
    expr: &'a Expr,
    call: &'a Call,
) -> Option<Set<'a>> {
    if module.language != Language::Python || call.keywords.is_empty() {
        return None;
    }
    let config = CONFIGS
        .iter()
        .find_map(|name| option(source, module.id, call, name))?;
    let made = source.type_of(config.module, config.expr)?;
    if !matches!(leaf(&made.type_name), "Config" | "AioConfig") {
        return None;
    }
    let name = source.callee_name(module.id, expr).unwrap_or_default();
    if !of_service(source, module, call, name) {
        return None;
    }
    let retries = made.call?.option("retries")?;
    policy(source, At::new(made.module, retries))
}

/// Whether the call makes a client of AgentCore or Bedrock. A service that cannot be told is none.
fn of_service(source: &Source, module: &Module, call: &Call, name: &str) -> bool {
    let last = leaf(name);
    if matches!(last, "client" | "create_client" | "resource") {
        let service = call
            .args
            .first()
            .or_else(|| call.option("service_name"))
            .map(|service| source.strings(module.id, service))
            .unwrap_or_default();
        return service.iter().any(|service| service.starts_with("bedrock"));
    }
    last.contains("Bedrock") || BEDROCK_CLASSES.contains(&last)
}

/// What a `retries=` mapping turns off.
fn policy<'a>(source: &'a Source, retries: At<'a>) -> Option<Set<'a>> {
    let found = entries(source, retries);
    let number = |at: &At<'a>| number(source, at.module, at.expr);
    for (key, value) in found {
        let policy = match key.as_str() {
            "max_attempts" if number(&value) == Some(0.0) => Policy::NoRepetition,
            "total_max_attempts" if number(&value).is_some_and(|count| count <= 1.0) => {
                Policy::OneAttempt
            }
            "mode" if source.string(value.module, value.expr).as_deref() == Some("legacy") => {
                Policy::Legacy
            }
            _ => continue,
        };
        return Some((policy, value));
    }
    None
}

/// The number that an expression holds.
fn number(source: &Source, module: ModuleId, expr: &Expr) -> Option<f64> {
    expr.as_number()
        .or_else(|| match source.meaning(module, expr) {
            Meaning::Value(_, value) => value.as_number(),
            _ => None,
        })
}

/// `new BedrockAgentCoreClient({ maxAttempts: 1 })`.
fn javascript<'a>(
    source: &'a Source,
    module: &'a Module,
    expr: &'a Expr,
    call: &'a Call,
) -> Option<Set<'a>> {
    if !call.is_new {
        return None;
    }
    let name = source.callee_name(module.id, expr)?;
    let client = name.contains("client-bedrock")
        || matches!(
            leaf(name),
            "BedrockAgentCoreClient"
                | "BedrockAgentCore"
                | "BedrockRuntimeClient"
                | "BedrockRuntime"
        );
    if !client || leaf(name).ends_with("Command") {
        return None;
    }
    if let Some(attempts) = option(source, module.id, call, "maxAttempts")
        && number(source, attempts.module, attempts.expr).is_some_and(|count| count <= 1.0)
    {
        return Some((Policy::OneAttemptOfJavaScript, attempts));
    }
    let strategy = option(source, module.id, call, "retryStrategy")?;
    let made = source.type_of(strategy.module, strategy.expr)?;
    if !made.type_name.ends_with("RetryStrategy") {
        return None;
    }
    let first = made.call?.args.first()?;
    number(source, made.module, first)
        .is_some_and(|count| count <= 1.0)
        .then_some((Policy::OneAttemptOfStrategy, strategy))
}

/// `AnthropicBedrock(max_retries=0)`, `generateText({ model: bedrock(…), maxRetries: 0 })`.
fn framework<'a>(
    source: &'a Source,
    module: &'a Module,
    expr: &'a Expr,
    call: &'a Call,
) -> Option<Set<'a>> {
    let written = call.callee.last_name()?;
    let name = source.callee_name(module.id, expr)?;
    let bedrock = BEDROCK_CLASSES.contains(&leaf(name));
    if !bedrock
        && !matches!(
            leaf(name),
            "generateText" | "streamText" | "generateObject" | "streamObject"
        )
        && !BEDROCK_CLASSES.contains(&&**written)
    {
        return None;
    }
    let retries = option(source, module.id, call, "max_retries")
        .or_else(|| option(source, module.id, call, "maxRetries"))?;
    if number(source, retries.module, retries.expr) != Some(0.0) {
        return None;
    }
    let vercel = matches!(
        name,
        "ai.generateText" | "ai.streamText" | "ai.generateObject" | "ai.streamObject"
    ) && option(source, module.id, call, "model").is_some_and(|model| {
        let made = source.type_of(model.module, model.expr);
        made.is_some_and(|made| made.type_name.contains("bedrock"))
            || matches!(&model.expr.kind, ExprKind::Call(inner)
                if source.canonical(model.module, &inner.callee).is_some_and(|name| name.contains("amazon-bedrock")))
    });
    (bedrock || vercel).then_some((Policy::NoRetries, retries))
}
