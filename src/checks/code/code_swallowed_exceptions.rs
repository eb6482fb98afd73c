//! `code-swallowed-exceptions`: No exception is swallowed silently.

use crate::checks::{Category, Check, Need};
use crate::context::Context;
use crate::report::{Outcome, Severity};

pub(super) static CHECK: Check = Check {
    id: "code-swallowed-exceptions",
    title: "No exception is swallowed silently",
    category: Category::Code,
    severity: Severity::Medium,
    needs: &[Need::Code],
    page: include_str!("code_swallowed_exceptions.md"),
    references: &[
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/runtime-security-best-practices.html",
    ],
    run,
};

fn run(context: &Context) -> Vec<Outcome> {
    vec![Outcome::not_built(context.project.resource())]
}
