//! The checks of the category `testing`, in the order of the report.

mod found;
mod test_error_cases;
mod test_inputs;
mod test_memory_cross_session;

use super::Check;

/// In the order of the report.
pub(super) static CHECKS: &[&Check] = &[
    &test_inputs::CHECK,
    &test_error_cases::CHECK,
    &test_memory_cross_session::CHECK,
];
