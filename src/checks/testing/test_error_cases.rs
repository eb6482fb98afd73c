//! `test-error-cases`: Error cases tested (tool failures, model errors).

use crate::checks::{Category, Check, Need};
use crate::context::Context;
use crate::report::{Outcome, Severity};

pub(super) static CHECK: Check = Check {
    id: "test-error-cases",
    title: "Error cases tested (tool failures, model errors)",
    category: Category::Testing,
    severity: Severity::Low,
    needs: &[Need::Files],
    page: include_str!("test_error_cases.md"),
    references: &[
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/runtime-security-best-practices.html",
    ],
    run,
};

fn run(context: &Context) -> Vec<Outcome> {
    vec![Outcome::not_built(context.project.resource())]
}
