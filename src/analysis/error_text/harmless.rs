//! Exceptions, and parts of exceptions, that say nothing of the inside.

use std::collections::{BTreeMap, BTreeSet};

use crate::analysis::agent_code::AgentCode;
use crate::analysis::names::{Instance, Meaning, leaf, package};
use crate::analysis::values::{At, Domain, Part, bound, eval, values_in};
use crate::model::source::ir::{Handler, Operator, StmtKind, Try};
use crate::model::source::walk::{expressions, statements};
use crate::model::source::{
    Call, ClassId, Expr, ExprKind, FnId, Language, Module, ModuleId, Source,
};

use crate::analysis::{exceptions, schema};

/// Exceptions whose text is made for the caller, and those that are no error: they hold what a generator returns.
pub(super) const MEANT: &[&str] = &[
    "HTTPException",
    "StarletteHTTPException",
    "RequestValidationError",
    "ZodError",
    "WebSocketDisconnect",
    "StopIteration",
    "StopAsyncIteration",
];

/// Members of an exception that tell its kind and nothing of the inside.
pub(super) fn is_harmless_member(member: &str) -> bool {
    matches!(
        member,
        "__name__"
            | "__class__"
            | "status_code"
            | "statusCode"
            | "status"
            | "code"
            | "Code"
            | "name"
            | "errno"
            | "issues"
            | "error_count"
            | "absolute_path"
            | "validator"
            | "field_name"
            | "flatten"
            | "detail"
            | "fieldErrors"
            | "formErrors"
            | "constructor"
            | "HTTPStatusCode"
            | "$metadata"
            | "request_id"
            | "requestId"
            | "RequestId"
            | "retry_after"
            | "returncode"
    )
}

/// The project's exception classes all of whose messages are literals, over every place that raises them.
pub(super) fn literal_classes(code: &AgentCode<'_>) -> BTreeSet<ClassId> {
    let source = code.source;
    let mut verdicts: BTreeMap<ClassId, bool> = BTreeMap::new();
    for module in code.modules() {
        for (_, expr) in module.calls() {
            let Some(call) = expr.as_call() else { continue };
            // Only what is named as a class is asked for: a look-up of every call would cost more than the rest.
            let named = match &call.callee.kind {
                ExprKind::Name(name) | ExprKind::Attribute { attr: name, .. } => name
                    .trim_start_matches('_')
                    .starts_with(|first: char| first.is_uppercase()),
                _ => false,
            };
            if named && let Meaning::Class(class) = source.meaning(module.id, &call.callee) {
                let literal = call
                    .args
                    .iter()
                    .chain(call.keywords.iter().map(|keyword| &keyword.value))
                    .all(|arg| is_fixed(source, module.id, arg));
                *verdicts.entry(class).or_insert(true) &= literal;
            }
        }
        for index in 0..module.classes.len() {
            let id = ClassId {
                module: module.id,
                index: u32::try_from(index).unwrap_or(u32::MAX),
            };
            let exception = source.bases(id).iter().any(|base| {
                let name = leaf(base);
                name.ends_with("Error") || name.ends_with("Exception")
            });
            if exception {
                verdicts.entry(id).or_insert(true);
            }
        }
    }
    // An exception that is caught by a base class may be any of its subclasses.
    let classes: Vec<ClassId> = verdicts.keys().copied().collect();
    let open: BTreeSet<ClassId> = verdicts
        .iter()
        .filter(|(_, literal)| !**literal)
        .map(|(class, _)| *class)
        .collect();
    let not = with_bases(source, open);
    classes
        .into_iter()
        .filter(|class| !not.contains(class))
        .collect()
}

/// Classes of the project and everything that they inherit from.
fn with_bases(source: &Source, classes: BTreeSet<ClassId>) -> BTreeSet<ClassId> {
    let mut open: Vec<ClassId> = classes.iter().copied().collect();
    let mut seen = classes;
    while let Some(id) = open.pop() {
        let bases = source.class(id).map(|class| class.bases.as_slice());
        for base in bases.unwrap_or_default() {
            if let Meaning::Class(base) = source.meaning(id.module, base)
                && seen.insert(base)
            {
                open.push(base);
            }
        }
    }
    seen
}

/// A message that is the same whatever went wrong: literals, numbers, the project's constants.
fn is_fixed<'a>(source: &'a Source, module: ModuleId, expr: &'a Expr) -> bool {
    eval(&mut Fixed { source }, At::new(module, expr))
}

struct Fixed<'a> {
    source: &'a Source,
}

impl<'a> Domain<'a> for Fixed<'a> {
    type Known = bool;
    const QUESTION: &'static str = "fixed";

    fn unknown(&mut self, _at: At<'a>) -> bool {
        false
    }

    fn text(&mut self, _at: At<'a>, _text: &'a str) -> bool {
        true
    }

    fn one_of(&mut self, at: At<'a>, ways: &[&'a Expr]) -> bool {
        ways.iter().all(|way| eval(self, at.to(way)))
    }

    fn together(&mut self, at: At<'a>, parts: &[Part<'a>]) -> bool {
        let mut values = values_in(at, parts).into_iter();
        values.all(|value| eval(self, value))
    }

    fn other(&mut self, at: At<'a>) -> bool {
        let literal = |value: &Expr| {
            matches!(
                value.kind,
                ExprKind::Str(_)
                    | ExprKind::Number(_)
                    | ExprKind::List(_)
                    | ExprKind::Tuple(_)
                    | ExprKind::Set(_)
            )
        };
        let fixed = match &at.expr.kind {
            ExprKind::Bool(_) | ExprKind::None => true,
            ExprKind::BinOp { left, right, .. } => {
                eval(self, at.to(left)) && eval(self, at.to(right))
            }
            ExprKind::Dict(entries) => entries.iter().all(|entry| eval(self, at.to(&entry.value))),
            ExprKind::Name(_) | ExprKind::Attribute { .. } => {
                match self.source.meaning(at.module, at.expr) {
                    Meaning::Value(_, value) => literal(value),
                    // `NAMES = frozenset({"a", "b"})`
                    Meaning::Instance(Instance {
                        type_name,
                        module,
                        call: Some(call),
                        ..
                    }) if matches!(
                        &*type_name,
                        "frozenset" | "set" | "tuple" | "list" | "sorted"
                    ) =>
                    {
                        call.values()
                            .all(|value| eval(self, At::new(module, value)))
                    }
                    _ => false,
                }
            }
            ExprKind::List(items) | ExprKind::Tuple(items) | ExprKind::Set(items) => {
                items.iter().all(|item| eval(self, at.to(item)))
            }
            ExprKind::Call(call) => self.made(at, call),
            _ => false,
        };
        fixed || is_number(self.source, at.module, at.expr)
    }
}

impl<'a> Fixed<'a> {
    /// Text made of fixed values by what makes text: `str(LIMIT)`, `", ".join(NAMES)`, `"at most {}".format(LIMIT)`.
    fn made(&mut self, at: At<'a>, call: &'a Call) -> bool {
        let base = match &call.callee.kind {
            ExprKind::Name(name) => {
                let makes = matches!(
                    &**name,
                    "str"
                        | "repr"
                        | "format"
                        | "sorted"
                        | "list"
                        | "tuple"
                        | "set"
                        | "frozenset"
                        | "String"
                );
                if !makes || self.source.callee(at.module, at.expr).is_some() {
                    return false;
                }
                None
            }
            ExprKind::Attribute { base, attr } => {
                let makes = matches!(
                    &**attr,
                    "join" | "format" | "strip" | "upper" | "lower" | "title" | "toString" | "trim"
                );
                if !makes {
                    return false;
                }
                Some(&**base)
            }
            _ => return false,
        };
        let mut parts = base.into_iter().chain(call.values());
        parts.all(|part| eval(self, at.to(part)))
    }
}

/// Whether a value is a number by the way it is made: a length, a difference, a count with `0` for none, what is declared as one.
fn is_number(source: &Source, module: ModuleId, expr: &Expr) -> bool {
    let by_form = |expr: &Expr| match &expr.kind {
        ExprKind::Number(_) => true,
        ExprKind::BinOp {
            // A sum may be of texts; other arithmetic gives a number.
            op: Operator::Other,
            ..
        } => true,
        ExprKind::Call(call) => match (call.callee.last_name().map(|name| &**name), &*call.args) {
            (Some("len" | "int" | "float" | "round"), _) => true,
            (Some("get"), [_, none]) => none.as_number().is_some(),
            _ => false,
        },
        _ => false,
    };
    let values = expr
        .as_name()
        .map(|name| bound(source, module, name, expr.range.start))
        .unwrap_or_default();
    let by_values = !values.is_empty() && values.into_iter().all(by_form);
    by_form(expr)
        || by_values
        || source
            .type_of(module, expr)
            .is_some_and(|made| matches!(made.type_name.as_str(), "int" | "float" | "number"))
}

/// What the text of an exception says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Says {
    /// Nothing of the inside.
    Nothing,
    /// How what a caller sent does not fit, in the words of a validation library: with the names of the schema and its fields.
    OfPayload,
    /// Whatever went wrong.
    Inside,
}

/// What the text of an exception says that a handler catches.
pub(super) fn says(
    source: &Source,
    module: &Module,
    tried: &Try,
    handler: &Handler,
    literal: &BTreeSet<ClassId>,
) -> Says {
    if handler.types.is_empty() {
        return match module.language {
            Language::TypeScript => raised(source, module, tried, literal),
            Language::Python => Says::Inside,
        };
    }
    let types: Vec<&Expr> = handler
        .types
        .iter()
        .flat_map(|caught| match &caught.kind {
            ExprKind::Tuple(items) => items.iter().collect(),
            _ => vec![caught],
        })
        .collect();
    let says_nothing = |caught: &&Expr| says_nothing(source, module.id, caught, literal);
    let is_of_payload = |caught: &&Expr| is_of_payload(source, module.id, caught);
    if types.iter().all(says_nothing) {
        return Says::Nothing;
    }
    if types
        .iter()
        .all(|caught| says_nothing(caught) || is_of_payload(caught))
    {
        return Says::OfPayload;
    }
    let narrow = types.iter().all(|caught| {
        says_nothing(caught)
            || is_of_payload(caught)
            || source.canonical(module.id, caught).is_some_and(|name| {
                matches!(
                    &*name,
                    "ValueError" | "TypeError" | "KeyError" | "PermissionError" | "LookupError"
                )
            })
    });
    match narrow {
        true => raised(source, module, tried, literal),
        false => Says::Inside,
    }
}

/// Whether an exception of a type says nothing of the inside: the project's own with fixed messages, and those that are made for
/// the caller.
pub(super) fn says_nothing(
    source: &Source,
    module: ModuleId,
    kind: &Expr,
    literal: &BTreeSet<ClassId>,
) -> bool {
    if let Meaning::Class(class) = source.meaning(module, kind) {
        return literal.contains(&class);
    }
    source.canonical(module, kind).is_some_and(|name| {
        // What the caller sent is no JSON: it says so of the caller's own text.
        MEANT.contains(&leaf(&name)) || leaf(&name) == "JSONDecodeError" && package(&name) == "json"
    })
}

/// Whether an exception of a type is what a validation library says of a value that does not fit.
pub(super) fn is_of_payload(source: &Source, module: ModuleId, kind: &Expr) -> bool {
    source.canonical(module, kind).is_some_and(|name| {
        leaf(&name) == "ValidationError"
            && matches!(
                package(&name),
                "pydantic" | "pydantic_core" | "jsonschema" | "marshmallow"
            )
    })
}

/// What all that a `try` can raise says: nothing where the project itself raises it with fixed messages, in its own functions and beside
/// calls that raise nothing with text of the inside; of the payload where a schema is applied there too.
fn raised(source: &Source, module: &Module, tried: &Try, literal: &BTreeSet<ClassId>) -> Says {
    let mut functions: BTreeSet<FnId> = BTreeSet::new();
    let mut raised = None;
    let mut bodies: Vec<(ModuleId, Vec<&Expr>, Vec<&crate::model::source::Stmt>)> =
        vec![(module.id, expressions(&tried.body), statements(&tried.body))];
    while let Some((at, found, stmts)) = bodies.pop() {
        for expr in found {
            let ExprKind::Call(call) = &expr.kind else {
                continue;
            };
            if let Some(id) = source.callee(at, expr) {
                if functions.insert(id) {
                    let body = source.body(id.module, Some(id));
                    bodies.push((id.module, expressions(body), statements(body)));
                }
                continue;
            }
            if let Some(parses) = parses(source, at, expr, call) {
                raised = Some(match raised {
                    Some(Says::OfPayload) => Says::OfPayload,
                    _ => parses,
                });
                continue;
            }
            let (ExprKind::Name(name) | ExprKind::Attribute { attr: name, .. }) = &call.callee.kind
            else {
                return Says::Inside;
            };
            let class = matches!(source.meaning(at, &call.callee), Meaning::Class(class) if literal.contains(&class) || source.class(class).is_some());
            if !class
                && !QUIET.contains(&&**name)
                && !name.ends_with("Error")
                && !exceptions::is_log(source, at, expr, 0)
            {
                return Says::Inside;
            }
        }
        for stmt in stmts {
            let StmtKind::Raise {
                value: Some(value), ..
            } = &stmt.kind
            else {
                continue;
            };
            raised = raised.or(Some(Says::Nothing));
            let fixed = value.as_call().is_some_and(|call| {
                call.args
                    .iter()
                    .all(|arg| is_fixed(source, at, arg) || is_name_only(arg))
            });
            if !fixed {
                return Says::Inside;
            }
        }
        if functions.len() > 60 {
            return Says::Inside;
        }
    }
    raised.unwrap_or(Says::Inside)
}

/// What the exceptions of a call say that parses or validates what it is given.
fn parses(source: &Source, module: ModuleId, expr: &Expr, call: &Call) -> Option<Says> {
    let name = source.callee_name(module, expr).unwrap_or_default();
    if matches!(name, "json.loads" | "JSON.parse") {
        return Some(Says::Nothing);
    }
    if let Meaning::Class(class) = source.meaning(module, &call.callee) {
        return schema::is_model(source, class).then_some(Says::OfPayload);
    }
    let ExprKind::Attribute { attr, .. } = &call.callee.kind else {
        return None;
    };
    let validates = match &**attr {
        "model_validate"
        | "model_validate_json"
        | "parse_obj"
        | "parse_raw"
        | "validate_python"
        | "validate_json" => true,
        "parse" | "parseAsync" => package(name) == "zod",
        _ => false,
    };
    validates.then_some(Says::OfPayload)
}

/// `f"{field} must be a string"`: the name of a parameter, not of what went wrong.
fn is_name_only(expr: &Expr) -> bool {
    let ExprKind::Format(parts) = &expr.kind else {
        return false;
    };
    parts.iter().all(|part| match part {
        crate::model::source::ir::FormatPart::Text(_) => true,
        crate::model::source::ir::FormatPart::Expr(inner) => matches!(
            &inner.as_name(),
            Some(
                "field"
                    | "name"
                    | "key"
                    | "param"
                    | "parameter"
                    | "field_name"
                    | "limit"
                    | "max_length"
                    | "maximum"
                    | "minimum"
            )
        ),
    })
}

/// Functions that raise nothing with text of the inside.
const QUIET: &[&str] = &[
    "isinstance",
    "len",
    "str",
    "strip",
    "lstrip",
    "rstrip",
    "get",
    "lower",
    "upper",
    "startswith",
    "endswith",
    "split",
    "splitlines",
    "join",
    "items",
    "keys",
    "values",
    "append",
    "fullmatch",
    "match",
    "search",
    "compile",
    "all",
    "any",
    "set",
    "list",
    "dict",
    "tuple",
    "sorted",
    "isalnum",
    "isdigit",
    "isprintable",
    "replace",
    "sub",
    "trim",
    "test",
    "includes",
    "toLowerCase",
    "toUpperCase",
    "isArray",
    "has",
    "Boolean",
    "String",
    "bool",
    "min",
    "max",
    "range",
    "enumerate",
    "casefold",
    "translate",
    "normalize",
    "pop",
    "isspace",
    "type",
    "slice",
    "frozenset",
    "zip",
    "isInteger",
    "isFinite",
];
