//! `cli-version`: AgentCore CLI is 0.9.0 or newer.

use crate::checks::{Category, Check, Need};
use crate::context::Context;
use crate::report::{Outcome, Severity};

pub(super) static CHECK: Check = Check {
    id: "cli-version",
    title: "AgentCore CLI is 0.9.0 or newer",
    category: Category::Project,
    severity: Severity::Low,
    needs: &[Need::Files],
    page: include_str!("cli_version.md"),
    references: &[
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/runtime-security-best-practices.html",
    ],
    run,
};

fn run(context: &Context) -> Vec<Outcome> {
    vec![Outcome::not_built(context.project.resource())]
}
