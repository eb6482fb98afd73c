//! Addresses: what of a URL can be known, through constants, formats, joins, environment defaults, constructors and callers.

use super::address::Address;
use super::behind::{SAME, behind};
use crate::analysis::call_sites::Callers;
use crate::analysis::environment::read;
use crate::analysis::names::Meaning;
use crate::analysis::values::{At, Domain, Part, eval, eval_each};
use crate::model::source::ir::Operator;
use crate::model::source::{Call, Expr, ExprKind, ModuleId};

/// Callables whose first argument is the URL that they stand for.
pub(super) const WRAPPERS: [&str; 14] = [
    "str",
    "String",
    "URL",
    "url.URL",
    "yarl.URL",
    "httpx.URL",
    "urllib.request.Request",
    "Request",
    "requests.Request",
    "httpx.Request",
    "urllib.parse.urljoin",
    "posixpath.join",
    "os.path.join",
    "pydantic.AnyHttpUrl",
];

/// Every address that an expression can be seen to hold; empty where nothing is known.
pub(crate) fn addresses<'a>(
    callers: &Callers<'a>,
    module: ModuleId,
    expr: &'a Expr,
) -> Vec<Address> {
    let mut found = starts(callers, module, expr);
    found.dedup();
    found.truncate(MOST);
    found
}

/// Most addresses that one expression is seen to hold.
const MOST: usize = 16;

/// The start of an address, as far as it is known.
struct Starts<'c, 'a> {
    callers: &'c Callers<'a>,
}

fn starts<'a>(callers: &Callers<'a>, module: ModuleId, expr: &'a Expr) -> Vec<Address> {
    eval(&mut Starts { callers }, At::new(module, expr))
}

impl<'a> Domain<'a> for Starts<'_, 'a> {
    type Known = Vec<Address>;
    const QUESTION: &'static str = "address";

    fn before(&mut self, at: At<'a>) -> Option<Vec<Address>> {
        let found = read(self.callers, at.module, at.expr)?;
        let variable = found.names(self.callers.source()).into_iter().next();
        let default = found.default.map(|default| (found.module, default));
        Some(of_variable(self.callers, variable, default))
    }

    fn unknown(&mut self, _at: At<'a>) -> Vec<Address> {
        Vec::new()
    }

    fn text(&mut self, _at: At<'a>, text: &'a str) -> Vec<Address> {
        vec![Address::constant(text)]
    }

    fn one_of(&mut self, at: At<'a>, ways: &[&'a Expr]) -> Vec<Address> {
        either(eval_each(self, ways.iter().map(|way| at.to(way))))
    }

    fn together(&mut self, at: At<'a>, parts: &[Part<'a>]) -> Vec<Address> {
        let whole = vec![Address::constant("")];
        parts.iter().fold(whole, |whole, part| match part {
            Part::Text(text) => joined(whole, || vec![Address::constant(*text)]),
            Part::Value(value) => joined(whole, || eval(self, at.to(value))),
        })
    }

    fn other(&mut self, at: At<'a>) -> Vec<Address> {
        let (callers, module, expr) = (self.callers, at.module, at.expr);
        match &expr.kind {
            ExprKind::BinOp {
                op: Operator::Mod,
                left,
                ..
            } => {
                let found = eval(self, at.to(left)).into_iter();
                found.map(|address| before(address, '%')).collect()
            }
            ExprKind::BinOp {
                op: Operator::Div,
                left,
                ..
            } => {
                let found = eval(self, at.to(left)).into_iter();
                found.map(Address::cut).collect()
            }
            ExprKind::Call(call) => called(callers, module, expr, call),
            ExprKind::Name(_) | ExprKind::Attribute { .. } | ExprKind::Subscript { .. } => {
                let wrapped = match callers.source().meaning(module, expr) {
                    Meaning::Value(at, value) if !value.is(expr) => {
                        return starts(callers, at, value);
                    }
                    Meaning::Instance(instance) => instance
                        .call
                        .map(|call| wrapped(callers, instance.module, &instance.type_name, call)),
                    _ => None,
                };
                match wrapped {
                    Some(found) if !found.is_empty() => found,
                    _ => given(callers, module, expr),
                }
            }
            _ => Vec::new(),
        }
    }
}

/// What a variable of the environment gives, with the default that stands in for it.
fn of_variable<'a>(
    callers: &Callers<'a>,
    variable: Option<String>,
    default: Option<(ModuleId, &'a Expr)>,
) -> Vec<Address> {
    let mut found = default.map_or_else(Vec::new, |(at, default)| starts(callers, at, default));
    if found.is_empty() {
        found.push(Address::default());
    }
    for address in &mut found {
        address.variable.clone_from(&variable);
    }
    found
}

/// `a or b`: an environment variable before a constant makes the constant its default.
fn either(mut found: Vec<Address>) -> Vec<Address> {
    let variable = found.iter().find_map(|address| address.variable.clone());
    if found.iter().any(|address| !address.text.is_empty()) {
        found.retain(|address| !address.text.is_empty());
    }
    for address in &mut found {
        address.variable = address.variable.take().or_else(|| variable.clone());
    }
    found
}

fn joined(lefts: Vec<Address>, mut rights: impl FnMut() -> Vec<Address>) -> Vec<Address> {
    let mut found = Vec::new();
    for left in lefts {
        if !left.complete {
            found.push(left);
            continue;
        }
        let rights = rights();
        if rights.is_empty() {
            found.push(left.cut());
            continue;
        }
        for right in rights {
            let changed = right.variable.is_some();
            found.push(Address {
                text: format!("{}{}", left.text, right.text),
                complete: right.complete && !changed,
                variable: match left.is_settled() {
                    true => left.variable.clone(),
                    false => left.variable.clone().or(right.variable),
                },
            });
        }
    }
    found.truncate(MOST);
    found
}

fn before(address: Address, mark: char) -> Address {
    match address.text.split_once(mark) {
        Some((start, _)) => Address {
            text: start.to_owned(),
            complete: false,
            variable: address.variable,
        },
        None => address,
    }
}

/// `"{}/x".format(base)`: what stands before the first placeholder, with what fills it and what follows up to the second.
fn filled<'a>(
    callers: &Callers<'a>,
    module: ModuleId,
    template: Address,
    call: &'a Call,
) -> Vec<Address> {
    let Some((start, rest)) = template.text.split_once('{') else {
        return vec![template];
    };
    let Some((field, rest)) = rest.split_once('}') else {
        return vec![before(template, '{')];
    };
    let given = match field.parse::<usize>() {
        Ok(index) => call.args.get(index),
        Err(_) if field.is_empty() => call.args.first(),
        Err(_) => call.option(field),
    };
    let values = given
        .map(|given| starts(callers, module, given))
        .unwrap_or_default();
    let follows = match rest.split_once('{') {
        Some((text, _)) => Address::constant(text).cut(),
        None => Address::constant(rest),
    };
    joined(
        joined(vec![Address::constant(start)], || values.clone()),
        || vec![follows.clone()],
    )
}

fn called<'a>(
    callers: &Callers<'a>,
    module: ModuleId,
    expr: &'a Expr,
    call: &'a Call,
) -> Vec<Address> {
    if let ExprKind::Attribute { base, attr } = &call.callee.kind {
        if SAME.contains(&&**attr) {
            let found = starts(callers, module, base);
            if !found.is_empty() {
                return found;
            }
        }
        if &**attr == "format" {
            return starts(callers, module, base)
                .into_iter()
                .flat_map(|address| filled(callers, module, address, call))
                .collect();
        }
    }
    if let Some(name) = callers.source().callee_name(module, expr) {
        let found = wrapped(callers, module, name, call);
        if !found.is_empty() {
            return found;
        }
    }
    match callers.source().meaning(module, expr) {
        Meaning::Value(at, value) if !value.is(expr) => starts(callers, at, value),
        _ => through(callers, module, expr),
    }
}

/// What the expressions hold that the value is taken from.
fn through<'a>(callers: &Callers<'a>, module: ModuleId, expr: &'a Expr) -> Vec<Address> {
    let mut found: Vec<Address> = behind(callers, module, expr)
        .into_iter()
        .flat_map(|(at, value)| starts(callers, at, value))
        .collect();
    found.truncate(MOST);
    found
}

fn wrapped<'a>(
    callers: &Callers<'a>,
    module: ModuleId,
    name: &str,
    call: &'a Call,
) -> Vec<Address> {
    if matches!(name, "os.getenv" | "os.environ.get") {
        let name = call.argument(0, "key");
        let variable = name.and_then(|name| callers.source().string(module, name));
        let default = call.argument(1, "default");
        return of_variable(callers, variable, default.map(|default| (module, default)));
    }
    if !WRAPPERS.contains(&name) {
        return Vec::new();
    }
    // `new URL(path, base)`
    let base = call
        .args
        .get(1)
        .filter(|_| matches!(name, "URL" | "url.URL"));
    let Some(first) = base.or_else(|| call.argument(0, "url")) else {
        return Vec::new();
    };
    // `requests.Request("GET", url)`
    let first = match (name, first.as_str()) {
        ("requests.Request" | "httpx.Request", Some(_)) => call.argument(1, "url").unwrap_or(first),
        _ => first,
    };
    let found = starts(callers, module, first);
    let whole = base.is_none() && !name.ends_with("join");
    found
        .into_iter()
        .map(|address| if whole { address } else { address.cut() })
        .collect()
}

/// What callers give for a parameter, and constructors for `self.base_url`.
fn given<'a>(callers: &Callers<'a>, module: ModuleId, expr: &'a Expr) -> Vec<Address> {
    let mut found: Vec<Address> = callers
        .given(module, expr)
        .into_iter()
        .flat_map(|(at, value)| starts(callers, at, value))
        .collect();
    let place = callers.source().module(module);
    if found.is_empty()
        && let Some(place) = place
        && let Some((function, index)) = callers.parameter(module, expr)
        && let Some(default) = place
            .function(function)
            .and_then(|function| function.params.get(index)?.default.as_deref())
    {
        found.extend(starts(callers, module, default));
    }
    if found.is_empty() {
        found = through(callers, module, expr);
    }
    found
}
