//! `perf-container-image`: Container image is slim, multi-stage and not run as root.

use crate::checks::{Category, Check, Need};
use crate::context::Context;
use crate::report::{Outcome, Severity};

pub(super) static CHECK: Check = Check {
    id: "perf-container-image",
    title: "Container image is slim, multi-stage and not run as root",
    category: Category::Performance,
    severity: Severity::Medium,
    needs: &[Need::Files],
    page: include_str!("perf_container_image.md"),
    references: &[
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/runtime-security-best-practices.html",
    ],
    run,
};

fn run(context: &Context) -> Vec<Outcome> {
    vec![Outcome::not_built(context.project.resource())]
}
