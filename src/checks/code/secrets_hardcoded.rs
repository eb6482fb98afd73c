//! `secrets-hardcoded`: No secrets hardcoded in agent code.

use crate::checks::{Category, Check, Need};
use crate::context::Context;
use crate::report::{Outcome, Severity};

pub(super) static CHECK: Check = Check {
    id: "secrets-hardcoded",
    title: "No secrets hardcoded in agent code",
    category: Category::Code,
    severity: Severity::Critical,
    needs: &[Need::Files],
    page: include_str!("secrets_hardcoded.md"),
    references: &[
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/runtime-security-best-practices.html",
    ],
    run,
};

fn run(context: &Context) -> Vec<Outcome> {
    vec![Outcome::not_built(context.project.resource())]
}
