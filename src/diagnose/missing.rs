//! A refused call beside the project: who asked, whether the agent uses it, what its role says, and the statement that is missing.

use serde_json::Value;

use super::denied::{Denied, Policy};
use crate::context::{Context, Layer, RoleView};
use crate::iam::actions::Action;
use crate::iam::condition::RequestContext;
use crate::iam::evaluate::{Request, Verdict, decide_for};
use crate::iam::glob;
use crate::least_privilege::{self, Subject, apply};
use crate::model::finding::Evidence;
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
    let resource = denied.resource.clone().unwrap_or_else(|| "*".to_owned());
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
            names: context.names(),
        };
        for need in least_privilege::needs(&subject) {
            let same = need
                .actions
                .iter()
                .any(|action| action.eq_ignore_ascii_case(&denied.action));
            if same && (need.resource == "*" || glob::intersects(&need.resource, &resource)) {
                found.used.push((need.by, need.evidence));
            }
        }
        found.roles = context
            .agent_roles(agent)
            .iter()
            .map(|layer| said(layer, denied, &resource))
            .collect();
    }
    let helps = !denied.explicit
        && matches!(
            denied.policy,
            None | Some(Policy::Identity | Policy::Session)
        );
    note(denied, &mut found);
    if helps {
        let policy = statement(denied, &resource);
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

fn said(layer: &Layer<RoleView<'_>>, denied: &Denied, resource: &str) -> String {
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
    match decision.verdict {
        Verdict::Allowed => format!(
            "{who} it allows this by {by}: another policy decides, or the deployed role is an older one"
        ),
        Verdict::DeniedExplicitly => format!("{who} it denies this by {by}"),
        Verdict::DeniedImplicitly => format!("{who} it does not allow this"),
        Verdict::Unknown if by.is_empty() => format!("{who} it was not read in full"),
        Verdict::Unknown => format!("{who} it allows this in a part, or under a condition: {by}"),
    }
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

/// The least policy that allows it.
fn statement(denied: &Denied, resource: &str) -> Value {
    let unscoped = Action::lookup(&denied.action).is_some_and(|known| !known.resource_types);
    let action =
        Action::lookup(&denied.action).map_or(denied.action.as_str(), |known| known.name.as_str());
    let mut resources = vec![if unscoped {
        "*".to_owned()
    } else {
        resource.to_owned()
    }];
    // A refused Region of a profile is one of several.
    if let Some((start, model)) = resource.split_once("::foundation-model/")
        && let Some((head, _)) = start.rsplit_once(':')
    {
        resources = vec![format!("{head}:*::foundation-model/{model}")];
    }
    if let Some((object, _)) = resource
        .strip_prefix("arn:aws:s3:::")
        .and_then(|rest| rest.split_once('/'))
    {
        resources = vec![format!("arn:aws:s3:::{object}/*")];
    }
    serde_json::json!({
        "Version": "2012-10-17",
        "Statement": [{"Sid": "Missing", "Effect": "Allow", "Action": action, "Resource": resources}],
    })
}
