//! Models: a cross-Region profile is authorized on the profile and on its model in every Region that it leads to.
//!
//! <https://docs.aws.amazon.com/bedrock/latest/userguide/inference-profiles-prereq.html>

use std::collections::BTreeSet;

use super::code::Code;
use super::{Statements, Subject, regions};
use crate::context::{BedrockModel, geography_of, needs_a_profile};
use crate::model::predicted_role::Names;

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
    if resources.is_empty() {
        let others = subject.context.model_ids(subject.agent);
        statements.note(if others.is_empty() {
            "no model id was found in code or configuration: if the agent calls a model of Amazon Bedrock (a framework's default, say), name it in the code and run this again".to_owned()
        } else {
            format!("no model of Amazon Bedrock is named ({} only): no model call is allowed", others.into_iter().collect::<Vec<_>>().join(", "))
        });
    }
    statements.allow("CallModels", CALLS, resources);
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
