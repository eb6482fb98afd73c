//! Principals and their policies as the account has them. Documents are kept as AWS gave them; `crate::iam` judges them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::model::known::Known;

/// A policy with its name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NamedPolicy {
    /// Its name.
    pub name: String,
    /// Its ARN, for a managed policy.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub arn: Option<String>,
    /// The document at its default version, or why it could not be read.
    pub document: Known<Value>,
    /// A managed policy, not an inline one.
    #[serde(default)]
    pub managed: bool,
}

/// A role of the project in full.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Role {
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// Who may assume it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub trust: Option<Value>,
    /// Inline and attached policies.
    #[serde(default)]
    pub policies: Vec<NamedPolicy>,
    /// Its permissions boundary.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub boundary: Option<NamedPolicy>,
}

/// The kinds of principal that hold policies.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum PrincipalKind {
    /// A role.
    Role,
    /// A user, with the policies of its groups.
    User,
}

/// A principal reduced to the statements that can concern AgentCore.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Principal {
    /// Its ARN.
    pub arn: String,
    /// Role or user.
    pub kind: PrincipalKind,
    /// Its policies; a group's policy is named `group/policy`.
    pub policies: Vec<NamedPolicy>,
    /// Its permissions boundary, reduced likewise.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub boundary: Option<NamedPolicy>,
    /// True for a role that an AWS service made for itself (`/aws-service-role/`).
    #[serde(default)]
    pub service_linked: bool,
}
