//! `perf-heavy-init`: Heavy initialization deferred to request time.

use crate::checks::{Category, Check, Need};
use crate::context::Context;
use crate::report::{Outcome, Severity};

pub(super) static CHECK: Check = Check {
    id: "perf-heavy-init",
    title: "Heavy initialization deferred to request time",
    category: Category::Performance,
    severity: Severity::Medium,
    needs: &[Need::Code],
    page: include_str!("perf_heavy_init.md"),
    references: &[
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/runtime-security-best-practices.html",
    ],
    run,
};

fn run(context: &Context) -> Vec<Outcome> {
    vec![Outcome::not_built(context.project.resource())]
}
