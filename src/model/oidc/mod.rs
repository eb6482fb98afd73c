//! Discovery documents and key sets of OpenID Connect providers, as they were read.

pub mod discovery;
pub mod keys;

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
