//! How a request authenticates, as far as its call shows.

use std::collections::{BTreeSet, VecDeque};

use super::behind::behind;
use crate::analysis::call_sites::Callers;
use crate::analysis::environment::read;
use crate::analysis::limits;
use crate::analysis::names::Meaning;
use crate::analysis::providers::{Held, held};
use crate::model::source::ir::FormatPart;
use crate::model::source::walk::sub_expressions;
use crate::model::source::{Call, Expr, ExprKind, ModuleId};
use crate::secrets::names::secret_like_name;

/// The authentication of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Auth {
    /// What shows it: `Authorization`, `auth`, `api_key`.
    pub by: String,
    /// The environment variable that holds the secret, where it comes straight from one.
    pub variable: Option<String>,
    /// True where the secret is written in the code.
    pub literal: bool,
    /// The provider of Identity that it comes from.
    pub provider: Option<Held>,
}

/// Headers that carry a credential.
fn is_header(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    matches!(
        &*name,
        "authorization"
            | "api-key"
            | "apikey"
            | "x-api-key"
            | "x-auth-token"
            | "proxy-authorization"
            | "private-token"
    ) || name.starts_with("x-")
        && (name.ends_with("-key") || name.ends_with("-token"))
        && !name.contains("idempotency")
}

/// Options under which a client of HTTP is lent to what speaks over it.
const CLIENTS: [&str; 3] = ["http_client", "httpClient", "http_async_client"];

/// Query parameters that carry a credential.
pub(super) fn is_parameter(name: &str) -> bool {
    matches!(
        &*name.to_ascii_lowercase(),
        "api_key"
            | "apikey"
            | "api-key"
            | "appid"
            | "access_token"
            | "token"
            | "key"
            | "auth_token"
            | "apitoken"
    )
}

/// The authentication of a request, of its own or of the client that sends it.
pub(super) fn of_request<'a>(
    callers: &Callers<'a>,
    module: ModuleId,
    call: &'a Call,
    receiver: bool,
) -> Option<Auth> {
    let headers = header(callers, module, call, &is_header);
    if let Some((at, value)) = headers.first() {
        return Some(auth(callers, *at, "header", value));
    }
    if let Some(value) = call.option("auth")
        && !matches!(value.kind, ExprKind::None)
    {
        return Some(auth(callers, module, "auth", value));
    }
    for option in ["params", "searchParams"] {
        let Some(params) = call.option(option) else {
            continue;
        };
        for (at, key, value) in entries(callers, module, params) {
            if is_parameter(key) {
                return Some(auth(callers, at, key, value));
            }
        }
    }
    let written = call
        .args
        .iter()
        .find_map(|url| of_url(callers, module, url));
    if let Some(found) = written
        .or_else(|| in_url(callers, module, call))
        .or_else(|| in_body(callers, module, call))
    {
        return Some(found);
    }
    // `streamable_http_client(url, http_client=client)`: the client sends what it was made with.
    let lent = CLIENTS.iter().find_map(|name| call.option(name));
    if let Some(made) = lent.and_then(|client| callers.source().type_of(module, client))
        && let Some(inner) = made.call.filter(|inner| !std::ptr::eq(*inner, call))
        && let Some(found) = of_request(callers, made.module, inner, false)
    {
        return Some(found);
    }
    if !receiver {
        return None;
    }
    // `Request(url, headers=…)`, `httpx.Client(headers=…)`.
    let made = match &call.callee.kind {
        ExprKind::Attribute { base, .. } => callers.source().type_of(module, base),
        _ => None,
    };
    let request = call
        .args
        .first()
        .and_then(|request| callers.source().type_of(module, request))
        .filter(|made| made.type_name.ends_with("Request"));
    [made, request]
        .into_iter()
        .flatten()
        .find_map(|made| of_request(callers, made.module, made.call?, false))
}

/// A key in the query of a URL: `f"https://host/path?q={q}&appid={KEY}"`.
fn of_url<'a>(callers: &Callers<'a>, module: ModuleId, url: &'a Expr) -> Option<Auth> {
    let (at, value) = match callers.source().meaning(module, url) {
        Meaning::Value(at, value) => (at, value),
        _ => (module, url),
    };
    let ExprKind::Format(parts) = &value.kind else {
        return None;
    };
    parts.windows(2).find_map(|pair| {
        let [FormatPart::Text(text), FormatPart::Expr(value)] = pair else {
            return None;
        };
        let key = text.strip_suffix('=')?.rsplit(['?', '&']).next()?;
        is_parameter(key).then(|| auth(callers, at, key, value))
    })
}

/// A key in an address that is built in steps: `new URL(`…?key=${key}`)`, `url.searchParams.set('key', key)`, `new URLSearchParams({ key })`.
fn in_url<'a>(callers: &Callers<'a>, module: ModuleId, call: &'a Call) -> Option<Auth> {
    let url = call.args.first().or_else(|| call.option("url"))?;
    let source = callers.source();
    let at = source.module(module)?;
    // The name that the address is built under, and what it was built of.
    let (built, whole) = match (url.as_name(), source.meaning(module, url)) {
        (Some(name), Meaning::Value(_, value)) => (Some(name), value),
        (Some(name), Meaning::Instance(made)) => (
            Some(name),
            made.call.and_then(|call| call.args.first()).unwrap_or(url),
        ),
        (name, _) => (name, url),
    };
    for part in sub_expressions(whole) {
        match &part.kind {
            ExprKind::Format(_) => {
                if let Some(found) = of_url(callers, module, part) {
                    return Some(found);
                }
            }
            ExprKind::Call(inner) => {
                let (ExprKind::Name(name) | ExprKind::Attribute { attr: name, .. }) =
                    &inner.callee.kind
                else {
                    continue;
                };
                let given = inner.args.first();
                let Some(given) = given
                    .filter(|_| matches!(&**name, "URLSearchParams" | "urlencode" | "stringify"))
                else {
                    continue;
                };
                let key = entries(callers, module, given)
                    .into_iter()
                    .find(|(_, name, _)| is_parameter(name));
                if let Some((at, name, value)) = key {
                    return Some(auth(callers, at, name, value));
                }
            }
            _ => {}
        }
    }
    let built = built?;
    at.calls().find_map(|(_, expr)| {
        let set = expr.as_call()?;
        let ExprKind::Attribute { base, attr } = &set.callee.kind else {
            return None;
        };
        let ExprKind::Attribute {
            base: owner,
            attr: params,
        } = &base.kind
        else {
            return None;
        };
        let puts = matches!(&**attr, "set" | "append")
            && &**params == "searchParams"
            && owner.as_name() == Some(built);
        let [name, value] = &*set.args else {
            return None;
        };
        let name = name.as_str().filter(|name| puts && is_parameter(name))?;
        Some(auth(callers, module, name, value))
    })
}

/// A key in the body: `body: JSON.stringify({ api_key })`, `axios.post(url, { api_key })`, `json={"api_key": key}`. A body has
/// fields of every name: only one that comes from a secret is a key.
fn in_body<'a>(callers: &Callers<'a>, module: ModuleId, call: &'a Call) -> Option<Auth> {
    let options = ["body", "json", "data", "form"].into_iter();
    let given = options
        .filter_map(|name| call.option(name))
        .chain(call.args.get(1));
    for body in given {
        let body = match body.as_call() {
            Some(made)
                if matches!(
                    callers.source().callee_name(module, body),
                    Some("JSON.stringify" | "json.dumps" | "URLSearchParams")
                ) =>
            {
                made.args.first().unwrap_or(body)
            }
            _ => body,
        };
        for (at, key, value) in entries(callers, module, body) {
            if is_parameter(key) || secret_like_name(key) {
                let found = auth(callers, at, key, value);
                if found.variable.is_some() {
                    return Some(found);
                }
            }
        }
    }
    None
}

/// The key that a library of one service is given.
pub(super) fn of_library<'a>(
    callers: &Callers<'a>,
    module: ModuleId,
    call: &'a Call,
) -> Option<Auth> {
    let keys = [
        "api_key",
        "apiKey",
        "token",
        "auth",
        "access_token",
        "accessToken",
        "key",
        "auth_token",
        "client_secret",
        "tavily_api_key",
        "exa_api_key",
        "serpapi_api_key",
    ];
    for key in keys {
        if let Some(value) = call
            .option(key)
            .filter(|value| !matches!(value.kind, ExprKind::None))
        {
            return Some(auth(callers, module, key, value));
        }
    }
    // `Exa(os.environ["EXA_API_KEY"])`: a key given by position shows by what it is read from.
    call.args.iter().find_map(|value| {
        let found = auth(callers, module, "argument", value);
        found.variable.is_some().then_some(found)
    })
}

/// The values of the headers of a call that are looked for.
pub(super) fn header<'a>(
    callers: &Callers<'a>,
    module: ModuleId,
    call: &'a Call,
    wanted: &dyn Fn(&str) -> bool,
) -> Vec<(ModuleId, &'a Expr)> {
    let Some(headers) = call.option("headers") else {
        return Vec::new();
    };
    entries(callers, module, headers)
        .into_iter()
        .filter(|(_, key, _)| wanted(&key.to_ascii_lowercase()))
        .map(|(at, _, value)| (at, value))
        .collect()
}

/// The entries of a literal, of a name that holds one, of a helper that returns one, of `new Headers({…})`.
pub(super) fn entries<'a>(
    callers: &Callers<'a>,
    module: ModuleId,
    value: &'a Expr,
) -> Vec<(ModuleId, &'a str, &'a Expr)> {
    let (module, value) = match callers.source().meaning(module, value) {
        Meaning::Value(at, inner) => (at, inner),
        Meaning::Instance(made) => match made.call.and_then(|call| call.args.first()) {
            Some(inner) => (made.module, inner),
            None => return Vec::new(),
        },
        _ => (module, value),
    };
    let ExprKind::Dict(entries) = &value.kind else {
        return Vec::new();
    };
    entries
        .iter()
        .filter_map(|entry| Some((module, entry.key.as_ref()?.as_str()?, &entry.value)))
        .collect()
}

fn auth<'a>(callers: &Callers<'a>, module: ModuleId, by: &str, value: &'a Expr) -> Auth {
    let mut variable = None;
    for inner in sub_expressions(value) {
        variable = variable.or_else(|| secret(callers, module, inner));
    }
    let provider = match variable {
        Some(_) => None,
        None => provided(callers, module, value),
    };
    let seen = variable.is_some() || provider.is_some();
    Auth {
        by: by.to_owned(),
        literal: !seen && !callers.source().strings(module, value).is_empty(),
        variable,
        provider,
    }
}

/// The credential of a provider that an expression is put together of.
fn provided<'a>(callers: &Callers<'a>, module: ModuleId, value: &'a Expr) -> Option<Held> {
    let mut waiting: VecDeque<(ModuleId, &'a Expr)> = VecDeque::from([(module, value)]);
    let mut seen = BTreeSet::new();
    while let Some((module, expr)) = waiting.pop_front() {
        if !seen.insert((module, expr.range)) {
            continue;
        }
        if seen.len() > STEPS {
            limits::reached(limits::CALLERS, module, expr.range);
            return None;
        }
        if let Some(found) = held(callers, module, expr) {
            return Some(found);
        }
        let before = waiting.len();
        waiting.extend(behind(callers, module, expr));
        if waiting.len() == before {
            // A text, an index: what it is made of.
            let parts = sub_expressions(expr).into_iter();
            waiting.extend(parts.map(|part| (module, part)));
        }
    }
    None
}

/// Most expressions that are looked at for one secret.
const STEPS: usize = 2_000;

/// The secret-like variable that an expression reads, through names, attributes and helpers too.
pub(super) fn secret<'a>(
    callers: &Callers<'a>,
    module: ModuleId,
    expr: &'a Expr,
) -> Option<String> {
    let mut waiting = VecDeque::from([(module, expr)]);
    let mut seen = BTreeSet::new();
    while let Some((module, expr)) = waiting.pop_front() {
        if !seen.insert((module, expr.range)) {
            continue;
        }
        if seen.len() > STEPS {
            limits::reached(limits::CALLERS, module, expr.range);
            return None;
        }
        if let Some(found) = read(callers, module, expr) {
            let names = found.all_names(callers);
            match names.into_iter().find(|name| secret_like_name(name)) {
                Some(name) => return Some(name),
                None => continue,
            }
        }
        // `const { TAVILY_API_KEY: key } = process.env`
        if let ExprKind::Name(_) = &expr.kind
            && let Meaning::External(name) = callers.source().meaning(module, expr)
            && let Some(name) = name.strip_prefix("process.env.")
            && secret_like_name(name)
        {
            return Some(name.to_owned());
        }
        waiting.extend(behind(callers, module, expr));
    }
    None
}

/// The key that a client of a library is given out of the environment: the constructor's arguments whose names say that they
/// are secrets, those in a table of arguments too.
pub(crate) fn of_client<'a>(
    callers: &Callers<'a>,
    module: ModuleId,
    call: &'a Call,
) -> Option<Auth> {
    let key = |name: &str| {
        let named = secret_like_name(name) || matches!(name, "key" | "token" | "auth");
        named && !name.to_ascii_lowercase().contains("password")
    };
    let given = call
        .keywords
        .iter()
        .filter_map(|keyword| Some((keyword.name.as_deref()?, &keyword.value)));
    let tables = call
        .args
        .iter()
        .chain(call.keywords.iter().map(|one| &one.value));
    let inside = tables
        .filter_map(|table| match &table.kind {
            ExprKind::Dict(entries) => Some(entries),
            _ => None,
        })
        .flatten()
        .filter_map(|entry| Some((entry.key.as_ref()?.as_str()?, &entry.value)));
    given
        .chain(inside)
        .filter(|(name, _)| key(name))
        .map(|(name, value)| auth(callers, module, name, value))
        .find(|auth| auth.variable.is_some())
}
