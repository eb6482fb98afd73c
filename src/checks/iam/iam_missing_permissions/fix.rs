//! The statement that is missing, and how the role gets it.

use serde_json::Value;

use super::answer::{Answer, Held};
use crate::checks::fixes;
use crate::context::{Context, Place, RoleView};
use crate::least_privilege::{INLINE_LIMIT, policy_for};
use crate::model::project::{Agent, Gateway, Runtime};
use crate::report::Fix;
use crate::shell::{self, Command};

/// The inline policy that is added to a role of one's own.
const POLICY: &str = "missing-permissions";
const CONFIG: &str = "agentcore/agentcore.json";

/// What a statement that allows can repair; the rest is denied whatever allows it.
fn addable<'h, 'n>(missing: &[&'h Held<'n>]) -> Vec<&'h Held<'n>> {
    let helps = |held: &&&Held<'_>| match &held.answer {
        Answer::Denied(denial) => denial.by.is_empty() && denial.bounded.is_none(),
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
            (None, None) => continue,
        };
        if !texts.contains(&text) {
            texts.push(text);
        }
    }
    (!texts.is_empty()).then(|| Fix::new("Change what denies it").note(texts.join("; ")))
}

fn document(missing: &[&Held<'_>]) -> (Value, usize) {
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
        let (document, size) = document(&add);
        fixes.push(match (agent, own_role(agent, role)) {
            (_, Some(name)) => put(&name, &document, size),
            (Agent::Runtime(runtime), None) => attach(context, runtime, &document),
            (Agent::Harness(_), None) => fixes::own_role(context, agent),
        });
    }
    fixes.extend(in_the_way(missing));
    fixes
}

/// The name of a role that the project brings; `None` where the construct makes it.
fn own_role(agent: Agent<'_>, role: &RoleView<'_>) -> Option<String> {
    let own = agent.common().execution_role_arn.as_ref()?;
    Some(match &role.place {
        Place::Live { arn } => role_name(arn),
        _ => role_name(&own.value),
    })
}

fn role_name(arn: &str) -> String {
    arn.rsplit('/').next().unwrap_or(arn).to_owned()
}

/// An inline policy beside those that the role has.
fn put(role: &str, document: &Value, size: usize) -> Fix {
    let title = "Allow it in a policy of its own";
    if size > INLINE_LIMIT {
        return Fix::new(title).note(format!("the statement counts {size} characters and a role takes {INLINE_LIMIT} inline: write it with `agentcore-harden policy` and make managed policies of its parts"));
    }
    let command = Command::new("aws")
        .args(["iam", "put-role-policy"])
        .opt("--role-name", role)
        .opt("--policy-name", POLICY)
        .opt("--policy-document", document.to_string());
    Fix::new(title).command(command).note(note(document))
}

/// A policy file beside the code, which the construct adds to the role that it makes.
fn attach(context: &Context, runtime: &Runtime, document: &Value) -> Fix {
    let title = "Add the statement as a policy file of the runtime";
    let Some(location) = &runtime.code_location else {
        return Fix::new(title).note(
            "the runtime has no codeLocation: additionalPolicies takes files beside the code",
        );
    };
    let taken = |file: &String| {
        runtime
            .additional_policies
            .iter()
            .any(|entry| entry.value == *file)
    };
    let mut names = (1..100).map(|number| match number {
        1 => format!("{POLICY}.json"),
        _ => format!("{POLICY}-{number}.json"),
    });
    let Some(file) = names.find(|file| !taken(file)) else {
        return Fix::new(title).note("additionalPolicies holds a hundred such files already");
    };
    let path = format!("{}/{file}", location.value.trim_end_matches('/'));
    let write = Command::new("jq")
        .arg("-n")
        .arg(document.to_string())
        .to_file(&path);
    let edit = "(.runtimes[] | select(.name == $name)).additionalPolicies += [$file]";
    let edit = shell::jq_edit(CONFIG, edit, &[("name", &runtime.name), ("file", &file)]);
    Fix::new(title)
        .command(write)
        .command(edit)
        .command(fixes::deploy(context))
        .note(note(document))
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
        let (document, size) = document(&add);
        fixes.push(match (&role.place, brought) {
            (Place::Live { arn }, true) => put(&role_name(arn), &document, size),
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
