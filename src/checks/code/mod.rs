//! The checks of the category `code`, in the order of the report.

mod code_env_required;
mod code_error_handling;
mod code_error_leak;
mod code_identity_context;
mod code_imports_resolve;
mod code_input_validation;
mod code_loop_limit;
mod code_outbound_http;
mod code_rate_limiting;
mod code_swallowed_exceptions;
mod code_tool_sessions;
mod credentials_registered;
mod gateway_target;
mod keys;
mod outbound_fix;
pub(in crate::checks) mod private_hosts;
mod relative_imports;
mod runtime_debug_mode;
mod secrets_env_read;
mod secrets_hardcoded;
mod secrets_runtime_env;
mod secrets_shipped_files;
mod src_layout;

use super::Check;

/// In the order of the report.
pub(super) static CHECKS: &[&Check] = &[
    &code_error_handling::CHECK,
    &code_swallowed_exceptions::CHECK,
    &code_error_leak::CHECK,
    &code_input_validation::CHECK,
    &code_imports_resolve::CHECK,
    &code_env_required::CHECK,
    &code_rate_limiting::CHECK,
    &code_loop_limit::CHECK,
    &code_tool_sessions::CHECK,
    &code_identity_context::CHECK,
    &runtime_debug_mode::CHECK,
    &secrets_hardcoded::CHECK,
    &secrets_env_read::CHECK,
    &secrets_runtime_env::CHECK,
    &secrets_shipped_files::CHECK,
    &credentials_registered::CHECK,
    &code_outbound_http::CHECK,
];
