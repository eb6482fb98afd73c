//! `shell-command-alert`: CloudTrail / EventBridge alert configured for InvokeAgentRuntimeCommand calls.

use serde_json::Value;

use super::alert_commands;
use crate::checks::unconfigured::{Listed, unconfigured};
use crate::checks::{Category, Check, Need, live};
use crate::context::Context;
use crate::model::aws::{AwsState, EventRule, Selector, Trail};
use crate::model::event_pattern::{COMMAND_EVENTS, Fit, command_event, fit};
use crate::model::finding::{Evidence, Outcome, Severity};
use crate::model::known::{Known, ReasonCode, Unread};

pub(super) static CHECK: Check = Check {
    id: "shell-command-alert",
    title: "CloudTrail / EventBridge alert configured for InvokeAgentRuntimeCommand calls",
    category: Category::ShellAccess,
    severity: Severity::Medium,
    needs: &[Need::Aws],
    page: include_str!("shell_command_alert.md"),
    references: &[
        "https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html",
        "https://docs.aws.amazon.com/awscloudtrail/latest/userguide/logging-data-events-with-cloudtrail.html",
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/runtime-security-best-practices.html",
    ],
    run,
};

/// The resources that data events of command execution are logged for
/// (<https://docs.aws.amazon.com/awscloudtrail/latest/userguide/logging-data-events-with-cloudtrail.html>).
pub(super) const RESOURCE_TYPES: [&str; 2] = [
    "AWS::BedrockAgentCore::Runtime",
    "AWS::BedrockAgentCore::RuntimeEndpoint",
];

fn run(context: &Context) -> Vec<Outcome> {
    vec![judge(context).unwrap_or_else(|outcome| *outcome)]
}

fn judge(context: &Context) -> Result<Outcome, Box<Outcome>> {
    let resource = context.project.resource();
    if context.project.agents().next().is_none() {
        let message = "the project has neither runtimes nor harnesses to run commands in";
        return Ok(unconfigured(context, &[Listed::Agent], message));
    }
    let state = live::state(context, &resource)?;
    if nobody_can(state) {
        let message = "no principal of the account can run commands in a runtime";
        return Ok(Outcome::not_applicable(resource, message));
    }
    let rules: &Vec<EventRule> = live::read(state.event_rules.as_ref(), &resource)?;
    let unseen: Vec<(&str, Watch)> = COMMAND_EVENTS
        .into_iter()
        .map(|event| (event, watched(state, rules, event)))
        .filter(|(_, watch)| *watch != Watch::Yes)
        .collect();
    let evidence = rules.iter().map(|rule| {
        let targets = rule
            .targets
            .read()
            .map_or("targets not read".to_owned(), |targets| {
                format!("{} targets", targets.len())
            });
        Evidence::aws(&rule.arn, "ListRules", "EventPattern")
            .note(format!("{}, {targets}: {}", rule.state, rule.pattern))
    });
    let evidence: Vec<Evidence> = evidence.collect();
    if let Some((event, Watch::Unread(reason))) = unseen
        .iter()
        .find(|(_, watch)| matches!(watch, Watch::Unread(_)))
    {
        let mut reason = reason.clone();
        reason.message = format!(
            "whether a rule alerts on {event} could not be told: {}",
            reason.message
        );
        return Ok(Outcome::skipped(resource, reason));
    }
    let missed: Vec<String> = unseen
        .iter()
        .filter(|(_, watch)| *watch != Watch::Sometimes)
        .map(|(event, watch)| format!("{event}: {}", watch.words()))
        .collect();
    if !missed.is_empty() {
        if let Known::Unread(reason) = &state.principals {
            let mut reason = reason.clone();
            reason.message = format!(
                "no rule alerts, and whether any principal can run commands could not be told: {}",
                reason.message
            );
            return Ok(Outcome::skipped(resource, reason).evidences(evidence));
        }
        let message = format!(
            "nobody is notified when a command is run in a runtime: {}",
            missed.join("; ")
        );
        return Ok(Outcome::fail(resource, message)
            .evidences(evidence)
            .fix(alert_commands::rule_fix(context, state)));
    }
    if !unseen.is_empty() {
        let reason = Unread::new(
            ReasonCode::Undeclared,
            "the rule's pattern looks at fields that differ from call to call",
        );
        let message = "a rule alerts on some command executions only: look whether its pattern leaves out callers that matter";
        return Ok(Outcome::manual(resource, message, reason).evidences(evidence));
    }
    Ok(with_trails(
        context,
        state,
        Outcome::pass(
            resource,
            "a rule with targets sees every command that is run in a runtime",
        ),
    )
    .evidences(evidence))
}

/// How far a rule sees an event.
#[derive(Clone, Debug, PartialEq)]
enum Watch {
    Yes,
    Sometimes,
    Disabled,
    NoTarget,
    Unread(Unread),
    No,
}

impl Watch {
    fn words(&self) -> &'static str {
        match self {
            Self::Disabled => "the rule that matches is disabled",
            Self::NoTarget => "the rule that matches has no target",
            _ => "no rule matches",
        }
    }
}

fn watched(state: &AwsState, rules: &[EventRule], event: &str) -> Watch {
    let account = state.account.as_deref().unwrap_or_default();
    let region = state.region.as_deref().unwrap_or_default();
    let event = command_event(event, account, region);
    // CloudTrail delivers to the default bus.
    let fitting = rules
        .iter()
        .filter(|rule| rule.bus == "default")
        .filter_map(|rule| match fit(&rule.pattern, &event) {
            Fit::No => None,
            fits => Some((rule, fits)),
        });
    let judged = fitting.map(
        |(rule, fits)| match (&rule.targets, rule.state.as_str(), fits) {
            (_, "DISABLED", _) => Watch::Disabled,
            (Known::Unread(reason), ..) => Watch::Unread(reason.clone()),
            (Known::Absent, ..) => Watch::NoTarget,
            (Known::Read(targets), ..) if targets.is_empty() => Watch::NoTarget,
            (Known::Read(_), _, Fit::Yes) => Watch::Yes,
            (Known::Read(_), ..) => Watch::Sometimes,
        },
    );
    let rank = |watch: &Watch| match watch {
        Watch::Yes => 5,
        Watch::Unread(_) => 4,
        Watch::Sometimes => 3,
        Watch::NoTarget => 2,
        Watch::Disabled => 1,
        Watch::No => 0,
    };
    judged.max_by_key(rank).unwrap_or(Watch::No)
}

/// True when the principals were read and none of them has a statement that could allow a command.
fn nobody_can(state: &AwsState) -> bool {
    let Known::Read(principals) = &state.principals else {
        return false;
    };
    let allows = |document: &Value| {
        document["Statement"]
            .as_array()
            .into_iter()
            .flatten()
            .any(|statement| {
                statement["Effect"].as_str() == Some("Allow")
                    && (statement.get("NotAction").is_some()
                        || words(&statement["Action"]).any(covers_command))
            })
    };
    principals
        .iter()
        .filter(|principal| !principal.service_linked)
        .all(|principal| {
            principal
                .policies
                .iter()
                .all(|policy| match &policy.document {
                    Known::Read(document) => !allows(document),
                    Known::Absent => true,
                    Known::Unread(_) => false,
                })
        })
}

fn words(value: &Value) -> impl Iterator<Item = &str> {
    match value {
        Value::Array(items) => items.iter().filter_map(Value::as_str).collect(),
        Value::String(one) => vec![one.as_str()],
        _ => Vec::new(),
    }
    .into_iter()
}

/// True when an action pattern may cover a command: the part before its first wildcard agrees with the action's name.
fn covers_command(pattern: &str) -> bool {
    let pattern = pattern.to_ascii_lowercase();
    let fixed = pattern.split(['*', '?']).next().unwrap_or_default();
    let wild = fixed.len() < pattern.len();
    COMMAND_EVENTS.iter().any(|event| {
        let action = format!("bedrock-agentcore:{}", event.to_ascii_lowercase());
        if wild {
            action.starts_with(fixed)
        } else {
            action == pattern
        }
    })
}

/// What the trails add: EventBridge gets data-plane calls only where a trail logs them as data events.
fn with_trails(context: &Context, state: &AwsState, outcome: Outcome) -> Outcome {
    let trails = match &state.trails {
        Known::Read(trails) => trails.as_slice(),
        Known::Absent => &[],
        Known::Unread(reason) => {
            return Outcome {
                message: format!(
                    "{}; whether a trail logs these data events could not be told: {}",
                    outcome.message, reason.message
                ),
                ..outcome
            };
        }
    };
    let region = state.region.as_deref().unwrap_or_default();
    let logged = trails
        .iter()
        .filter(|trail| trail.multi_region || trail.home_region == region)
        .map(|trail| logs(trail, region))
        .max()
        .unwrap_or(Fit::No);
    match logged {
        Fit::Yes => Outcome {
            message: format!("{}, and a trail logs these data events", outcome.message),
            ..outcome
        },
        Fit::Sometimes => Outcome {
            message: format!(
                "{}; whether a trail logs these data events could not be told",
                outcome.message
            ),
            ..outcome
        },
        Fit::No => {
            let message = "a rule matches command executions, but no trail logs them as data events, so that EventBridge never gets them";
            let evidence = trails.iter().map(|trail| {
                Evidence::aws(&trail.arn, "GetEventSelectors", "AdvancedEventSelectors")
            });
            Outcome::fail(outcome.resource, message)
                .evidences(evidence.collect::<Vec<_>>())
                .fix(alert_commands::trail_fix(context, state, trails))
        }
    }
}

/// Whether a trail logs command executions.
pub(super) fn logs(trail: &Trail, region: &str) -> Fit {
    let running = match &trail.logging {
        Known::Read(true) => Fit::Yes,
        Known::Read(false) | Known::Absent => Fit::No,
        Known::Unread(_) => Fit::Sometimes,
    };
    let selected = match &trail.selectors {
        Known::Read(selectors) => {
            let both = COMMAND_EVENTS.map(|event| {
                selectors
                    .iter()
                    .map(|fields| selects(fields, event, region))
                    .max()
                    .unwrap_or(Fit::No)
            });
            both.into_iter().min().unwrap_or(Fit::No)
        }
        Known::Absent => Fit::No,
        Known::Unread(_) => Fit::Sometimes,
    };
    running.min(selected)
}

fn selects(fields: &[Selector], event: &str, _region: &str) -> Fit {
    let fits = fields.iter().map(|field| {
        let of = |values: &[&str]| {
            if values.iter().any(|value| matches(field, value)) {
                Fit::Yes
            } else {
                Fit::No
            }
        };
        match field.field.as_str() {
            "eventCategory" => of(&["Data"]),
            "resources.type" => of(&RESOURCE_TYPES),
            "eventName" => of(&[event]),
            "eventSource" => of(&["bedrock-agentcore.amazonaws.com"]),
            // The rest differs from call to call, or is not documented for these events.
            _ => Fit::Sometimes,
        }
    });
    let of_data = fields
        .iter()
        .any(|field| field.field == "eventCategory" && matches(field, "Data"));
    if of_data {
        fits.min().unwrap_or(Fit::No)
    } else {
        Fit::No
    }
}

fn matches(field: &Selector, value: &str) -> bool {
    let any = |list: &[String], test: &dyn Fn(&str) -> bool| list.iter().any(|item| test(item));
    let positive = [
        (&field.equals, any(&field.equals, &|item| item == value)),
        (
            &field.starts_with,
            any(&field.starts_with, &|item| value.starts_with(item)),
        ),
        (
            &field.ends_with,
            any(&field.ends_with, &|item| value.ends_with(item)),
        ),
    ];
    let wanted = positive.iter().all(|(list, _)| list.is_empty())
        || positive.iter().any(|(_, matched)| *matched);
    wanted
        && !any(&field.not_equals, &|item| item == value)
        && !any(&field.not_starts_with, &|item| value.starts_with(item))
        && !any(&field.not_ends_with, &|item| value.ends_with(item))
}
