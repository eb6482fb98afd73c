//! `obs-log-retention`: CloudWatch log retention policy set.

use crate::checks::{Category, Check, Need};
use crate::context::Context;
use crate::report::{Outcome, Severity};

pub(super) static CHECK: Check = Check {
    id: "obs-log-retention",
    title: "CloudWatch log retention policy set",
    category: Category::Observability,
    severity: Severity::Low,
    needs: &[Need::Aws],
    page: include_str!("obs_log_retention.md"),
    references: &[
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/runtime-security-best-practices.html",
    ],
    run,
};

fn run(context: &Context) -> Vec<Outcome> {
    vec![Outcome::not_built(context.project.resource())]
}
