//! `perf-session-reuse`: Session reuse strategy chosen for multi-turn / batch workloads.

use crate::checks::{Category, Check, Need};
use crate::context::Context;
use crate::report::{Outcome, Severity};

pub(super) static CHECK: Check = Check {
    id: "perf-session-reuse",
    title: "Session reuse strategy chosen for multi-turn / batch workloads",
    category: Category::Performance,
    severity: Severity::Medium,
    needs: &[Need::Code],
    page: include_str!("perf_session_reuse.md"),
    references: &[
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/runtime-security-best-practices.html",
    ],
    run,
};

fn run(context: &Context) -> Vec<Outcome> {
    vec![Outcome::not_built(context.project.resource())]
}
