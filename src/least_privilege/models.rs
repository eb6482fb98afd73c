//! Models: a cross-Region profile is authorized on the profile and on its model in every Region that it leads to.
//!
//! <https://docs.aws.amazon.com/bedrock/latest/userguide/inference-profiles-prereq.html>

use std::collections::BTreeSet;

use super::code::Code;
use super::statements::Lack;
use super::{Statements, Subject, regions};
use crate::analysis::agent_code::evidence;
use crate::analysis::clients::entries::option;
use crate::analysis::names::leaf;
use crate::context::{BedrockModel, geography_of, needs_a_profile};
use crate::model::predicted_role::Names;
use crate::model::source::ModuleId;
use crate::model::source::ir::{Call, Expr, ExprKind};

/// What calls a model; Converse is authorized as InvokeModel.
pub(super) const CALLS: [&str; 2] = [
    "bedrock:InvokeModel",
    "bedrock:InvokeModelWithResponseStream",
];

/// The statement for the models that the agent names.
pub(super) fn add<'a>(
    subject: &Subject<'a>,
    code: Option<&Code<'_, 'a>>,
    statements: &mut Statements,
) {
    let models = subject.context.bedrock_models(subject.agent);
    let regions = regions::of_agent(subject, code);
    let mut resources: BTreeSet<String> = BTreeSet::new();
    for model in &models {
        if let BedrockModel::Foundation(model) = model
            && needs_a_profile(model)
        {
            statements.note(by_base_id(subject, model));
        }
        if let BedrockModel::Arn(arn) = model
            && arn.contains("inference-profile/")
        {
            statements.note(format!("{arn}: the models behind a profile of your own are not named in the project; add arn:{}:bedrock:*::foundation-model/MODEL for each (aws bedrock get-inference-profile shows them)", subject.names.partition));
        }
        for region in &regions {
            resources.extend(arns(&regions::elsewhere(subject, region).names, model));
        }
    }
    if regions.contains("*") && !resources.is_empty() {
        statements.note("the Region that the models are called in is not a constant in the code: the policy takes every Region, put the one there that it is");
    }
    if let Some(note) = subscription(&models) {
        statements.note(note);
    }
    let default = code.and_then(default_model);
    if let Some(text) = &default {
        let text = text.clone();
        statements.lack(Lack { model: true, text });
    }
    if resources.is_empty() && default.is_none() {
        let others = subject.context.model_ids(subject.agent);
        statements.note(if others.is_empty() {
            "no model id was found in code or configuration: if the agent calls a model of Amazon Bedrock (a framework's default, say), name it in the code and run this again".to_owned()
        } else {
            format!("no model of Amazon Bedrock is named ({} only): no model call is allowed", others.into_iter().collect::<Vec<_>>().join(", "))
        });
    }
    statements.allow("CallModels", CALLS, resources);
}

/// Classes of Strands that call a default model where none is named, and the option that names it.
const DEFAULTING: [(&str, &str, &str); 3] = [
    ("strands.", "Agent", "model"),
    ("strands.models.", "BedrockModel", "model_id"),
    ("@strands-agents/sdk.", "Agent", "model"),
];

/// Where the code calls a framework's default model: which one it is changes with the framework's releases.
fn default_model(code: &Code<'_, '_>) -> Option<String> {
    let source = code.source();
    let (module, expr, option) = code.calls().find_map(|(module, expr, call)| {
        let name = source.callee_name(module, expr)?;
        let (.., option) = DEFAULTING
            .iter()
            .find(|(package, class, _)| leaf(name) == *class && name.starts_with(package))?;
        (is_left_out(code, module, call, option) && code.surely_runs(module, expr.range))
            .then_some((module, expr, *option))
    })?;
    let place = evidence(source, module, expr.range);
    let place = place
        .site
        .as_ref()
        .map_or_else(String::new, |site| format!("{}: ", site.place()));
    Some(format!(
        "{place}no model is named here, so Strands calls its default on Amazon Bedrock, which changes with its releases, and nothing is allowed on it: name the model ({option}=…) in the code"
    ))
}

/// Whether a call surely does not give an option, by its name or as the first argument.
fn is_left_out<'a>(code: &Code<'_, 'a>, module: ModuleId, call: &'a Call, name: &str) -> bool {
    if let Some(given) = option(code.source(), module, call, name) {
        return matches!(given.expr.kind, ExprKind::None);
    }
    let spread = call.keywords.iter().any(|keyword| keyword.name.is_none());
    let open = |expr: &Expr| match &expr.kind {
        ExprKind::Dict(entries) => entries.iter().any(|entry| entry.key.is_none()),
        _ => true,
    };
    !spread && !call.args.iter().any(open)
}

/// Vendors whose models are sold on AWS Marketplace.
/// <https://docs.aws.amazon.com/bedrock/latest/userguide/model-access-permissions.html>
const SOLD: [&str; 7] = [
    "ai21",
    "anthropic",
    "cohere",
    "luma",
    "stability",
    "twelvelabs",
    "writer",
];

/// Says that the first call of such a model subscribes the account, which needs more than calling it.
fn subscription<'m>(models: impl IntoIterator<Item = &'m BedrockModel>) -> Option<String> {
    let sold = |model: &&BedrockModel| match model {
        BedrockModel::Foundation(id) | BedrockModel::Profile(_, id) => {
            SOLD.contains(&id.split('.').next().unwrap_or_default())
        }
        BedrockModel::Arn(_) => false,
    };
    let model = models.into_iter().find(sold)?;
    let (BedrockModel::Foundation(id) | BedrockModel::Profile(_, id)) = model else {
        return None;
    };
    Some(format!(
        "{id} is sold on AWS Marketplace: the first call in an account subscribes it, for which the caller needs aws-marketplace:ViewSubscriptions and aws-marketplace:Subscribe as well; call it once with an administrator's credentials instead of granting both to the agent"
    ))
}

/// A model that answers with an error under its own id.
fn by_base_id(subject: &Subject<'_>, model: &str) -> String {
    let context = subject.context;
    let code = context.source.runtime(subject.agent.name());
    let named = code.map(|code| context.source.models(&code.reachable));
    let site = named.as_ref().and_then(|named| named.get(model)?.first());
    let place = site.map_or_else(String::new, |site| format!("{}: ", site.place()));
    let geography = geography_of(&subject.names.region);
    format!(
        "{place}{model} is called through an inference profile, such as {geography}.{model}, and answers with an error under its own id"
    )
}

/// The resources that a call of a model is authorized on.
pub(super) fn arns(names: &Names, model: &BedrockModel) -> Vec<String> {
    let Names {
        partition,
        region,
        account,
        ..
    } = names;
    let foundation = |region: &str, model: &str| {
        format!("arn:{partition}:bedrock:{region}::foundation-model/{model}")
    };
    match model {
        BedrockModel::Arn(arn) => vec![arn.clone()],
        BedrockModel::Foundation(model) => vec![foundation(region, model)],
        BedrockModel::Profile(geography, model) => {
            let mut resources = vec![
                format!(
                    "arn:{partition}:bedrock:{region}:{account}:inference-profile/{geography}.{model}"
                ),
                foundation("*", model),
            ];
            if geography == "global" {
                // A global profile's requests are authorized on an ARN without a Region, too.
                resources.push(foundation("", model));
            }
            resources
        }
    }
}
