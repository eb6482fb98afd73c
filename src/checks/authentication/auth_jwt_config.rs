//! `auth-jwt-config`: If CUSTOM_JWT: discovery URL, audience, and client IDs configured.

use crate::checks::{Category, Check, Need};
use crate::context::Context;
use crate::report::{Outcome, Severity};

pub(super) static CHECK: Check = Check {
    id: "auth-jwt-config",
    title: "If CUSTOM_JWT: discovery URL, audience, and client IDs configured",
    category: Category::Authentication,
    severity: Severity::High,
    needs: &[Need::Config, Need::Template, Need::Aws],
    page: include_str!("auth_jwt_config.md"),
    references: &[
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/runtime-security-best-practices.html",
    ],
    run,
};

fn run(context: &Context) -> Vec<Outcome> {
    vec![Outcome::not_built(context.project.resource())]
}
