//! The checks of the category `performance`, in the order of the report.

mod image_edit;
mod package_architecture;
mod perf_async_tasks;
mod perf_cold_start;
mod perf_container_image;
mod perf_heavy_init;
mod perf_lambda_concurrency;
mod perf_package_size;
mod perf_ping_handler;
mod perf_session_reuse;
mod perf_session_stop;
mod perf_session_timeouts;
mod perf_unused_dependencies;
mod wheels;

use super::Check;

/// In the order of the report.
pub(super) static CHECKS: &[&Check] = &[
    &perf_cold_start::CHECK,
    &perf_package_size::CHECK,
    &package_architecture::CHECK,
    &perf_unused_dependencies::CHECK,
    &perf_heavy_init::CHECK,
    &perf_container_image::CHECK,
    &perf_session_reuse::CHECK,
    &perf_session_stop::CHECK,
    &perf_session_timeouts::CHECK,
    &perf_ping_handler::CHECK,
    &perf_async_tasks::CHECK,
    &perf_lambda_concurrency::CHECK,
];
