//! `perf-async-tasks`: For long-running background tasks: add_async_task / complete_async_task used.

use crate::checks::{Category, Check, Need};
use crate::context::Context;
use crate::report::{Outcome, Severity};

pub(super) static CHECK: Check = Check {
    id: "perf-async-tasks",
    title: "For long-running background tasks: add_async_task / complete_async_task used",
    category: Category::Performance,
    severity: Severity::High,
    needs: &[Need::Code],
    page: include_str!("perf_async_tasks.md"),
    references: &[
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/runtime-security-best-practices.html",
    ],
    run,
};

fn run(context: &Context) -> Vec<Outcome> {
    vec![Outcome::not_built(context.project.resource())]
}
