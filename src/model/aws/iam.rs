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

/// Something that IAM's policy simulator is asked about a role.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Question {
    /// Actions on one resource.
    pub actions: Vec<String>,
    /// The resource, without a wildcard; `*` for actions that have no resource types.
    pub resource: String,
    /// Keys of the request whose values are known.
    pub keys: Vec<(String, String)>,
}

/// What IAM's policy simulator decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Decision {
    /// It is allowed.
    Allowed,
    /// A statement denies it.
    ExplicitDeny,
    /// No statement allows it.
    ImplicitDeny,
}

/// What `iam:SimulatePrincipalPolicy` answers for one action of a role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Simulation {
    /// The action.
    pub action: String,
    /// The resource that was asked about.
    pub resource: String,
    /// The decision.
    pub decision: Decision,
    /// Whether the service control policies of the organization allow it; nothing where the account is in none.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub by_organization: Option<bool>,
    /// Whether the permissions boundary allows it; nothing where the role has none.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub by_boundary: Option<bool>,
    /// Condition keys that policies ask for and that the question did not give: with them the decision may be another.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub missing_keys: Vec<String>,
}
