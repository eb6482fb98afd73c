//! `runtime-debug-mode`: Debug mode is off.

use crate::checks::{Category, Check, Need};
use crate::context::Context;
use crate::report::{Outcome, Severity};

pub(super) static CHECK: Check = Check {
    id: "runtime-debug-mode",
    title: "Debug mode is off",
    category: Category::Code,
    severity: Severity::High,
    needs: &[Need::Code],
    page: include_str!("runtime_debug_mode.md"),
    references: &[
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/runtime-security-best-practices.html",
    ],
    run,
};

fn run(context: &Context) -> Vec<Outcome> {
    vec![Outcome::not_built(context.project.resource())]
}
