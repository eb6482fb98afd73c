//! EventBridge: rules that see a command execution, with their targets.

use futures::future::join_all;

use super::fault::{Fault, known};
use super::session::Session;
use crate::model::aws::EventRule;
use crate::model::event_pattern::{COMMAND_EVENTS, Fit, command_event, fit};
use crate::model::known::Known;

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

/// The next page's token, unless the service hands the same one out again.
fn next(token: Option<&String>, following: Option<String>) -> Option<String> {
    following.filter(|following| !following.is_empty() && token != Some(following))
}

async fn buses(session: &Session) -> Result<Vec<String>, Fault> {
    let (mut buses, mut token) = (Vec::new(), None);
    loop {
        let call = session
            .clients
            .events
            .list_event_buses()
            .set_next_token(token.clone());
        let output = session.call("events:ListEventBuses", call.send()).await?;
        buses.extend(
            output
                .event_buses()
                .iter()
                .filter_map(|bus| bus.name().map(str::to_owned)),
        );
        token = next(token.as_ref(), output.next_token);
        if token.is_none() {
            return Ok(buses);
        }
    }
}

async fn rules_of(
    session: &Session,
    bus: &str,
    account: &str,
    region: &str,
) -> Result<Vec<EventRule>, Fault> {
    let events = COMMAND_EVENTS.map(|name| command_event(name, account, region));
    let (mut rules, mut token) = (Vec::new(), None);
    loop {
        let call = session
            .clients
            .events
            .list_rules()
            .event_bus_name(bus)
            .set_next_token(token.clone());
        let output = session.call("events:ListRules", call.send()).await?;
        for rule in output.rules() {
            let pattern = rule
                .event_pattern()
                .and_then(|text| serde_json::from_str(text).ok());
            let Some(pattern) = pattern else {
                continue;
            };
            if events.iter().all(|event| fit(&pattern, event) == Fit::No) {
                continue;
            }
            rules.push(EventRule {
                name: rule.name().unwrap_or_default().to_owned(),
                arn: rule.arn().unwrap_or_default().to_owned(),
                bus: bus.to_owned(),
                state: rule
                    .state()
                    .map_or_else(String::new, |state| state.as_str().to_owned()),
                pattern,
                targets: Known::Absent,
            });
        }
        token = next(token.as_ref(), output.next_token);
        if token.is_none() {
            return Ok(rules);
        }
    }
}

async fn targets(session: &Session, rule: &EventRule) -> Known<Vec<String>> {
    let (mut targets, mut token) = (Vec::new(), None);
    loop {
        let call = session
            .clients
            .events
            .list_targets_by_rule()
            .rule(&rule.name)
            .event_bus_name(&rule.bus)
            .set_next_token(token.clone());
        let output = match session.call("events:ListTargetsByRule", call.send()).await {
            Ok(output) => output,
            Err(fault) => return known(Err(fault)),
        };
        targets.extend(
            output
                .targets()
                .iter()
                .map(|target| target.arn().to_owned()),
        );
        token = next(token.as_ref(), output.next_token);
        if token.is_none() {
            targets.sort();
            return Known::Read(targets);
        }
    }
}
