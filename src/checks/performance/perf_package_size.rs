//! `perf-package-size`: Deployment package size under 200 MB (target under 100 MB).

use crate::checks::{Category, Check, Need};
use crate::context::Context;
use crate::report::{Outcome, Severity};

pub(super) static CHECK: Check = Check {
    id: "perf-package-size",
    title: "Deployment package size under 200 MB (target under 100 MB)",
    category: Category::Performance,
    severity: Severity::Low,
    needs: &[Need::Files, Need::Template, Need::Aws],
    page: include_str!("perf_package_size.md"),
    references: &[
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/runtime-security-best-practices.html",
    ],
    run,
};

fn run(context: &Context) -> Vec<Outcome> {
    vec![Outcome::not_built(context.project.resource())]
}
