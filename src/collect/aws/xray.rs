//! X-Ray: where segments go, and how many are indexed.

use std::collections::BTreeMap;

use aws_sdk_xray::types::IndexingRuleValue;

use super::fault::{Fault, known};
use super::session::Session;
use crate::model::aws::TraceDestination;
use crate::model::known::Known;

/// Where trace segments go.
pub async fn destination(session: &Session) -> Known<TraceDestination> {
    let call = session.clients.xray.get_trace_segment_destination().send();
    let output = session.call("xray:GetTraceSegmentDestination", call).await;
    known(output.and_then(|output| {
        Ok(TraceDestination {
            destination: output
                .destination()
                .ok_or(Fault::Missing)?
                .as_str()
                .to_owned(),
            status: output
                .status()
                .map_or_else(String::new, |status| status.as_str().to_owned()),
        })
    }))
}

/// Sampling percentage of the indexing rules, by name.
pub async fn indexing_rules(session: &Session) -> Known<BTreeMap<String, f64>> {
    let mut rules = BTreeMap::new();
    let mut token = None;
    loop {
        let call = session
            .clients
            .xray
            .get_indexing_rules()
            .set_next_token(token.clone())
            .send();
        let output = match session.call("xray:GetIndexingRules", call).await {
            Ok(output) => output,
            Err(fault) => return known(Err(fault)),
        };
        for rule in output.indexing_rules() {
            if let (Some(name), Some(IndexingRuleValue::Probabilistic(value))) =
                (rule.name(), rule.rule())
            {
                rules.insert(name.to_owned(), value.desired_sampling_percentage());
            }
        }
        // A service that hands the same token out again would keep this loop for ever.
        match output.next_token {
            Some(next) if !next.is_empty() && token.as_ref() != Some(&next) => token = Some(next),
            _ => return Known::Read(rules),
        }
    }
}
