//! Gateways and their targets as the control plane describes them.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Jwt;
use crate::model::known::Known;

/// A deployed gateway (`GetGateway` and what hangs on it).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Gateway {
    /// Its id.
    pub id: String,
    /// Its ARN.
    pub arn: String,
    /// Its name in AWS: `<project>-<gateway>`.
    pub name: String,
    /// `NONE`, `AWS_IAM`, `CUSTOM_JWT`, `AUTHENTICATE_ONLY`.
    pub authorizer_type: String,
    /// The JWT authorizer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jwt: Option<Jwt>,
    /// Its role.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role_arn: Option<String>,
    /// `DEBUG`, or none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exception_level: Option<String>,
    /// Its KMS key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kms_key: Option<String>,
    /// The policy engine attached to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy_engine: Option<GatewayEngine>,
    /// Its targets, by name.
    pub targets: Known<BTreeMap<String, Known<GatewayTarget>>>,
    /// Its resource policy.
    pub resource_policy: Known<Value>,
}

/// A policy engine as a gateway uses it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct GatewayEngine {
    /// The engine's ARN.
    pub arn: String,
    /// `LOG_ONLY` or `ENFORCE`.
    pub mode: String,
}

/// A target behind a gateway (`GetGatewayTarget`).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct GatewayTarget {
    /// Its id.
    pub id: String,
    /// `READY`, …
    pub status: String,
    /// As `targetType` of `agentcore.json` spells it: `lambda`, `mcpServer`, `openApiSchema`, `smithyModel`, `apiGateway`,
    /// `connector`, `httpRuntime`, `passthrough`, `inference`, or `unknown`.
    pub kind: String,
    /// The endpoint it calls.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<String>,
    /// The Lambda function it calls, as written: with or without alias or version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lambda_arn: Option<String>,
    /// How it authenticates to what it calls.
    pub outbound_auth: Vec<OutboundAuth>,
    /// The function's provisioned concurrency, for a Lambda target.
    pub provisioned: Known<Vec<ProvisionedConcurrency>>,
}

/// An outbound authentication of a gateway target.
#[derive(
    Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "camelCase", default)]
pub struct OutboundAuth {
    /// `GATEWAY_IAM_ROLE`, `OAUTH`, `API_KEY`, `CALLER_IAM_CREDENTIALS`, `JWT_PASSTHROUGH`.
    pub kind: String,
    /// The credential provider.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider_arn: Option<String>,
}

/// Provisioned concurrency of a Lambda function's alias or version.
#[derive(
    Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "camelCase", default)]
pub struct ProvisionedConcurrency {
    /// The function's ARN with the alias or version.
    pub arn: String,
    /// How many were requested.
    pub requested: i64,
    /// `READY`, `IN_PROGRESS`, `FAILED`.
    pub status: String,
}
