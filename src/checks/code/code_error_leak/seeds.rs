//! Which values hold an exception's text, and which exceptions say nothing of the inside.

use std::collections::{BTreeMap, BTreeSet};

use crate::checks::agent_code::AgentCode;
use crate::model::source::flow::{Flow, Labels, Seeds};
use crate::model::source::ir::{ByteRange, Handler, StmtKind, Try};
use crate::model::source::resolve::{Meaning, leaf, package};
use crate::model::source::walk::{expressions, statements};
use crate::model::source::{ClassId, Expr, ExprKind, FnId, Language, Module, ModuleId, Source};

use super::super::handlers;
use super::super::outward::outward;

/// The label of a formatted traceback.
pub(super) const TRACE: Labels = 1 << 63;
/// The label of exceptions beyond the first sixty.
const OTHERS: Labels = 1 << 62;
const COUNTED: usize = 60;

/// The exceptions that the code catches, each with its label.
pub(super) struct Caught<'s> {
    source: &'s Source,
    labels: BTreeMap<(ModuleId, ByteRange), Labels>,
    places: Vec<(ModuleId, ByteRange)>,
    /// Values of `promise.catch(error => …)` whose function gives the error's text.
    rejected: BTreeMap<(ModuleId, ByteRange), Labels>,
}

impl<'s> Caught<'s> {
    pub(super) fn new(code: &AgentCode<'s>) -> Self {
        let source = code.source;
        let literal = literal_classes(code);
        let mut caught = Self {
            source,
            labels: BTreeMap::new(),
            places: Vec::new(),
            rejected: BTreeMap::new(),
        };
        for module in code.modules() {
            for tried in tries(module) {
                for handler in tried
                    .handlers
                    .iter()
                    .filter(|handler| handler.binding.is_some())
                {
                    if !harmless(source, module, tried, handler, &literal) {
                        caught.add(module.id, handler.range);
                    }
                }
            }
        }
        for module in code
            .modules()
            .filter(|module| module.language == Language::TypeScript)
        {
            for (_, expr) in module.calls() {
                caught.promise(module, expr);
            }
        }
        caught
    }

    fn add(&mut self, module: ModuleId, range: ByteRange) -> Labels {
        let label = if self.places.len() < COUNTED {
            1 << self.places.len()
        } else {
            OTHERS
        };
        self.places.push((module, range));
        self.labels.insert((module, range), label);
        label
    }

    /// `promise.catch(error => …)` is a handler too; what its function returns is the value of the promise.
    fn promise(&mut self, module: &Module, expr: &Expr) {
        let Some(call) = expr.as_call() else { return };
        let ExprKind::Attribute { attr, .. } = &call.callee.kind else {
            return;
        };
        if &**attr != "catch" {
            return;
        }
        let function = call
            .args
            .first()
            .and_then(|arg| self.source.function_value(module.id, arg));
        let Some(function) = function else { return };
        let label = self.add(module.id, expr.range);
        let seeds = Rejected { function, label };
        if Flow::run(self.source, function, &seeds).returned(function) != 0 {
            self.rejected.insert((module.id, expr.range), label);
        }
    }

    /// The places that labels stand for, as `path:line`.
    pub(super) fn places(&self, code: &AgentCode<'_>, labels: Labels) -> Vec<String> {
        let mut found = Vec::new();
        for (index, (module, range)) in self.places.iter().enumerate().take(COUNTED) {
            if labels & (1 << index) != 0
                && let Some(module) = code.source.module(*module)
            {
                let site = module.site(*range);
                found.push(format!(
                    "{}:{}",
                    site.path,
                    site.span.map_or(0, |span| span.line)
                ));
            }
        }
        found
    }
}

/// The parameter of a promise's `catch`.
struct Rejected {
    function: FnId,
    label: Labels,
}

impl Seeds for Rejected {
    fn param(&self, function: FnId, index: usize) -> Labels {
        if function == self.function && index == 0 {
            self.label
        } else {
            0
        }
    }
    fn cleans_member(&self, _module: ModuleId, member: &str) -> bool {
        is_harmless_member(member)
    }
}

/// The seeds of one flow.
pub(super) struct Exceptions<'c, 's> {
    pub caught: &'c Caught<'s>,
    pub start: FnId,
    /// The parameter that holds the exception, in an error handler of a framework.
    pub exception: Option<usize>,
}

impl Seeds for Exceptions<'_, '_> {
    fn param(&self, function: FnId, index: usize) -> Labels {
        let given = function == self.start && self.exception == Some(index);
        let types = self
            .caught
            .source
            .function(function)
            .and_then(|function| function.params.get(index));
        // `def handler(request, exc: HTTPException)`: what such an exception says is meant for the caller.
        let meant = types
            .and_then(|param| param.annotation.as_deref())
            .is_some_and(|annotation| {
                self.caught
                    .source
                    .canonical(function.module, annotation)
                    .is_some_and(|name| MEANT.contains(&leaf(&name)))
            });
        if given && !meant { OTHERS } else { 0 }
    }

    fn exception(&self, module: ModuleId, handler: &Handler) -> Labels {
        self.caught
            .labels
            .get(&(module, handler.range))
            .copied()
            .unwrap_or(0)
    }

    fn expr(&self, module: ModuleId, expr: &Expr) -> Labels {
        let ExprKind::Call(call) = &expr.kind else {
            return 0;
        };
        let ExprKind::Attribute { attr, .. } = &call.callee.kind else {
            return match call.callee.as_name() {
                Some("format_exc" | "format_exception") => TRACE,
                _ => 0,
            };
        };
        match &**attr {
            "format_exc" | "format_exception" | "format_tb" | "format_stack" => TRACE,
            "exc_info" => OTHERS,
            "catch" => self
                .caught
                .rejected
                .get(&(module, expr.range))
                .copied()
                .unwrap_or(0),
            _ => 0,
        }
    }

    fn cleans(&self, module: ModuleId, call: &Expr) -> bool {
        let Some(inner) = call.as_call() else {
            return false;
        };
        let (ExprKind::Name(name) | ExprKind::Attribute { attr: name, .. }) = &inner.callee.kind
        else {
            return false;
        };
        matches!(
            &**name,
            "type"
                | "len"
                | "isinstance"
                | "hash"
                | "id"
                | "bool"
                | "get_error_code"
                | "errors"
                | "flatten"
                | "format_errors"
                | "treeifyError"
                | "prettifyError"
                | "uuid4"
                | "randomUUID"
                | "hexdigest"
                | "int"
        ) || handlers::is_log(self.caught.source, module, call, 0)
            || outward(self.caught.source, module, call).is_some()
    }

    fn cleans_member(&self, _module: ModuleId, member: &str) -> bool {
        is_harmless_member(member)
    }
}

/// Exceptions whose text is made for the caller.
const MEANT: &[&str] = &[
    "HTTPException",
    "StarletteHTTPException",
    "RequestValidationError",
    "ZodError",
    "WebSocketDisconnect",
];

/// Members of an exception that tell its kind and nothing of the inside.
fn is_harmless_member(member: &str) -> bool {
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

fn tries(module: &Module) -> Vec<&Try> {
    let mut bodies = vec![module.body.as_slice()];
    bodies.extend(
        module
            .functions
            .iter()
            .map(|function| function.body.as_slice()),
    );
    bodies
        .into_iter()
        .flat_map(statements)
        .filter_map(|stmt| match &stmt.kind {
            StmtKind::Try(tried) => Some(&**tried),
            _ => None,
        })
        .collect()
}

/// The project's exception classes all of whose messages are literals, over every place that raises them.
fn literal_classes(code: &AgentCode<'_>) -> BTreeSet<ClassId> {
    let source = code.source;
    let mut verdicts: BTreeMap<ClassId, bool> = BTreeMap::new();
    for module in code.modules() {
        for (_, expr) in module.calls() {
            let Some(call) = expr.as_call() else { continue };
            if let Meaning::Class(class) = source.meaning(module.id, &call.callee) {
                let literal = call
                    .args
                    .iter()
                    .chain(call.keywords.iter().map(|keyword| &keyword.value))
                    .all(|arg| is_fixed(source, module.id, arg));
                *verdicts.entry(class).or_insert(true) &= literal;
            }
        }
        for (index, class) in module.classes.iter().enumerate() {
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
            let _ = class;
        }
    }
    // An exception that is caught by a base class may be any of its subclasses.
    let classes: Vec<ClassId> = verdicts.keys().copied().collect();
    let open: BTreeSet<ClassId> = verdicts
        .iter()
        .filter(|(_, literal)| !**literal)
        .map(|(class, _)| *class)
        .collect();
    classes
        .into_iter()
        .filter(|class| {
            !open.contains(class) && !open.iter().any(|other| is_subclass(source, *other, *class))
        })
        .collect()
}

fn is_subclass(source: &Source, class: ClassId, of: ClassId) -> bool {
    let mut open = vec![class];
    let mut seen = BTreeSet::new();
    while let Some(id) = open.pop() {
        if !seen.insert(id) {
            continue;
        }
        for base in source
            .class(id)
            .map(|class| class.bases.as_slice())
            .unwrap_or_default()
        {
            if let Meaning::Class(base) = source.meaning(id.module, base) {
                if base == of {
                    return true;
                }
                open.push(base);
            }
        }
    }
    false
}

/// A message that is the same whatever went wrong: literals, numbers, the project's constants.
fn is_fixed(source: &Source, module: ModuleId, expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Str(_) | ExprKind::Number(_) | ExprKind::Bool(_) | ExprKind::None => true,
        ExprKind::Format(parts) => parts.iter().all(|part| match part {
            crate::model::source::ir::FormatPart::Text(_) => true,
            crate::model::source::ir::FormatPart::Expr(inner) => is_fixed(source, module, inner),
        }),
        ExprKind::BinOp { left, right, .. } => {
            is_fixed(source, module, left) && is_fixed(source, module, right)
        }
        ExprKind::Conditional { body, orelse, .. } => {
            is_fixed(source, module, body) && is_fixed(source, module, orelse)
        }
        ExprKind::Dict(entries) => entries
            .iter()
            .all(|entry| is_fixed(source, module, &entry.value)),
        ExprKind::Call(call) => call.callee.as_name() == Some("len"),
        ExprKind::Name(_) | ExprKind::Attribute { .. } => {
            matches!(source.meaning(module, expr), Meaning::Value(_, value) if matches!(value.kind, ExprKind::Str(_) | ExprKind::Number(_) | ExprKind::List(_) | ExprKind::Tuple(_) | ExprKind::Set(_)))
        }
        _ => false,
    }
}

/// Whether what a handler catches says nothing of the inside.
fn harmless(
    source: &Source,
    module: &Module,
    tried: &Try,
    handler: &Handler,
    literal: &BTreeSet<ClassId>,
) -> bool {
    if handler.types.is_empty() {
        return module.language == Language::TypeScript
            && raises_only_own(source, module, tried, literal);
    }
    let types: Vec<&Expr> = handler
        .types
        .iter()
        .flat_map(|caught| match &caught.kind {
            ExprKind::Tuple(items) => items.iter().collect(),
            _ => vec![caught],
        })
        .collect();
    let own = |caught: &&Expr| match source.meaning(module.id, caught) {
        Meaning::Class(class) => literal.contains(&class),
        _ => source.canonical(module.id, caught).is_some_and(|name| {
            // What the caller sent does not fit: it says so of the caller's own text.
            MEANT.contains(&leaf(&name))
                || matches!(leaf(&name), "ValidationError" | "JSONDecodeError")
                    && matches!(
                        package(&name),
                        "pydantic" | "pydantic_core" | "jsonschema" | "marshmallow" | "json"
                    )
        }),
    };
    if types.iter().all(own) {
        return true;
    }
    let narrow = types.iter().all(|caught| {
        source.canonical(module.id, caught).is_some_and(|name| matches!(&*name, "ValueError" | "TypeError" | "KeyError" | "PermissionError" | "LookupError"))
            || matches!(source.meaning(module.id, caught), Meaning::Class(class) if literal.contains(&class))
    });
    narrow && raises_only_own(source, module, tried, literal)
}

/// Whether all that a `try` can raise is what the project itself raises with fixed messages: it calls only its own functions
/// and such that raise nothing with text of the inside.
fn raises_only_own(
    source: &Source,
    module: &Module,
    tried: &Try,
    literal: &BTreeSet<ClassId>,
) -> bool {
    let mut functions: BTreeSet<FnId> = BTreeSet::new();
    let mut raised = false;
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
            let (ExprKind::Name(name) | ExprKind::Attribute { attr: name, .. }) = &call.callee.kind
            else {
                return false;
            };
            let class = matches!(source.meaning(at, &call.callee), Meaning::Class(class) if literal.contains(&class) || source.class(class).is_some());
            if !class
                && !QUIET.contains(&&**name)
                && !name.ends_with("Error")
                && !handlers::is_log(source, at, expr, 0)
            {
                return false;
            }
        }
        for stmt in stmts {
            let StmtKind::Raise {
                value: Some(value), ..
            } = &stmt.kind
            else {
                continue;
            };
            raised = true;
            let fixed = value.as_call().is_some_and(|call| {
                call.args
                    .iter()
                    .all(|arg| is_fixed(source, at, arg) || is_name_only(arg))
            });
            if !fixed {
                return false;
            }
        }
        if functions.len() > 60 {
            return false;
        }
    }
    raised
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
