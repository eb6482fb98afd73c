//! `quota-client-retries`: Clients that call AgentCore or Bedrock keep a retry policy.

use super::retries;
use crate::checks::{Category, Check, Need};
use crate::context::Context;
use crate::model::finding::{Evidence, Fix, Outcome, Severity};

pub(super) static CHECK: Check = Check {
    id: "quota-client-retries",
    title: "Clients that call AgentCore or Bedrock keep a retry policy",
    category: Category::Quotas,
    severity: Severity::Low,
    needs: &[Need::Code, Need::Config],
    page: include_str!("quota_client_retries.md"),
    references: &[
        "https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html",
        "https://docs.aws.amazon.com/boto3/latest/guide/retries.html",
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/bedrock-agentcore-limits.html",
    ],
    run,
};

fn run(context: &Context) -> Vec<Outcome> {
    let resource = context.project.resource();
    let source = &context.source;
    let mut found: Vec<Evidence> = retries::code::turned_off(source);
    found.extend(retries::environment::turned_off(context));
    found.extend(retries::bare::without_retry(source));
    let scope = crate::checks::callers::scope(context);
    let outcome = if found.is_empty() {
        Outcome::pass(
            resource,
            format!("no client of AgentCore or Bedrock in {scope} turns its retries off"),
        )
    } else {
        let first = &found[0];
        let site = first.site.as_ref();
        let line = site.and_then(|site| site.span).map_or(1, |span| span.line);
        let message = format!(
            "{}:{line}: {}; a throttled call (429) or a session that is still starting fails at once",
            site.map_or("", |site| &*site.path),
            first.note
        );
        Outcome::fail(resource, message)
            .fix(Fix::new("Keep the SDK's standard retries").note(
                "Python: Config(retries={\"mode\": \"standard\", \"total_max_attempts\": 3}) or no retries option at all with a recent \
                 botocore; JavaScript: leave maxAttempts out (3). Where a call must not run twice, make it safe to repeat with its session id \
                 rather than without retries. An HTTP client needs a retry of its own for 429 and 5xx with backoff and jitter \
                 (urllib3 Retry, tenacity, p-retry).",
            ))
            .evidences(found)
    };
    vec![crate::checks::callers::honest_of_callers(context, outcome)]
}
