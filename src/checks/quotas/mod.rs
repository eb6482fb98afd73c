//! The checks of the category `quotas`, in the order of the report.

mod quota_client_retries;
mod quota_rates;
mod quota_sessions;
mod retries;

use super::Check;

/// In the order of the report.
pub(super) static CHECKS: &[&Check] = &[
    &quota_sessions::CHECK,
    &quota_rates::CHECK,
    &quota_client_retries::CHECK,
];
