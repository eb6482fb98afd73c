//! Clients of OAuth that ask for a token themselves, with an id and a secret of their own.

use super::auth::{entries, secret};
use super::{Outbound, calls};
use crate::analysis::call_sites::Callers;
use crate::analysis::environment::held;
use crate::analysis::reachability::Live;
use crate::analysis::startup::call_at;
use crate::analysis::values::bound;
use crate::model::source::walk::sub_expressions;
use crate::model::source::{ByteRange, Expr, ExprKind, FnId, ModuleId};

/// A request for a token by the id and the secret of a client (`grant_type=client_credentials`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Grant {
    /// The request.
    pub site: (ModuleId, ByteRange),
    /// The function that makes it.
    pub function: Option<FnId>,
    /// The host that is asked.
    pub host: Option<String>,
    /// The variable that holds the secret.
    pub secret: Option<String>,
    /// The variable that holds the client's id.
    pub client: Option<String>,
    /// The scopes that are asked for.
    pub scopes: Vec<String>,
    /// Where the identity provider describes itself, where its address tells.
    pub discovery: Option<String>,
}

/// The clients of a runtime's code that ask for a token themselves.
pub(crate) fn grants<'a>(callers: &Callers<'a>, live: &Live<'_, 'a>) -> Vec<Grant> {
    let asked = calls(callers, live).into_iter().filter(|call| call.token);
    asked.filter_map(|call| grant(callers, &call)).collect()
}

/// Whether a call gets its token by this grant: what it runs in asks for one, and the call sends something that is no key.
pub(crate) fn is_sent(callers: &Callers<'_>, call: &Outbound, grant: &Grant) -> bool {
    let Some(auth) = &call.auth else {
        return false;
    };
    let source = callers.source();
    let module = source.module(call.module);
    let function = module.and_then(|module| module.function_at(call.range.start));
    let (Some(function), Some(asks)) = (function, grant.function) else {
        return false;
    };
    let of_secret = auth.variable.is_some() && auth.variable == grant.secret;
    (of_secret || auth.variable.is_none() && !auth.literal)
        && source.reach(function.id).contains(&asks)
}

fn grant(callers: &Callers<'_>, call: &Outbound) -> Option<Grant> {
    let source = callers.source();
    let (module, at) = (call.module, source.module(call.module)?);
    let made = call_at(source, (module, call.range))?;
    let mut found = Grant {
        site: (module, call.range),
        function: at.function_at(call.range.start).map(|function| function.id),
        host: call.address.host(),
        secret: None,
        client: None,
        scopes: Vec::new(),
        discovery: discovery(call),
    };
    let named = ["data", "json", "body", "content"]
        .iter()
        .filter_map(|key| made.option(key));
    let mut by_client = false;
    for body in named.chain(made.args.iter().skip(1)) {
        let body = match body.as_call() {
            // `JSON.stringify({…})`, `urlencode({…})`, `new URLSearchParams({…})`
            Some(inner) => inner.args.first().unwrap_or(body),
            None => body,
        };
        let mut bodies = vec![body];
        if let Some(name) = body.as_name() {
            bodies.extend(bound(source, module, name, body.range.start));
        }
        for body in bodies {
            for (at, key, value) in entries(callers, module, body) {
                match key {
                    "grant_type" | "grantType" => {
                        let mut types = source.strings(at, value).into_iter();
                        by_client |= types.any(|kind| kind == "client_credentials");
                    }
                    "client_secret" | "clientSecret" => found.secret = secret(callers, at, value),
                    "client_id" | "clientId" => {
                        found.client = held(callers, at, value).into_iter().next();
                    }
                    "scope" => {
                        let scopes = source.strings(at, value).into_iter().next();
                        let scopes = scopes.unwrap_or_default();
                        found.scopes = scopes.split_whitespace().map(str::to_owned).collect();
                    }
                    _ => {}
                }
            }
            let mut texts = source.strings(module, body).into_iter();
            by_client |= texts.any(|text| text.contains("grant_type=client_credentials"));
        }
    }
    // `auth=(client_id, client_secret)`, `HTTPBasicAuth(client_id, client_secret)`
    if let Some(auth) = made.option("auth") {
        let pair = match &auth.kind {
            ExprKind::Tuple(items) => &**items,
            ExprKind::Call(call) => &*call.args,
            _ => &[],
        };
        if let [client, key] = pair {
            found.client = found
                .client
                .or_else(|| held(callers, module, client).into_iter().next());
            found.secret = found.secret.or_else(|| within(callers, module, key));
        }
    }
    (by_client && found.secret.is_some()).then_some(found)
}

fn within<'a>(callers: &Callers<'a>, module: ModuleId, value: &'a Expr) -> Option<String> {
    let mut parts = sub_expressions(value).into_iter();
    parts.find_map(|part| secret(callers, module, part))
}

/// Where an identity provider describes itself, by the address at which it gives tokens.
fn discovery(call: &Outbound) -> Option<String> {
    let (host, path) = (call.address.host()?, call.address.whole_path()?);
    let base = if host.ends_with(".auth0.com") && path == "/oauth/token" {
        String::new()
    } else if host == "login.microsoftonline.com" {
        format!("{}/v2.0", path.strip_suffix("/oauth2/v2.0/token")?)
    } else if let Some(realm) = path.strip_suffix("/protocol/openid-connect/token") {
        realm.to_owned()
    } else if host.ends_with(".okta.com") || host.ends_with(".oktapreview.com") {
        match path {
            "/oauth2/v1/token" => String::new(),
            path => path.strip_suffix("/v1/token")?.to_owned(),
        }
    } else {
        path.strip_suffix("/connect/token")?.to_owned()
    };
    Some(format!(
        "https://{host}{base}/.well-known/openid-configuration"
    ))
}
