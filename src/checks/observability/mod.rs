//! The checks of the category `observability`, in the order of the report.

mod eval_baseline;
mod eval_online;
mod obs_log_retention;
mod obs_tracing;
mod tracing_container;
mod tracing_destination;

use super::Check;

/// In the order of the report.
pub(super) static CHECKS: &[&Check] = &[
    &obs_tracing::CHECK,
    &obs_log_retention::CHECK,
    &eval_baseline::CHECK,
    &eval_online::CHECK,
];
