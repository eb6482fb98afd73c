//! Tells before launch whether an Amazon Bedrock AgentCore project is ready for production.

pub mod iam;
pub mod model;
