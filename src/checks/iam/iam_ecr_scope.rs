//! `iam-ecr-scope`: ECR access scoped to specific repository.

use crate::checks::{Category, Check, Need};
use crate::context::Context;
use crate::report::{Outcome, Severity};

pub(super) static CHECK: Check = Check {
    id: "iam-ecr-scope",
    title: "ECR access scoped to specific repository",
    category: Category::Iam,
    severity: Severity::Medium,
    needs: &[Need::Template, Need::Aws],
    page: include_str!("iam_ecr_scope.md"),
    references: &[
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/runtime-security-best-practices.html",
    ],
    run,
};

fn run(context: &Context) -> Vec<Outcome> {
    vec![Outcome::not_built(context.project.resource())]
}
