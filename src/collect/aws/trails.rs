//! CloudTrail: trails and what they log.

use futures::future::join_all;
use serde::Deserialize;
use serde_json::{Value, json};

use super::fault::known;
use super::operations::{DESCRIBE_TRAILS, GET_EVENT_SELECTORS, GET_TRAIL_STATUS};
use super::reads::list;
use super::session::Session;
use crate::model::aws::{Selector, Trail};
use crate::model::known::Known;

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Trails {
    #[serde(deserialize_with = "list")]
    trail_list: Vec<Described>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Described {
    name: Option<String>,
    #[serde(rename = "TrailARN")]
    trail_arn: Option<String>,
    is_multi_region_trail: Option<bool>,
    home_region: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Status {
    is_logging: Option<bool>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Selectors {
    #[serde(deserialize_with = "list")]
    event_selectors: Vec<Basic>,
    #[serde(deserialize_with = "list")]
    advanced_event_selectors: Vec<Advanced>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Basic {
    read_write_type: Option<String>,
    #[serde(deserialize_with = "list")]
    data_resources: Vec<Value>,
    #[serde(deserialize_with = "list")]
    exclude_management_event_sources: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Advanced {
    #[serde(deserialize_with = "list")]
    field_selectors: Vec<FieldSelector>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct FieldSelector {
    field: Option<String>,
    #[serde(deserialize_with = "list")]
    equals: Vec<String>,
    #[serde(deserialize_with = "list")]
    starts_with: Vec<String>,
    #[serde(deserialize_with = "list")]
    ends_with: Vec<String>,
    #[serde(deserialize_with = "list")]
    not_equals: Vec<String>,
    #[serde(deserialize_with = "list")]
    not_starts_with: Vec<String>,
    #[serde(deserialize_with = "list")]
    not_ends_with: Vec<String>,
}

/// The trails that log this Region's events, shadow trails of other Regions included.
pub async fn trails(session: &Session) -> Known<Vec<Trail>> {
    let input = json!({"includeShadowTrails": true});
    let output: Trails = match session.read(&DESCRIBE_TRAILS, &input).await {
        Ok(output) => output,
        Err(fault) => return known(Err(fault)),
    };
    let reads = output.trail_list.into_iter();
    let mut trails = join_all(reads.map(|item| trail(session, item))).await;
    trails.sort_by(|a, b| a.arn.cmp(&b.arn));
    Known::Read(trails)
}

async fn trail(session: &Session, trail: Described) -> Trail {
    let name = trail.name.unwrap_or_default();
    let arn = trail.trail_arn.unwrap_or_else(|| name.clone());
    let (of_selectors, of_status) = (json!({"TrailName": arn}), json!({"Name": arn}));
    let (selectors, status) = tokio::join!(
        session.read::<Selectors>(&GET_EVENT_SELECTORS, &of_selectors),
        session.read::<Status>(&GET_TRAIL_STATUS, &of_status),
    );
    let basic_data = selectors.as_ref().is_ok_and(|output| {
        output.event_selectors.iter().any(|basic| {
            !basic.data_resources.is_empty()
                || !basic.exclude_management_event_sources.is_empty()
                || basic
                    .read_write_type
                    .as_ref()
                    .is_some_and(|kind| kind != "All")
        })
    });
    Trail {
        basic_data,
        name,
        arn,
        multi_region: trail.is_multi_region_trail.unwrap_or_default(),
        home_region: trail.home_region.unwrap_or_default(),
        logging: known(status.map(|status| status.is_logging.unwrap_or_default())),
        selectors: known(selectors.map(|output| {
            let advanced = output.advanced_event_selectors.into_iter();
            advanced.map(selector).collect()
        })),
    }
}

fn selector(selector: Advanced) -> Vec<Selector> {
    let fields = selector.field_selectors.into_iter();
    fields
        .map(|field| Selector {
            field: field.field.unwrap_or_default(),
            equals: field.equals,
            starts_with: field.starts_with,
            ends_with: field.ends_with,
            not_equals: field.not_equals,
            not_starts_with: field.not_starts_with,
            not_ends_with: field.not_ends_with,
        })
        .collect()
}
