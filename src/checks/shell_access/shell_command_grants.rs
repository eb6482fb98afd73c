//! `shell-command-grants`: InvokeAgentRuntimeCommand permission granted only to identities that need it.

use crate::checks::{Category, Check, Need};
use crate::context::Context;
use crate::report::{Outcome, Severity};

pub(super) static CHECK: Check = Check {
    id: "shell-command-grants",
    title: "InvokeAgentRuntimeCommand permission granted only to identities that need it",
    category: Category::ShellAccess,
    severity: Severity::High,
    needs: &[Need::Config, Need::Template, Need::Aws],
    page: include_str!("shell_command_grants.md"),
    references: &[
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/runtime-security-best-practices.html",
    ],
    run,
};

fn run(context: &Context) -> Vec<Outcome> {
    vec![Outcome::not_built(context.project.resource())]
}
