//! `iam-resource-policy`: Runtime resource policy names who may invoke.

use crate::checks::{Category, Check, Need};
use crate::context::Context;
use crate::report::{Outcome, Severity};

pub(super) static CHECK: Check = Check {
    id: "iam-resource-policy",
    title: "Runtime resource policy names who may invoke",
    category: Category::Iam,
    severity: Severity::Low,
    needs: &[Need::Aws],
    page: include_str!("iam_resource_policy.md"),
    references: &[
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/runtime-security-best-practices.html",
    ],
    run,
};

fn run(context: &Context) -> Vec<Outcome> {
    vec![Outcome::not_built(context.project.resource())]
}
