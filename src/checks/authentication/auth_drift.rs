//! `auth-drift`: Deployed authorizer, network mode and lifecycle equal the configuration.

use crate::checks::{Category, Check, Need};
use crate::context::Context;
use crate::report::{Outcome, Severity};

pub(super) static CHECK: Check = Check {
    id: "auth-drift",
    title: "Deployed authorizer, network mode and lifecycle equal the configuration",
    category: Category::Authentication,
    severity: Severity::Medium,
    needs: &[Need::Config, Need::Aws],
    page: include_str!("auth_drift.md"),
    references: &[
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/runtime-security-best-practices.html",
    ],
    run,
};

fn run(context: &Context) -> Vec<Outcome> {
    vec![Outcome::not_built(context.project.resource())]
}
