//! The checks of the category `resources`, in the order of the report.

mod cedar_names;
mod gateway_outbound_auth;
mod gateway_policy_engine;
pub(crate) mod harness_memory;
mod memory_actor_id;
mod memory_encryption;
mod memory_strategies;
mod memory_use;
mod network_mode;
mod open_backend;
mod outbound_rules;
mod policy_cedar;
mod resource_encryption;
mod runtime_endpoint;
mod runtime_mmds_v2;
mod tool_network;
mod vpc_ways;

use super::Check;

/// In the order of the report.
pub(super) static CHECKS: &[&Check] = &[
    &memory_strategies::CHECK,
    &memory_actor_id::CHECK,
    &memory_encryption::CHECK,
    &gateway_outbound_auth::CHECK,
    &gateway_policy_engine::CHECK,
    &policy_cedar::CHECK,
    &network_mode::CHECK,
    &tool_network::CHECK,
    &resource_encryption::CHECK,
    &runtime_mmds_v2::CHECK,
];
