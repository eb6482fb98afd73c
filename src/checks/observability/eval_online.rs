//! `eval-online`: Online evaluation watches the runtime.

use crate::checks::{Category, Check, Need};
use crate::context::Context;
use crate::report::{Outcome, Severity};

pub(super) static CHECK: Check = Check {
    id: "eval-online",
    title: "Online evaluation watches the runtime",
    category: Category::Observability,
    severity: Severity::Low,
    needs: &[Need::Config, Need::Aws],
    page: include_str!("eval_online.md"),
    references: &[
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/runtime-security-best-practices.html",
    ],
    run,
};

fn run(context: &Context) -> Vec<Outcome> {
    vec![Outcome::not_built(context.project.resource())]
}
