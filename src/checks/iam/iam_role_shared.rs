//! `iam-role-shared`: Each runtime has an execution role of its own.

use crate::checks::{Category, Check, Need};
use crate::context::Context;
use crate::report::{Outcome, Severity};

pub(super) static CHECK: Check = Check {
    id: "iam-role-shared",
    title: "Each runtime has an execution role of its own",
    category: Category::Iam,
    severity: Severity::Medium,
    needs: &[Need::Config, Need::Template, Need::Aws],
    page: include_str!("iam_role_shared.md"),
    references: &[
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/runtime-security-best-practices.html",
    ],
    run,
};

fn run(context: &Context) -> Vec<Outcome> {
    vec![Outcome::not_built(context.project.resource())]
}
