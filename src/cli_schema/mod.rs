//! What the AgentCore CLI accepts, as data, and the walk that compares a document with it.
//!
//! The facts are those of CLI 0.30 (`dist/schema/schemas/` of npm `@aws/agentcore`; published in part as
//! <https://schema.agentcore.aws.dev/v1/agentcore.json>); `tests/config_valid.rs` compares the verdicts with the real program.

mod agent;
mod authorizer;
mod capacity;
mod deploy_references;
mod evaluation;
mod fault;
mod gateway;
mod gateway_rules;
mod harness;
mod harness_tools;
mod identity;
mod memory;
mod misplaced;
mod network;
mod patterns;
mod placeholders;
mod project;
mod references;
mod shape;
mod state;
mod walk;
mod words;

pub use deploy_references::{lengths, synthesis};
pub use fault::{At, Class, Fault, Repair};
pub use harness::HARNESS;
pub use placeholders::faults as placeholders;
pub use project::{PROJECT, knows_root_key};
pub use references::across as references;
pub use state::{DEPLOYED_STATE, TARGETS};
pub use walk::validate;
