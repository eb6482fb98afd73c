//! Requests to an identity provider for a token, for keys or for its metadata: what calls and tests of tokens need, and no service of
//! its own.

use super::address::Address;
use crate::analysis::names::Meaning;
use crate::analysis::values::bound;
use crate::model::source::{Call, Expr, ModuleId, Source};

/// Ends of the paths under which identity providers give tokens.
const ENDS: [&str; 6] = [
    "/oauth2/token",
    "/oauth/token",
    "/oauth2/v2.0/token",
    "/v1/token",
    "/connect/token",
    "/openid-connect/token",
];

/// Paths under which identity providers give their keys and metadata, the first as the standards have them (RFC 8414, OpenID Connect
/// Discovery), the others as Entra ID, Google, Okta and Keycloak do.
const METADATA: [&str; 8] = [
    "/.well-known/jwks",
    "/.well-known/openid-configuration",
    "/.well-known/oauth-authorization-server",
    "/.well-known/oauth-protected-resource",
    "/discovery/v2.0/keys",
    "/oauth2/v3/certs",
    "/oauth2/v1/keys",
    "/openid-connect/certs",
];

/// Whether a request asks an identity provider for a token, by its address or by the grant that its body names, or for keys or metadata.
pub(super) fn is_asked(source: &Source, module: ModuleId, call: &Call, address: &Address) -> bool {
    let path = address.path().to_ascii_lowercase();
    if ENDS.iter().any(|end| path.ends_with(end)) {
        return true;
    }
    let holds = |expr: &Expr, words: &[&str]| {
        written(source, module, expr).any(|(at, value)| {
            let text = source.module(at).map(|module| module.text(value.range));
            text.is_some_and(|text| words.iter().any(|word| text.contains(word)))
        })
    };
    let url = call.args.first().or_else(|| call.option("url"));
    if METADATA.iter().any(|part| path.contains(part))
        || url.is_some_and(|url| holds(url, &METADATA))
    {
        return true;
    }
    let named = ["data", "json", "body", "content"]
        .iter()
        .filter_map(|key| call.option(key));
    named
        .chain(call.args.iter().skip(1))
        .any(|body| holds(body, &["grant_type"]))
}

/// An expression as it is written, and what it stands for.
fn written<'s>(
    source: &'s Source,
    module: ModuleId,
    expr: &'s Expr,
) -> impl Iterator<Item = (ModuleId, &'s Expr)> {
    let mut written = vec![(module, expr)];
    match (source.meaning(module, expr), expr.as_name()) {
        (Meaning::Value(at, value), _) => written.push((at, value)),
        (_, Some(name)) => {
            let values = bound(source, module, name, expr.range.start);
            written.extend(values.into_iter().map(|value| (module, value)));
        }
        _ => {}
    }
    written.into_iter()
}
