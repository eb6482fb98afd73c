//! `obs-log-retention`: CloudWatch log retention policy set.

use crate::checks::{Category, Check, Need, live};
use crate::context::Context;
use crate::model::aws::LogGroup;
use crate::model::finding::{Evidence, Fix, Outcome, Severity};
use crate::model::known::{ReasonCode, Unread};
use crate::model::project::Agent;

pub(super) static CHECK: Check = Check {
    id: "obs-log-retention",
    title: "CloudWatch log retention policy set",
    category: Category::Observability,
    severity: Severity::Low,
    needs: &[Need::Aws],
    page: include_str!("obs_log_retention.md"),
    references: &[
        "https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html",
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/observability-configure.html",
    ],
    run,
};

/// Days that the checklist sets; CloudWatch Logs accepts it.
const DAYS: &str = "30";

fn run(context: &Context) -> Vec<Outcome> {
    live::each_agent(context, |agent| judge(context, agent))
}

fn judge(context: &Context, agent: Agent<'_>) -> Result<Outcome, Box<Outcome>> {
    let resource = agent.resource();
    let runtime = live::runtime(context, agent)?;
    let groups: &Vec<LogGroup> = live::read(runtime.log_groups.as_ref(), &resource)?;
    // A group is made when its endpoint is first invoked.
    let missing: Vec<String> = runtime
        .endpoints
        .read()
        .into_iter()
        .flatten()
        .map(|endpoint| {
            format!(
                "/aws/bedrock-agentcore/runtimes/{}-{}",
                runtime.id, endpoint.name
            )
        })
        .filter(|name| !groups.iter().any(|group| group.name == *name))
        .collect();
    let not_yet = if missing.is_empty() {
        String::new()
    } else {
        format!(
            "; not there yet, made at the first call: {}",
            missing.join(", ")
        )
    };
    if groups.is_empty() {
        let reason = Unread::new(
            ReasonCode::Absent,
            format!(
                "{resource} has no log group yet: it is made when an endpoint is first invoked{not_yet}"
            ),
        );
        return Ok(Outcome::skipped(resource, reason));
    }
    let evidence = |group: &LogGroup| {
        let kept = group
            .retention_days
            .map_or("kept for ever".to_owned(), |days| format!("{days} days"));
        Evidence::aws(&runtime.arn, "DescribeLogGroups", "retentionInDays")
            .note(format!("{}: {kept}", group.name))
    };
    let unlimited: Vec<_> = groups
        .iter()
        .filter(|group| group.retention_days.is_none())
        .collect();
    if unlimited.is_empty() {
        let message = format!(
            "every log group of {resource} has a retention ({} looked at){not_yet}",
            groups.len()
        );
        return Ok(Outcome::pass(resource, message).evidences(groups.iter().map(evidence)));
    }
    let commands = unlimited.iter().map(|group| {
        live::aws(context, "logs", "put-retention-policy")
            .opt("--log-group-name", &group.name)
            .opt("--retention-in-days", DAYS)
    });
    let names: Vec<&str> = unlimited.iter().map(|group| group.name.as_str()).collect();
    Ok(Outcome::fail(
        resource.clone(),
        format!(
            "{resource} keeps its logs for ever in {}{not_yet}",
            names.join(", ")
        ),
    )
    .evidences(unlimited.iter().map(|group| evidence(group)))
    .fix(
        Fix::new(format!("Keep logs for {DAYS} days"))
            .commands(commands)
            .note("choose the days that your rules for keeping records ask for"),
    ))
}
