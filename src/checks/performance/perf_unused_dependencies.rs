//! `perf-unused-dependencies`: Dependencies audited — no unused packages.

use crate::checks::{Category, Check, Need};
use crate::context::Context;
use crate::report::{Outcome, Severity};

pub(super) static CHECK: Check = Check {
    id: "perf-unused-dependencies",
    title: "Dependencies audited — no unused packages",
    category: Category::Performance,
    severity: Severity::Low,
    needs: &[Need::Files, Need::Code],
    page: include_str!("perf_unused_dependencies.md"),
    references: &[
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/runtime-security-best-practices.html",
    ],
    run,
};

fn run(context: &Context) -> Vec<Outcome> {
    vec![Outcome::not_built(context.project.resource())]
}
