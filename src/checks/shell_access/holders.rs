//! Who may run commands in a runtime, and through which statement.

use serde_json::json;

use crate::analysis::clients::named_commands;
use crate::checks::live;
use crate::checks::unconfigured::{Listed, unconfigured};
use crate::context::{Context, Layer, Origin, RoleView};
use crate::iam::arn::{Breadth, breadth};
use crate::iam::document::{Clause, Statement};
use crate::iam::reach::{Reach, Via};
use crate::model::event_pattern::COMMAND_EVENTS;
use crate::model::finding::{Evidence, Fix, Outcome};
use crate::model::known::{ReasonCode, Unread};
use crate::shell::Command;

/// How a statement grants a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum How {
    /// By name, on named resources.
    Named,
    /// By a wildcard of the service that covers it.
    Wildcard,
    /// By name, on every resource.
    Everywhere,
    /// As one of all actions: an administrator.
    Administrator,
}

/// A statement by which a principal may run commands.
pub(super) struct Holder {
    /// The principal.
    pub(super) who: String,
    /// The source.
    pub(super) origin: Origin,
    /// How.
    pub(super) how: How,
    /// The policy that grants.
    pub(super) policy: String,
    /// The statement in a few words.
    pub(super) said: String,
    /// The statement.
    pub(super) evidence: Evidence,
    /// The same policy lets the runtime be invoked too.
    pub(super) invokes: bool,
}

/// Every statement that grants a command.
pub(super) fn holders(principals: &[Layer<RoleView<'_>>]) -> Vec<Holder> {
    let mut found = Vec::new();
    for layer in principals {
        let role = &layer.value;
        let reach = Reach::of(&role.role);
        let invoke = reach.of_action("bedrock-agentcore:InvokeAgentRuntime");
        let mut told: Vec<(&str, &str)> = Vec::new();
        for event in COMMAND_EVENTS {
            for granted in reach.of_action(&format!("bedrock-agentcore:{event}")) {
                let grant = granted.grant;
                let statement = grant.statement;
                let everywhere = granted
                    .resources
                    .iter()
                    .any(|resource| breadth(resource) >= Breadth::Service);
                let how = match &granted.via {
                    _ if grant.whole_services().contains(&"*") => How::Administrator,
                    Via::NotAction => How::Administrator,
                    Via::Wildcard(_) => How::Wildcard,
                    Via::Name if everywhere => How::Everywhere,
                    Via::Name => How::Named,
                };
                let place = (grant.policy.name.as_str(), statement.pointer.as_str());
                if told.contains(&place) {
                    continue;
                }
                told.push(place);
                let said = shown(statement);
                found.push(Holder {
                    who: role.title.clone(),
                    origin: layer.origin,
                    how,
                    policy: grant.policy.name.clone(),
                    evidence: role
                        .at(Some(grant.policy), statement)
                        .note(format!("{}: {said}", role.title)),
                    said,
                    invokes: invoke
                        .iter()
                        .any(|other| std::ptr::eq(other.grant.policy, grant.policy)),
                });
            }
        }
    }
    found
}

fn shown(statement: &Statement) -> String {
    let actions: Vec<&str> = match &statement.action {
        Clause::AllBut(_) => vec!["all but a few actions"],
        Clause::Only(patterns) => patterns
            .iter()
            .map(String::as_str)
            .filter(|text| text.contains('*') || text.to_lowercase().contains("agentruntime"))
            .collect(),
    };
    let resources = statement.resource.as_ref().map(Clause::patterns);
    let resources = resources.unwrap_or_default().join(", ");
    format!("{} on {resources}", actions.join(", "))
}

/// What stands before the judgement: nobody could be read, or nothing can run commands.
pub(super) fn beforehand(
    context: &Context,
    holders: &[Holder],
    unread: Option<Unread>,
) -> Option<Outcome> {
    let resource = context.project.resource();
    if context.project.agents().next().is_none() {
        let message = "no runtime or harness is configured";
        return Some(unconfigured(context, &[Listed::Agent], message));
    }
    if !holders.is_empty() {
        return None;
    }
    let sites = named_commands(&context.source);
    let evidence: Vec<Evidence> = sites.iter().map(Evidence::code).collect();
    match unread {
        Some(reason) if evidence.is_empty() => Some(Outcome::skipped(resource, reason)),
        Some(reason) => {
            let message = "the code runs commands in a runtime; who is allowed to could not be read: look at the policies of what calls it";
            Some(Outcome::manual(resource, message, reason).evidences(evidence))
        }
        None if evidence.is_empty() => {
            let message = "no principal that was read can run commands in a runtime";
            Some(Outcome::not_applicable(resource, message))
        }
        None => {
            let reason = Unread::new(
                ReasonCode::Absent,
                "no principal of this account may run commands",
            );
            let message = "the code runs commands in a runtime, which no principal of this account may: it is meant for another account, or will be denied";
            Some(Outcome::manual(resource, message, reason).evidences(evidence))
        }
    }
}

/// Up to ten names, and how many more there are.
pub(super) fn list(names: &[String]) -> String {
    match names {
        [] => "nobody".to_owned(),
        few if few.len() <= 10 => few.join(", "),
        [first @ .., _] => {
            let shown: Vec<&str> = first.iter().take(10).map(String::as_str).collect();
            format!("{} and {} more", shown.join(", "), names.len() - 10)
        }
    }
}

/// The names of holders, each once.
pub(super) fn names<'h>(holders: impl Iterator<Item = &'h Holder>) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for holder in holders {
        if !names.contains(&holder.who) {
            names.push(holder.who.clone());
        }
    }
    names
}

/// Takes commands away from principals of the account by a Deny, which leaves everything else as it is.
pub(super) fn deny(context: &Context, holders: &[&Holder]) -> Vec<Fix> {
    let policy = json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Sid": "NoAgentCoreCommands",
            "Effect": "Deny",
            "Action": COMMAND_EVENTS.map(|event| format!("bedrock-agentcore:{event}")),
            "Resource": "*",
        }],
    });
    let mut fixes = Vec::new();
    let arns = names(
        holders
            .iter()
            .copied()
            .filter(|holder| holder.origin == Origin::Live),
    );
    let editable = arns
        .iter()
        .filter(|arn| !arn.contains(":role/aws-reserved/"));
    let command = |arn: &String| -> Command {
        let name = arn.rsplit('/').next().unwrap_or(arn);
        let (operation, option) = if arn.contains(":user/") {
            ("put-user-policy", "--user-name")
        } else {
            ("put-role-policy", "--role-name")
        };
        live::aws(context, "iam", operation)
            .opt(option, name)
            .opt("--policy-name", "NoAgentCoreCommands")
            .opt("--policy-document", policy.to_string())
    };
    let commands: Vec<Command> = editable.take(20).map(command).collect();
    if !commands.is_empty() {
        let fix = Fix::new("Restrict command execution to those who need it").commands(commands);
        fixes.push(fix.note("skip the identities that need commands; attach what `agentcore-harden policy --kind command` prints to those, as a policy of its own. A role of IAM Identity Center is changed by its permission set"));
    } else if !arns.is_empty() {
        fixes.push(
            Fix::new("Narrow the permission set")
                .note("roles of IAM Identity Center are changed by their permission set"),
        );
    }
    if holders.iter().any(|holder| holder.origin != Origin::Live) {
        fixes.push(Fix::new("Grant commands by a policy of their own").note(
            "remove `exec` from the connection, or the statement from the policy, and attach what `agentcore-harden policy --kind command` prints to the one identity that needs it",
        ));
    }
    fixes
}
