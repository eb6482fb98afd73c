//! `iam-policy-valid`: The project's own policies say what they mean.

use std::collections::BTreeSet;

use crate::checks::unconfigured::{Listed, unconfigured};
use crate::checks::{Category, Check, Need};
use crate::context::{Context, Layer, Origin, Place, RoleView};
use crate::iam::document::{Document, Effect};
use crate::iam::lint::{Weight, lint};
use crate::iam::reach::Reach;
use crate::iam::role::NamedPolicy;
use crate::iam::written::FlawKind;
use crate::least_privilege::{INLINE_LIMIT, size};
use crate::model::finding::{Evidence, Fix, Outcome, Resource, ResourceType, Severity};
use crate::model::known::Unread;
use crate::model::regions::REGIONS;

pub(super) static CHECK: Check = Check {
    id: "iam-policy-valid",
    title: "The project's own policies say what they mean",
    category: Category::Iam,
    severity: Severity::Medium,
    needs: &[Need::Config, Need::Template, Need::Aws],
    page: include_str!("iam_policy_valid.md"),
    references: &[
        "https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html",
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html",
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html",
    ],
    run,
};

/// Most characters of a managed policy, white space left out.
const MANAGED_LIMIT: usize = 6_144;

fn run(context: &Context) -> Vec<Outcome> {
    let mut outcomes = Vec::new();
    for agent in context.project.agents() {
        let brought = agent.common().execution_role_arn.as_ref();
        let layers = context.agent_roles(agent);
        let unread = context.live_role_unread(agent).or_else(|| {
            let arn = brought.filter(|_| layers.is_empty())?;
            Some(context.unread(
                &format!("the role {} was not read", arn.value),
                "iam:GetRolePolicy",
            ))
        });
        outcomes.extend(judge(
            context,
            agent.resource(),
            &layers,
            brought.is_some(),
            unread,
        ));
    }
    // The construct alone writes the roles that it makes for gateways, memories and evaluations.
    let brought = context.other_roles().into_iter();
    for role in brought.filter(|role| role.brought.is_some()) {
        outcomes.extend(judge(
            context,
            role.resource,
            &role.layers,
            true,
            role.unread,
        ));
    }
    if outcomes.is_empty() {
        outcomes.push(if context.project.agents().next().is_some() {
            let message = "the project has no IAM policies of its own: the roles are those that the CLI makes";
            Outcome::not_applicable(context.project.resource(), message)
        } else {
            unconfigured(context, &[Listed::Agent], "no runtime or harness is configured")
        });
    }
    outcomes
}

/// The partition of the account, as AWS says it or as the target's Region tells.
fn partition(context: &Context) -> Option<&str> {
    let state = context.aws.read();
    if let Some(partition) = state.and_then(|state| state.partition.as_deref()) {
        return Some(partition);
    }
    let region = context.target.as_ref()?.region.as_deref()?;
    REGIONS
        .contains(&region)
        .then(|| crate::context::partition(region))
}

/// A fault, and where it stands.
struct Found {
    severity: Severity,
    text: String,
    evidence: Evidence,
}

/// `None` for a role of which only what the construct writes is known.
fn judge(
    context: &Context,
    resource: Resource,
    layers: &[Layer<RoleView<'_>>],
    brought: bool,
    mut unread: Option<Unread>,
) -> Option<Outcome> {
    let construct = context.construct_statements();
    let partition = partition(context);
    let (mut found, mut looked) = (Vec::new(), 0);
    for layer in layers
        .iter()
        .filter(|layer| layer.origin != Origin::Predicted)
    {
        let role = &layer.value;
        let own = |policy: &&NamedPolicy| !policy.is_aws_managed();
        for policy in role.role.policies.iter().filter(own) {
            match policy.document.known() {
                Ok(Some(document)) => {
                    let skip = if brought || layer.origin == Origin::Config {
                        None
                    } else {
                        Some(construct)
                    };
                    looked += of_policy(role, policy, document, (skip, partition), &mut found);
                }
                Ok(None) => {}
                Err(reason) => unread = unread.or(Some(reason)),
            }
        }
        unread = unread.or_else(|| role.unread.first().cloned());
        found.extend(role.flaws.iter().map(|(flaw, at)| Found {
            severity: match flaw.kind {
                FlawKind::Refused | FlawKind::Widened => Severity::High,
                FlawKind::Changed => Severity::Medium,
            },
            text: match flaw.kind {
                FlawKind::Refused => format!("{}: the deploy fails", flaw.text),
                _ => flaw.text.clone(),
            },
            evidence: at.clone(),
        }));
        emptied(role, &mut found);
        if matches!(role.place, Place::Live { .. }) {
            sizes(role, &mut found);
        }
    }
    if !found.is_empty() {
        return Some(failure(resource, found));
    }
    if let Some(reason) = unread {
        return Some(Outcome::skipped(resource, reason));
    }
    let named = named(&resource);
    (looked > 0).then(|| {
        let message = format!("{looked} statement{} of the policies of {named}: every name exists and every one can match", if looked == 1 { "" } else { "s" });
        Outcome::pass(resource, message)
    })
}

fn named(resource: &Resource) -> String {
    match resource.kind {
        ResourceType::Role => resource.name.clone(),
        _ => resource.to_string(),
    }
}

fn failure(resource: Resource, mut found: Vec<Found>) -> Outcome {
    found.sort_by_key(|one| one.severity);
    let mut texts: Vec<&str> = Vec::new();
    for one in &found {
        if !texts.contains(&one.text.as_str()) {
            texts.push(&one.text);
        }
    }
    let message = format!("the policies of {}: {}", named(&resource), texts.join("; "));
    let worst = found.iter().map(|one| one.severity).min();
    let evidence = found.iter().map(|one| {
        one.evidence
            .clone()
            .note(one.text.clone())
            .severity(one.severity)
    });
    let mut outcome = Outcome::fail(resource, message).evidences(evidence.collect::<Vec<_>>());
    outcome.severity = worst;
    outcome.fix(Fix::new("Correct the statement").note(
        "write the name as the Service Authorization Reference spells it, and give actions without resource types a statement of their own with \"Resource\": \"*\"",
    ))
}

/// The number of statements that were looked at.
fn of_policy(
    role: &RoleView<'_>,
    policy: &NamedPolicy,
    document: &Document,
    (construct, partition): (Option<&BTreeSet<Vec<String>>>, Option<&str>),
    found: &mut Vec<Found>,
) -> usize {
    let made = |index: usize| {
        let statement = document.statements.get(index);
        statement
            .zip(construct)
            .is_some_and(|(statement, construct)| {
                let mut actions = statement.action.patterns().to_vec();
                actions.sort();
                construct.contains(&actions)
            })
    };
    for fault in lint(document, partition) {
        let Some(statement) = document
            .statements
            .get(fault.statement)
            .filter(|_| !made(fault.statement))
        else {
            continue;
        };
        found.push(Found {
            severity: match (fault.weight, statement.effect) {
                // A Deny that denies nothing leaves open what somebody wanted closed.
                (Weight::Refused, _) | (Weight::Breaks, Effect::Deny) => Severity::High,
                _ => Severity::Medium,
            },
            text: fault.text,
            evidence: role.at(Some(policy), statement),
        });
    }
    (0..document.statements.len())
        .filter(|index| !made(*index))
        .count()
}

/// Allow statements of which a Deny or the boundary leaves nothing.
fn emptied(role: &RoleView<'_>, found: &mut Vec<Found>) {
    let reach = Reach::of(&role.role);
    if !reach.is_complete() {
        return;
    }
    for policy in role
        .role
        .policies
        .iter()
        .filter(|policy| !policy.is_aws_managed())
    {
        let Some(document) = policy.document.read() else {
            continue;
        };
        for statement in &document.statements {
            let left = reach
                .grants
                .iter()
                .any(|grant| std::ptr::eq(grant.statement, statement));
            if statement.effect == Effect::Allow && !left {
                found.push(Found {
                    severity: Severity::Medium,
                    text: format!("statement {} of {} allows nothing: a Deny or the permissions boundary takes all of it away", statement.label, policy.name),
                    evidence: role.at(Some(policy), statement),
                });
            }
        }
    }
}

fn sizes(role: &RoleView<'_>, found: &mut Vec<Found>) {
    let mut inline = 0;
    for policy in &role.role.policies {
        let Some(document) = policy.document.read() else {
            continue;
        };
        let size = size(&document.to_value());
        if !policy.managed {
            inline += size;
        } else if size > MANAGED_LIMIT && !policy.is_aws_managed() {
            found.push(Found {
                severity: Severity::Medium,
                text: format!(
                    "policy {} has {size} characters, and IAM takes {MANAGED_LIMIT}",
                    policy.name
                ),
                evidence: role.policy(policy),
            });
        }
    }
    if inline > INLINE_LIMIT
        && let Some(policy) = role.role.policies.iter().find(|policy| !policy.managed)
    {
        found.push(Found {
            severity: Severity::Medium,
            text: format!(
                "the inline policies have {inline} characters, and IAM takes {INLINE_LIMIT}"
            ),
            evidence: role.policy(policy),
        });
    }
}
