//! What the checks of roles share: going over every role, the evidence for a statement, the fix.

use crate::checks::fixes;
use crate::checks::judge::{Problem, judge};
use crate::context::{Context, Layer, Origin, RoleView};
use crate::model::known::{ReasonCode, Unread};
use crate::model::project::Agent;
use crate::report::{
    Evidence, EvidenceKind, Fix, Outcome, Resource, ResourceType, Severity, Status,
};

/// A finding in a role.
pub(super) struct Finding {
    /// How bad, where it is not as bad as the check says.
    pub(super) severity: Option<Severity>,
    /// One part of the message.
    pub(super) text: String,
    /// Where it was seen.
    pub(super) evidence: Evidence,
}

/// How one check judges one source of a role.
pub(super) struct Judgement<'a> {
    /// What is wrong; empty: nothing.
    pub(super) look: &'a dyn Fn(&RoleView) -> Vec<Finding>,
    /// Whether this source holds what the check is about.
    pub(super) holds: &'a dyn Fn(&RoleView) -> bool,
    /// What a pass says, after the resource.
    pub(super) fine: &'static str,
    /// What a failure says, after the resource and before the findings.
    pub(super) bad: &'static str,
    /// The action that would read it.
    pub(super) action: &'static str,
    /// The check's severity.
    pub(super) severity: Severity,
}

/// One outcome per runtime and harness, and per other role.
pub(super) fn outcomes(context: &Context, judgement: &Judgement<'_>) -> Vec<Outcome> {
    let mut outcomes: Vec<Outcome> = context
        .project
        .agents()
        .map(|agent| of_agent(context, agent, judgement))
        .collect();
    for role in context.other_roles() {
        let layers: Vec<Layer<RoleView>> = role
            .layers
            .into_iter()
            .filter(|layer| (judgement.holds)(&layer.value))
            .collect();
        if layers.is_empty() {
            continue;
        }
        let found_none = layers
            .iter()
            .all(|layer| (judgement.look)(&layer.value).is_empty());
        if found_none && !role.complete {
            // Some statements depend on what the targets are; without template or AWS a pass would be a guess.
            let unread = context.unread("the role's policies were not read", judgement.action);
            outcomes.push(Outcome::skipped(role.resource, unread));
            continue;
        }
        let note = "the CLI has no setting for this role in every case: where its entry takes an executionRoleArn, set one of your own; else narrow it in agentcore/cdk";
        let fix = Fix::new("Narrow the role").note(note);
        outcomes.push(one(context, role.resource, &layers, judgement, &fix, true));
    }
    if outcomes.is_empty() {
        let message = "no runtime or harness is configured";
        outcomes.push(Outcome::not_applicable(context.project.resource(), message));
    }
    outcomes
}

fn of_agent(context: &Context, agent: Agent<'_>, judgement: &Judgement<'_>) -> Outcome {
    let layers: Vec<Layer<RoleView>> = context
        .agent_roles(agent)
        .into_iter()
        .filter(|layer| (judgement.holds)(&layer.value))
        .collect();
    let unreadable = layers
        .iter()
        .flat_map(|layer| layer.value.unread.first())
        .next()
        .cloned();
    // What additionalPolicies adds is not the role: without the rest, finding nothing in it says nothing.
    let whole = layers.iter().any(|layer| layer.origin != Origin::Config);
    let fix = fixes::own_role(context, agent);
    let outcome = one(context, agent.resource(), &layers, judgement, &fix, false);
    if outcome.status != Status::Fail {
        if let Some(reason) = unreadable {
            return Outcome::skipped(agent.resource(), reason);
        }
        if !whole {
            return unread_role(context, agent, judgement);
        }
    }
    outcome
}

/// The role is one's own, or its statements stand where they were not read.
fn unread_role(context: &Context, agent: Agent<'_>, judgement: &Judgement<'_>) -> Outcome {
    let resource = agent.resource();
    match &agent.common().execution_role_arn {
        Some(arn) => {
            let ignored = agent
                .runtime()
                .is_some_and(|runtime| !runtime.additional_policies.is_empty());
            let note = if ignored {
                " (additionalPolicies is ignored for a role that you bring)"
            } else {
                ""
            };
            let reason = context.unread(
                &format!("the role {} was not read{note}", arn.value),
                judgement.action,
            );
            Outcome::skipped(resource, reason).evidence(Evidence::config(&arn.site))
        }
        None if matches!(agent, Agent::Harness(_)) && context.only_predicted() => {
            Outcome::skipped(resource, context.agent_unread(agent))
        }
        None => {
            let reason = Unread::new(
                ReasonCode::Absent,
                "the role was not found in what was read",
            );
            Outcome::skipped(resource, reason)
        }
    }
}

fn one(
    context: &Context,
    resource: Resource,
    layers: &[Layer<RoleView>],
    judgement: &Judgement<'_>,
    fix: &Fix,
    milder: bool,
) -> Outcome {
    let unread = || context.unread("the role was not read", judgement.action);
    // A resource of type role is named by what it is for.
    let named = match resource.kind {
        ResourceType::Role => resource.name.clone(),
        _ => resource.to_string(),
    };
    judge(resource.clone(), layers, unread, |layer| {
        let found = (judgement.look)(&layer.value);
        if found.is_empty() {
            return Ok(format!("{} {named} {}", layer.value.title, judgement.fine));
        }
        let lower = |severity: Severity| if milder { severity.lowered() } else { severity };
        let worst = found
            .iter()
            .map(|finding| finding.severity.unwrap_or(judgement.severity))
            .min();
        let texts: Vec<&str> = found.iter().map(|finding| finding.text.as_str()).collect();
        Err(Problem {
            message: format!(
                "{} {named} {}: {}",
                layer.value.title,
                judgement.bad,
                texts.join("; ")
            ),
            severity: worst.map(lower),
            evidence: found
                .iter()
                .map(|finding| match finding.severity {
                    Some(severity) => finding.evidence.clone().severity(lower(severity)),
                    None => finding.evidence.clone(),
                })
                .collect(),
            fixes: vec![fix.clone()],
        })
    })
}

/// The evidence for a statement of a policy.
pub(super) fn statement(
    role: &RoleView,
    base: &Evidence,
    policy: &str,
    label: &str,
    said: &str,
) -> Evidence {
    let note = match (base.kind, role.note.is_empty()) {
        (EvidenceKind::Predicted, false) => format!("{said} ({})", role.note),
        _ => said.to_owned(),
    };
    base.clone().statement(policy, label).note(note)
}
