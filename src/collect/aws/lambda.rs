//! Lambda: provisioned concurrency of the functions behind gateway targets.

use serde::Deserialize;
use serde_json::json;

use super::fault::known;
use super::operations::LIST_PROVISIONED_CONCURRENCY_CONFIGS;
use super::session::Session;
use crate::model::aws::ProvisionedConcurrency;
use crate::model::known::{Known, ReasonCode, Unread};

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Config {
    function_arn: Option<String>,
    requested_provisioned_concurrent_executions: Option<i64>,
    status: Option<String>,
}

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
    let input = json!({"FunctionName": parts[..7].join(":"), "List": "ALL"});
    let configs = session
        .list(&LIST_PROVISIONED_CONCURRENCY_CONFIGS, &input)
        .await;
    known(configs.map(|configs: Vec<Config>| {
        let mut configs: Vec<_> = configs
            .into_iter()
            .map(|config| ProvisionedConcurrency {
                arn: config.function_arn.unwrap_or_default(),
                requested: config
                    .requested_provisioned_concurrent_executions
                    .unwrap_or_default(),
                status: config.status.unwrap_or_default(),
            })
            .collect();
        configs.sort();
        configs
    }))
}
