//! `quota-rates`: Expected request rates fit the quotas.

use crate::checks::{Category, Check, Need};
use crate::context::Context;
use crate::report::{Outcome, Severity};

pub(super) static CHECK: Check = Check {
    id: "quota-rates",
    title: "Expected request rates fit the quotas",
    category: Category::Quotas,
    severity: Severity::Medium,
    needs: &[Need::Config, Need::Aws],
    page: include_str!("quota_rates.md"),
    references: &[
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/runtime-security-best-practices.html",
    ],
    run,
};

fn run(context: &Context) -> Vec<Outcome> {
    vec![Outcome::not_built(context.project.resource())]
}
