//! What a value is made of: the literal text in it, the entries of an option object, the expressions behind a name.

use crate::model::source::ir::{Call, FormatPart, StmtKind};
use crate::model::source::module::BindingKind;
use crate::model::source::resolve::{Meaning, leaf};
use crate::model::source::walk;
use crate::model::source::{Expr, ExprKind, FnId, Language, ModuleId, Source};

/// Deepest chain of names and helpers that is followed.
const DEEPEST: u32 = 8;
/// Stands in a text for what is not literal.
pub(crate) const HOLE: char = '\u{1}';

/// An expression with the module it stands in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct At<'a> {
    pub(crate) module: ModuleId,
    pub(crate) expr: &'a Expr,
}

impl<'a> At<'a> {
    pub(crate) fn new(module: ModuleId, expr: &'a Expr) -> Self {
        Self { module, expr }
    }
}

/// The expressions that a name may hold: its assignments in the innermost scope that binds it. Empty where it is bound any
/// other way (a parameter, a loop).
pub(crate) fn bound<'a>(
    source: &'a Source,
    id: ModuleId,
    name: &str,
    offset: u32,
) -> Vec<&'a Expr> {
    let Some(module) = source.module(id) else {
        return Vec::new();
    };
    let mut at = module.function_at(offset);
    loop {
        let scope = module
            .scopes
            .get(at.map_or(0, |function| function.id.index as usize + 1));
        if let Some(found) = scope.and_then(|scope| scope.names.get(name)) {
            let mut values = Vec::new();
            for binding in found {
                match &binding.kind {
                    BindingKind::Value { value, path, .. } if path.is_empty() => {
                        values.push(&**value);
                    }
                    BindingKind::Augmented(value) => values.push(value),
                    BindingKind::Declared(_) => {}
                    _ => return Vec::new(),
                }
            }
            return values;
        }
        match at {
            Some(function) => at = function.parent.and_then(|id| module.function(id)),
            None => return Vec::new(),
        }
    }
}

/// What a function returns, expression by expression.
pub(crate) fn returned(source: &Source, function: FnId) -> Vec<At<'_>> {
    let body = source.body(function.module, Some(function));
    walk::statements(body)
        .into_iter()
        .filter_map(|stmt| match &stmt.kind {
            StmtKind::Return(Some(value)) => Some(At::new(function.module, value)),
            _ => None,
        })
        .collect()
}

/// All literal text in a value, in order, names and helpers followed; [`HOLE`] stands for the rest. The names of environment
/// variables are part of it, since they say what they hold.
pub(crate) fn text(source: &Source, at: At<'_>) -> String {
    let mut out = String::new();
    gather(source, at, 0, &mut out);
    out
}

fn gather(source: &Source, at: At<'_>, depth: u32, out: &mut String) {
    if depth > DEEPEST || out.len() > 4096 {
        out.push(HOLE);
        return;
    }
    let next = |expr: &Expr, out: &mut String| {
        gather(source, At::new(at.module, expr), depth + 1, out);
    };
    match &at.expr.kind {
        ExprKind::Str(text) => out.push_str(text),
        ExprKind::Format(parts) => parts.iter().for_each(|part| match part {
            FormatPart::Text(text) => out.push_str(text),
            FormatPart::Expr(inner) => next(inner, out),
        }),
        ExprKind::BinOp { left, right, .. } => {
            next(left, out);
            next(right, out);
        }
        ExprKind::Await(inner) | ExprKind::Starred(inner) => next(inner, out),
        ExprKind::BoolOp { values, .. } => values.iter().for_each(|value| {
            next(value, out);
            out.push(HOLE);
        }),
        ExprKind::Conditional { body, orelse, .. } => {
            next(body, out);
            out.push(HOLE);
            next(orelse, out);
        }
        ExprKind::Subscript { base, index } => {
            out.push(HOLE);
            if let Some(name) = index.as_str() {
                out.push_str(name);
            } else {
                next(base, out);
            }
            out.push(HOLE);
        }
        ExprKind::Call(call) => gather_call(source, at, call, depth, out),
        ExprKind::Name(name) => {
            let values = bound(source, at.module, name, at.expr.range.start);
            if values.is_empty() {
                gather_meaning(source, at, depth, out);
            }
            for value in values {
                if !value.range.contains(at.expr.range) {
                    next(value, out);
                    out.push(HOLE);
                }
            }
        }
        ExprKind::Attribute { base, attr } => {
            let made = source.type_of(at.module, base).and_then(|made| {
                let url = made.call?.option(attr)?;
                Some(At::new(made.module, url))
            });
            match made {
                Some(made) => gather(source, made, depth + 1, out),
                None => gather_meaning(source, at, depth, out),
            }
        }
        _ => out.push(HOLE),
    }
}

fn gather_call(source: &Source, at: At<'_>, call: &Call, depth: u32, out: &mut String) {
    let next = |expr: &Expr, out: &mut String| {
        gather(source, At::new(at.module, expr), depth + 1, out);
    };
    if let Some(function) = source.callee(at.module, at.expr) {
        for value in returned(source, function) {
            gather(source, value, depth + 1, out);
            out.push(HOLE);
        }
        return;
    }
    // `url.format(arn=…)`, `base.rstrip("/")`, `str(url)`, `new URL(path, base)`, `os.environ.get("X", default)`.
    if let ExprKind::Attribute { base, .. } = &call.callee.kind {
        next(base, out);
    }
    for value in call
        .args
        .iter()
        .chain(call.keywords.iter().map(|keyword| &keyword.value))
    {
        next(value, out);
        out.push(HOLE);
    }
}

fn gather_meaning(source: &Source, at: At<'_>, depth: u32, out: &mut String) {
    match source.meaning(at.module, at.expr) {
        Meaning::Value(module, value) if !std::ptr::eq(value, at.expr) => {
            gather(source, At::new(module, value), depth + 1, out);
        }
        Meaning::External(name) => {
            out.push(HOLE);
            out.push_str(leaf(&name));
            out.push(HOLE);
        }
        Meaning::Instance(instance) => match instance.call {
            Some(call) => call
                .args
                .iter()
                .chain(call.keywords.iter().map(|keyword| &keyword.value))
                .for_each(|value| {
                    gather(source, At::new(instance.module, value), depth + 1, out);
                    out.push(HOLE);
                }),
            None => out.push(HOLE),
        },
        _ => out.push(HOLE),
    }
}

/// The entries of a dict or object, as far as they can be seen: literals, spreads, `Object.assign`, `new Headers`, helpers that
/// return one, and what is put in later (`headers["X"] = v`, `headers.update(…)`, `headers.set("X", v)`).
pub(crate) fn entries<'a>(source: &'a Source, at: At<'a>) -> Vec<(String, At<'a>)> {
    let mut out = Vec::new();
    gather_entries(source, at, 0, &mut out);
    out
}

fn gather_entries<'a>(source: &'a Source, at: At<'a>, depth: u32, out: &mut Vec<(String, At<'a>)>) {
    if depth > DEEPEST || out.len() > 200 {
        return;
    }
    let next = |expr: &'a Expr, out: &mut Vec<_>| {
        gather_entries(source, At::new(at.module, expr), depth + 1, out);
    };
    match &at.expr.kind {
        ExprKind::Dict(items) => items.iter().for_each(|item| match &item.key {
            Some(key) => {
                for key in source.strings(at.module, key) {
                    out.push((key, At::new(at.module, &item.value)));
                }
            }
            None => next(&item.value, out),
        }),
        ExprKind::List(items) | ExprKind::Tuple(items) => {
            items.iter().for_each(|pair| match &pair.kind {
                ExprKind::Tuple(pair) | ExprKind::List(pair) => {
                    if let [key, value] = pair.as_slice() {
                        for key in source.strings(at.module, key) {
                            out.push((key, At::new(at.module, value)));
                        }
                    }
                }
                _ => {}
            });
        }
        ExprKind::Await(inner) | ExprKind::Starred(inner) => next(inner, out),
        ExprKind::BoolOp { values, .. } => values.iter().for_each(|value| next(value, out)),
        ExprKind::Conditional { body, orelse, .. } => {
            next(body, out);
            next(orelse, out);
        }
        ExprKind::BinOp { left, right, .. } => {
            next(left, out);
            next(right, out);
        }
        ExprKind::Call(call) => match source.callee(at.module, at.expr) {
            Some(function) => returned(source, function)
                .into_iter()
                .for_each(|value| gather_entries(source, value, depth + 1, out)),
            None => {
                call.args.iter().for_each(|arg| next(arg, out));
                for keyword in &call.keywords {
                    match &keyword.name {
                        Some(name) => {
                            out.push((name.to_string(), At::new(at.module, &keyword.value)));
                        }
                        None => next(&keyword.value, out),
                    }
                }
            }
        },
        ExprKind::Name(name) => {
            let values = bound(source, at.module, name, at.expr.range.start);
            if values.is_empty()
                && let Meaning::Value(module, value) = source.meaning(at.module, at.expr)
                && !std::ptr::eq(value, at.expr)
            {
                gather_entries(source, At::new(module, value), depth + 1, out);
            }
            for value in values {
                if !value.range.contains(at.expr.range) {
                    next(value, out);
                }
            }
            put_later(source, at, name, depth, out);
        }
        ExprKind::Attribute { .. } => {
            if let Meaning::Value(module, value) = source.meaning(at.module, at.expr)
                && !std::ptr::eq(value, at.expr)
            {
                gather_entries(source, At::new(module, value), depth + 1, out);
            }
        }
        _ => {}
    }
}

/// What the function around puts into a container after it was made.
fn put_later<'a>(
    source: &'a Source,
    at: At<'a>,
    name: &str,
    depth: u32,
    out: &mut Vec<(String, At<'a>)>,
) {
    let Some(module) = source.module(at.module) else {
        return;
    };
    let function = module
        .function_at(at.expr.range.start)
        .map(|function| function.id);
    let body = source.body(at.module, function);
    for stmt in walk::statements(body) {
        if let StmtKind::Assign(assign) = &stmt.kind
            && let Some(value) = &assign.value
        {
            for target in &assign.targets {
                let key = match &target.kind {
                    ExprKind::Subscript { base, index } if base.as_name() == Some(name) => {
                        source.strings(at.module, index)
                    }
                    ExprKind::Attribute { base, attr } if base.as_name() == Some(name) => {
                        vec![attr.to_string()]
                    }
                    _ => continue,
                };
                out.extend(
                    key.into_iter()
                        .map(|key| (key, At::new(at.module, &**value))),
                );
            }
        }
    }
    for expr in walk::expressions(body) {
        let ExprKind::Call(call) = &expr.kind else {
            continue;
        };
        let ExprKind::Attribute { base, attr } = &call.callee.kind else {
            continue;
        };
        if base.as_name() != Some(name) {
            continue;
        }
        match (&**attr, call.args.as_slice()) {
            ("update", [more]) => {
                gather_entries(source, At::new(at.module, more), depth + 1, out);
            }
            ("set" | "append" | "setdefault" | "add", [key, value]) => {
                for key in source.strings(at.module, key) {
                    out.push((key, At::new(at.module, value)));
                }
            }
            _ => {}
        }
    }
}

/// An option of a call: a keyword, a `**mapping`, a property of the last object in TypeScript, wherever that object was made.
pub(crate) fn option<'a>(
    source: &'a Source,
    module: ModuleId,
    call: &'a Call,
    name: &str,
) -> Option<At<'a>> {
    if let Some(value) = call.option(name) {
        return Some(At::new(module, value));
    }
    let spread = call
        .keywords
        .iter()
        .filter(|keyword| keyword.name.is_none())
        .map(|keyword| &keyword.value);
    let typescript = source
        .module(module)
        .is_some_and(|module| module.language == Language::TypeScript);
    let last = call.args.last().filter(|_| typescript);
    spread.chain(last).find_map(|value| {
        entries(source, At::new(module, value))
            .into_iter()
            .rev()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value)
    })
}

/// Whether the call takes options that cannot be seen (`**kwargs` of a parameter, an object from elsewhere).
pub(crate) fn opaque(source: &Source, module: ModuleId, call: &Call) -> bool {
    let typescript = source
        .module(module)
        .is_some_and(|module| module.language == Language::TypeScript);
    let spread = call
        .keywords
        .iter()
        .filter(|keyword| keyword.name.is_none())
        .map(|keyword| &keyword.value);
    let last = call.args.last().filter(|_| typescript);
    spread.chain(last).any(|value| match &value.kind {
        ExprKind::Dict(items) => items.iter().any(|item| {
            item.key.is_none() && entries(source, At::new(module, &item.value)).is_empty()
        }),
        _ => entries(source, At::new(module, value)).is_empty(),
    })
}
