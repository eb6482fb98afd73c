//! `eval-baseline`: Eval baseline established.

use crate::checks::{Category, Check, Need};
use crate::context::Context;
use crate::report::{Outcome, Severity};

pub(super) static CHECK: Check = Check {
    id: "eval-baseline",
    title: "Eval baseline established",
    category: Category::Observability,
    severity: Severity::Medium,
    needs: &[Need::Files],
    page: include_str!("eval_baseline.md"),
    references: &[
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/runtime-security-best-practices.html",
    ],
    run,
};

fn run(context: &Context) -> Vec<Outcome> {
    vec![Outcome::not_built(context.project.resource())]
}
