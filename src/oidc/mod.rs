//! OpenID Connect and JWTs as AgentCore's inbound authorizer uses them: pure functions over tokens, discovery documents and
//! authorizer configurations. The only network access is in [`crate::collect::discovery`].

pub mod address;
pub mod authorizer;
pub mod discovery;
pub mod keys;
mod lists;
pub mod remedy;
pub mod recommend;
pub mod step;
pub mod token;
pub mod verify;
pub mod walk;

/// The suffix that the AgentCore CLI requires of a discovery URL.
pub const SUFFIX: &str = "/.well-known/openid-configuration";
/// The suffix of OAuth authorization server metadata (RFC 8414), which the service's API accepts too.
pub const OAUTH_SUFFIX: &str = "/.well-known/oauth-authorization-server";

/// The discovery URL less its well-known suffix; `None` where it has none.
pub fn base(discovery_url: &str) -> Option<&str> {
    discovery_url
        .strip_suffix(SUFFIX)
        .or_else(|| discovery_url.strip_suffix(OAUTH_SUFFIX))
}

/// The discovery URL of an issuer (OpenID Connect Discovery 1.0, section 4).
pub fn discovery_url(issuer: &str) -> String {
    format!("{}{SUFFIX}", issuer.trim_end_matches('/'))
}
