//! `obs-tracing`: X-Ray tracing enabled (auto-configured).

use crate::checks::{Category, Check, Need};
use crate::context::Context;
use crate::report::{Outcome, Severity};

pub(super) static CHECK: Check = Check {
    id: "obs-tracing",
    title: "X-Ray tracing enabled (auto-configured)",
    category: Category::Observability,
    severity: Severity::Medium,
    needs: &[Need::Config, Need::Files, Need::Aws],
    page: include_str!("obs_tracing.md"),
    references: &[
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/runtime-security-best-practices.html",
    ],
    run,
};

fn run(context: &Context) -> Vec<Outcome> {
    vec![Outcome::not_built(context.project.resource())]
}
