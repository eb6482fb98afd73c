//! The statement that is missing, and how the role gets it.

use serde_json::Value;

use super::answer::{Answer, Held};
use crate::checks::fixes;
use crate::context::{Context, Place, RoleView};
use crate::least_privilege::{apply, policy_for};
use crate::model::finding::Fix;
use crate::model::project::{Agent, Gateway};

/// What a statement that allows can repair; the rest is denied whatever allows it.
fn addable<'h, 'n>(missing: &[&'h Held<'n>]) -> Vec<&'h Held<'n>> {
    let helps = |held: &&&Held<'_>| match &held.answer {
        Answer::Denied(denial) => {
            denial.by.is_empty() && denial.bounded.is_none() && !denial.is_closed()
        }
        _ => false,
    };
    missing.iter().filter(helps).copied().collect()
}

/// What has to change where adding a statement is not enough.
fn in_the_way(missing: &[&Held<'_>]) -> Option<Fix> {
    let mut texts: Vec<String> = Vec::new();
    for held in missing {
        let Answer::Denied(denial) = &held.answer else {
            continue;
        };
        if denial.by_organization() {
            let text = format!(
                "a service control policy of the organization has to allow {}: ask who manages the organization",
                held.need.actions.join(" or ")
            );
            if !texts.contains(&text) {
                texts.push(text);
            }
        }
        let text = match (denial.by.first(), &denial.bounded) {
            (Some(at), _) => format!(
                "statement {} of policy {} denies it whatever else allows it: take {} out of it",
                at.statement,
                at.policy,
                held.need.actions.join(" and ")
            ),
            (None, Some(boundary)) => format!(
                "the permissions boundary {boundary} has to allow {} as well",
                held.need.actions.join(" or ")
            ),
            (None, None) if denial.is_closed() && !denial.by_organization() => format!(
                "a statement of the role denies {} whatever else allows it",
                held.need.actions.join(" and ")
            ),
            (None, None) => continue,
        };
        if !texts.contains(&text) {
            texts.push(text);
        }
    }
    (!texts.is_empty()).then(|| Fix::new("Change what denies it").note(texts.join("; ")))
}

fn document(missing: &[&Held<'_>]) -> Value {
    policy_for(missing.iter().map(|held| held.need))
}

/// Says what of the statement is to be narrowed by hand.
fn note(document: &Value) -> String {
    let wide = document.to_string().contains("*");
    let mut note =
        "a resource's own policy or a service control policy may still decide otherwise".to_owned();
    if wide {
        note = format!(
            "the code does not show every resource: put the real ARNs where the statement has a wildcard; {note}"
        );
    }
    note
}

/// Alternatives, best first.
pub(super) fn of_agent(
    context: &Context,
    agent: Agent<'_>,
    role: &RoleView<'_>,
    missing: &[&Held<'_>],
) -> Vec<Fix> {
    let mut fixes: Vec<Fix> = Vec::new();
    let add = addable(missing);
    if !add.is_empty() {
        let document = document(&add);
        let live = match &role.place {
            Place::Live { arn } => Some(role_name(arn)),
            _ => None,
        };
        let title = "Allow it in a policy of its own";
        fixes.push(
            match (apply::add_policy(context, agent, live, &document), agent) {
                (Ok(commands), _) => Fix::new(title).commands(commands).note(note(&document)),
                (Err(_), Agent::Harness(_)) => fixes::own_role(context, agent),
                (Err(why), _) => Fix::new(title).note(why),
            },
        );
    }
    fixes.extend(in_the_way(missing));
    fixes
}

fn role_name(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or(arn)
}

/// The role of a gateway.
pub(super) fn of_gateway(
    context: &Context,
    gateway: &Gateway,
    brought: bool,
    role: &RoleView<'_>,
    missing: &[&Held<'_>],
) -> Vec<Fix> {
    let mut fixes: Vec<Fix> = Vec::new();
    let add = addable(missing);
    if !add.is_empty() {
        let document = document(&add);
        fixes.push(match (&role.place, brought) {
            (Place::Live { arn }, true) => Fix::new("Allow it in a policy of its own")
                .command(apply::put_policy(role_name(arn), &document))
                .note(note(&document)),
            (Place::Live { .. }, false) => fixes::deploy_what_is_configured(context),
            _ => Fix::new("Allow it in the stack").note(format!(
                "agentcore.json has no key for the permissions of gateway {}: add this statement to its role in agentcore/cdk/lib/cdk-stack.ts, then deploy: {document}",
                gateway.name
            )),
        });
    }
    fixes.extend(in_the_way(missing));
    fixes
}
