//! Model calls that a role allows: on which models.

use std::collections::BTreeSet;

use super::roles::{Finding, grant_evidence};
use crate::context::{BedrockModel, RoleView};
use crate::iam::arn::{Arn, Breadth, breadth};
use crate::iam::comparison::Comparison;
use crate::iam::glob::Pattern;
use crate::iam::reach::{ActionGrant, Grant, Reach};
use crate::model::finding::Severity;

/// Actions that call a model. The service authorizes Converse as InvokeModel; policies name it all the same.
const CALLS: [&str; 5] = [
    "bedrock:InvokeModel",
    "bedrock:InvokeModelWithResponseStream",
    "bedrock:InvokeModelWithBidirectionalStream",
    "bedrock:Converse",
    "bedrock:ConverseStream",
];

/// Resource types of which one is called as a model.
const KINDS: [&str; 10] = [
    "foundation-model",
    "inference-profile",
    "application-inference-profile",
    "custom-model",
    "custom-model-deployment",
    "provisioned-model",
    "imported-model",
    "marketplace/model-endpoint",
    "default-prompt-router",
    "prompt-router",
];

/// True where the role may call a model.
pub(super) fn called(role: &RoleView<'_>) -> bool {
    let reach = Reach::of(&role.role);
    CALLS
        .iter()
        .any(|action| !reach.of_action(action).is_empty())
}

/// Grants of model calls that are not bound to models that are used; `used` is `None` where nobody knows what should be.
pub(super) fn look(role: &RoleView<'_>, used: Option<&BTreeSet<BedrockModel>>) -> Vec<Finding> {
    let reach = Reach::of(&role.role);
    let mut seen: Vec<(&Grant<'_>, BTreeSet<String>)> = Vec::new();
    for action in CALLS {
        for ActionGrant {
            grant, resources, ..
        } in reach.of_action(action)
        {
            match seen
                .iter_mut()
                .find(|(other, _)| std::ptr::eq(*other, grant))
            {
                Some((_, known)) => known.extend(resources),
                None => seen.push((grant, resources.into_iter().collect())),
            }
        }
    }
    let mut found = Vec::new();
    for (grant, resources) in seen {
        let texts = judge(grant, &resources, used);
        if let Some(severity) = texts.iter().map(|(severity, _)| *severity).min() {
            let texts: Vec<String> = texts.into_iter().map(|(_, text)| text).collect();
            found.push(Finding {
                severity: Some(severity),
                text: texts.join(" and "),
                evidence: grant_evidence(role, grant),
            });
        }
    }
    found
}

fn judge(
    grant: &Grant<'_>,
    resources: &BTreeSet<String>,
    used: Option<&BTreeSet<BedrockModel>>,
) -> Vec<(Severity, String)> {
    if through_a_profile(grant) {
        return Vec::new();
    }
    let all = resources.iter();
    let widest = all.clone().map(|resource| breadth(resource)).max();
    if widest == Some(Breadth::Everything) {
        return vec![(Severity::High, "model calls on every resource".to_owned())];
    }
    let wild: Vec<&str> = all
        .clone()
        .filter(|resource| is_wild(resource))
        .map(String::as_str)
        .collect();
    let mut texts = Vec::new();
    if !wild.is_empty() {
        let text = match widest {
            Some(Breadth::Service) => format!("model calls on {}", wild.join(", ")),
            _ => format!("any model that matches {}", wild.join(", ")),
        };
        texts.push((Severity::High, text));
    }
    let Some(used) = used.filter(|used| !used.is_empty()) else {
        return texts;
    };
    let unused: Vec<&str> = all
        .filter(|resource| !is_wild(resource) && unused(resource, used))
        .map(String::as_str)
        .collect();
    if !unused.is_empty() {
        let text = format!(
            "models that neither code nor configuration names: {}",
            unused.join(", ")
        );
        texts.push((Severity::Low, text));
    }
    texts
}

/// The Region may be a wildcard where a cross-Region profile needs it; the model may not.
fn is_wild(resource: &str) -> bool {
    let part = Arn::parse(resource).map_or(resource, |arn| arn.resource);
    Pattern::resource(part).has_wildcard()
}

/// A condition that lets a model be called through named inference profiles only names the models.
/// <https://docs.aws.amazon.com/bedrock/latest/userguide/inference-profiles-prereq.html>
fn through_a_profile(grant: &Grant<'_>) -> bool {
    grant.conditions.iter().any(|condition| {
        let operator = &condition.operator;
        let compares = matches!(
            operator.comparison,
            Some(Comparison::StringEquals | Comparison::StringLike | Comparison::Arn)
        );
        condition.is_on("bedrock:InferenceProfileArn")
            && compares
            && !operator.negated
            && !operator.if_exists
            && !condition.values.is_empty()
            && condition.values.iter().all(|value| !is_wild(value))
    })
}

/// True for a model by name that the agent does not name. What an application's profile or a router stands for only AWS knows.
fn unused(resource: &str, used: &BTreeSet<BedrockModel>) -> bool {
    let Some(arn) = Arn::parse(resource) else {
        return false;
    };
    let Some((kind, id)) = arn.resource.split_once('/') else {
        return false;
    };
    // What an ARN in the code stands for may be any of the models.
    let opaque = used.iter().any(|model| model.model().is_none());
    if !KINDS.contains(&kind) || opaque || id.contains("${") {
        return false;
    }
    match kind {
        "foundation-model" => used.iter().all(|model| model.model() != Some(id)),
        "inference-profile" => used.iter().all(|model| match model {
            BedrockModel::Profile(geography, model) => format!("{geography}.{model}") != id,
            _ => true,
        }),
        _ => false,
    }
}
