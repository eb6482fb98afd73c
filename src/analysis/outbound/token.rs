//! Requests for a token of OAuth: what a call of a service needs, and no service of its own.

use super::address::Address;
use crate::analysis::names::Meaning;
use crate::analysis::values::bound;
use crate::model::source::{Call, ModuleId, Source};

/// Ends of the paths under which identity providers give tokens.
const ENDS: [&str; 6] = [
    "/oauth2/token",
    "/oauth/token",
    "/oauth2/v2.0/token",
    "/v1/token",
    "/connect/token",
    "/openid-connect/token",
];

/// Whether a request asks for a token: by its address, or by the grant that its body names.
pub(super) fn is_asked(source: &Source, module: ModuleId, call: &Call, address: &Address) -> bool {
    let path = address.path().to_ascii_lowercase();
    if ENDS.iter().any(|end| path.ends_with(end)) {
        return true;
    }
    let named = ["data", "json", "body", "content"]
        .iter()
        .filter_map(|key| call.option(key));
    named.chain(call.args.iter().skip(1)).any(|body| {
        let mut written = vec![(module, body)];
        match (source.meaning(module, body), body.as_name()) {
            (Meaning::Value(at, value), _) => written.push((at, value)),
            (_, Some(name)) => {
                let values = bound(source, module, name, body.range.start);
                written.extend(values.into_iter().map(|value| (module, value)));
            }
            _ => {}
        }
        written.into_iter().any(|(at, value)| {
            source
                .module(at)
                .is_some_and(|module| module.text(value.range).contains("grant_type"))
        })
    })
}
