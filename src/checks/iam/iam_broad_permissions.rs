//! `iam-broad-permissions`: Execution role grants no broad or escalating permissions.

use crate::checks::{Category, Check, Need};
use crate::context::Context;
use crate::report::{Outcome, Severity};

pub(super) static CHECK: Check = Check {
    id: "iam-broad-permissions",
    title: "Execution role grants no broad or escalating permissions",
    category: Category::Iam,
    severity: Severity::Medium,
    needs: &[Need::Config, Need::Template, Need::Aws],
    page: include_str!("iam_broad_permissions.md"),
    references: &[
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/runtime-security-best-practices.html",
    ],
    run,
};

fn run(context: &Context) -> Vec<Outcome> {
    vec![Outcome::not_built(context.project.resource())]
}
