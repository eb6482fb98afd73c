//! `auth-inbound-type`: Inbound auth is AWS_IAM or CUSTOM_JWT (not NONE).

use crate::checks::{Category, Check, Need};
use crate::context::Context;
use crate::report::{Outcome, Severity};

pub(super) static CHECK: Check = Check {
    id: "auth-inbound-type",
    title: "Inbound auth is AWS_IAM or CUSTOM_JWT (not NONE)",
    category: Category::Authentication,
    severity: Severity::Critical,
    needs: &[Need::Config, Need::Template, Need::Aws],
    page: include_str!("auth_inbound_type.md"),
    references: &[
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/runtime-security-best-practices.html",
    ],
    run,
};

fn run(context: &Context) -> Vec<Outcome> {
    vec![Outcome::not_built(context.project.resource())]
}
