//! CloudTrail: trails and what they log.

use aws_sdk_cloudtrail::types::{AdvancedEventSelector, ReadWriteType, Trail as SdkTrail};
use futures::future::join_all;

use super::fault::known;
use super::session::Session;
use crate::model::aws::{Selector, Trail};
use crate::model::known::Known;

/// The trails that log this Region's events, shadow trails of other Regions included.
pub async fn trails(session: &Session) -> Known<Vec<Trail>> {
    let call = session
        .clients
        .cloudtrail
        .describe_trails()
        .include_shadow_trails(true)
        .send();
    let output = match session.call("cloudtrail:DescribeTrails", call).await {
        Ok(output) => output,
        Err(fault) => return known(Err(fault)),
    };
    let mut trails = join_all(output.trail_list().iter().map(|item| trail(session, item))).await;
    trails.sort_by(|a, b| a.arn.cmp(&b.arn));
    Known::Read(trails)
}

async fn trail(session: &Session, trail: &SdkTrail) -> Trail {
    let arn = trail.trail_arn().or(trail.name()).unwrap_or_default();
    let client = &session.clients.cloudtrail;
    let (selectors, status) = tokio::join!(
        session.call(
            "cloudtrail:GetEventSelectors",
            client.get_event_selectors().trail_name(arn).send()
        ),
        session.call(
            "cloudtrail:GetTrailStatus",
            client.get_trail_status().name(arn).send()
        ),
    );
    let basic_data = selectors.as_ref().is_ok_and(|output| {
        output.event_selectors().iter().any(|basic| {
            !basic.data_resources().is_empty()
                || !basic.exclude_management_event_sources().is_empty()
                || basic
                    .read_write_type()
                    .is_some_and(|kind| *kind != ReadWriteType::All)
        })
    });
    Trail {
        basic_data,
        name: trail.name().unwrap_or_default().to_owned(),
        arn: arn.to_owned(),
        multi_region: trail.is_multi_region_trail().unwrap_or_default(),
        home_region: trail.home_region().unwrap_or_default().to_owned(),
        logging: known(status.map(|status| status.is_logging().unwrap_or_default())),
        selectors: known(selectors.map(|output| {
            output
                .advanced_event_selectors()
                .iter()
                .map(selector)
                .collect()
        })),
    }
}

fn selector(selector: &AdvancedEventSelector) -> Vec<Selector> {
    selector
        .field_selectors()
        .iter()
        .map(|field| Selector {
            field: field.field().to_owned(),
            equals: field.equals().to_vec(),
            starts_with: field.starts_with().to_vec(),
            ends_with: field.ends_with().to_vec(),
            not_equals: field.not_equals().to_vec(),
            not_starts_with: field.not_starts_with().to_vec(),
            not_ends_with: field.not_ends_with().to_vec(),
        })
        .collect()
}
