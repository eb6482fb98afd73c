//! Which headers of a request the code of an agent reads by name.

use crate::analysis::agent_code::AgentCode;
use crate::analysis::clients::places::Places;
use crate::analysis::limits;
use crate::analysis::names::{leaf, package};
use crate::analysis::values::{At, bound, returned};
use crate::model::source::ir::{Call, Compare};
use crate::model::source::module::{BindingKind, Param, Step};
use crate::model::source::walk::sub_expressions;
use crate::model::source::{EntrypointKind, Expr, ExprKind, FnId, Language, Module, ModuleId};

/// How the keys of headers are spelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keys {
    /// Any spelling finds a header, or nobody can tell which does.
    Any,
    /// A plain dict of the Python SDK: `Authorization`, and the headers that may be handed on in lower case, as servers give them.
    OfSdk,
    /// A plain object of Node: lower case.
    Lower,
}

/// A header that code reads by its name.
pub(crate) struct Read<'a> {
    /// The name as it is written.
    pub(crate) name: String,
    /// The expression that reads it.
    pub(crate) at: At<'a>,
    /// How the keys are spelled among which it is sought.
    pub(crate) keys: Keys,
}

impl Read<'_> {
    /// The key under which the header stands, where it is sought under another; None in the name of a header that is not there at all.
    pub(crate) fn misses(&self) -> Option<Option<String>> {
        let lower = self.name.to_ascii_lowercase();
        let key = match self.keys {
            Keys::Any => return None,
            Keys::OfSdk if lower == "authorization" => "Authorization".to_owned(),
            Keys::OfSdk if lower.starts_with("x-amzn-") && !lower.starts_with(CUSTOM) => {
                return Some(None);
            }
            Keys::OfSdk | Keys::Lower => lower,
        };
        (key != self.name).then_some(Some(key))
    }
}

/// What makes a copy of the headers that it is given.
const COPIES: [&str; 12] = [
    "dict",
    "Headers",
    "CaseInsensitiveDict",
    "CIMultiDict",
    "MultiDict",
    "OrderedDict",
    "MappingProxyType",
    "copy",
    "deepcopy",
    "entries",
    "fromEntries",
    "structuredClone",
];

/// How the names of headers begin that the SDK hands on beside those of the allow-list.
const CUSTOM: &str = "x-amzn-bedrock-agentcore-runtime-custom-";

/// The request headers that code reads by a literal name.
pub(crate) fn reads<'a>(code: &AgentCode<'a>) -> Vec<Read<'a>> {
    let source = code.source;
    let places = Places::of(source, code.code.reachable.clone());
    let mut found = Vec::new();
    for module in code.modules() {
        module.each_expression(&mut |function, expr| {
            if function.is_some_and(|id| !code.may_run(id)) {
                return;
            }
            // What is sought by no name that the code says is no read of a header that is known: no caller is followed for it.
            let Some(key) = key(expr) else { return };
            let name = source.string(module.id, key);
            let Some(name) = name.filter(|name| !name.is_empty()) else {
                return;
            };
            if let Some(keys) = sought(code, &places, module, expr) {
                let at = At::new(module.id, expr);
                found.push(Read { name, at, keys });
            }
        });
        for function in &module.functions {
            if code.may_run(function.id) {
                let params = function.params.iter();
                let given = params.filter_map(|param| of_parameter(code, module.id, param));
                found.extend(given.map(|(name, at)| Read {
                    name,
                    at,
                    keys: Keys::Any,
                }));
            }
        }
    }
    found
}

/// The key that an expression seeks in whatever it is: `headers["x"]`, `headers.get("x")`, `"x" in headers`, `name == "x"`.
fn key(expr: &Expr) -> Option<&Expr> {
    if let ExprKind::Compare(compared) = &expr.kind {
        let [(operator, right)] = &*compared.rest else {
            return None;
        };
        let left = &compared.left;
        return match (*operator, left.as_str(), right.as_str()) {
            ("in" | "not in" | "==", Some(_), None) => Some(left),
            ("==", None, Some(_)) => Some(right),
            _ => None,
        };
    }
    item(expr).map(|(_, key)| key)
}

/// How the keys are spelled among which an expression seeks one, where these are the headers of the request.
fn sought<'a>(
    code: &AgentCode<'a>,
    places: &Places<'a>,
    module: &'a Module,
    expr: &'a Expr,
) -> Option<Keys> {
    if let ExprKind::Compare(compared) = &expr.kind {
        return compares(code, places, module, compared);
    }
    let (base, _) = item(expr)?;
    if let Some(request) = asked(module, expr)
        && is_request(code, places, module.id, request)
    {
        return Some(Keys::Any);
    }
    let keys = may_be_headers(base)
        .then(|| headers(code, places, module.id, base))
        .flatten()?;
    let is_plain = matches!(expr.kind, ExprKind::Subscript { .. });
    Some(match module.language {
        Language::TypeScript if is_plain && keys != Keys::Any => Keys::Lower,
        Language::TypeScript => Keys::Any,
        Language::Python => keys,
    })
}

/// `"x-tenant" in headers`, and `name.lower() == "x-tenant"` in a loop over them.
fn compares<'a>(
    code: &AgentCode<'a>,
    places: &Places<'a>,
    module: &'a Module,
    compared: &'a Compare,
) -> Option<Keys> {
    let [(operator, right)] = &*compared.rest else {
        return None;
    };
    let left = &compared.left;
    match *operator {
        "in" | "not in" if may_be_headers(right) => headers(code, places, module.id, right),
        "==" => {
            let name = if left.as_str().is_some() { right } else { left };
            of_loop(code, places, module, name)
        }
        _ => None,
    }
}

/// How the names are spelled that a loop over headers gives, where an expression is such a name, or its lower case.
fn of_loop<'a>(
    code: &AgentCode<'a>,
    places: &Places<'a>,
    module: &'a Module,
    expr: &'a Expr,
) -> Option<Keys> {
    let (name, is_lowered) = match &expr.kind {
        ExprKind::Call(call) => match &call.callee.kind {
            ExprKind::Attribute { base, attr }
                if matches!(&**attr, "lower" | "casefold" | "toLowerCase") =>
            {
                (&**base, true)
            }
            _ => return None,
        },
        _ => (expr, false),
    };
    let bound = module.binding_at(name.as_name()?, name.range.start)?;
    let BindingKind::Element { iter, path } = &bound.kind else {
        return None;
    };
    if !matches!(&**path, [] | [Step::Index(0)]) {
        return None;
    }
    let looped = match &iter.kind {
        ExprKind::Call(call) => match &call.callee.kind {
            ExprKind::Attribute { base, attr } if matches!(&**attr, "items" | "keys") => base,
            _ => return None,
        },
        _ => &**iter,
    };
    let keys = may_be_headers(looped)
        .then(|| headers(code, places, module.id, looped))
        .flatten()?;
    Some(if is_lowered { Keys::Any } else { keys })
}

/// What an expression takes an item of, and the item's name.
fn item(expr: &Expr) -> Option<(&Expr, &Expr)> {
    match &expr.kind {
        ExprKind::Subscript { base, index } => Some((base, index)),
        ExprKind::Call(call) => match (&call.callee.kind, call.args.first()) {
            (ExprKind::Attribute { base, attr }, Some(key))
                if matches!(&**attr, "get" | "getlist" | "pop" | "header") =>
            {
                Some((base, key))
            }
            _ => None,
        },
        _ => None,
    }
}

/// The request that an expression asks for a header by the request's own method: `req.get('x')`, `req.header('x')` of Express,
/// `c.req.header('x')` of Hono. A request of Starlette has no such method.
fn asked<'a>(module: &Module, expr: &'a Expr) -> Option<&'a Expr> {
    if module.language != Language::TypeScript {
        return None;
    }
    let call = expr.as_call()?;
    let ExprKind::Attribute { base, attr } = &call.callee.kind else {
        return None;
    };
    match (&base.kind, &**attr) {
        (ExprKind::Name(_), "get" | "header") => Some(base),
        (ExprKind::Attribute { base, attr }, "header") if &**attr == "req" => Some(base),
        _ => None,
    }
}

/// The header that FastAPI gives for a parameter: `x_tenant: str = Header()`, `Annotated[str, Header(alias="X-Tenant")]`.
fn of_parameter<'a>(
    code: &AgentCode<'a>,
    module: ModuleId,
    param: &'a Param,
) -> Option<(String, At<'a>)> {
    let is_header = |expr: &&'a Expr| {
        let name = code.source.callee_name(module, expr).unwrap_or_default();
        package(name) == "fastapi" && leaf(name) == "Header"
    };
    let default = param.default.as_deref().filter(is_header);
    let declared = || {
        let annotation = param.annotation.as_deref()?;
        sub_expressions(annotation).into_iter().find(is_header)
    };
    let given = default.or_else(declared)?;
    let call = given.as_call()?;
    let name = match call.option("alias") {
        Some(alias) => code.source.string(module, alias)?,
        None => {
            let kept = call.option("convert_underscores");
            match kept.map(|kept| &kept.kind) {
                Some(ExprKind::Bool(false)) => param.name.to_string(),
                _ => param.name.replace('_', "-"),
            }
        }
    };
    (!name.is_empty()).then_some((name, At::new(module, given)))
}

/// Whether an expression has a form that [`headers`] knows: most have not, and nothing is resolved for them.
fn may_be_headers(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Attribute { attr, .. } => {
            matches!(&**attr, "request_headers" | "requestHeaders" | "headers")
        }
        ExprKind::Name(_)
        | ExprKind::Assign { .. }
        | ExprKind::BoolOp { .. }
        | ExprKind::Call(_)
        | ExprKind::Comprehension(_)
        | ExprKind::Conditional(_)
        | ExprKind::Dict(_) => true,
        _ => false,
    }
}

/// Whether an expression is the headers of the request, or made of them, and how their keys are spelled then.
fn headers<'a>(
    code: &AgentCode<'a>,
    places: &Places<'a>,
    module: ModuleId,
    expr: &'a Expr,
) -> Option<Keys> {
    let _step = limits::follow("headers", limits::CALLERS, module, expr)?;
    let source = code.source;
    let several = |all: Vec<(ModuleId, &'a Expr)>| {
        let found = all
            .into_iter()
            .filter_map(|(module, expr)| headers(code, places, module, expr));
        found.reduce(|one, other| if one == other { one } else { Keys::Any })
    };
    match &expr.kind {
        ExprKind::Attribute { base, attr } => match &**attr {
            "request_headers" | "requestHeaders" => {
                let is_own = is_request(code, places, module, base);
                Some(if is_own { Keys::OfSdk } else { Keys::Any })
            }
            "headers" if is_request(code, places, module, base) => {
                Some(match source.is_typescript(module) {
                    true => Keys::Lower,
                    false => Keys::Any,
                })
            }
            _ => None,
        },
        ExprKind::Name(name) => {
            let values = bound(source, module, name, expr.range.start);
            if !values.is_empty() {
                let others = values
                    .into_iter()
                    .filter(|value| !value.range.contains(expr.range));
                let found = several(others.map(|value| (module, value)).collect());
                let is_filled = || is_filled(code, places, module, expr);
                return found.or_else(|| is_filled().then_some(Keys::Any));
            }
            // A parameter: what the callers give.
            let given = given(code, places, module, expr, false).others;
            several(given)
        }
        ExprKind::Assign { value, .. } => headers(code, places, module, value),
        ExprKind::BoolOp { values, .. } => {
            several(values.iter().map(|value| (module, value)).collect())
        }
        ExprKind::Conditional(ways) => several(vec![(module, &ways.body), (module, &ways.orelse)]),
        ExprKind::Call(call) => {
            let name = source.callee_name(module, expr).unwrap_or_default();
            if name.ends_with("BedrockAgentCoreContext.get_request_headers") {
                return Some(Keys::OfSdk);
            }
            let copied = copied(call);
            if let Some(copied) = copied {
                return headers(code, places, module, copied).map(|keys| {
                    let is_plain = call.callee.as_name() == Some("dict");
                    if is_plain { keys } else { Keys::Any }
                });
            }
            let function = source.callee(module, expr)?;
            let answers = returned(source, function).into_iter();
            several(answers.map(|at| (at.module, at.expr)).collect())
        }
        ExprKind::Comprehension(made) => {
            let mut loops = made.generators.iter();
            loops
                .any(|one| is_looped(code, places, module, &one.iter))
                .then_some(Keys::Any)
        }
        ExprKind::Dict(entries) => {
            let spread = entries.iter().filter(|entry| entry.key.is_none());
            let all: Vec<_> = spread.map(|entry| (module, &entry.value)).collect();
            several(all).map(|_| Keys::Any)
        }
        _ => None,
    }
}

/// What a call copies whole, or entry by entry.
fn copied(call: &Call) -> Option<&Expr> {
    match (&call.callee.kind, &*call.args) {
        (ExprKind::Attribute { base, attr }, []) if matches!(&**attr, "copy" | "items") => {
            Some(base)
        }
        (ExprKind::Attribute { base, attr }, [_]) if matches!(&**attr, "map" | "filter") => {
            Some(base)
        }
        (_, [only]) if COPIES.contains(&&**call.callee.last_name()?) => Some(only),
        _ => None,
    }
}

/// Whether a loop goes through headers: `headers`, `headers.items()`, `Object.entries(headers)`.
fn is_looped<'a>(
    code: &AgentCode<'a>,
    places: &Places<'a>,
    module: ModuleId,
    iter: &'a Expr,
) -> bool {
    let looped = match iter.as_call().map(|call| &call.callee.kind) {
        Some(ExprKind::Attribute { base, attr }) if &**attr == "keys" => base,
        _ => iter,
    };
    headers(code, places, module, looped).is_some()
}

/// Whether what was put into a dict item by item came out of headers: `for name, value in headers.items(): found[name.lower()] = value`.
fn is_filled<'a>(
    code: &AgentCode<'a>,
    places: &Places<'a>,
    module: ModuleId,
    name: &'a Expr,
) -> bool {
    let Some((place, text)) = code.source.module(module).zip(name.as_name()) else {
        return false;
    };
    let mut scopes = place.scopes_around(name.range.start);
    let filled = scopes.find_map(|(_, scope)| scope.elements.get(text));
    filled.into_iter().flatten().any(|element| {
        let bound = element
            .as_name()
            .and_then(|value| place.binding_at(value, element.range.start));
        bound.is_some_and(|bound| {
            let BindingKind::Element { iter, path } = &bound.kind else {
                return false;
            };
            matches!(&**path, [Step::Index(1)]) && is_looped(code, places, module, iter)
        })
    })
}

/// Whether an expression is the request: a parameter of a function that the platform's requests reach, or of a helper that is
/// given it.
fn is_request<'a>(
    code: &AgentCode<'a>,
    places: &Places<'a>,
    module: ModuleId,
    expr: &'a Expr,
) -> bool {
    // The request of Starlette in the SDK's context: `context.request`.
    if let ExprKind::Attribute { base, attr } = &expr.kind {
        return &**attr == "request" && is_request(code, places, module, base);
    }
    if expr.as_name().is_none() {
        return false;
    }
    let Some(_step) = limits::follow("request", limits::CALLERS, module, expr) else {
        return false;
    };
    let given = given(code, places, module, expr, true);
    let is_its_own = |(function, name): &(FnId, &str)| {
        let kind = places.handler(*function);
        matches!(
            kind,
            Some(
                EntrypointKind::Invocation
                    | EntrypointKind::Route
                    | EntrypointKind::Middleware
                    | EntrypointKind::WebSocket,
            )
        ) && matches!(*name, "context" | "ctx" | "request" | "req" | "c")
    };
    given.params.iter().any(is_its_own)
        || given
            .others
            .into_iter()
            .any(|(module, expr)| is_request(code, places, module, expr))
}

/// What a parameter is given by callers.
#[derive(Default)]
struct Given<'a> {
    /// The parameter, and those of callers that hand theirs on.
    params: Vec<(FnId, &'a str)>,
    /// What callers give that is no parameter of theirs.
    others: Vec<(ModuleId, &'a Expr)>,
}

/// What callers give for the parameter that a name is, each parameter on the way looked at once: functions that call each other, and
/// themselves, have no end of ways. `ends`: a handler's own is what the platform gives, and nobody else.
fn given<'a>(
    code: &AgentCode<'a>,
    places: &Places<'a>,
    module: ModuleId,
    name: &'a Expr,
    ends: bool,
) -> Given<'a> {
    let mut found = Given::default();
    let mut open = vec![(module, name)];
    let mut asked = true;
    while let Some((module, expr)) = open.pop() {
        let place = code.source.module(module);
        let function = place.and_then(|place| place.function_at(expr.range.start));
        let param = function.zip(expr.as_name()).and_then(|(function, name)| {
            let mut params = function.params.iter();
            let index = params.position(|param| &*param.name == name)?;
            let kept = bound(code.source, module, name, expr.range.start);
            (asked || kept.is_empty()).then_some((function.id, index, name))
        });
        let Some((function, index, name)) = param else {
            if !asked {
                found.others.push((module, expr));
            }
            continue;
        };
        asked = false;
        if found.params.contains(&(function, name)) {
            continue;
        }
        found.params.push((function, name));
        if ends && places.handler(function).is_some() {
            continue;
        }
        let given = places.uses(function).iter().rev().filter_map(|used| {
            let call = used.expr.as_call()?;
            Some((used.module, call.argument(index, name)?))
        });
        open.extend(given);
    }
    found
}
