//! `perf-ping-handler`: Ping handler reports the real state.

use crate::checks::{Category, Check, Need};
use crate::context::Context;
use crate::report::{Outcome, Severity};

pub(super) static CHECK: Check = Check {
    id: "perf-ping-handler",
    title: "Ping handler reports the real state",
    category: Category::Performance,
    severity: Severity::High,
    needs: &[Need::Code],
    page: include_str!("perf_ping_handler.md"),
    references: &[
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/runtime-security-best-practices.html",
    ],
    run,
};

fn run(context: &Context) -> Vec<Outcome> {
    vec![Outcome::not_built(context.project.resource())]
}
