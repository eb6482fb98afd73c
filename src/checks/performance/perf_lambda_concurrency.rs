//! `perf-lambda-concurrency`: Lambda targets have provisioned concurrency.

use crate::checks::{Category, Check, Need};
use crate::context::Context;
use crate::report::{Outcome, Severity};

pub(super) static CHECK: Check = Check {
    id: "perf-lambda-concurrency",
    title: "Lambda targets have provisioned concurrency",
    category: Category::Performance,
    severity: Severity::Low,
    needs: &[Need::Aws],
    page: include_str!("perf_lambda_concurrency.md"),
    references: &[
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/runtime-security-best-practices.html",
    ],
    run,
};

fn run(context: &Context) -> Vec<Outcome> {
    vec![Outcome::not_built(context.project.resource())]
}
