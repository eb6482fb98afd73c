//! `credentials-registered`: Credentials registered via agentcore add credential.

use crate::checks::{Category, Check, Need};
use crate::context::Context;
use crate::report::{Outcome, Severity};

pub(super) static CHECK: Check = Check {
    id: "credentials-registered",
    title: "Credentials registered via agentcore add credential",
    category: Category::Code,
    severity: Severity::Medium,
    needs: &[Need::Config, Need::Code],
    page: include_str!("credentials_registered.md"),
    references: &[
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/runtime-security-best-practices.html",
    ],
    run,
};

fn run(context: &Context) -> Vec<Outcome> {
    vec![Outcome::not_built(context.project.resource())]
}
