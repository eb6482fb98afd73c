//! Discovery documents and key sets: what was fetched, and what follows for an authorizer.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::base;
use super::keys::Jwks;
use crate::model::known::Known;

/// Longest text that is kept of a document of others, in characters.
const LONGEST: usize = 4_000;

/// What a discovery URL answered. Part of a snapshot: serde both ways.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Discovery {
    /// The URL that answered in the end: another path of the same origin after a redirect.
    pub url: String,
    /// Set where it answered with something that is no discovery document (404, a redirect elsewhere, not JSON, too large).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub fault: Option<String>,
    /// `issuer`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub issuer: Option<String>,
    /// `jwks_uri`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub jwks_uri: Option<String>,
    /// `id_token_signing_alg_values_supported`.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub signing_algorithms: Vec<String>,
    /// What `jwks_uri` answered; absent where the document names none.
    #[serde(default = "absent")]
    pub jwks: Known<Jwks>,
    /// What else is to be known: a redirect that was followed, a proxy.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub notes: Vec<String>,
}

fn absent() -> Known<Jwks> {
    Known::Absent
}

/// Reads a discovery document; the key set is filled in by the collector.
pub fn parse_document(url: &str, body: &[u8]) -> Discovery {
    let faulty = |fault: String| Discovery {
        fault: Some(fault),
        ..empty(url)
    };
    let Ok(value) = serde_json::from_slice::<Value>(body) else {
        return faulty("the answer is not JSON".to_owned());
    };
    let Some(document) = value.as_object() else {
        return faulty("the answer is not a JSON object".to_owned());
    };
    let algorithms = document
        .get("id_token_signing_alg_values_supported")
        .and_then(Value::as_array)
        .map(|items| {
            items
                .iter()
                .filter_map(Value::as_str)
                .take(50)
                .map(cut)
                .collect()
        })
        .unwrap_or_default();
    let issuer = text(document, "issuer");
    Discovery {
        fault: issuer
            .is_none()
            .then(|| "the document has no issuer".to_owned()),
        issuer,
        jwks_uri: text(document, "jwks_uri"),
        signing_algorithms: algorithms,
        ..empty(url)
    }
}

/// A discovery result that says nothing yet.
pub fn empty(url: &str) -> Discovery {
    Discovery {
        url: url.to_owned(),
        fault: None,
        issuer: None,
        jwks_uri: None,
        signing_algorithms: Vec::new(),
        jwks: Known::Absent,
        notes: Vec::new(),
    }
}

pub(super) fn text(object: &Map<String, Value>, key: &str) -> Option<String> {
    object.get(key).and_then(Value::as_str).map(cut)
}

pub(super) fn cut(text: &str) -> String {
    text.chars().take(LONGEST).collect()
}

/// How an issuer relates to the discovery URL that led to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IssuerRule {
    /// Equal to the URL less its suffix, a trailing slash aside.
    Equal,
    /// A shorter prefix of the same origin that ends at a path segment.
    Prefix,
    /// Another path of the same origin.
    OtherPath,
    /// Another origin.
    OtherOrigin,
    /// A template such as `…/{tenantid}/v2.0`, as multi-tenant endpoints serve.
    Template,
    /// Not an https URL.
    NotHttps,
}

impl IssuerRule {
    /// True when AgentCore's rule holds: the issuer is a URL prefix of the discovery URL.
    pub fn holds(self) -> bool {
        matches!(self, Self::Equal | Self::Prefix)
    }
}

/// Compares an issuer with the discovery URL.
pub fn issuer_rule(discovery_url: &str, issuer: &str) -> IssuerRule {
    if issuer.contains('{') {
        return IssuerRule::Template;
    }
    let base = base(discovery_url).unwrap_or(discovery_url.into());
    let (Ok(expected), Ok(found)) = (url::Url::parse(&base), url::Url::parse(issuer)) else {
        return IssuerRule::NotHttps;
    };
    if found.scheme() != "https" {
        return IssuerRule::NotHttps;
    }
    if expected.origin() != found.origin() {
        return IssuerRule::OtherOrigin;
    }
    let path = |url: &url::Url| url.path().trim_end_matches('/').to_owned();
    let (expected_path, found_path) = (path(&expected), path(&found));
    if found.query().is_some() || found.fragment().is_some() {
        IssuerRule::OtherPath
    } else if expected_path == found_path {
        IssuerRule::Equal
    } else if expected_path.starts_with(&format!("{found_path}/")) {
        IssuerRule::Prefix
    } else {
        IssuerRule::OtherPath
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_issuer_rule() {
        let rule = |url: &str, issuer: &str| {
            issuer_rule(&format!("{url}{}", super::super::SUFFIX), issuer)
        };
        assert_eq!(
            rule("https://a.example", "https://a.example"),
            IssuerRule::Equal
        );
        assert_eq!(
            rule("https://a.example", "https://a.example/"),
            IssuerRule::Equal
        );
        assert_eq!(
            rule("https://a.example", "https://A.example:443/"),
            IssuerRule::Equal
        );
        assert_eq!(
            rule("https://a.example/realms/x", "https://a.example/realms"),
            IssuerRule::Prefix
        );
        assert_eq!(
            rule("https://a.example/realms/x", "https://a.example"),
            IssuerRule::Prefix
        );
        assert_eq!(
            rule("https://a.example/realms/x", "https://a.example/real"),
            IssuerRule::OtherPath
        );
        assert_eq!(
            rule("https://a.example", "https://a.example/x"),
            IssuerRule::OtherPath
        );
        assert_eq!(
            rule("https://qa.a.example", "https://a.example"),
            IssuerRule::OtherOrigin
        );
        assert_eq!(
            rule("https://a.example.evil.io", "https://a.example"),
            IssuerRule::OtherOrigin
        );
        assert_eq!(
            rule("https://a.example:8443", "https://a.example"),
            IssuerRule::OtherOrigin
        );
        assert_eq!(
            rule("https://a.example", "http://a.example"),
            IssuerRule::NotHttps
        );
        assert_eq!(rule("https://a.example", "accounts"), IssuerRule::NotHttps);
        assert_eq!(
            rule(
                "https://l.example/common/v2.0",
                "https://l.example/{tenantid}/v2.0"
            ),
            IssuerRule::Template
        );
    }
}
