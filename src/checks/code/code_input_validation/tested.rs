//! Which tests code makes of a value: its type, a bound on its length, a range, a format.

use crate::model::source::flow::{Flow, Labels};
use crate::model::source::resolve::{Meaning, leaf};
use crate::model::source::walk::{Node, expressions, walk};
use crate::model::source::{Call, Expr, ExprKind, ModuleId, Source};

use super::schema::Rule;

/// What is tested of a field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Tested {
    /// Its type.
    pub typed: bool,
    /// That it is text and nothing else.
    pub text_only: bool,
    /// That it is a list or object.
    pub lists: bool,
    /// That it is a number.
    pub number: bool,
    /// That it is true or false.
    pub flag: bool,
    /// An upper bound on its length.
    pub bounded: bool,
    /// A range.
    pub ranged: bool,
    /// A format: a pattern, a UUID, one of a fixed set.
    pub formatted: bool,
}

impl Tested {
    /// What a schema's rule for the field tests.
    pub(super) fn add(&mut self, rule: &Rule) {
        self.typed |= rule.typed;
        self.text_only |= rule.text;
        self.number |= rule.number;
        self.flag |= rule.flag;
        self.bounded |= rule.bounded;
        self.ranged |= rule.ranged;
        self.formatted |= rule.formatted;
    }

    fn one_of_a_set(&mut self) {
        self.typed = true;
        self.text_only = true;
        self.bounded = true;
        self.ranged = true;
        self.formatted = true;
    }
}

/// What is tested of each label, over all functions of a flow.
pub(super) fn tests(source: &Source, flow: &Flow, count: usize) -> Vec<Tested> {
    let mut found = vec![Tested::default(); count];
    for id in flow.functions() {
        let body = source.body(id.module, Some(id));
        for expr in expressions(body) {
            look(source, flow, id.module, expr, &mut found);
        }
        // `match prompt: case str(): …`
        walk(body, &mut |path, node| {
            if let Node::Case(case) = node
                && let Some(Node::Stmt(outer)) = path.last()
                && let crate::model::source::StmtKind::Switch(switch) = &outer.kind
                && let Some(pattern) = &case.pattern
                && pattern
                    .as_call()
                    .is_some_and(|call| call.callee.as_name() == Some("str"))
            {
                mark(
                    flow.labels(id.module, &switch.subject),
                    &mut found,
                    |tested| {
                        tested.typed = true;
                        tested.text_only = true;
                    },
                );
            }
            true
        });
    }
    found
}

fn mark(labels: Labels, found: &mut [Tested], set: impl Fn(&mut Tested)) {
    for (bit, tested) in found.iter_mut().enumerate() {
        if labels & (1 << bit) != 0 {
            set(tested);
        }
    }
}

fn look(source: &Source, flow: &Flow, module: ModuleId, expr: &Expr, found: &mut [Tested]) {
    match &expr.kind {
        ExprKind::Call(call) => called(source, flow, module, call, found),
        ExprKind::Subscript { base, index } => {
            // `prompt[:10_000]`
            if let ExprKind::Slice(parts) = &index.kind
                && parts.len() <= 3
                && has_upper(source, module, index)
            {
                mark(flow.labels(module, base), found, |tested| {
                    tested.bounded = true
                });
            }
        }
        ExprKind::Compare { left, rest } => {
            let mut before = &**left;
            for (operator, right) in rest {
                compared(source, flow, module, before, operator, right, found);
                before = right;
            }
        }
        _ => {}
    }
}

/// Whether a slice has an upper end: its text has something behind the first colon.
fn has_upper(source: &Source, module: ModuleId, slice: &Expr) -> bool {
    let text = source
        .module(module)
        .map_or("", |module| module.text(slice.range));
    let mut parts = text.split(':');
    parts.next();
    parts
        .next()
        .is_some_and(|upper| !upper.trim().is_empty() && !upper.trim().starts_with('-'))
}

fn called(source: &Source, flow: &Flow, module: ModuleId, call: &Call, found: &mut [Tested]) {
    let (ExprKind::Name(name) | ExprKind::Attribute { attr: name, .. }) = &call.callee.kind else {
        return;
    };
    let given = |index: usize| {
        call.args
            .get(index)
            .map_or(0, |arg| flow.labels(module, arg))
    };
    let on = match &call.callee.kind {
        ExprKind::Attribute { base, .. } => flow.labels(module, base),
        _ => 0,
    };
    match &**name {
        "isinstance" => {
            let types = call
                .args
                .get(1)
                .map(|types| type_names(source, module, types))
                .unwrap_or_default();
            mark(given(0), found, |tested| by_types(tested, &types));
        }
        "isArray" => mark(given(0), found, |tested| {
            tested.typed = true;
            tested.lists = true;
        }),
        "str" | "String" if matches!(call.callee.kind, ExprKind::Name(_)) => {
            mark(given(0), found, |tested| {
                tested.typed = true;
                tested.text_only = true;
            })
        }
        "int" | "float" | "Number" | "parseInt" | "parseFloat" | "isInteger" | "isFinite"
        | "Decimal" => mark(given(0), found, |tested| {
            tested.typed = true;
            tested.number = true;
        }),
        "strip" | "lower" | "upper" | "trim" | "encode" | "splitlines" | "toLowerCase"
        | "toUpperCase" | "startswith" | "startsWith" => mark(on, found, |tested| {
            // Whatever is no text fails there.
            tested.typed = true;
            tested.text_only = true;
        }),
        "slice" | "substring" | "substr" if call.args.len() > 1 => {
            mark(on, found, |tested| tested.bounded = true)
        }
        "fullmatch" | "match" if call.args.len() > 1 => mark(given(1), found, matches_pattern),
        "fullmatch" | "match" => mark(given(0) | on, found, matches_pattern),
        "test" => mark(given(0), found, matches_pattern),
        "UUID" | "isUUID" | "isUuid" | "validateUuid" => mark(given(0), found, matches_pattern),
        "isalnum" | "isidentifier" => mark(on, found, |tested| {
            tested.typed = true;
            tested.text_only = true;
            tested.formatted = true;
        }),
        "min" | "max" | "clamp" => {
            let all = call
                .args
                .iter()
                .fold(0, |all, arg| all | flow.labels(module, arg));
            let top = &**name != "max";
            mark(all, found, |tested| tested.ranged |= top);
        }
        "has" | "includes" | "get" => {
            // An allow-list: `ALLOWED.has(x)`, `ALLOWED.includes(x)`, `TABLE.get(x)`.
            let fixed = matches!(&call.callee.kind, ExprKind::Attribute { base, .. } if flow.labels(module, base) == 0 && is_fixed_set(source, module, base));
            if fixed {
                mark(given(0), found, Tested::one_of_a_set);
            }
        }
        "shorten" => mark(given(0), found, |tested| tested.bounded = true),
        other if other.to_lowercase().contains("truncate") => {
            mark(given(0) | on, found, |tested| tested.bounded = true)
        }
        _ => {}
    }
}

/// A pattern bounds what it matches, and matches text only.
fn matches_pattern(tested: &mut Tested) {
    tested.typed = true;
    tested.text_only = true;
    tested.formatted = true;
    tested.bounded = true;
}

fn type_names(source: &Source, module: ModuleId, types: &Expr) -> Vec<String> {
    match &types.kind {
        ExprKind::Tuple(items) | ExprKind::List(items) => items
            .iter()
            .flat_map(|item| type_names(source, module, item))
            .collect(),
        ExprKind::BinOp { left, right, .. } => [left, right]
            .into_iter()
            .flat_map(|side| type_names(source, module, side))
            .collect(),
        _ => source
            .canonical(module, types)
            .map(|name| leaf(&name).to_owned())
            .into_iter()
            .collect(),
    }
}

fn by_types(tested: &mut Tested, types: &[String]) {
    let all =
        |names: &[&str]| !types.is_empty() && types.iter().all(|name| names.contains(&&**name));
    tested.typed = true;
    tested.text_only |= all(&["str", "bytes", "NoneType"]);
    tested.lists |= types.iter().any(|name| {
        matches!(
            &**name,
            "list" | "dict" | "tuple" | "Mapping" | "Sequence" | "Array" | "object"
        )
    });
    tested.flag |= all(&["bool"]);
    tested.number |= all(&["int", "float", "Number", "Real", "Decimal", "Integral"]);
}

fn compared(
    source: &Source,
    flow: &Flow,
    module: ModuleId,
    left: &Expr,
    operator: &str,
    right: &Expr,
    found: &mut [Tested],
) {
    for (one, other, operator) in [
        (left, right, operator.to_owned()),
        (right, left, mirrored(operator)),
    ] {
        if let Some(measured) = length_of(one) {
            if is_upper(source, module, &operator, other) {
                mark(flow.labels(module, measured), found, |tested| {
                    tested.bounded = true
                });
            }
            continue;
        }
        if let ExprKind::Unary {
            op: "typeof",
            operand,
        } = &one.kind
        {
            let kind = other.as_str().unwrap_or("").to_owned();
            mark(flow.labels(module, operand), found, |tested| {
                tested.typed = true;
                tested.text_only |= kind == "string";
                tested.number |= kind == "number";
                tested.flag |= kind == "boolean";
                tested.lists |= kind == "object";
            });
        }
        if let Some(call) = one.as_call()
            && call.callee.as_name() == Some("type")
            && let Some(value) = call.args.first()
        {
            let types = type_names(source, module, other);
            mark(flow.labels(module, value), found, |tested| {
                by_types(tested, &types)
            });
        }
        let number = other.as_number().is_some()
            || matches!(other.kind, ExprKind::Name(_) | ExprKind::Attribute { .. })
                && is_number(source, module, other);
        if matches!(&*operator, "<" | "<=" | ">" | ">=") && number {
            mark(flow.labels(module, one), found, |tested| {
                tested.ranged = true;
                tested.number = true;
            });
        }
    }
    if matches!(operator, "in" | "not in") && is_fixed_set(source, module, right) {
        mark(flow.labels(module, left), found, Tested::one_of_a_set);
    }
}

fn mirrored(operator: &str) -> String {
    match operator {
        "<" => ">",
        "<=" => ">=",
        ">" => "<",
        ">=" => "<=",
        other => other,
    }
    .to_owned()
}

/// `len(x)`, `x.length`, `len(x.encode())`.
fn length_of(expr: &Expr) -> Option<&Expr> {
    match &expr.kind {
        ExprKind::Call(call) if matches!(call.callee.as_name(), Some("len")) => call.args.first(),
        ExprKind::Call(call) => match &call.callee.kind {
            ExprKind::Attribute { base, attr }
                if &**attr == "byteLength" && base.as_name() == Some("Buffer") =>
            {
                call.args.first()
            }
            _ => None,
        },
        ExprKind::Attribute { base, attr } if matches!(&**attr, "length" | "byteLength") => {
            Some(base)
        }
        _ => None,
    }
}

/// Whether a comparison of a length keeps it from growing: more than some figure is refused, or up to some figure is let
/// through. `len(x) < 3` refuses what is too short, `len(x) > 0` asks whether there is any.
fn is_upper(source: &Source, module: ModuleId, operator: &str, limit: &Expr) -> bool {
    let figure = limit
        .as_number()
        .or_else(|| constant(source, module, limit));
    let text = source.module(module).map_or(String::new(), |module| {
        module.text(limit.range).to_lowercase()
    });
    if text.contains("min") && !text.contains("max") {
        return false;
    }
    match operator {
        ">" | ">=" => figure.is_none_or(|figure| figure > 1.0),
        "<" | "<=" => figure.is_none_or(|figure| figure > 10.0),
        _ => false,
    }
}

fn constant(source: &Source, module: ModuleId, expr: &Expr) -> Option<f64> {
    match source.meaning(module, expr) {
        Meaning::Value(_, value) => value.as_number(),
        _ => None,
    }
}

fn is_number(source: &Source, module: ModuleId, expr: &Expr) -> bool {
    constant(source, module, expr).is_some()
}

/// A collection of constants, or a name in capitals that stands for one.
fn is_fixed_set(source: &Source, module: ModuleId, expr: &Expr) -> bool {
    let fixed = |value: &Expr| match &value.kind {
        ExprKind::List(items) | ExprKind::Tuple(items) | ExprKind::Set(items) => !items.is_empty(),
        ExprKind::Dict(entries) => !entries.is_empty(),
        _ => false,
    };
    if fixed(expr) {
        return true;
    }
    match source.meaning(module, expr) {
        Meaning::Value(_, value) => fixed(value),
        Meaning::Instance(made) => {
            matches!(leaf(&made.type_name), "Set" | "Map" | "frozenset" | "set")
                && made.call.is_some_and(|call| !call.args.is_empty())
        }
        _ => false,
    }
}
