//! CloudWatch Logs: the groups under a prefix.

use super::fault::known;
use super::session::Session;
use crate::model::aws::LogGroup;
use crate::model::known::Known;

/// The log groups whose name starts with `prefix`, sorted.
pub async fn groups(session: &Session, prefix: &str) -> Known<Vec<LogGroup>> {
    let pages = session
        .clients
        .logs
        .describe_log_groups()
        .log_group_name_prefix(prefix)
        .into_paginator()
        .items()
        .send();
    let groups = session
        .call(
            "logs:DescribeLogGroups",
            pages.collect::<Result<Vec<_>, _>>(),
        )
        .await;
    known(groups.map(|groups| {
        let mut groups: Vec<_> = groups
            .into_iter()
            .map(|group| LogGroup {
                name: group.log_group_name.unwrap_or_default(),
                retention_days: group.retention_in_days.map(i64::from),
                kms_key: group.kms_key_id,
            })
            .collect();
        groups.sort();
        groups
    }))
}
