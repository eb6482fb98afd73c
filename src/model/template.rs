//! The synthesized CloudFormation template of the project.

use super::json::Document;

/// A template of `agentcore/cdk/cdk.out`.
#[derive(Clone, Debug)]
pub struct Template {
    /// Path relative to the project root.
    pub path: String,
    /// The template with positions.
    pub document: Document,
}
