//! `quota-client-retries`: Clients keep a retry policy.

use crate::checks::{Category, Check, Need};
use crate::context::Context;
use crate::report::{Outcome, Severity};

pub(super) static CHECK: Check = Check {
    id: "quota-client-retries",
    title: "Clients keep a retry policy",
    category: Category::Quotas,
    severity: Severity::Low,
    needs: &[Need::Code],
    page: include_str!("quota_client_retries.md"),
    references: &[
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/runtime-security-best-practices.html",
    ],
    run,
};

fn run(context: &Context) -> Vec<Outcome> {
    vec![Outcome::not_built(context.project.resource())]
}
