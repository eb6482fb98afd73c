//! EventBridge: rules that see a command execution, with their targets.

use futures::future::join_all;
use serde::Deserialize;
use serde_json::json;

use super::fault::{Fault, known};
use super::operations::{LIST_EVENT_BUSES, LIST_RULES, LIST_TARGETS_BY_RULE};
use super::session::Session;
use crate::model::aws::EventRule;
use crate::model::event_pattern::{COMMAND_EVENTS, Fit, command_event, fit};
use crate::model::known::Known;

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Bus {
    name: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Rule {
    name: Option<String>,
    arn: Option<String>,
    state: Option<String>,
    event_pattern: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Target {
    arn: Option<String>,
}

/// The rules of every bus whose pattern may match a command execution; the rest of an account's rules is no business of ours.
pub async fn rules(session: &Session, account: &str, region: &str) -> Known<Vec<EventRule>> {
    let buses = match buses(session).await {
        Ok(buses) => buses,
        Err(fault) => return known(Err(fault)),
    };
    let listings = join_all(
        buses
            .iter()
            .map(|bus| rules_of(session, bus, account, region)),
    )
    .await;
    let listed: Result<Vec<_>, Fault> = listings.into_iter().collect();
    let rules = match listed {
        Ok(rules) => rules.into_iter().flatten(),
        Err(fault) => return known(Err(fault)),
    };
    let with_targets = rules.map(|mut rule| async move {
        rule.targets = targets(session, &rule).await;
        rule
    });
    let mut rules = join_all(with_targets).await;
    rules.sort_by(|a, b| (&a.bus, &a.name).cmp(&(&b.bus, &b.name)));
    Known::Read(rules)
}

async fn buses(session: &Session) -> Result<Vec<String>, Fault> {
    let buses: Vec<Bus> = session.list(&LIST_EVENT_BUSES, &json!({})).await?;
    Ok(buses.into_iter().filter_map(|bus| bus.name).collect())
}

async fn rules_of(
    session: &Session,
    bus: &str,
    account: &str,
    region: &str,
) -> Result<Vec<EventRule>, Fault> {
    let events = COMMAND_EVENTS.map(|name| command_event(name, account, region));
    let rules: Vec<Rule> = session
        .list(&LIST_RULES, &json!({"EventBusName": bus}))
        .await?;
    let seeing = rules.into_iter().filter_map(|rule| {
        let pattern = serde_json::from_str(&rule.event_pattern?).ok()?;
        if events.iter().all(|event| fit(&pattern, event) == Fit::No) {
            return None;
        }
        Some(EventRule {
            name: rule.name.unwrap_or_default(),
            arn: rule.arn.unwrap_or_default(),
            bus: bus.to_owned(),
            state: rule.state.unwrap_or_default(),
            pattern,
            targets: Known::Absent,
        })
    });
    Ok(seeing.collect())
}

async fn targets(session: &Session, rule: &EventRule) -> Known<Vec<String>> {
    let input = json!({"Rule": rule.name, "EventBusName": rule.bus});
    let targets = session.list(&LIST_TARGETS_BY_RULE, &input).await;
    known(targets.map(|targets: Vec<Target>| {
        let mut arns: Vec<String> = targets
            .into_iter()
            .map(|target| target.arn.unwrap_or_default())
            .collect();
        arns.sort();
        arns
    }))
}
