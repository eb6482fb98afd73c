//! The checks of the category `project`, in the order of the report.

mod cli_version;
mod config_files;
mod config_fixes;
mod config_valid;
mod models;
mod payment_secrets;
mod servers;

use super::Check;

/// In the order of the report.
pub(super) static CHECKS: &[&Check] = &[&cli_version::CHECK, &config_valid::CHECK];
