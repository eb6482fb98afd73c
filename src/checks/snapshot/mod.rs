//! Safe to restore: what breaks where every session starts from one snapshot of the started process (platform version V2).

mod obs_trace_ids;
mod runtime_attack_surface;
mod runtime_env_size;
mod runtime_platform_version;
mod snapshot_crypto_library;

use crate::checks::Check;

pub(super) const CHECKS: &[&Check] = &[
    &runtime_platform_version::CHECK,
    &runtime_env_size::CHECK,
    &runtime_attack_surface::CHECK,
    &obs_trace_ids::CHECK,
    &snapshot_crypto_library::CHECK,
];
