//! `runtime-mmds-v2`: Deployed runtime requires MMDSv2.

use crate::checks::{Category, Check, Need};
use crate::context::Context;
use crate::report::{Outcome, Severity};

pub(super) static CHECK: Check = Check {
    id: "runtime-mmds-v2",
    title: "Deployed runtime requires MMDSv2",
    category: Category::Resources,
    severity: Severity::High,
    needs: &[Need::Aws],
    page: include_str!("runtime_mmds_v2.md"),
    references: &[
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/runtime-security-best-practices.html",
    ],
    run,
};

fn run(context: &Context) -> Vec<Outcome> {
    vec![Outcome::not_built(context.project.resource())]
}
