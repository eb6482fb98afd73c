//! `code-outbound-http`: External services are Gateway targets, not direct HTTP calls.

use crate::checks::{Category, Check, Need};
use crate::context::Context;
use crate::report::{Outcome, Severity};

pub(super) static CHECK: Check = Check {
    id: "code-outbound-http",
    title: "External services are Gateway targets, not direct HTTP calls",
    category: Category::Code,
    severity: Severity::Medium,
    needs: &[Need::Code],
    page: include_str!("code_outbound_http.md"),
    references: &[
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/runtime-security-best-practices.html",
    ],
    run,
};

fn run(context: &Context) -> Vec<Outcome> {
    vec![Outcome::not_built(context.project.resource())]
}
