//! The host that a call goes to: the expressions that it is made of, so that a value in the path or the query is not taken for it.

use crate::analysis::call_sites::{parameter, some_given};
use crate::analysis::limits;
use crate::analysis::outbound::clients::{Client, Shape, client};
use crate::analysis::values::{At, Domain, Part, bound, eval, eval_each};
use crate::model::source::{Call, Expr, ExprKind, ModuleId, Source};

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
    let found = eval(&mut Host { source }, At::new(module, url));
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

/// The expressions that the host of an address is made of.
struct Host<'s> {
    source: &'s Source,
}

impl<'s> Domain<'s> for Host<'s> {
    type Known = Vec<At<'s>>;
    const QUESTION: &'static str = "host";

    fn unknown(&mut self, _at: At<'s>) -> Vec<At<'s>> {
        Vec::new()
    }

    fn text(&mut self, _at: At<'s>, _text: &'s str) -> Vec<At<'s>> {
        Vec::new()
    }

    fn one_of(&mut self, at: At<'s>, ways: &[&'s Expr]) -> Vec<At<'s>> {
        eval_each(self, ways.iter().map(|way| at.to(way)))
    }

    fn together(&mut self, at: At<'s>, parts: &[Part<'s>]) -> Vec<At<'s>> {
        match parts {
            [Part::Value(first), ..] => eval(self, at.to(first)),
            [Part::Text(scheme), Part::Value(first), ..] if scheme.ends_with("://") => {
                eval(self, at.to(first))
            }
            _ => Vec::new(),
        }
    }

    fn other(&mut self, at: At<'s>) -> Vec<At<'s>> {
        match &at.expr.kind {
            ExprKind::Name(name) => self.name(at, name),
            ExprKind::Attribute { .. } | ExprKind::Subscript { .. } => vec![at],
            ExprKind::Call(call) => self.call(at, call),
            _ => Vec::new(),
        }
    }
}

impl<'s> Host<'s> {
    fn name(&mut self, at: At<'s>, name: &str) -> Vec<At<'s>> {
        let values = bound(self.source, at.module, name, at.expr.range.start);
        let (given, more) = parameter(self.source, at.module, at.expr)
            .map(|(function, index)| some_given(self.source, function, index))
            .unwrap_or_default();
        if more {
            limits::reached(limits::CALLERS, at.module, at.expr.range);
        }
        match (values.is_empty(), given.is_empty()) {
            (true, true) => vec![at],
            (true, false) => eval_each(
                self,
                given.into_iter().map(|(at, value)| At::new(at, value)),
            ),
            (false, _) => eval_each(self, values.into_iter().map(|value| at.to(value))),
        }
    }

    fn call(&mut self, at: At<'s>, call: &'s Call) -> Vec<At<'s>> {
        let name = call.callee.last_name().map_or("", |name| &**name);
        let receiver = match &call.callee.kind {
            ExprKind::Attribute { base, .. } => Some(&**base),
            _ => None,
        };
        match (name, &*call.args, receiver) {
            ("str" | "String", [inner], None) | ("urljoin", [inner, ..], _) => {
                eval(self, at.to(inner))
            }
            // `new URL(path, base)`: the host is the base's, where the path names none.
            ("URL", [inner], _) | ("URL", [_, inner, ..], _) => eval(self, at.to(inner)),
            (
                "strip" | "rstrip" | "lstrip" | "trim" | "lower" | "toString" | "removesuffix",
                _,
                Some(base),
            ) => eval(self, at.to(base)),
            ("get" | "pop", _, Some(_)) => vec![at],
            _ => Vec::new(),
        }
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
