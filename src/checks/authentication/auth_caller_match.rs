//! `auth-caller-match`: Callers authenticate the way the runtime expects.

use crate::checks::{Category, Check, Need};
use crate::context::Context;
use crate::report::{Outcome, Severity};

pub(super) static CHECK: Check = Check {
    id: "auth-caller-match",
    title: "Callers authenticate the way the runtime expects",
    category: Category::Authentication,
    severity: Severity::Medium,
    needs: &[Need::Code, Need::Config],
    page: include_str!("auth_caller_match.md"),
    references: &[
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/runtime-security-best-practices.html",
    ],
    run,
};

fn run(context: &Context) -> Vec<Outcome> {
    vec![Outcome::not_built(context.project.resource())]
}
