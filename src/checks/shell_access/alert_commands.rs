//! The commands that make somebody hear of command executions: topic, rule, target, and the trail that feeds them.

use serde_json::{Value, json};

use super::shell_command_alert::{RESOURCE_TYPES, logs};
use crate::checks::live;
use crate::context::Context;
use crate::model::aws::{AwsState, Selector, Trail};
use crate::model::event_pattern::{COMMAND_EVENTS, Fit};
use crate::model::finding::Fix;
use crate::model::known::Known;
use crate::shell::Command;

/// The rule and the trail that are made; the checklist's name.
const RULE: &str = "AgentCoreCommandExecution";
/// The topic that the fix makes.
const TOPIC: &str = "agentcore-command-execution";

/// The commands that make rule, topic and target, then the trail.
pub(super) fn rule_fix(context: &Context, state: &AwsState) -> Fix {
    let partition = state.partition.as_deref().unwrap_or("aws");
    let region = state.region.as_deref().unwrap_or_default();
    let account = state.account.as_deref().unwrap_or_default();
    let topic = format!("arn:{partition}:sns:{region}:{account}:{TOPIC}");
    let pattern = json!({
        "source": ["aws.bedrock-agentcore"],
        "detail-type": ["AWS API Call via CloudTrail"],
        "detail": {"eventName": COMMAND_EVENTS},
    });
    let policy = json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": {"Service": "events.amazonaws.com"},
            "Action": "sns:Publish",
            "Resource": topic,
        }],
    });
    let commands = [
        live::aws(context, "sns", "create-topic").opt("--name", TOPIC),
        live::aws(context, "sns", "set-topic-attributes")
            .opt("--topic-arn", &topic)
            .opt("--attribute-name", "Policy")
            .opt("--attribute-value", policy.to_string()),
        live::aws(context, "events", "put-rule")
            .opt("--name", RULE)
            .opt("--event-pattern", pattern.to_string())
            .opt("--state", "ENABLED"),
        live::aws(context, "events", "put-targets")
            .opt("--rule", RULE)
            .opt("--targets", format!("Id=alert,Arn={topic}")),
    ];
    let trails = state.trails.read().map(Vec::as_slice).unwrap_or_default();
    let already = trails.iter().any(|trail| {
        (trail.multi_region || trail.home_region == region) && logs(trail, region) != Fit::No
    });
    let rest = if already || state.trails.read().is_none() {
        Vec::new()
    } else {
        trail_commands(context, state, trails)
    };
    Fix::new("Alert on command execution")
        .commands(commands)
        .commands(rest)
        .note(format!(
            "a topic notifies nobody until someone subscribes to {topic}; data events are billed"
        ))
}

/// Makes a trail log command executions.
pub(super) fn trail_fix(context: &Context, state: &AwsState, trails: &[Trail]) -> Fix {
    Fix::new("Log command executions as data events")
        .commands(trail_commands(context, state, trails))
        .note("data events are billed")
}

/// Adds the data events to a trail whose selectors are known, else makes a trail for them.
fn trail_commands(context: &Context, state: &AwsState, trails: &[Trail]) -> Vec<Command> {
    let region = state.region.as_deref().unwrap_or_default();
    let added = RESOURCE_TYPES.map(|kind| {
        json!({
            "Name": format!("Command execution, {kind}"),
            "FieldSelectors": [
                {"Field": "eventCategory", "Equals": ["Data"]},
                {"Field": "resources.type", "Equals": [kind]},
                {"Field": "eventName", "Equals": COMMAND_EVENTS},
            ],
        })
    });
    let extendable = trails.iter().find(|trail| {
        trail.home_region == region
            && trail.logging == Known::Read(true)
            && !trail.basic_data
            && trail.selectors.read().is_some()
    });
    let select = |name: &str, kept: Vec<Value>| {
        let selectors: Vec<Value> = kept.into_iter().chain(added.clone()).collect();
        live::aws(context, "cloudtrail", "put-event-selectors")
            .opt("--trail-name", name)
            .opt(
                "--advanced-event-selectors",
                Value::Array(selectors).to_string(),
            )
    };
    if let Some(trail) = extendable {
        let kept = trail
            .selectors
            .read()
            .map(Vec::as_slice)
            .unwrap_or_default();
        let kept = if kept.is_empty() {
            // What basic selectors did: advanced ones replace them.
            vec![json!({
                "Name": "Management events",
                "FieldSelectors": [{"Field": "eventCategory", "Equals": ["Management"]}],
            })]
        } else {
            kept.iter().map(|fields| json!({"FieldSelectors": fields.iter().map(field).collect::<Vec<_>>()})).collect()
        };
        return vec![select(&trail.name, kept)];
    }
    new_trail(context, state, &select)
}

fn field(selector: &Selector) -> Value {
    let lists = [
        ("Equals", &selector.equals),
        ("StartsWith", &selector.starts_with),
        ("EndsWith", &selector.ends_with),
        ("NotEquals", &selector.not_equals),
        ("NotStartsWith", &selector.not_starts_with),
        ("NotEndsWith", &selector.not_ends_with),
    ];
    let mut value = json!({"Field": selector.field});
    for (name, list) in lists.into_iter().filter(|(_, list)| !list.is_empty()) {
        value[name] = json!(list);
    }
    value
}

fn new_trail(
    context: &Context,
    state: &AwsState,
    select: &dyn Fn(&str, Vec<Value>) -> Command,
) -> Vec<Command> {
    let partition = state.partition.as_deref().unwrap_or("aws");
    let region = state.region.as_deref().unwrap_or_default();
    let account = state.account.as_deref().unwrap_or_default();
    let bucket = format!("agentcore-commands-{account}-{region}");
    let trail = format!("arn:{partition}:cloudtrail:{region}:{account}:trail/{RULE}");
    let service = json!({"Service": "cloudtrail.amazonaws.com"});
    let policy = json!({
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": service, "Action": "s3:GetBucketAcl",
             "Resource": format!("arn:{partition}:s3:::{bucket}"),
             "Condition": {"StringEquals": {"aws:SourceArn": trail}}},
            {"Effect": "Allow", "Principal": service, "Action": "s3:PutObject",
             "Resource": format!("arn:{partition}:s3:::{bucket}/AWSLogs/{account}/*"),
             "Condition": {"StringEquals": {"aws:SourceArn": trail, "s3:x-amz-acl": "bucket-owner-full-control"}}},
        ],
    });
    let create = live::aws(context, "s3api", "create-bucket").opt("--bucket", &bucket);
    vec![
        // us-east-1 is no location constraint.
        if region == "us-east-1" {
            create
        } else {
            create.opt(
                "--create-bucket-configuration",
                format!("LocationConstraint={region}"),
            )
        },
        live::aws(context, "s3api", "put-bucket-policy")
            .opt("--bucket", &bucket)
            .opt("--policy", policy.to_string()),
        live::aws(context, "cloudtrail", "create-trail")
            .opt("--name", RULE)
            .opt("--s3-bucket-name", &bucket),
        select(RULE, Vec::new()),
        live::aws(context, "cloudtrail", "start-logging").opt("--name", RULE),
    ]
}
