//! What the checks of roles share: going over every role, the evidence for a statement, the fix.

use super::added;
use crate::checks::fixes;
use crate::checks::judge::{Problem, judge};
use crate::checks::unconfigured::{Listed, unconfigured};
use crate::context::{Context, Layer, Origin, RoleOwner, RoleView};
use crate::iam::document::{Clause, Statement};
use crate::iam::reach::{Grant, Reach};
use crate::model::finding::{
    Evidence, EvidenceKind, Fix, Outcome, Resource, ResourceType, Severity, Status,
};
use crate::model::known::{ReasonCode, Unread};
use crate::model::project::Agent;
use crate::stack;

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
    /// What is wrong; empty: nothing. The agent is `None` for a role that is no agent's.
    pub(super) look: &'a dyn Fn(&RoleView<'_>, Option<Agent<'_>>) -> Vec<Finding>,
    /// Whether this source holds what the check is about.
    pub(super) holds: &'a dyn Fn(&RoleView<'_>) -> bool,
    /// The role's permissions matter, so that a policy which was not read forbids a pass; else its trust policy does.
    pub(super) permissions: bool,
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
    let others = context.other_roles().into_iter();
    outcomes.extend(others.filter_map(|role| of_other(context, role, judgement)));
    if outcomes.is_empty() {
        let message = "no runtime or harness is configured";
        outcomes.push(unconfigured(context, &[Listed::Agent], message));
    }
    outcomes
}

fn of_other(
    context: &Context,
    mut role: RoleOwner<'_>,
    judgement: &Judgement<'_>,
) -> Option<Outcome> {
    let layers: Vec<Layer<RoleView<'_>>> = std::mem::take(&mut role.layers)
        .into_iter()
        .filter(|layer| (judgement.holds)(&layer.value))
        .collect();
    let found_none = layers
        .iter()
        .all(|layer| (judgement.look)(&layer.value, None).is_empty());
    let unread = role.unread.clone().or_else(|| {
        layers
            .iter()
            .find_map(|layer| unread_part(&layer.value, judgement))
    });
    match unread {
        Some(reason) if found_none => return Some(Outcome::skipped(role.resource, reason)),
        _ if layers.is_empty() => {
            let arn = role.brought.as_ref()?;
            let message = format!("the role {} was not read", arn.value);
            let unread = context.unread(&message, judgement.action);
            return Some(
                Outcome::skipped(role.resource, unread).evidence(Evidence::config(&arn.site)),
            );
        }
        None if found_none && judgement.permissions && !role.complete => {
            // Some statements depend on what the targets are; without template or AWS a pass would be a guess.
            let unread = if role.deployed {
                context.unread("the role's policies were not read", judgement.action)
            } else {
                let message = "the role is not synthesized or deployed yet, and what its targets add to it is not known";
                Unread::new(ReasonCode::Absent, message).command("agentcore deploy --dry-run")
            };
            return Some(Outcome::skipped(role.resource, unread));
        }
        _ => {}
    }
    let fixes = || fixes_of_other(context, &role, judgement);
    Some(one(
        context,
        role.resource.clone(),
        &layers,
        judgement,
        &fixes,
        None,
        role.list.is_none(),
    ))
}

/// The stack edit, where the role passes with it; else who changes it, and where.
fn fixes_of_other(context: &Context, role: &RoleOwner<'_>, judgement: &Judgement<'_>) -> Vec<Fix> {
    let named = &role.resource.name;
    if role.brought.is_some() {
        let note = format!(
            "{named} names this role as its executionRoleArn: change the role where it was made"
        );
        return vec![Fix::new("Narrow the role").note(note)];
    }
    let passes = stack::rules(context)
        .and_then(|rules| context.other_role_under(&role.resource, rules))
        .is_some_and(|layer| (judgement.look)(&layer.value, None).is_empty());
    let edit = stack_fix(context, passes);
    let note = match role.list {
        Some(list) => format!(
            "make a role of your own and name it as executionRoleArn in the entry of {named} in {list}[] of agentcore/agentcore.json, then deploy; the CLI adds nothing to a role that you bring"
        ),
        None if edit.is_none() => format!(
            "agentcore.json has no key for the role of {named}. {}",
            stack::by_hand(context)
        ),
        None => return edit.into_iter().collect(),
    };
    edit.into_iter()
        .chain([Fix::new("Narrow the role").note(note)])
        .collect()
}

/// The title of the stack edit.
const NARROW: &str = "Narrow the roles that the CLI makes, in the project's stack";

/// The edit of the stack with which the role is narrow enough, or the deploy that carries it out.
fn stack_fix(context: &Context, passes: bool) -> Option<Fix> {
    if !passes {
        return None;
    }
    stack::fix(context, NARROW)
        .or_else(|| stack::is_made(context).then(|| fixes::deploy_what_is_configured(context)))
}

pub(super) fn of_agent(context: &Context, agent: Agent<'_>, judgement: &Judgement<'_>) -> Outcome {
    let all = context.agent_roles(agent);
    let unreadable = all
        .iter()
        .find_map(|layer| unread_part(&layer.value, judgement))
        .or_else(|| context.live_role_unread(agent));
    let layers: Vec<Layer<RoleView<'_>>> = all
        .into_iter()
        .filter(|layer| (judgement.holds)(&layer.value))
        .collect();
    // What additionalPolicies adds is not the role: without the rest, finding nothing in it says nothing.
    let whole = layers.iter().any(|layer| layer.origin != Origin::Config);
    let fixes = || {
        let passes = stack::rules(context)
            .and_then(|rules| context.agent_role_under(agent, rules))
            .is_some_and(|layer| (judgement.look)(&layer.value, Some(agent)).is_empty());
        // What the configuration attaches stays whatever is narrowed beside it.
        let added = passes.then(|| added::fix(context, agent, judgement));
        let first = match added.flatten() {
            Some(added) => {
                let edit = stack::fix(context, NARROW);
                fixes::all_of(std::iter::once(added).chain(edit).collect())
            }
            None => stack_fix(context, passes),
        };
        let own = fixes::own_role(context, agent);
        first.into_iter().chain([own]).collect()
    };
    let outcome = one(
        context,
        agent.resource(),
        &layers,
        judgement,
        &fixes,
        Some(agent),
        false,
    );
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

/// What of a role could not be read and bears on the judgement.
fn unread_part(role: &RoleView<'_>, judgement: &Judgement<'_>) -> Option<Unread> {
    if let Some(reason) = role.unread.first() {
        return Some(reason.clone());
    }
    if !judgement.permissions {
        return None;
    }
    let reach = Reach::of(&role.role);
    let (policy, reason) = reach.unread.first()?;
    Some(reason.cloned().unwrap_or_else(|| {
        let message = format!("policy {} was not read", policy.name);
        Unread::new(ReasonCode::Absent, message).action(judgement.action)
    }))
}

/// Why a role of which nothing but the CLI's construct is known cannot be judged; `unknown` is what follows from that.
pub(super) fn unread_prediction(context: &Context, agent: Agent<'_>, unknown: &str) -> Unread {
    match context.deployed_role(agent) {
        Some(role) => context.unread(
            &format!("the role {role} is deployed and was not read, so {unknown}"),
            "iam:GetRolePolicy",
        ),
        None => Unread::new(
            ReasonCode::Absent,
            format!("the role is not synthesized or deployed yet, so {unknown}"),
        )
        .command("agentcore deploy --dry-run"),
    }
}

/// The role is one's own, or its statements stand where they were not read.
fn unread_role(context: &Context, agent: Agent<'_>, judgement: &Judgement<'_>) -> Outcome {
    unread_role_of(context, agent, judgement.action)
}

/// The same; `action` would read it.
pub(super) fn unread_role_of(context: &Context, agent: Agent<'_>, action: &str) -> Outcome {
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
                action,
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
    layers: &[Layer<RoleView<'_>>],
    judgement: &Judgement<'_>,
    fixes: &dyn Fn() -> Vec<Fix>,
    agent: Option<Agent<'_>>,
    keyless: bool,
) -> Outcome {
    let unread = || context.unread("the role was not read", judgement.action);
    // A resource of type role is named by what it is for; it weighs less.
    let named = match resource.kind {
        ResourceType::Role => resource.name.clone(),
        _ => resource.to_string(),
    };
    judge(resource.clone(), layers, unread, |layer| {
        let found = (judgement.look)(&layer.value, agent);
        if found.is_empty() {
            return Ok(format!("{} {named} {}", layer.value.title, judgement.fine));
        }
        let lower = |severity: Severity| match agent {
            Some(_) => severity,
            None if keyless => Severity::Low,
            None => severity.lowered(),
        };
        let worst = found
            .iter()
            .map(|finding| finding.severity.unwrap_or(judgement.severity))
            .min();
        Err(Problem {
            message: format!(
                "{} {named} {}: {}",
                layer.value.title,
                judgement.bad,
                texts(&found).join("; ")
            ),
            severity: worst.map(lower),
            evidence: found
                .iter()
                .map(|finding| match finding.severity {
                    Some(severity) => finding.evidence.clone().severity(lower(severity)),
                    None => finding.evidence.clone(),
                })
                .collect(),
            fixes: fixes(),
        })
    })
}

/// What was found, each once, the worst first.
fn texts(found: &[Finding]) -> Vec<&str> {
    let mut order: Vec<&Finding> = found.iter().collect();
    order.sort_by_key(|finding| finding.severity);
    let mut texts: Vec<&str> = Vec::new();
    for finding in order {
        if !texts.contains(&finding.text.as_str()) {
            texts.push(&finding.text);
        }
    }
    texts
}

/// The evidence for a grant: the statement in a few words, and the Deny statements that take a part of it away.
pub(super) fn grant_evidence(role: &RoleView<'_>, grant: &Grant<'_>) -> Evidence {
    let mut said = shown(grant.statement);
    if let Some(deny) = grant.restricted_by.first() {
        said.push_str(&format!(
            "; statement {} of {} denies a part of it",
            deny.statement, deny.policy
        ));
    }
    statement(role, role.at(Some(grant.policy), grant.statement), said)
}

/// Evidence with what the statement says; for a predicted role with the version that was read.
pub(super) fn statement(role: &RoleView<'_>, evidence: Evidence, said: String) -> Evidence {
    let note = match (evidence.kind, role.note.is_empty()) {
        (EvidenceKind::Predicted, false) => format!("{said} ({})", role.note),
        _ => said,
    };
    evidence.note(note)
}

/// A statement in a few words: its actions and resources.
pub(super) fn shown(statement: &Statement) -> String {
    let cut = |list: &[String]| match list {
        [] => "(none)".to_owned(),
        [one] => one.clone(),
        [one, two] => format!("{one}, {two}"),
        [first, rest @ ..] => format!("{first} and {} more", rest.len()),
    };
    let words = |clause: &Clause| match clause {
        Clause::Only(patterns) => cut(patterns),
        Clause::AllBut(patterns) => format!("all but {}", cut(patterns)),
    };
    let resource = statement.resource.as_ref().map(words).unwrap_or_default();
    let condition = if statement.conditions.is_empty() {
        ""
    } else {
        ", under a condition"
    };
    format!(
        "Allow {} on {resource}{condition}",
        words(&statement.action)
    )
}
