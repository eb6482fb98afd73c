//! Where X-Ray sends the segments of the account and Region.

use serde_json::json;

use crate::checks::judge::Problem;
use crate::checks::{fixes, live};
use crate::context::Context;
use crate::model::finding::{Evidence, Fix};
use crate::model::known::Known;
use crate::model::project::Agent;

/// What the destination says for a deployed agent.
#[derive(Default)]
pub(super) struct Destination {
    /// Spans do not get to CloudWatch Logs.
    pub(super) problem: Option<Problem>,
    /// What a pass says besides.
    pub(super) note: String,
    /// What was read.
    pub(super) evidence: Option<Evidence>,
}

/// The indexing rule that every account has.
const RULE: &str = "Default";

/// Judged only for what is deployed: before that the first deploy turns Transaction Search on.
pub(super) fn destination(context: &Context, agent: Agent<'_>) -> Destination {
    let Some(state) = context.aws.read().filter(|_| context.is_deployed(agent)) else {
        return Destination::default();
    };
    let arn = format!(
        "arn:{}:xray:{}:{}:*",
        state.partition.as_deref().unwrap_or("aws"),
        state.region.as_deref().unwrap_or_default(),
        state.account.as_deref().unwrap_or_default()
    );
    let evidence = Evidence::aws(arn, "GetTraceSegmentDestination", "Destination");
    let found = match &state.trace_destination {
        Known::Read(found) => found,
        Known::Unread(reason) => {
            return Destination {
                note: format!(
                    "; where X-Ray sends segments was not read: {}",
                    reason.message
                ),
                ..Destination::default()
            };
        }
        Known::Absent => return Destination::default(),
    };
    if found.destination != "CloudWatchLogs" {
        let message = format!(
            "X-Ray sends the segments of the account to {}, not to CloudWatch Logs: Transaction Search, on which the agent's traces are shown and evaluated, is off (deployed)",
            if found.destination.is_empty() {
                "no known place"
            } else {
                &found.destination
            }
        );
        let problem = Problem::new(message, evidence)
            .fix(deploy(context))
            .fix(by_hand(context));
        return Destination {
            problem: Some(problem),
            ..Destination::default()
        };
    }
    let pending = match found.status.as_str() {
        "PENDING" => " (being switched)",
        _ => "",
    };
    let share = match state
        .indexing_rules
        .read()
        .and_then(|rules| rules.get(RULE))
    {
        Some(percent) => format!(", and {percent} % of the traces are indexed"),
        None => String::new(),
    };
    Destination {
        note: format!("; X-Ray sends segments to CloudWatch Logs{pending}{share}"),
        evidence: Some(evidence),
        problem: None,
    }
}

fn deploy(context: &Context) -> Fix {
    Fix::new("Let the deploy turn Transaction Search on")
        .command(fixes::deploy(context))
        .note("unless disableTransactionSearch is set in ~/.agentcore/config.json. It holds for the whole account and Region, and costs by the span")
}

/// The steps of the documentation: X-Ray may write to the two log groups, then the destination.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Enable-TransactionSearch.html>
fn by_hand(context: &Context) -> Fix {
    let state = context.aws.read();
    let (partition, region, account) = state.map_or(("aws", "", ""), |state| {
        (
            state.partition.as_deref().unwrap_or("aws"),
            state.region.as_deref().unwrap_or_default(),
            state.account.as_deref().unwrap_or_default(),
        )
    });
    let group = |name: &str| format!("arn:{partition}:logs:{region}:{account}:log-group:{name}:*");
    let policy = json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Sid": "TransactionSearchXRayAccess",
            "Effect": "Allow",
            "Principal": {"Service": "xray.amazonaws.com"},
            "Action": "logs:PutLogEvents",
            "Resource": [group("aws/spans"), group("/aws/application-signals/data")],
            "Condition": {
                "ArnLike": {"aws:SourceArn": format!("arn:{partition}:xray:{region}:{account}:*")},
                "StringEquals": {"aws:SourceAccount": account},
            },
        }],
    });
    Fix::new("Turn it on without a deploy")
        .command(
            live::aws(context, "logs", "put-resource-policy")
                .opt("--policy-name", "TransactionSearchXRayAccess")
                .opt("--policy-document", policy.to_string()),
        )
        .command(
            live::aws(context, "xray", "update-trace-segment-destination")
                .opt("--destination", "CloudWatchLogs"),
        )
}
