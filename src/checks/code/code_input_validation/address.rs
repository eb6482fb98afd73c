//! The host that a call goes to: the expressions that it is made of, so that a value in the path or the query is not taken for it.

use crate::analysis::call_sites::{parameter, some_given};
use crate::analysis::clients::values::bound;
use crate::analysis::limits;
use crate::checks::code::outbound::clients::{Client, Shape, client};
use crate::model::source::ir::{FormatPart, Operator};
use crate::model::source::{Call, Expr, ExprKind, ModuleId, Source};

/// An expression with its module.
pub(super) type At<'s> = (ModuleId, &'s Expr);

/// The address that an HTTP request goes to, or that an MCP server has, and the expressions that its host is made of; None for
/// any other call.
pub(super) fn of_call<'s>(
    source: &'s Source,
    module: ModuleId,
    expr: &'s Expr,
    call: &'s Call,
) -> Option<(&'s Expr, Vec<At<'s>>)> {
    let language = source.module(module)?.language;
    let known = source.callee_name(module, expr).is_some_and(|name| {
        let made = client(name, language);
        made.is_some_and(|made| !matches!(made, Client::Http(Shape::Connection)))
    });
    if !known || source.callee(module, expr).is_some() {
        return None;
    }
    let url = ["url", "server_url", "base_url", "endpoint"]
        .iter()
        .find_map(|option| call.option(option))
        .or_else(|| first_address(call))?;
    let mut found = Vec::new();
    host(source, (module, url), &mut found);
    Some((url, found))
}

/// The first argument, after the method where one comes first: `httpx.request("GET", url)`.
fn first_address(call: &Call) -> Option<&Expr> {
    let method = |first: &Expr| {
        first
            .as_str()
            .is_some_and(|text| !text.is_empty() && text.chars().all(|c| c.is_ascii_uppercase()))
    };
    match &*call.args {
        [first, second, ..] if method(first) => Some(second),
        [first, ..] => Some(first),
        [] => None,
    }
}

fn host<'s>(source: &'s Source, (module, expr): At<'s>, found: &mut Vec<At<'s>>) {
    let Some(_step) = limits::follow("host", limits::CALLERS, module, expr) else {
        return;
    };
    let mut below = |at: At<'s>| host(source, at, found);
    match &expr.kind {
        ExprKind::Name(name) => {
            let values = bound(source, module, name, expr.range.start);
            let (given, more) = parameter(source, module, expr)
                .map(|(function, index)| some_given(source, function, index))
                .unwrap_or_default();
            if more {
                limits::reached(limits::CALLERS, module, expr.range);
            }
            match (values.is_empty(), given.is_empty()) {
                (true, true) => found.push((module, expr)),
                (true, false) => given.into_iter().for_each(below),
                (false, _) => values.into_iter().for_each(|value| below((module, value))),
            }
        }
        ExprKind::Attribute { .. } | ExprKind::Subscript { .. } => found.push((module, expr)),
        ExprKind::Await(inner) => below((module, inner)),
        ExprKind::BinOp {
            op: Operator::Add,
            left,
            ..
        } => below((module, left)),
        ExprKind::BoolOp { values, .. } => values.iter().for_each(|value| below((module, value))),
        ExprKind::Conditional(parts) => {
            below((module, &parts.body));
            below((module, &parts.orelse));
        }
        ExprKind::Format(parts) => match &**parts {
            [FormatPart::Expr(first), ..] => below((module, first)),
            [FormatPart::Text(scheme), FormatPart::Expr(first), ..] if scheme.ends_with("://") => {
                below((module, first));
            }
            _ => {}
        },
        ExprKind::Call(call) => {
            let name = call.callee.last_name().map_or("", |name| &**name);
            let receiver = match &call.callee.kind {
                ExprKind::Attribute { base, .. } => Some(&**base),
                _ => None,
            };
            match (name, &*call.args, receiver) {
                ("str" | "String", [inner], None) | ("urljoin", [inner, ..], _) => {
                    below((module, inner));
                }
                // `new URL(path, base)`: the host is the base's, where the path names none.
                ("URL", [inner], _) | ("URL", [_, inner, ..], _) => below((module, inner)),
                (
                    "strip" | "rstrip" | "lstrip" | "trim" | "lower" | "toString" | "removesuffix",
                    _,
                    Some(base),
                ) => {
                    below((module, base));
                }
                ("get" | "pop", _, Some(_)) => found.push((module, expr)),
                _ => {}
            }
        }
        _ => {}
    }
}

/// The URL whose host a value is: `urlparse(url).hostname`, `new URL(url).host`, names of such.
pub(super) fn url_of_host<'s>(
    source: &'s Source,
    module: ModuleId,
    value: &'s Expr,
) -> Option<&'s Expr> {
    let one = |expr: &'s Expr| match expr.as_name() {
        Some(name) => match &*bound(source, module, name, expr.range.start) {
            [only] => *only,
            _ => expr,
        },
        None => expr,
    };
    let ExprKind::Attribute { base, attr } = &one(value).kind else {
        return None;
    };
    if !matches!(&**attr, "hostname" | "host" | "netloc" | "origin") {
        return None;
    }
    let parsed = one(base).as_call()?;
    let name = parsed.callee.last_name()?;
    matches!(
        &**name,
        "urlparse" | "urlsplit" | "URL" | "parse_url" | "HttpUrl"
    )
    .then(|| parsed.args.first())
    .flatten()
}
