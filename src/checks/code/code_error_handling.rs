//! `code-error-handling`: Error handling wraps all agent logic.

use crate::checks::{Category, Check, Need};
use crate::context::Context;
use crate::report::{Outcome, Severity};

pub(super) static CHECK: Check = Check {
    id: "code-error-handling",
    title: "Error handling wraps all agent logic",
    category: Category::Code,
    severity: Severity::Medium,
    needs: &[Need::Code],
    page: include_str!("code_error_handling.md"),
    references: &[
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/runtime-security-best-practices.html",
    ],
    run,
};

fn run(context: &Context) -> Vec<Outcome> {
    vec![Outcome::not_built(context.project.resource())]
}
