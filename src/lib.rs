//! Tells before launch whether an Amazon Bedrock AgentCore project is ready for production.

pub mod collect;
pub mod model;
