//! CloudWatch Logs: the groups under a prefix.

use serde::Deserialize;
use serde_json::json;

use super::fault::known;
use super::operations::DESCRIBE_LOG_GROUPS;
use super::session::Session;
use crate::model::aws::LogGroup;
use crate::model::known::Known;

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Group {
    log_group_name: Option<String>,
    retention_in_days: Option<i64>,
    kms_key_id: Option<String>,
}

/// The log groups whose name starts with `prefix`, sorted.
pub async fn groups(session: &Session, prefix: &str) -> Known<Vec<LogGroup>> {
    let input = json!({"logGroupNamePrefix": prefix});
    let groups = session.list(&DESCRIBE_LOG_GROUPS, &input).await;
    known(groups.map(|groups: Vec<Group>| {
        let mut groups: Vec<_> = groups
            .into_iter()
            .map(|group| LogGroup {
                name: group.log_group_name.unwrap_or_default(),
                retention_days: group.retention_in_days,
                kms_key: group.kms_key_id,
            })
            .collect();
        groups.sort();
        groups
    }))
}
