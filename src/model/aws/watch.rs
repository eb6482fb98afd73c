//! What watches the agents: event rules, trails, traces, quotas.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::model::known::Known;

/// A rule of an event bus.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct EventRule {
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// The bus.
    pub bus: String,
    /// `ENABLED`, `DISABLED`, `ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS`.
    pub state: String,
    /// The event pattern.
    pub pattern: Value,
    /// ARNs of its targets.
    pub targets: Known<Vec<String>>,
}

/// A CloudTrail trail.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Trail {
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// It logs every Region.
    pub multi_region: bool,
    /// Its home Region.
    pub home_region: String,
    /// It is logging now.
    pub logging: Known<bool>,
    /// Its advanced event selectors; basic selectors cannot name AgentCore resources and are left out.
    pub selectors: Known<Vec<Vec<Selector>>>,
    /// It has basic selectors that do more than log all management events: advanced ones would replace them.
    #[serde(default)]
    pub basic_data: bool,
}

/// A condition of an advanced event selector on one field.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Selector {
    /// `eventCategory`, `resources.type`, `eventName`, `readOnly`, `resources.ARN`, …
    pub field: String,
    /// One of these.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub equals: Vec<String>,
    /// Starts with one of these.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub starts_with: Vec<String>,
    /// Ends with one of these.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ends_with: Vec<String>,
    /// None of these.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub not_equals: Vec<String>,
    /// Starts with none of these.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub not_starts_with: Vec<String>,
    /// Ends with none of these.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub not_ends_with: Vec<String>,
}

/// Where X-Ray sends trace segments.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TraceDestination {
    /// `XRay` or `CloudWatchLogs`.
    pub destination: String,
    /// `PENDING` or `ACTIVE`.
    pub status: String,
}

/// A quota.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Quota {
    /// Its name.
    pub name: String,
    /// The value that holds for the account; the default where Service Quotas lists no applied value.
    pub value: f64,
    /// AWS's default, where it was read.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub default: Option<f64>,
    /// True when `value` is an applied value, false when it is the default.
    pub applied: bool,
    /// An increase can be requested.
    pub adjustable: bool,
    /// Its unit.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub unit: Option<String>,
}
