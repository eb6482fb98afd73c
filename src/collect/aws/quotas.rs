//! Service Quotas of Amazon Bedrock AgentCore.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::json;

use super::fault::known;
use super::operations::{LIST_AWS_DEFAULT_SERVICE_QUOTAS, LIST_SERVICE_QUOTAS};
use super::session::Session;
use crate::model::aws::Quota;
use crate::model::known::Known;

/// The service's code.
const SERVICE: &str = "bedrock-agentcore";

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct ServiceQuota {
    quota_code: Option<String>,
    quota_name: Option<String>,
    value: Option<f64>,
    adjustable: Option<bool>,
    unit: Option<String>,
}

/// Applied values over defaults, by quota code; `Absent` where Service Quotas does not know the service.
pub async fn quotas(session: &Session) -> Known<BTreeMap<String, Quota>> {
    let input = json!({"ServiceCode": SERVICE});
    let (applied, defaults) = tokio::join!(
        session.list(&LIST_SERVICE_QUOTAS, &input),
        session.list(&LIST_AWS_DEFAULT_SERVICE_QUOTAS, &input),
    );
    let mut quotas = BTreeMap::new();
    match (applied, defaults) {
        // Applied values decide; without them a default could be mistaken for what holds.
        (Err(fault), _) => return known(Err(fault)),
        (Ok(applied), defaults) => {
            for quota in defaults.unwrap_or_default() {
                insert(&mut quotas, quota, false);
            }
            for quota in applied {
                insert(&mut quotas, quota, true);
            }
        }
    }
    Known::Read(quotas)
}

fn insert(quotas: &mut BTreeMap<String, Quota>, quota: ServiceQuota, applied: bool) {
    let (Some(code), Some(value)) = (quota.quota_code, quota.value) else {
        return;
    };
    let default = if applied {
        quotas.get(&code).map(|quota: &Quota| quota.value)
    } else {
        Some(value)
    };
    quotas.insert(
        code,
        Quota {
            name: quota.quota_name.unwrap_or_default(),
            value,
            default,
            applied,
            adjustable: quota.adjustable.unwrap_or_default(),
            unit: quota.unit,
        },
    );
}
