//! `perf-cold-start`: Agent initialization time measured and optimized.

use crate::checks::{Category, Check, Need};
use crate::context::Context;
use crate::report::{Outcome, Severity};

pub(super) static CHECK: Check = Check {
    id: "perf-cold-start",
    title: "Agent initialization time measured and optimized",
    category: Category::Performance,
    severity: Severity::Medium,
    needs: &[Need::Measurement],
    page: include_str!("perf_cold_start.md"),
    references: &[
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/runtime-security-best-practices.html",
    ],
    run,
};

fn run(context: &Context) -> Vec<Outcome> {
    vec![Outcome::not_built(context.project.resource())]
}
