//! `secrets-env-read`: No secrets read from runtime environment variables.

use crate::checks::{Category, Check, Need};
use crate::context::Context;
use crate::report::{Outcome, Severity};

pub(super) static CHECK: Check = Check {
    id: "secrets-env-read",
    title: "No secrets read from runtime environment variables",
    category: Category::Code,
    severity: Severity::High,
    needs: &[Need::Code],
    page: include_str!("secrets_env_read.md"),
    references: &[
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/runtime-security-best-practices.html",
    ],
    run,
};

fn run(context: &Context) -> Vec<Outcome> {
    vec![Outcome::not_built(context.project.resource())]
}
