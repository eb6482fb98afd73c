//! `test-inputs`: Agent tested with production-representative inputs.

use crate::checks::{Category, Check, Need};
use crate::context::Context;
use crate::report::{Outcome, Severity};

pub(super) static CHECK: Check = Check {
    id: "test-inputs",
    title: "Agent tested with production-representative inputs",
    category: Category::Testing,
    severity: Severity::Low,
    needs: &[Need::Files, Need::Config],
    page: include_str!("test_inputs.md"),
    references: &[
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/runtime-security-best-practices.html",
    ],
    run,
};

fn run(context: &Context) -> Vec<Outcome> {
    vec![Outcome::not_built(context.project.resource())]
}
