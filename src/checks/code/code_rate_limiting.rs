//! `code-rate-limiting`: Rate limiting lives in the calling layer, not in the agent.

use crate::checks::{Category, Check, Need};
use crate::context::Context;
use crate::report::{Outcome, Severity};

pub(super) static CHECK: Check = Check {
    id: "code-rate-limiting",
    title: "Rate limiting lives in the calling layer, not in the agent",
    category: Category::Code,
    severity: Severity::Low,
    needs: &[Need::Code],
    page: include_str!("code_rate_limiting.md"),
    references: &[
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/runtime-security-best-practices.html",
    ],
    run,
};

fn run(context: &Context) -> Vec<Outcome> {
    vec![Outcome::not_built(context.project.resource())]
}
