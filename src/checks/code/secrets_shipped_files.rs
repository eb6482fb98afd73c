//! `secrets-shipped-files`: No secret files in what ships.

use crate::checks::{Category, Check, Need};
use crate::context::Context;
use crate::report::{Outcome, Severity};

pub(super) static CHECK: Check = Check {
    id: "secrets-shipped-files",
    title: "No secret files in what ships",
    category: Category::Code,
    severity: Severity::High,
    needs: &[Need::Files],
    page: include_str!("secrets_shipped_files.md"),
    references: &[
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/runtime-security-best-practices.html",
    ],
    run,
};

fn run(context: &Context) -> Vec<Outcome> {
    vec![Outcome::not_built(context.project.resource())]
}
