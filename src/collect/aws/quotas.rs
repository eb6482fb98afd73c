//! Service Quotas of Amazon Bedrock AgentCore.

use std::collections::BTreeMap;

use aws_sdk_servicequotas::types::ServiceQuota;

use super::fault::known;
use super::session::Session;
use crate::model::aws::Quota;
use crate::model::known::Known;

/// The service's code.
const SERVICE: &str = "bedrock-agentcore";

/// Applied values over defaults, by quota code; `Absent` where Service Quotas does not know the service.
pub async fn quotas(session: &Session) -> Known<BTreeMap<String, Quota>> {
    let client = &session.clients.quotas;
    let applied = client
        .list_service_quotas()
        .service_code(SERVICE)
        .into_paginator()
        .items()
        .send();
    let defaults = client
        .list_aws_default_service_quotas()
        .service_code(SERVICE)
        .into_paginator()
        .items()
        .send();
    let (applied, defaults) = tokio::join!(
        session.call(
            "servicequotas:ListServiceQuotas",
            applied.collect::<Result<Vec<_>, _>>()
        ),
        session.call(
            "servicequotas:ListAWSDefaultServiceQuotas",
            defaults.collect::<Result<Vec<_>, _>>()
        ),
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
            adjustable: quota.adjustable,
            unit: quota.unit,
        },
    );
}
