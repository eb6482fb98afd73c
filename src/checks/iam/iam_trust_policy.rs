//! `iam-trust-policy`: Trust policy scoped to your account ID.

use crate::checks::{Category, Check, Need};
use crate::context::Context;
use crate::report::{Outcome, Severity};

pub(super) static CHECK: Check = Check {
    id: "iam-trust-policy",
    title: "Trust policy scoped to your account ID",
    category: Category::Iam,
    severity: Severity::High,
    needs: &[Need::Config, Need::Template, Need::Aws],
    page: include_str!("iam_trust_policy.md"),
    references: &[
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/runtime-security-best-practices.html",
    ],
    run,
};

fn run(context: &Context) -> Vec<Outcome> {
    vec![Outcome::not_built(context.project.resource())]
}
