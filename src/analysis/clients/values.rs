//! What a value is made of: the literal text in it, the expressions behind a name.

use std::collections::BTreeMap;

use crate::analysis::limits;
use crate::analysis::names::{Meaning, leaf};
use crate::model::source::ir::{Call, FormatPart, StmtKind};
use crate::model::source::module::BindingKind;
use crate::model::source::walk;
use crate::model::source::{Conditional, Expr, ExprKind, FnId, ModuleId, Source};

/// Most characters of a text that are put together.
const LONGEST: usize = 4096;
/// Most values of one name that are looked at: the last ones.
const MOST_VALUES: usize = 50;
/// How often one name is followed within a text.
const MOST_TIMES: u32 = 8;
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
    let Some((_, found)) = module.bindings_around(name, offset) else {
        return Vec::new();
    };
    let mut values = Vec::new();
    if let Some(binding) = found.get(MOST_VALUES) {
        limits::reached(limits::CALLERS, id, binding.range);
    }
    for binding in found.iter().rev().take(MOST_VALUES).rev() {
        match &binding.kind {
            BindingKind::Value { value, path, .. } if path.is_empty() => values.push(&**value),
            BindingKind::Augmented(value) => values.push(value),
            BindingKind::Declared(_) => {}
            _ => return Vec::new(),
        }
    }
    values
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
pub(crate) fn text<'a>(source: &'a Source, at: At<'a>) -> String {
    let mut out = Text::default();
    gather(source, at, &mut out);
    out.text
}

/// Text on the way, and how often each name was followed for it.
#[derive(Default)]
struct Text<'a> {
    text: String,
    names: BTreeMap<(ModuleId, Option<FnId>, &'a str), u32>,
}

impl Text<'_> {
    fn push(&mut self, one: char) {
        self.text.push(one);
    }

    fn push_str(&mut self, text: &str) {
        self.text.push_str(text);
    }
}

fn gather<'a>(source: &'a Source, at: At<'a>, out: &mut Text<'a>) {
    if out.text.len() > LONGEST {
        limits::reached(limits::CALLERS, at.module, at.expr.range);
        return;
    }
    let Some(_step) = limits::follow("text", limits::CALLERS, at.module, at.expr) else {
        out.push(HOLE);
        return;
    };
    let next = |expr: &'a Expr, out: &mut Text<'a>| {
        gather(source, At::new(at.module, expr), out);
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
        ExprKind::Conditional(parts) => {
            let Conditional { body, orelse, .. } = &**parts;
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
        ExprKind::Call(call) => gather_call(source, at, call, out),
        ExprKind::Name(name) => {
            let place = source.module(at.module);
            let around = place.and_then(|place| place.function_at(at.expr.range.start));
            let key = (at.module, around.map(|around| around.id), &**name);
            let times = out.names.entry(key).or_default();
            *times += 1;
            if *times > MOST_TIMES {
                out.push(HOLE);
                return;
            }
            let values = bound(source, at.module, name, at.expr.range.start);
            if values.is_empty() {
                gather_meaning(source, at, out);
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
                Some(made) => gather(source, made, out),
                None => gather_meaning(source, at, out),
            }
        }
        _ => out.push(HOLE),
    }
}

fn gather_call<'a>(source: &'a Source, at: At<'a>, call: &'a Call, out: &mut Text<'a>) {
    let next = |expr: &'a Expr, out: &mut Text<'a>| {
        gather(source, At::new(at.module, expr), out);
    };
    if let Some(function) = source.callee(at.module, at.expr) {
        for value in returned(source, function) {
            gather(source, value, out);
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

fn gather_meaning<'a>(source: &'a Source, at: At<'a>, out: &mut Text<'a>) {
    match source.meaning(at.module, at.expr) {
        Meaning::Value(module, value) if !value.is(at.expr) => {
            gather(source, At::new(module, value), out);
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
                    gather(source, At::new(instance.module, value), out);
                    out.push(HOLE);
                }),
            None => out.push(HOLE),
        },
        _ => out.push(HOLE),
    }
}
