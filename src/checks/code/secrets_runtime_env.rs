//! `secrets-runtime-env`: No secrets in runtime environment variables.

use crate::checks::{Category, Check, Need};
use crate::context::Context;
use crate::report::{Outcome, Severity};

pub(super) static CHECK: Check = Check {
    id: "secrets-runtime-env",
    title: "No secrets in runtime environment variables",
    category: Category::Code,
    severity: Severity::Critical,
    needs: &[Need::Config, Need::Template, Need::Aws],
    page: include_str!("secrets_runtime_env.md"),
    references: &[
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/runtime-security-best-practices.html",
    ],
    run,
};

fn run(context: &Context) -> Vec<Outcome> {
    vec![Outcome::not_built(context.project.resource())]
}
