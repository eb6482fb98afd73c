//! `code-rate-limiting`: Rate limiting lives in the calling layer, not in the agent.

use crate::analysis::agent_code::{self, AgentCode};
use crate::analysis::rate_limits::{self, Limiter};
use crate::checks::{Category, Check, Need};
use crate::context::Context;
use crate::model::finding::{Evidence, Fix, Outcome, Severity};

pub(super) static CHECK: Check = Check {
    id: "code-rate-limiting",
    title: "Rate limiting lives in the calling layer, not in the agent",
    category: Category::Code,
    severity: Severity::Low,
    needs: &[Need::Code],
    page: include_str!("code_rate_limiting.md"),
    references: &[
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/bedrock-agentcore-limits.html",
        "https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-request-throttling.html",
    ],
    run,
};

fn run(context: &Context) -> Vec<Outcome> {
    crate::checks::agents::each(context, judge)
}

fn judge(code: &AgentCode<'_>) -> Outcome {
    let found: Vec<Evidence> = rate_limits::of(code)
        .into_iter()
        .map(|(module, range, limiter)| {
            let note = match limiter {
                Limiter::Package(package) => format!("a limiter of {package}"),
                Limiter::Counter => "a counter that refuses calls over a rate".to_owned(),
            };
            agent_code::evidence(code.source, module, range).note(note)
        })
        .collect();
    let name = &code.runtime.name;
    if found.is_empty() {
        let message = format!(
            "runtime {name} limits no rate itself in the {}",
            code.scope()
        );
        return Outcome::pass(code.resource(), message);
    }
    let message = format!(
        "runtime {name} counts calls inside the agent: every session has a microVM of its own, so the counter sees one caller's session and limits nothing"
    );
    Outcome::fail(code.resource(), message).evidences(found).fix(
        Fix::new("Limit rates in front of the runtime").note(
            "Remove the limiter. Limits per user or tenant belong in the rate limits of the gateway, in an API Gateway usage plan or \
             in the calling application; the runtime itself is limited by the account's quotas (1,000 data-plane requests and 25 new \
             sessions per second by default).",
        ),
    )
}
