//! `shell-command-separate-policy`: Separate IAM policy from InvokeAgentRuntime policy.

use crate::checks::{Category, Check, Need};
use crate::context::Context;
use crate::report::{Outcome, Severity};

pub(super) static CHECK: Check = Check {
    id: "shell-command-separate-policy",
    title: "Separate IAM policy from InvokeAgentRuntime policy",
    category: Category::ShellAccess,
    severity: Severity::Medium,
    needs: &[Need::Config, Need::Template, Need::Aws],
    page: include_str!("shell_command_separate_policy.md"),
    references: &[
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/runtime-security-best-practices.html",
    ],
    run,
};

fn run(context: &Context) -> Vec<Outcome> {
    vec![Outcome::not_built(context.project.resource())]
}
