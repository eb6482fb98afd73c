//! X-Ray: where segments go, and how many are indexed.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::fault::{Fault, known};
use super::operations::{GET_INDEXING_RULES, GET_TRACE_SEGMENT_DESTINATION};
use super::session::Session;
use crate::model::aws::TraceDestination;
use crate::model::known::Known;

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Segments {
    destination: Option<String>,
    status: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct IndexingRule {
    name: Option<String>,
    rule: Option<Rule>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Rule {
    probabilistic: Option<Probabilistic>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Probabilistic {
    desired_sampling_percentage: Option<f64>,
}

/// Where trace segments go.
pub async fn destination(session: &Session) -> Known<TraceDestination> {
    let output = session
        .read(&GET_TRACE_SEGMENT_DESTINATION, &Value::Null)
        .await;
    known(output.and_then(|output: Segments| {
        Ok(TraceDestination {
            destination: output.destination.ok_or(Fault::Missing)?,
            status: output.status.unwrap_or_default(),
        })
    }))
}

/// Sampling percentage of the indexing rules, by name.
pub async fn indexing_rules(session: &Session) -> Known<BTreeMap<String, f64>> {
    let rules = session.list(&GET_INDEXING_RULES, &json!({})).await;
    known(rules.map(|rules: Vec<IndexingRule>| {
        let percentage = |rule: IndexingRule| {
            let value = rule.rule?.probabilistic?.desired_sampling_percentage;
            Some((rule.name?, value.unwrap_or_default()))
        };
        rules.into_iter().filter_map(percentage).collect()
    }))
}
