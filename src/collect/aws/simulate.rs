//! IAM's own policy simulator: what a role may do, with what is not read otherwise, such as the organization's policies.
//!
//! <https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html>. It changes nothing, and it does not
//! evaluate service control policies that have conditions, nor the policies of resources that are not given to it.

use std::collections::BTreeMap;

use aws_sdk_iam::types::{
    ContextEntry, ContextKeyTypeEnum, EvaluationResult, PolicyEvaluationDecisionType,
};

use super::fault::Fault;
use super::session::Session;
use crate::model::aws::{Decision, Question, Simulation};
use crate::model::known::Known;

/// Asks for every role, question by question. The first that is refused stands for the role: it is the same for all.
pub async fn simulate(
    session: &Session,
    questions: &BTreeMap<String, Vec<Question>>,
) -> BTreeMap<String, Known<Vec<Simulation>>> {
    let asked = questions.iter().map(|(role, questions)| async move {
        let answers = questions
            .iter()
            .map(|question| ask(session, role, question));
        let mut answered = Vec::new();
        let mut refused = None;
        for answer in futures::future::join_all(answers).await {
            match answer {
                Ok(simulations) => answered.extend(simulations),
                Err(fault) => refused = refused.or(Some(fault)),
            }
        }
        // What was answered counts, whatever became of the rest.
        let known = match refused {
            Some(fault) if answered.is_empty() => {
                Known::Unread(fault.into_unread(&format!("role {role}")))
            }
            _ => Known::Read(answered),
        };
        (role.clone(), known)
    });
    futures::future::join_all(asked).await.into_iter().collect()
}

async fn ask(session: &Session, role: &str, question: &Question) -> Result<Vec<Simulation>, Fault> {
    let keys = question.keys.iter().map(|(key, value)| {
        let kind = match value.as_str() {
            "true" | "false" => ContextKeyTypeEnum::Boolean,
            _ => ContextKeyTypeEnum::String,
        };
        ContextEntry::builder()
            .context_key_name(key)
            .context_key_values(value)
            .context_key_type(kind)
            .build()
    });
    let pages = session
        .clients
        .iam
        .simulate_principal_policy()
        .policy_source_arn(role)
        .set_action_names(Some(question.actions.clone()))
        .resource_arns(&question.resource)
        .set_context_entries(Some(keys.collect()))
        .into_paginator()
        .items()
        .send();
    let results = session
        .call(
            "iam:SimulatePrincipalPolicy",
            pages.collect::<Result<Vec<_>, _>>(),
        )
        .await?;
    Ok(results
        .iter()
        .filter_map(|result| read(result, &question.resource))
        .collect())
}

/// `None` for a decision that this program does not know.
fn read(result: &EvaluationResult, resource: &str) -> Option<Simulation> {
    let decision = match result.eval_decision() {
        PolicyEvaluationDecisionType::Allowed => Decision::Allowed,
        PolicyEvaluationDecisionType::ExplicitDeny => Decision::ExplicitDeny,
        PolicyEvaluationDecisionType::ImplicitDeny => Decision::ImplicitDeny,
        _ => return None,
    };
    Some(Simulation {
        action: result.eval_action_name().to_owned(),
        resource: resource.to_owned(),
        decision,
        by_organization: result
            .organizations_decision_detail()
            .map(|detail| detail.allowed_by_organizations()),
        by_boundary: result
            .permissions_boundary_decision_detail()
            .map(|detail| detail.allowed_by_permissions_boundary()),
        missing_keys: result.missing_context_values().to_vec(),
    })
}
