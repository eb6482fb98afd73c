//! What a request asks of a service: its path, with names for what is filled in, and the names in its query.

use std::collections::{BTreeMap, BTreeSet};

use super::address::Address;
use super::auth;
use super::clients::Shape;
use super::url;
use super::url::{WRAPPERS, addresses};
use crate::analysis::call_sites::Callers;
use crate::analysis::limits;
use crate::analysis::names::Meaning;
use crate::analysis::values::{Part, bound, parts};
use crate::model::source::{Call, Expr, ExprKind, ModuleId};

/// What a request asks of a service.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Operation {
    /// The path, as in `/stories/{story_id}`; none where a part of it cannot be read.
    pub path: Option<String>,
    /// The names in its query, but for those of keys.
    pub query: BTreeSet<String>,
}

/// A piece of an address.
enum Piece {
    Text(String),
    /// What is filled in, by its name.
    Filled(String),
}

/// Names of what is filled in that hold a path, not a part of one.
const PATHS: [&str; 8] = [
    "path", "endpoint", "route", "resource", "uri", "url", "suffix", "rest",
];
/// Names of what is filled in that hold a query.
const QUERIES: [&str; 6] = [
    "query",
    "query_string",
    "queryString",
    "qs",
    "params",
    "search",
];

/// What a request asks whose address is known as far as `address`.
pub(super) fn operation<'a>(
    callers: &Callers<'a>,
    module: ModuleId,
    (call, shape): (&'a Call, Shape),
    address: &Address,
) -> Operation {
    let mut found = Operation::default();
    // The host of a connection and of `https.request({ hostname, path })` is given apart from the path.
    let options = call.args.first().filter(|_| shape == Shape::Fetch);
    let apart = options.is_some_and(|options| {
        options.entry("url").is_none()
            && (options.entry("hostname").is_some() || options.entry("host").is_some())
    });
    let given = match shape {
        Shape::Connection => call.argument(1, "url"),
        _ if apart => options.and_then(|options| options.entry("path")),
        _ => url(call, shape),
    };
    let pieces = given.and_then(|given| pieces(callers, module, given));
    if let Some(text) = pieces.and_then(written) {
        let whole = match text.contains("://") {
            true => Some(text),
            false => after_base(&text, address),
        };
        if let Some((path, query)) = whole.as_deref().and_then(|text| of_host(text, address)) {
            found.path = Some(path);
            found.query = query;
        }
    }
    if found.path.is_none() && !apart && shape != Shape::Connection {
        found.path = address.whole_path().map(str::to_owned);
    }
    for option in ["params", "searchParams"] {
        let given = call.option(option).into_iter();
        let keys = given.flat_map(|given| auth::entries(callers, module, given));
        found.query.extend(keys.map(|(_, key, _)| key.to_owned()));
    }
    found.query.retain(|key| {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
        !key.is_empty() && key.chars().all(plain) && !auth::is_parameter(key)
    });
    found
}

/// The pieces that an address is put together of; none where it cannot be seen how it is.
fn pieces<'a>(callers: &Callers<'a>, module: ModuleId, url: &'a Expr) -> Option<Vec<Piece>> {
    let _step = limits::follow("pieces of an address", limits::CALLERS, module, url)?;
    if let Some(parts) = parts(url) {
        let mut found = Vec::new();
        for part in parts {
            match part {
                Part::Text(text) => found.push(Piece::Text(text.to_owned())),
                Part::Value(value) => found.extend(filled(callers, module, value)),
            }
        }
        return Some(found);
    }
    if let Some(text) = known(callers, module, url) {
        return Some(vec![Piece::Text(text)]);
    }
    let source = callers.source();
    if let ExprKind::Call(call) = &url.kind {
        if let ExprKind::Attribute { base, attr } = &call.callee.kind
            && &**attr == "format"
        {
            return format(callers, module, base, call);
        }
        let name = source.callee_name(module, url)?;
        let whole = WRAPPERS.contains(&name) && !name.ends_with("join") && call.args.len() == 1;
        return whole.then(|| pieces(callers, module, call.args.first()?))?;
    }
    match source.meaning(module, url) {
        Meaning::Value(at, value) if !value.is(url) => return pieces(callers, at, value),
        Meaning::Instance(made) if WRAPPERS.contains(&&*made.type_name) => {
            let call = made.call.filter(|call| call.args.len() == 1)?;
            return pieces(callers, made.module, call.args.first()?);
        }
        _ => {}
    }
    let name = url.as_name()?;
    let values = bound(source, module, name, url.range.start);
    let given = match values.is_empty() {
        true => callers.given(module, url),
        false => values.into_iter().map(|value| (module, value)).collect(),
    };
    match *given {
        [(at, value)] => pieces(callers, at, value),
        _ => None,
    }
}

/// The whole text of an expression that is one text.
fn known<'a>(callers: &Callers<'a>, module: ModuleId, value: &'a Expr) -> Option<String> {
    match &*addresses(callers, module, value) {
        [one] if one.complete && !one.text.is_empty() => Some(one.text.clone()),
        _ => None,
    }
}

/// The pieces of a value that stands in an address: its text where that is known, else its name.
fn filled<'a>(callers: &Callers<'a>, module: ModuleId, value: &'a Expr) -> Vec<Piece> {
    if let Some(text) = known(callers, module, value) {
        return vec![Piece::Text(text)];
    }
    let inner = pieces(callers, module, value).filter(|pieces| {
        let mut pieces = pieces.iter();
        pieces.any(|piece| matches!(piece, Piece::Text(text) if text.contains('/')))
    });
    inner.unwrap_or_else(|| vec![Piece::Filled(called(value))])
}

/// `"…/{}/x".format(id)`
fn format<'a>(
    callers: &Callers<'a>,
    module: ModuleId,
    template: &'a Expr,
    call: &'a Call,
) -> Option<Vec<Piece>> {
    let template = callers.source().string(module, template)?;
    let mut found = Vec::new();
    let mut rest = &*template;
    let mut next = 0;
    while let Some((text, more)) = rest.split_once('{') {
        let (field, more) = more.split_once('}')?;
        let value = match field.parse::<usize>() {
            Ok(index) => call.args.get(index)?,
            Err(_) if field.is_empty() => call.args.get(next)?,
            Err(_) => call.option(field)?,
        };
        next += usize::from(field.is_empty());
        found.push(Piece::Text(text.to_owned()));
        found.extend(filled(callers, module, value));
        rest = more;
    }
    found.push(Piece::Text(rest.to_owned()));
    Some(found)
}

/// What a value is called that is filled in.
fn called(value: &Expr) -> String {
    let name = match &value.kind {
        ExprKind::Name(name) | ExprKind::Attribute { attr: name, .. } => &**name,
        ExprKind::Subscript { index, .. } => index.as_str().unwrap_or("value"),
        ExprKind::Await(inner) => return called(inner),
        // `quote(name)`, `encodeURIComponent(name)`, `name.strip()`
        ExprKind::Call(call) => match (call.args.first(), &call.callee.kind) {
            (Some(given), _) if given.as_str().is_none() => return called(given),
            (None, ExprKind::Attribute { base, .. }) => return called(base),
            _ => "value",
        },
        _ => "value",
    };
    let word = |c: &char| c.is_ascii_alphanumeric() || *c == '_';
    let plain: String = name.chars().filter(word).collect();
    match plain.is_empty() {
        true => "value".to_owned(),
        false => plain,
    }
}

/// The text of the pieces, with `{name}` for what is filled in; none where what is filled in may be more than a part of a path.
fn written(pieces: Vec<Piece>) -> Option<String> {
    let mut text = String::new();
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for piece in pieces {
        match piece {
            Piece::Text(part) if part.contains(['{', '}']) => return None,
            Piece::Text(part) => text.push_str(&part),
            // Of a query only the names count.
            Piece::Filled(_) if text.contains('?') => text.push('{'),
            Piece::Filled(name) if QUERIES.contains(&&*name) => text.push('?'),
            Piece::Filled(name) if PATHS.contains(&&*name) => return None,
            Piece::Filled(name) => {
                let count = seen.entry(name.clone()).or_default();
                *count += 1;
                match *count {
                    1 => text.push_str(&format!("{{{name}}}")),
                    more => text.push_str(&format!("{{{name}_{more}}}")),
                }
            }
        }
    }
    Some(text)
}

/// The whole of an address whose base a client was given.
fn after_base(text: &str, address: &Address) -> Option<String> {
    let start = text.split(['{', '?', '#']).next().unwrap_or_default();
    let base = address
        .text
        .split(['?', '#'])
        .next()?
        .strip_suffix(start.trim_start_matches('/'))?;
    let joined = format!(
        "{}/{}",
        base.trim_end_matches('/'),
        text.trim_start_matches('/')
    );
    base.contains("://").then_some(joined)
}

/// The path and the names of the query of an address, where its host is the one that is called.
fn of_host(text: &str, address: &Address) -> Option<(String, BTreeSet<String>)> {
    let (scheme, rest) = text.split_once("://")?;
    let (place, query) = match rest.split_once(['?', '#']) {
        Some((place, query)) => (place, query),
        None => (rest, ""),
    };
    let start = place.find('/').unwrap_or(place.len());
    let (authority, path) = (place.get(..start)?, place.get(start..)?);
    let called = Address::constant(format!("{scheme}://{authority}/"));
    if called.host() != address.host() {
        return None;
    }
    let path = match path {
        "" => "/",
        path => path,
    };
    let names = query.split('#').next().unwrap_or_default().split('&');
    let names = names.filter_map(|pair| pair.split('=').next());
    Some((path.to_owned(), names.map(str::to_owned).collect()))
}
