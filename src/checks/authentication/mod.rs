//! The checks of the category `authentication`, in the order of the report.

mod auth_caller_match;
mod auth_drift;
mod auth_inbound_type;
mod auth_jwt_config;
mod auth_jwt_issuer;
mod auth_request_headers;
mod auth_session_binding;
mod gateway_error_detail;
mod placeholder;

use super::Check;

/// In the order of the report.
pub(super) static CHECKS: &[&Check] = &[
    &auth_inbound_type::CHECK,
    &auth_jwt_config::CHECK,
    &auth_jwt_issuer::CHECK,
    &auth_drift::CHECK,
    &gateway_error_detail::CHECK,
    &auth_caller_match::CHECK,
    &auth_session_binding::CHECK,
    &auth_request_headers::CHECK,
];
