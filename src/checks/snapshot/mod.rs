//! Safe to restore: what breaks where every session starts from one snapshot of the started process (platform version V2).

mod common;
mod moved;
mod names;
mod obs_trace_ids;
mod runtime_attack_surface;
mod runtime_env_size;
mod runtime_platform_version;
mod snapshot_background_work;
mod snapshot_clock;
mod snapshot_connections;
mod snapshot_credentials;
mod snapshot_crypto_library;
mod snapshot_host_identity;
mod snapshot_mount_access;
mod snapshot_prng;
mod snapshot_ready_ping;
mod snapshot_stale_data;
mod snapshot_unique_values;

use crate::checks::Check;

pub(super) const CHECKS: &[&Check] = &[
    &snapshot_credentials::CHECK,
    &snapshot_unique_values::CHECK,
    &snapshot_prng::CHECK,
    &snapshot_clock::CHECK,
    &snapshot_connections::CHECK,
    &snapshot_stale_data::CHECK,
    &snapshot_background_work::CHECK,
    &snapshot_mount_access::CHECK,
    &snapshot_ready_ping::CHECK,
    &snapshot_host_identity::CHECK,
    &runtime_platform_version::CHECK,
    &runtime_env_size::CHECK,
    &runtime_attack_surface::CHECK,
    &obs_trace_ids::CHECK,
    &snapshot_crypto_library::CHECK,
];
