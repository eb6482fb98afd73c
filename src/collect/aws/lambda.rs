//! Lambda: provisioned concurrency of the functions behind gateway targets.

use super::fault::known;
use super::session::Session;
use crate::model::aws::ProvisionedConcurrency;
use crate::model::known::{Known, ReasonCode, Unread};

/// The provisioned concurrency of every alias and version of the function behind `arn`.
pub async fn provisioned(session: &Session, arn: &str) -> Known<Vec<ProvisionedConcurrency>> {
    // arn:aws:lambda:REGION:ACCOUNT:function:NAME[:QUALIFIER]
    let parts: Vec<&str> = arn.split(':').collect();
    if parts.len() < 7 {
        return Known::Unread(Unread::new(
            ReasonCode::Unsupported,
            format!("{arn} is no ARN of a Lambda function"),
        ));
    }
    let pages = session
        .clients
        .lambda
        .list_provisioned_concurrency_configs()
        .function_name(parts[..7].join(":"))
        .into_paginator()
        .items()
        .send();
    let configs = session
        .call(
            "lambda:ListProvisionedConcurrencyConfigs",
            pages.collect::<Result<Vec<_>, _>>(),
        )
        .await;
    known(configs.map(|configs| {
        let mut configs: Vec<_> = configs
            .into_iter()
            .map(|config| ProvisionedConcurrency {
                arn: config.function_arn.unwrap_or_default(),
                requested: config
                    .requested_provisioned_concurrent_executions
                    .map_or(0, i64::from),
                status: config
                    .status
                    .map_or_else(String::new, |status| status.as_str().to_owned()),
            })
            .collect();
        configs.sort();
        configs
    }))
}
