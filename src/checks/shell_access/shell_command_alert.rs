//! `shell-command-alert`: CloudTrail / EventBridge alert configured for InvokeAgentRuntimeCommand calls.

use crate::checks::{Category, Check, Need};
use crate::context::Context;
use crate::report::{Outcome, Severity};

pub(super) static CHECK: Check = Check {
    id: "shell-command-alert",
    title: "CloudTrail / EventBridge alert configured for InvokeAgentRuntimeCommand calls",
    category: Category::ShellAccess,
    severity: Severity::Medium,
    needs: &[Need::Aws],
    page: include_str!("shell_command_alert.md"),
    references: &[
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/runtime-security-best-practices.html",
    ],
    run,
};

fn run(context: &Context) -> Vec<Outcome> {
    vec![Outcome::not_built(context.project.resource())]
}
