//! `shell-command-injection`: If commands constructed from user input: shell injection validation implemented.

use crate::checks::{Category, Check, Need};
use crate::context::Context;
use crate::report::{Outcome, Severity};

pub(super) static CHECK: Check = Check {
    id: "shell-command-injection",
    title: "If commands constructed from user input: shell injection validation implemented",
    category: Category::ShellAccess,
    severity: Severity::Critical,
    needs: &[Need::Code],
    page: include_str!("shell_command_injection.md"),
    references: &[
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/runtime-security-best-practices.html",
    ],
    run,
};

fn run(context: &Context) -> Vec<Outcome> {
    vec![Outcome::not_built(context.project.resource())]
}
