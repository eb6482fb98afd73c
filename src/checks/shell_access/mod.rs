//! The checks of the category `shell-access`, in the order of the report.

mod alert_commands;
mod holders;
pub(in crate::checks) mod shell_command_alert;
mod shell_command_grants;
mod shell_command_injection;
mod shell_command_separate_policy;

use super::Check;

/// In the order of the report.
pub(super) static CHECKS: &[&Check] = &[
    &shell_command_grants::CHECK,
    &shell_command_separate_policy::CHECK,
    &shell_command_alert::CHECK,
    &shell_command_injection::CHECK,
];
