//! `iam-user-delegation`: Acting on behalf of a user granted only where it is used.

use crate::checks::{Category, Check, Need};
use crate::context::Context;
use crate::report::{Outcome, Severity};

pub(super) static CHECK: Check = Check {
    id: "iam-user-delegation",
    title: "Acting on behalf of a user granted only where it is used",
    category: Category::Iam,
    severity: Severity::Medium,
    needs: &[Need::Code, Need::Template, Need::Aws],
    page: include_str!("iam_user_delegation.md"),
    references: &[
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/runtime-security-best-practices.html",
    ],
    run,
};

fn run(context: &Context) -> Vec<Outcome> {
    vec![Outcome::not_built(context.project.resource())]
}
