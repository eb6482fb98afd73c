//! `iam-bedrock-scope`: Execution role Bedrock access scoped to specific model ARNs.

use crate::checks::{Category, Check, Need};
use crate::context::Context;
use crate::report::{Outcome, Severity};

pub(super) static CHECK: Check = Check {
    id: "iam-bedrock-scope",
    title: "Execution role Bedrock access scoped to specific model ARNs",
    category: Category::Iam,
    severity: Severity::High,
    needs: &[Need::Config, Need::Template, Need::Aws],
    page: include_str!("iam_bedrock_scope.md"),
    references: &[
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/runtime-security-best-practices.html",
    ],
    run,
};

fn run(context: &Context) -> Vec<Outcome> {
    vec![Outcome::not_built(context.project.resource())]
}
