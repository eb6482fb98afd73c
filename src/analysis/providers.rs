//! Credential providers that code names.

use std::collections::BTreeSet;

use crate::analysis::call_sites::Callers;
use crate::analysis::environment::read;
use crate::analysis::limits;
use crate::analysis::names::{Meaning, leaf};
use crate::analysis::reachability::Live;
use crate::model::source::{ByteRange, Call, Expr, ExprKind, ModuleId};

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

/// A credential of a provider that a value holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Held {
    /// The kind.
    pub kind: ProviderKind,
    /// The names that the provider can have; empty where they are not constant.
    pub names: Vec<String>,
    /// The environment variable that holds its name.
    pub variable: Option<String>,
    /// The scopes that are asked for.
    pub scopes: Vec<String>,
    /// It is the token of a user who gave consent, not one of the agent's own.
    pub of_user: bool,
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

/// The decorators of the SDK that hand a function a credential, and the parameter that gets it where `into` names none.
const INJECTS: [(&str, &str); 2] = [
    ("requires_api_key", "api_key"),
    ("requires_access_token", "access_token"),
];

/// The credential of a provider that an expression is by itself: the parameter that a decorator fills, whatever its default, or a
/// call of Identity's client.
pub(crate) fn held<'a>(callers: &Callers<'a>, module: ModuleId, expr: &'a Expr) -> Option<Held> {
    match &expr.kind {
        ExprKind::Name(name) => {
            let (function, index) = callers.parameter(module, expr)?;
            let function = callers.source().function(function)?;
            let parameter = &function.params.get(index)?.name;
            if **parameter != **name {
                return None;
            }
            let mut decorators = function.decorators.iter();
            decorators.find_map(|decorator| injected(callers, function.id.module, decorator, name))
        }
        ExprKind::Call(call) => {
            let ExprKind::Attribute { attr, .. } = &call.callee.kind else {
                return None;
            };
            let (.., option, kind) = FETCHERS.iter().find(|(fetcher, ..)| {
                *fetcher == &**attr && fetcher.starts_with("get_resource_")
            })?;
            Some(asked(callers, module, call, (option, *kind)))
        }
        _ => None,
    }
}

/// The credential that a decorator hands to the parameter of that name.
fn injected<'a>(
    callers: &Callers<'a>,
    module: ModuleId,
    decorator: &'a Expr,
    parameter: &str,
) -> Option<Held> {
    let call = decorator.as_call()?;
    let name = callers.source().canonical(module, &call.callee)?;
    let (decorator, default) = INJECTS.iter().find(|(known, _)| *known == leaf(&name))?;
    let into = match call.option("into") {
        Some(into) => callers.source().string(module, into)?,
        None => (*default).to_owned(),
    };
    let (.., option, kind) = FETCHERS.iter().find(|(known, ..)| known == decorator)?;
    (into == parameter).then(|| asked(callers, module, call, (option, *kind)))
}

/// What a call asks a provider for.
fn asked<'a>(
    callers: &Callers<'a>,
    module: ModuleId,
    call: &'a Call,
    (option, kind): (&str, ProviderKind),
) -> Held {
    let source = callers.source();
    let provider = call.option(option).or_else(|| call.args.first());
    let mut names = Vec::new();
    if let Some(name) = provider {
        resolve(callers, module, name, &mut names, &mut (module, name.range));
    }
    let flow = ["auth_flow", "oauth2Flow"]
        .iter()
        .find_map(|key| call.option(key));
    let flow = flow
        .map(|flow| source.strings(module, flow))
        .unwrap_or_default();
    let listed = call.option("scopes").map(|scopes| match &scopes.kind {
        ExprKind::List(items) | ExprKind::Tuple(items) => &**items,
        _ => std::slice::from_ref(scopes),
    });
    let scopes: BTreeSet<String> = listed
        .unwrap_or_default()
        .iter()
        .filter_map(|scope| source.string(module, scope))
        .collect();
    Held {
        kind,
        variable: provider.and_then(|name| variable(callers, module, name)),
        names,
        scopes: scopes.into_iter().collect(),
        of_user: flow.iter().any(|flow| flow == "USER_FEDERATION"),
    }
}

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
