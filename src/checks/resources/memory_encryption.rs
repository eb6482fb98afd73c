//! `memory-encryption`: Memory encrypted with a customer-managed key.

use crate::checks::{Category, Check, Need};
use crate::context::Context;
use crate::report::{Outcome, Severity};

pub(super) static CHECK: Check = Check {
    id: "memory-encryption",
    title: "Memory encrypted with a customer-managed key",
    category: Category::Resources,
    severity: Severity::Low,
    needs: &[Need::Config, Need::Template, Need::Aws],
    page: include_str!("memory_encryption.md"),
    references: &[
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/runtime-security-best-practices.html",
    ],
    run,
};

fn run(context: &Context) -> Vec<Outcome> {
    vec![Outcome::not_built(context.project.resource())]
}
