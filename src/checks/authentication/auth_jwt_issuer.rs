//! `auth-jwt-issuer`: If CUSTOM_JWT: issuer matches the discovery URL and its keys are usable.

use crate::checks::{Category, Check, Need};
use crate::context::Context;
use crate::report::{Outcome, Severity};

pub(super) static CHECK: Check = Check {
    id: "auth-jwt-issuer",
    title: "If CUSTOM_JWT: issuer matches the discovery URL and its keys are usable",
    category: Category::Authentication,
    severity: Severity::High,
    needs: &[Need::Network],
    page: include_str!("auth_jwt_issuer.md"),
    references: &[
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/runtime-security-best-practices.html",
    ],
    run,
};

fn run(context: &Context) -> Vec<Outcome> {
    vec![Outcome::not_built(context.project.resource())]
}
