//! `memory-strategies`: Memory strategies appropriate for use case (if using memory).

use crate::checks::{Category, Check, Need};
use crate::context::Context;
use crate::report::{Outcome, Severity};

pub(super) static CHECK: Check = Check {
    id: "memory-strategies",
    title: "Memory strategies appropriate for use case (if using memory)",
    category: Category::Resources,
    severity: Severity::Medium,
    needs: &[Need::Config, Need::Code, Need::Template, Need::Aws],
    page: include_str!("memory_strategies.md"),
    references: &[
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/runtime-security-best-practices.html",
    ],
    run,
};

fn run(context: &Context) -> Vec<Outcome> {
    vec![Outcome::not_built(context.project.resource())]
}
