//! `perf-session-stop`: StopRuntimeSession called after work completes where applicable.

use crate::checks::{Category, Check, Need};
use crate::context::Context;
use crate::report::{Outcome, Severity};

pub(super) static CHECK: Check = Check {
    id: "perf-session-stop",
    title: "StopRuntimeSession called after work completes where applicable",
    category: Category::Performance,
    severity: Severity::Medium,
    needs: &[Need::Code],
    page: include_str!("perf_session_stop.md"),
    references: &[
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/runtime-security-best-practices.html",
    ],
    run,
};

fn run(context: &Context) -> Vec<Outcome> {
    vec![Outcome::not_built(context.project.resource())]
}
