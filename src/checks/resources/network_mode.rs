//! `network-mode`: VPC configured where private resources are reached.

use crate::checks::{Category, Check, Need};
use crate::context::Context;
use crate::report::{Outcome, Severity};

pub(super) static CHECK: Check = Check {
    id: "network-mode",
    title: "VPC configured where private resources are reached",
    category: Category::Resources,
    severity: Severity::Medium,
    needs: &[Need::Config, Need::Code, Need::Template, Need::Aws],
    page: include_str!("network_mode.md"),
    references: &[
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/runtime-security-best-practices.html",
    ],
    run,
};

fn run(context: &Context) -> Vec<Outcome> {
    vec![Outcome::not_built(context.project.resource())]
}
