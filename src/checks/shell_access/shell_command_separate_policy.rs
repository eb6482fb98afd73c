//! `shell-command-separate-policy`: Separate IAM policy from InvokeAgentRuntime policy.

use super::holders::{Holder, How, beforehand, deny, holders, list, names};
use crate::checks::{Category, Check, Need};
use crate::context::Context;
use crate::model::finding::{Outcome, Severity};

pub(super) static CHECK: Check = Check {
    id: "shell-command-separate-policy",
    title: "Separate IAM policy from InvokeAgentRuntime policy",
    category: Category::ShellAccess,
    severity: Severity::Medium,
    needs: &[Need::Config, Need::Template, Need::Aws],
    page: include_str!("shell_command_separate_policy.md"),
    references: &[
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/runtime-security-best-practices.html",
        "https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonbedrockagentcore.html",
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
    let both: Vec<&Holder> = holders
        .iter()
        .filter(|holder| holder.invokes && holder.how != How::Administrator)
        .collect();
    let admins = names(
        holders
            .iter()
            .filter(|holder| holder.how == How::Administrator),
    );
    let mut rest = String::new();
    if !admins.is_empty() {
        rest.push_str(&format!("; administrators are left out: {}", list(&admins)));
    }
    if let Some(reason) = &unread {
        rest.push_str(&format!(
            "; other principals were not checked ({})",
            reason.message
        ));
    }
    if both.is_empty() {
        let message =
            format!("no policy grants both InvokeAgentRuntime and InvokeAgentRuntimeCommand{rest}");
        let evidence = holders
            .iter()
            .map(|holder| holder.evidence.clone().context());
        return vec![Outcome::pass(resource, message).evidences(evidence.collect::<Vec<_>>())];
    }
    let mut told: Vec<String> = both
        .iter()
        .map(|holder| format!("{} of {}", holder.policy, holder.who))
        .collect();
    told.dedup();
    let message = format!(
        "one policy grants both InvokeAgentRuntime and InvokeAgentRuntimeCommand, so neither can be granted alone: {}{rest}",
        list(&told)
    );
    let evidence = both.iter().map(|holder| holder.evidence.clone());
    let mut outcome = Outcome::fail(resource, message).evidences(evidence.collect::<Vec<_>>());
    outcome.fixes = deny(context, &both);
    vec![outcome]
}
