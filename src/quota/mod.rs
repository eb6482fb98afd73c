//! Quotas of Amazon Bedrock AgentCore: a dated table of defaults, what an error means, what load is expected, and how an increase
//! is asked for. Pure: applied values come in with the context.

pub mod applied;
pub mod diagnose;
pub mod error_text;
pub mod load;
pub mod mitigations;
pub mod request;
pub mod rules;
pub mod table;

/// The service code of Service Quotas.
pub const SERVICE_CODE: &str = "bedrock-agentcore";
