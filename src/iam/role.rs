//! A role as the checks see it, whether it was read from a template or from the account.

use serde::{Deserialize, Serialize};

use super::document::Document;
use crate::model::known::Known;

/// A policy with the name it is known by.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NamedPolicy {
    /// Its name.
    pub name: String,
    /// Its ARN, for a managed policy.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub arn: Option<String>,
    /// What it says, or why that could not be read.
    pub document: Known<Document>,
    /// A managed policy, not an inline one.
    #[serde(default)]
    pub managed: bool,
}

impl NamedPolicy {
    /// An inline policy that was read.
    pub fn inline(name: impl Into<String>, document: Document) -> Self {
        Self {
            name: name.into(),
            arn: None,
            document: Known::Read(document),
            managed: false,
        }
    }

    /// A managed policy. `name` is the last part of the ARN.
    pub fn managed(arn: impl Into<String>, document: Known<Document>) -> Self {
        let arn = arn.into();
        let name = arn.rsplit('/').next().unwrap_or(&arn).to_owned();
        Self {
            name,
            arn: Some(arn),
            document,
            managed: true,
        }
    }

    /// True for a policy that AWS owns (`arn:aws:iam::aws:policy/…`).
    pub fn is_aws_managed(&self) -> bool {
        let arn = self.arn.as_deref().and_then(super::arn::Arn::parse);
        arn.is_some_and(|arn| arn.service == "iam" && arn.account == "aws")
    }
}

/// An IAM role (or another principal) with everything that decides what it may do.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Role {
    /// Its name; symbolic (`${LogicalId}`) where CloudFormation will give it.
    pub name: String,
    /// Its ARN, symbolic likewise.
    pub arn: String,
    /// Who may assume it; `None` where this was not read.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub trust: Option<Document>,
    /// The policies that grant it something, inline and attached.
    #[serde(default)]
    pub policies: Vec<NamedPolicy>,
    /// Its permissions boundary.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub boundary: Option<NamedPolicy>,
}
