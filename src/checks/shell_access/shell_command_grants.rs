//! `shell-command-grants`: InvokeAgentRuntimeCommand permission granted only to identities that need it.

use super::holders::{Holder, How, beforehand, deny, holders, list, names};
use crate::checks::{Category, Check, Need};
use crate::context::Context;
use crate::model::finding::{Evidence, Outcome, Severity};

pub(super) static CHECK: Check = Check {
    id: "shell-command-grants",
    title: "InvokeAgentRuntimeCommand permission granted only to identities that need it",
    category: Category::ShellAccess,
    severity: Severity::High,
    needs: &[Need::Config, Need::Template, Need::Aws],
    page: include_str!("shell_command_grants.md"),
    references: &[
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/runtime-security-best-practices.html",
        "https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonbedrockagentcore.html",
        "https://www.beyondtrust.com/blog/entry/aws-agentcore-privilege-escalation",
    ],
    run,
};

fn run(context: &Context) -> Vec<Outcome> {
    let (principals, unread) = context.principals();
    let holders = holders(&principals);
    if let Some(outcome) = beforehand(context, &holders, unread.clone()) {
        return vec![outcome];
    }
    let resource = context.project.resource();
    let open: Vec<&Holder> = holders
        .iter()
        .filter(|holder| matches!(holder.how, How::Wildcard | How::Everywhere))
        .collect();
    let named = names(holders.iter().filter(|holder| holder.how == How::Named));
    let admins = names(
        holders
            .iter()
            .filter(|holder| holder.how == How::Administrator),
    );
    let mut rest = String::new();
    if !named.is_empty() {
        rest.push_str(&format!("; granted by name: {}", list(&named)));
    }
    if !admins.is_empty() {
        rest.push_str(&format!(
            "; administrators, who can do everything: {}",
            list(&admins)
        ));
    }
    if let Some(reason) = &unread {
        rest.push_str(&format!(
            "; other principals were not checked ({})",
            reason.message
        ));
    }
    let shown = holders
        .iter()
        .filter(|holder| holder.how != How::Administrator);
    if open.is_empty() {
        let told = rest.trim_start_matches("; ");
        let message = format!("nobody can run commands by a wildcard or on every resource: {told}");
        let evidence: Vec<Evidence> = shown
            .map(|holder| holder.evidence.clone().context())
            .collect();
        return vec![Outcome::pass(resource, message).evidences(evidence)];
    }
    let told: Vec<String> = open
        .iter()
        .take(10)
        .map(|holder| format!("{} through {} ({})", holder.who, holder.policy, holder.said))
        .collect();
    let more = open.len().saturating_sub(10);
    let more = if more > 0 {
        format!("; and {more} more")
    } else {
        String::new()
    };
    let message = format!(
        "commands can be run in the project's runtimes by a wildcard or on every resource: {}{more}{rest}",
        told.join("; ")
    );
    let evidence: Vec<Evidence> = shown
        .map(|holder| match holder.how {
            How::Named => holder.evidence.clone().context(),
            _ => holder.evidence.clone(),
        })
        .collect();
    let mut outcome = Outcome::fail(resource, message).evidences(evidence);
    outcome.fixes = deny(context, &open);
    vec![outcome]
}
