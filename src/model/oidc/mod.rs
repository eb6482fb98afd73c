//! Discovery documents and key sets of OpenID Connect providers, as they were read.

pub mod discovery;
pub mod keys;

use std::borrow::Cow;

/// The suffix that the AgentCore CLI requires of a discovery URL.
pub const SUFFIX: &str = "/.well-known/openid-configuration";
/// The suffix of OAuth authorization server metadata (RFC 8414), which the service's API accepts too.
pub const OAUTH_SUFFIX: &str = "/.well-known/oauth-authorization-server";

/// The issuer that a discovery URL is of: the URL less its well-known suffix, or, where the issuer's path stands behind the suffix
/// (RFC 8414, section 3.1; the service accepts it since 2026-11-05), the origin and that path. `None` where it has neither form.
pub fn base(discovery_url: &str) -> Option<Cow<'_, str>> {
    let ends = [SUFFIX, OAUTH_SUFFIX];
    let ended = ends
        .iter()
        .find_map(|suffix| discovery_url.strip_suffix(suffix));
    if let Some(base) = ended {
        return Some(Cow::Borrowed(base));
    }
    ends.iter().find_map(|suffix| {
        let (origin, path) = discovery_url.split_once(suffix)?;
        let whole = path.starts_with('/') && path.len() > 1 && !path.contains(['?', '#']);
        let host = origin
            .split_once("://")
            .is_some_and(|(_, host)| !host.contains('/'));
        (whole && host).then(|| Cow::Owned(format!("{origin}{path}")))
    })
}

/// True where the issuer's path stands behind the suffix, a form that the AgentCore CLI refuses.
pub fn path_behind_suffix(discovery_url: &str) -> bool {
    matches!(base(discovery_url), Some(Cow::Owned(_)))
}

/// The discovery URL of an issuer (OpenID Connect Discovery 1.0, section 4).
pub fn discovery_url(issuer: &str) -> String {
    format!("{}{SUFFIX}", issuer.trim_end_matches('/'))
}

#[cfg(test)]
mod tests {
    use super::base;

    #[test]
    fn the_path_of_an_issuer_may_stand_on_either_side() {
        let of = |url: &str| base(url).map(std::borrow::Cow::into_owned);
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(
            of("https://a.io/x/.well-known/openid-configuration"),
            some("https://a.io/x")
        );
        assert_eq!(
            of("https://a.io/.well-known/oauth-authorization-server/x/y"),
            some("https://a.io/x/y")
        );
        assert_eq!(
            of("https://a.io/.well-known/openid-configuration/x"),
            some("https://a.io/x")
        );
        assert_eq!(
            of("https://a.io/.well-known/openid-configuration?x=/y"),
            None
        );
        assert_eq!(
            of("https://a.io/.well-known/openid-configuration/x#y"),
            None
        );
        assert_eq!(
            of("https://a.io/t/.well-known/openid-configuration/x"),
            None
        );
        assert_eq!(of("https://a.io/.well-known/other"), None);
    }
}
