//! `config-valid`: Project configuration is valid.

use crate::checks::{Category, Check, Need};
use crate::context::Context;
use crate::report::{Outcome, Severity};

pub(super) static CHECK: Check = Check {
    id: "config-valid",
    title: "Project configuration is valid",
    category: Category::Project,
    severity: Severity::High,
    needs: &[Need::Config],
    page: include_str!("config_valid.md"),
    references: &[
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/runtime-security-best-practices.html",
    ],
    run,
};

fn run(context: &Context) -> Vec<Outcome> {
    vec![Outcome::not_built(context.project.resource())]
}
