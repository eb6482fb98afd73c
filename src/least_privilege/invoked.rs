//! Models that the code surely calls: by the id that reaches a call, and the Regions that the id's profile leads to.

use super::code::Code;
use super::models::CALLS;
use super::needs::Need;
use super::values::texts;
use super::{Statements, Subject, direct, regions};
use crate::analysis::agent_code::evidence;
use crate::analysis::names::leaf;
use crate::context::BedrockModel;
use crate::model::finding::Evidence;
use crate::model::project::Agent;
use crate::model::source::ModuleId;
use crate::model::source::ir::{Call, Expr, ExprKind};

/// Regions that every system-defined profile of a geography leads to, whatever the model and the Region of the caller; more may
/// be on the list of a model.
/// <https://docs.aws.amazon.com/bedrock/latest/userguide/inference-profiles-support.html>
const ALWAYS: [(&str, &[&str]); 6] = [
    ("us", &["us-east-1", "us-west-2"]),
    ("eu", &["eu-central-1", "eu-west-1", "eu-west-3"]),
    (
        "apac",
        &["ap-northeast-1", "ap-southeast-1", "ap-southeast-2"],
    ),
    ("jp", &["ap-northeast-1", "ap-northeast-3"]),
    ("au", &["ap-southeast-2", "ap-southeast-4"]),
    ("us-gov", &["us-gov-east-1", "us-gov-west-1"]),
];

/// Names under which a model's id is given to a client, a framework's model or a command.
const KEYWORDS: [&str; 9] = [
    "model",
    "model_id",
    "modelId",
    "modelID",
    "model_name",
    "modelName",
    "llm",
    "inference_profile_arn",
    "base_model_id",
];

/// What takes a model's id as its first argument: `bedrock("…")` of the AI SDK, `init_chat_model("…")`.
const FIRST: [&str; 6] = [
    "init_chat_model",
    "bedrock",
    "amazonBedrock",
    "languageModel",
    "__call__",
    "LiteLlm",
];

/// How a model is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// It answers at once.
    Plain,
    /// It streams its answer.
    Streaming,
    /// One or the other.
    Either,
}

impl Form {
    fn actions(self) -> Vec<String> {
        let [plain, streaming] = CALLS.map(str::to_owned);
        match self {
            Self::Plain => vec![plain],
            Self::Streaming => vec![streaming],
            Self::Either => vec![plain, streaming],
        }
    }
}

/// Adds the needs of the models that the code gives to a call, or the configuration to a harness.
pub(super) fn add<'a>(
    subject: &Subject<'a>,
    code: Option<&Code<'_, 'a>>,
    statements: &mut Statements,
) {
    if let Agent::Harness(harness) = subject.agent {
        if let Some(id) = &harness.model_id
            && let Some(model) = BedrockModel::parse(&id.value)
        {
            let place = Evidence::config(&id.site);
            let call = (Form::Either, true);
            of_model(subject, &model, call, &place, None, statements);
        }
        return;
    }
    let Some(code) = code else { return };
    let mut known = false;
    for (module, expr, call) in code.calls() {
        if code.source().callee(module, expr).is_some() {
            continue;
        }
        let Some(name) = code.source().callee_name(module, expr) else {
            continue;
        };
        let mut given: Vec<&Expr> = KEYWORDS.iter().filter_map(|key| call.option(key)).collect();
        given.extend(direct::named_by_id(name, call));
        if FIRST.contains(&leaf(name)) || direct::takes_first(name) {
            given.extend(call.args.first());
        }
        for value in given {
            known |= of_value(
                subject,
                code,
                (module, value),
                form(name, call),
                expr,
                statements,
            );
        }
        known |= by_default(code, module, expr, call, name, statements);
    }
    if !known && !subject.context.bedrock_models(subject.agent).is_empty() {
        let place = Evidence::config(subject.agent.site());
        let why = "models of Amazon Bedrock are named, and the code does not show which of them is called";
        statements.need(any("a model", place).unsure(Some(why.to_owned())));
    }
}

/// How a framework calls the model that is given to it.
fn form(name: &str, call: &Call) -> Form {
    let streams = |key: &str| {
        let value = call.option(key);
        value.map(|value| !matches!(value.kind, ExprKind::Bool(false)))
    };
    match name {
        // Strands streams unless it is told not to.
        "strands.models.BedrockModel" | "strands.models.bedrock.BedrockModel" | "strands.Agent" => {
            match streams("streaming") {
                Some(false) => Form::Plain,
                None => Form::Streaming,
                Some(true) => Form::Either,
            }
        }
        _ => match leaf(name) {
            "converse" | "invoke_model" | "ConverseCommand" | "InvokeModelCommand" => Form::Plain,
            "converse_stream"
            | "invoke_model_with_response_stream"
            | "ConverseStreamCommand"
            | "InvokeModelWithResponseStreamCommand" => Form::Streaming,
            _ => Form::Either,
        },
    }
}

/// An agent of Strands without a model has the default model of its version, on Amazon Bedrock.
fn by_default<'a>(
    code: &Code<'_, 'a>,
    module: ModuleId,
    expr: &'a Expr,
    call: &'a Call,
    name: &str,
    statements: &mut Statements,
) -> bool {
    let spread = call.keywords.iter().any(|keyword| keyword.name.is_none())
        || call
            .args
            .iter()
            .any(|arg| matches!(arg.kind, ExprKind::Starred(_)));
    let bare = match name {
        "strands.Agent" | "strands.agent.Agent" => {
            call.option("model").is_none() && call.args.is_empty()
        }
        "strands.models.BedrockModel" | "strands.models.bedrock.BedrockModel" => {
            call.option("model_id").is_none() && call.args.is_empty()
        }
        _ => false,
    };
    if !bare || spread {
        return false;
    }
    let why = (!code.surely_runs(module, expr.range)).then(|| NOT_SEEN.to_owned());
    let place = evidence(code.source(), module, expr.range);
    statements.need(any("the default model of Strands Agents", place).unsure(why));
    true
}

/// Why a place that is there may not run.
pub(super) const NOT_SEEN: &str = "nothing is seen to call the function that it stands in";

/// A call of some model.
fn any(by: &str, place: Evidence) -> Need {
    let [plain, streaming] = CALLS;
    Need::new(plain, "*", by, place).or(streaming)
}

fn of_value<'a>(
    subject: &Subject<'a>,
    code: &Code<'_, 'a>,
    (module, value): (ModuleId, &'a Expr),
    form: Form,
    expr: &'a Expr,
    statements: &mut Statements,
) -> bool {
    let found = texts(subject, code, module, value);
    let models: Vec<BedrockModel> = found
        .all
        .iter()
        .filter_map(|id| BedrockModel::parse(id))
        .collect();
    if models.is_empty() || models.len() != found.all.len() {
        return false;
    }
    let why = if !found.complete {
        Some("the id of the model may come from somewhere else".to_owned())
    } else if !code.surely_runs(module, expr.range) {
        Some(NOT_SEEN.to_owned())
    } else {
        None
    };
    let place = evidence(code.source(), module, value.range);
    let name = code.source().callee_name(module, expr).unwrap_or_default();
    let one = if found.all.len() == 1 {
        found.all.first()
    } else {
        None
    };
    let is_direct = one.zip(expr.as_call());
    let is_direct = is_direct.is_some_and(|(id, call)| direct::is_direct(name, call, id));
    let regions = expr
        .as_call()
        .map(|call| regions::of_call(subject, code, module, call));
    for region in regions.into_iter().flatten() {
        let subject = regions::elsewhere(subject, &region);
        for model in &models {
            let call = (form, is_direct);
            of_model(&subject, model, call, &place, why.as_deref(), statements);
        }
    }
    true
}

/// The needs of one model: the profile, and the model in every Region that the profile surely leads to.
pub(super) fn of_model(
    subject: &Subject<'_>,
    model: &BedrockModel,
    (form, is_direct): (Form, bool),
    place: &Evidence,
    unsure: Option<&str>,
    statements: &mut Statements,
) {
    let names = &subject.names;
    let foundation = |region: &str, id: &str| {
        format!(
            "arn:{}:bedrock:{region}::foundation-model/{id}",
            names.partition
        )
    };
    let mut need = |resource: String, by: String, profile: Option<&str>, granted: Vec<String>| {
        let mut need = Need::new("", resource, &by, place.clone())
            .unsure(unsure.map(str::to_owned))
            .granted_on(granted);
        need.actions = form.actions();
        if is_direct && profile.is_none() {
            need.model = Some((model.clone(), names.region.clone()));
        }
        if let Some(profile) = profile {
            need = need.key("bedrock:InferenceProfileArn", profile);
        }
        statements.need(need);
    };
    match model {
        BedrockModel::Foundation(id) => {
            let arn = foundation(&names.region, id);
            need(arn.clone(), format!("model {id}"), None, vec![arn]);
        }
        BedrockModel::Arn(arn) => {
            need(arn.clone(), format!("model {arn}"), None, vec![arn.clone()])
        }
        BedrockModel::Profile(geography, id) => {
            let profile = subject.arn("bedrock", &format!("inference-profile/{geography}.{id}"));
            let by = format!("inference profile {geography}.{id}");
            let mut all = vec![profile.clone(), foundation("*", id)];
            if geography == "global" {
                all.push(foundation("", id));
            }
            need(profile.clone(), by.clone(), None, all.clone());
            let always = ALWAYS.iter().find(|(name, _)| name == geography);
            let mut regions: Vec<&str> = always.map_or(Vec::new(), |(_, regions)| regions.to_vec());
            if geography == "global" {
                regions.push("");
            }
            if !names.region.contains('*')
                && !regions.contains(&names.region.as_str())
                && within(geography, &names.region)
            {
                regions.push(&names.region);
            }
            for region in regions {
                let place = if region.is_empty() {
                    "any Region".to_owned()
                } else {
                    region.to_owned()
                };
                need(
                    foundation(region, id),
                    format!("{by} in {place}"),
                    Some(&profile),
                    all.clone(),
                );
            }
        }
    }
}

/// The Region of the caller is one that the profile leads to.
fn within(geography: &str, region: &str) -> bool {
    match geography {
        "us" => matches!(region, "us-east-1" | "us-east-2" | "us-west-2"),
        "global" => !region.starts_with("us-gov-") && !region.starts_with("cn-"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::ALWAYS;

    #[test]
    fn regions_belong_to_their_geography() {
        for (geography, regions) in ALWAYS {
            let prefix = match geography {
                "apac" | "jp" | "au" => "ap-",
                other => other,
            };
            assert!(
                regions.iter().all(|region| region.starts_with(prefix)),
                "{geography}"
            );
        }
    }
}
