//! `quota-sessions`: Expected live sessions fit the quota.

use crate::checks::{Category, Check, Need};
use crate::context::Context;
use crate::report::{Outcome, Severity};

pub(super) static CHECK: Check = Check {
    id: "quota-sessions",
    title: "Expected live sessions fit the quota",
    category: Category::Quotas,
    severity: Severity::Medium,
    needs: &[Need::Config, Need::Aws],
    page: include_str!("quota_sessions.md"),
    references: &[
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/runtime-security-best-practices.html",
    ],
    run,
};

fn run(context: &Context) -> Vec<Outcome> {
    vec![Outcome::not_built(context.project.resource())]
}
