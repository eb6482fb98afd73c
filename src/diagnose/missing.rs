//! A refused call beside the project: who asked, whether the agent uses it, what its role says, and the statement that is missing.

use std::collections::BTreeSet;

use serde_json::Value;

use super::denied::{Denied, Policy};
use crate::context::{Context, Layer, RoleView};
use crate::iam::actions::Action;
use crate::iam::condition::RequestContext;
use crate::iam::evaluate::{Request, Verdict, decide_for};
use crate::iam::glob;
use crate::least_privilege::{self, Subject, apply};
use crate::model::finding::Evidence;
use crate::model::predicted_role::Names;
use crate::model::project::Agent;
use crate::shell::Command;

/// What the project says to a refused call.
pub struct Finding {
    /// Whom the role belongs to: `runtime Main`.
    pub owner: Option<String>,
    /// Places that use the action.
    pub used: Vec<(String, Evidence)>,
    /// What the role says, source by source.
    pub roles: Vec<String>,
    /// What to do where no command does it.
    pub notes: Vec<String>,
    /// The policy that allows it; `None` where allowing it does not help.
    pub policy: Option<Value>,
    /// Commands that put the policy into force.
    pub commands: Vec<Command>,
}

/// Looks a refused call up.
pub fn finding(context: &Context, denied: &Denied) -> Finding {
    let agent = owner(context, denied);
    let names = context.names();
    // A project without targets names neither account nor Region, which the text does.
    let resource = match &denied.resource {
        Some(resource) => named_as(resource, &names),
        None => "*".to_owned(),
    };
    let mut allowed = false;
    let mut needed: BTreeSet<String> = BTreeSet::new();
    let mut found = Finding {
        owner: agent.map(|agent| agent.resource().to_string()),
        used: Vec::new(),
        roles: Vec::new(),
        notes: Vec::new(),
        policy: None,
        commands: Vec::new(),
    };
    if let Some(agent) = agent {
        let subject = Subject {
            context,
            agent,
            names: names.clone(),
        };
        for need in least_privilege::needs(&subject) {
            let same = need
                .actions
                .iter()
                .any(|action| action.eq_ignore_ascii_case(&denied.action));
            if same && (need.resource == "*" || glob::intersects(&need.resource, &resource)) {
                found.used.push((need.by, need.evidence));
                needed.extend(need.resources);
            }
        }
        for layer in context.agent_roles(agent) {
            let (words, verdict) = said(&layer, denied, &resource);
            found.roles.push(words);
            // The source that says most of the deployed role stands last.
            allowed = verdict == Verdict::Allowed;
        }
    }
    let resources = match &denied.resource {
        Some(resource) => vec![resource.clone()],
        None if is_unscoped(denied) => vec!["*".to_owned()],
        None => needed.into_iter().filter(|one| one != "*").collect(),
    };
    let helps = !denied.explicit
        && !allowed
        && !resources.is_empty()
        && matches!(
            denied.policy,
            None | Some(Policy::Identity | Policy::Session)
        );
    note(denied, &mut found);
    if allowed && !denied.explicit {
        found.notes.push("no statement is missing in what was read of the role: deploy it if it is not deployed yet (agentcore deploy); else a boundary, a session policy, a policy of the resource or of the organization decides".to_owned());
    } else if resources.is_empty() {
        found.notes.push(format!(
            "the text names no resource, and the project does not show on which one it calls {}: take it from the log line or from CloudTrail, for a statement on every resource allows too much",
            denied.action
        ));
    }
    if helps {
        let policy = statement(denied, &resources);
        match agent {
            Some(agent) => match apply::add_policy(context, agent, denied.role.as_deref(), &policy)
            {
                Ok(commands) => found.commands = commands,
                Err(note) => found.notes.push(note),
            },
            None => {
                if let Some(role) = &denied.role {
                    found.commands = vec![apply::put_policy(role, &policy)];
                }
            }
        }
        found.policy = Some(policy);
    }
    found
}

/// The agent whose role asked: by the role's name, else the only one that there is.
fn owner<'c>(context: &'c Context, denied: &Denied) -> Option<Agent<'c>> {
    let role = denied.role.as_deref();
    let last = |arn: &str| arn.rsplit('/').next().unwrap_or(arn).to_owned();
    let by_role = |agent: &Agent<'_>| {
        let own = agent
            .common()
            .execution_role_arn
            .as_ref()
            .map(|arn| last(&arn.value));
        let deployed = context.deployed_role(*agent).map(last);
        let live = context.live_role_arn(*agent).map(|arn| last(&arn));
        let named = [own, deployed, live];
        let plain = |text: &str| -> String {
            text.chars()
                .filter(char::is_ascii_alphanumeric)
                .collect::<String>()
                .to_lowercase()
        };
        role.is_some_and(|role| {
            // The construct names a role after stack and agent, cut short.
            let made = format!("agent{}", plain(agent.name()));
            named.iter().flatten().any(|name| name == role) || plain(role).contains(&made)
        })
    };
    if let Some(agent) = context.project.agents().find(by_role) {
        return Some(agent);
    }
    let mut agents = context.project.agents();
    let only = agents.next().filter(|_| agents.next().is_none())?;
    // Somebody else's role, or a user, is not the agent.
    let other = denied.principal.is_some() && only.common().execution_role_arn.is_some();
    let user = denied
        .principal
        .as_deref()
        .is_some_and(|who| who.contains(":user/"));
    (!other && !user).then_some(only)
}

/// An ARN with account and Region as the project's names have them, where those are not known.
fn named_as(arn: &str, names: &Names) -> String {
    let mut parts: Vec<&str> = arn.splitn(6, ':').collect();
    if let ["arn", _, _, region, account, _] = parts.as_mut_slice() {
        for (part, here, placeholder) in [
            (region, names.region.as_str(), Names::REGION),
            (account, names.account.as_str(), Names::ACCOUNT),
        ] {
            if here == placeholder && !part.is_empty() {
                *part = here;
            }
        }
    }
    parts.join(":")
}

/// What the role says, in words and for the machine.
fn said(layer: &Layer<RoleView<'_>>, denied: &Denied, resource: &str) -> (String, Verdict) {
    let context = RequestContext::open();
    let request = Request {
        action: &denied.action,
        resource,
        context: &context,
    };
    let decision = decide_for(&layer.value.role, &request);
    let who = &layer.value.title;
    let by = decision
        .by
        .iter()
        .map(|at| format!("statement {} of {}", at.statement, at.policy))
        .collect::<Vec<_>>()
        .join(", ");
    let words = match decision.verdict {
        Verdict::Allowed => format!("{who} it allows this by {by}"),
        Verdict::DeniedExplicitly => format!("{who} it denies this by {by}"),
        Verdict::DeniedImplicitly => format!("{who} it does not allow this"),
        Verdict::Unknown if by.is_empty() => format!("{who} it was not read in full"),
        Verdict::Unknown => format!("{who} it allows this in a part, or under a condition: {by}"),
    };
    (words, decision.verdict)
}

fn note(denied: &Denied, found: &mut Finding) {
    let words = denied.policy.map_or("policy", Policy::words);
    let text = match (denied.explicit, denied.policy) {
        (true, Some(Policy::Control | Policy::ResourceControl)) => format!(
            "a {words} of the organization forbids it: no statement in this account helps. Ask its owner, or use what it allows, such as a geographic instead of a global inference profile"
        ),
        (true, Some(Policy::Boundary)) => "the role's permissions boundary denies it: change the boundary, or do without the call".to_owned(),
        (true, Some(Policy::Endpoint)) => "the policy of the VPC endpoint denies it: allow the action and the role there".to_owned(),
        (true, Some(Policy::Resource)) => "the resource's own policy denies it: change the Deny there".to_owned(),
        (true, _) => format!("an explicit Deny in a {words} decides: a statement that allows it does not help. Find the Deny and take the action out of it"),
        (false, Some(Policy::Boundary)) => "the role's permissions boundary does not allow it: add the action to the boundary".to_owned(),
        (false, Some(Policy::Resource)) => "the resource's own policy has to allow it as well: add the role as a Principal there (a KMS key's policy, a bucket of another account)".to_owned(),
        (false, Some(Policy::Control)) => "no service control policy of the organization allows it: ask its owner".to_owned(),
        (false, Some(Policy::Endpoint)) => "the policy of the VPC endpoint does not allow it: add the action there".to_owned(),
        _ => return,
    };
    found.notes.push(text);
}

/// Whether IAM grants an action on all resources only.
fn is_unscoped(denied: &Denied) -> bool {
    Action::lookup(&denied.action).is_some_and(|known| !known.resource_types)
}

/// The least policy that allows it.
fn statement(denied: &Denied, resources: &[String]) -> Value {
    let action =
        Action::lookup(&denied.action).map_or(denied.action.as_str(), |known| known.name.as_str());
    let resources: BTreeSet<String> = match is_unscoped(denied) {
        true => BTreeSet::from(["*".to_owned()]),
        false => resources.iter().map(|resource| widened(resource)).collect(),
    };
    serde_json::json!({
        "Version": "2012-10-17",
        "Statement": [{"Sid": "Missing", "Effect": "Allow", "Action": action, "Resource": resources}],
    })
}

/// A refused Region of a profile is one of several, a refused object one of a bucket.
fn widened(resource: &str) -> String {
    if let Some((start, model)) = resource.split_once("::foundation-model/")
        && let Some((head, _)) = start.rsplit_once(':')
    {
        return format!("{head}:*::foundation-model/{model}");
    }
    let object = resource.strip_prefix("arn:aws:s3:::");
    match object.and_then(|rest| rest.split_once('/')) {
        Some((bucket, _)) => format!("arn:aws:s3:::{bucket}/*"),
        None => resource.to_owned(),
    }
}
