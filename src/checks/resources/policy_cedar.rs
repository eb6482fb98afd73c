//! `policy-cedar`: Cedar policies parse and restrict.

use crate::checks::{Category, Check, Need};
use crate::context::Context;
use crate::report::{Outcome, Severity};

pub(super) static CHECK: Check = Check {
    id: "policy-cedar",
    title: "Cedar policies parse and restrict",
    category: Category::Resources,
    severity: Severity::High,
    needs: &[Need::Config, Need::Aws],
    page: include_str!("policy_cedar.md"),
    references: &[
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/runtime-security-best-practices.html",
    ],
    run,
};

fn run(context: &Context) -> Vec<Outcome> {
    vec![Outcome::not_built(context.project.resource())]
}
