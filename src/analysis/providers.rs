//! Credential providers that code names.

use crate::analysis::call_sites::Callers;
use crate::analysis::environment::read;
use crate::analysis::limits;
use crate::analysis::names::{Meaning, leaf};
use crate::analysis::reachability::Live;
use crate::model::source::{ByteRange, Expr, ExprKind, ModuleId};

/// What kind of credential a provider holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ProviderKind {
    /// An API key.
    ApiKey,
    /// OAuth2 client credentials.
    OAuth,
    /// A payment wallet.
    Payment,
}

/// A provider that code fetches a credential from.
#[derive(Clone, Debug)]
pub(crate) struct Provider {
    /// The kind.
    pub kind: ProviderKind,
    /// The names that it can have; empty where they are not constant.
    pub names: Vec<String>,
    /// The environment variable that holds its name.
    pub variable: Option<String>,
    /// The module.
    pub module: ModuleId,
    /// The name's place.
    pub range: ByteRange,
}

/// Last segments of what fetches from a provider, the option that names it, and its kind.
const FETCHERS: [(&str, &str, ProviderKind); 10] = [
    ("requires_api_key", "provider_name", ProviderKind::ApiKey),
    (
        "requires_access_token",
        "provider_name",
        ProviderKind::OAuth,
    ),
    ("withApiKey", "providerName", ProviderKind::ApiKey),
    ("withAccessToken", "providerName", ProviderKind::OAuth),
    (
        "get_resource_api_key",
        "resourceCredentialProviderName",
        ProviderKind::ApiKey,
    ),
    (
        "get_resource_oauth2_token",
        "resourceCredentialProviderName",
        ProviderKind::OAuth,
    ),
    (
        "GetResourceApiKeyCommand",
        "resourceCredentialProviderName",
        ProviderKind::ApiKey,
    ),
    (
        "GetResourceOauth2TokenCommand",
        "resourceCredentialProviderName",
        ProviderKind::OAuth,
    ),
    ("get_api_key", "provider_name", ProviderKind::ApiKey),
    (
        "get_resource_payment_token",
        "resourceCredentialProviderName",
        ProviderKind::Payment,
    ),
];

/// Every provider that the code that runs names.
pub(crate) fn providers<'a>(callers: &Callers<'a>, live: &Live<'_, 'a>) -> Vec<Provider> {
    let mut found = Vec::new();
    for (module, _, expr) in callers.code().calls() {
        let Some(call) = expr.as_call() else { continue };
        let written = match &call.callee.kind {
            ExprKind::Attribute { attr, .. } => attr.to_string(),
            ExprKind::Name(_) => match callers.source().callee_name(module.id, expr) {
                Some(name) => leaf(name).to_owned(),
                None => continue,
            },
            _ => continue,
        };
        let Some((fetcher, option, kind)) = FETCHERS.iter().find(|(name, ..)| *name == written)
        else {
            continue;
        };
        // `get_api_key` is a name that anything can have.
        let general = *fetcher == "get_api_key"
            && !callers
                .source()
                .callee_name(module.id, expr)
                .is_some_and(|name| name.contains("IdentityClient"));
        let given = call.option(option).or_else(|| {
            let first = fetcher.starts_with("requires_").then(|| call.args.first());
            first.flatten()
        });
        let Some(name) = given.filter(|_| !general && live.runs(module.id, expr.range)) else {
            continue;
        };
        let mut names = Vec::new();
        let mut place = (module.id, name.range);
        resolve(callers, module.id, name, &mut names, &mut place);
        found.push(Provider {
            kind: *kind,
            names,
            variable: variable(callers, module.id, name),
            module: place.0,
            range: place.1,
        });
        // A helper that is given several names fetches from each.
        if let Some(last) = found.pop() {
            if last.names.len() > 1 && callers.parameter(module.id, name).is_some() {
                found.extend(last.names.iter().map(|name| Provider {
                    names: vec![name.clone()],
                    ..last.clone()
                }));
            } else {
                found.push(last);
            }
        }
    }
    found
}

fn resolve<'a>(
    callers: &Callers<'a>,
    module: ModuleId,
    name: &'a Expr,
    names: &mut Vec<String>,
    place: &mut (ModuleId, ByteRange),
) {
    let strings = callers.source().strings(module, name);
    let step = limits::follow("key of a provider", limits::CALLERS, module, name);
    if step.is_none() || !strings.is_empty() {
        for text in strings {
            if !names.contains(&text) {
                names.push(text);
            }
        }
        return;
    }
    let given = callers.given(module, name);
    if let [(at, value)] = given.as_slice() {
        *place = (*at, value.range);
    }
    for (at, value) in given {
        resolve(callers, at, value, names, place);
    }
}

fn variable<'a>(callers: &Callers<'a>, module: ModuleId, name: &'a Expr) -> Option<String> {
    let found = match read(callers, module, name) {
        Some(found) => found,
        None => match callers.source().meaning(module, name) {
            Meaning::Value(at, value) if !value.is(name) => read(callers, at, value)?,
            Meaning::Instance(made)
                if matches!(&*made.type_name, "os.getenv" | "os.environ.get") =>
            {
                return callers
                    .source()
                    .string(made.module, made.call?.args.first()?);
            }
            _ => return None,
        },
    };
    found.names(callers.source()).into_iter().next()
}
