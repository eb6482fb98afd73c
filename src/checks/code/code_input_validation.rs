//! `code-input-validation`: Input validation on payload fields (type, length, format).

use crate::checks::{Category, Check, Need};
use crate::context::Context;
use crate::report::{Outcome, Severity};

pub(super) static CHECK: Check = Check {
    id: "code-input-validation",
    title: "Input validation on payload fields (type, length, format)",
    category: Category::Code,
    severity: Severity::Medium,
    needs: &[Need::Code],
    page: include_str!("code_input_validation.md"),
    references: &[
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/runtime-security-best-practices.html",
    ],
    run,
};

fn run(context: &Context) -> Vec<Outcome> {
    vec![Outcome::not_built(context.project.resource())]
}
