//! `code-imports-resolve`: Every import resolves in what ships.

use crate::checks::{Category, Check, Need};
use crate::context::Context;
use crate::report::{Outcome, Severity};

pub(super) static CHECK: Check = Check {
    id: "code-imports-resolve",
    title: "Every import resolves in what ships",
    category: Category::Code,
    severity: Severity::High,
    needs: &[Need::Code, Need::Files],
    page: include_str!("code_imports_resolve.md"),
    references: &[
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/runtime-security-best-practices.html",
    ],
    run,
};

fn run(context: &Context) -> Vec<Outcome> {
    vec![Outcome::not_built(context.project.resource())]
}
