//! Safe to restore: what breaks where every session starts from one snapshot of the started process (platform version V2).

mod common;
mod names;
mod snapshot_background_work;
mod snapshot_clock;
mod snapshot_connections;
mod snapshot_credentials;
mod snapshot_host_identity;
mod snapshot_mount_access;
mod snapshot_prng;
mod snapshot_ready_ping;
mod snapshot_stale_data;
mod snapshot_unique_values;
mod work;

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
];
