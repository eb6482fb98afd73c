//! Tells before launch whether an Amazon Bedrock AgentCore project is ready for production.

pub mod model;
pub mod secrets;
