//! What an expression may be: one evaluator, which knows the forms of expressions, over small domains, which know what is asked. A
//! domain says what it knows of a text, of alternatives and of what is put together, and how it follows names and calls.

use crate::analysis::limits;
use crate::model::source::ir::{FormatPart, Operator, StmtKind};
use crate::model::source::module::BindingKind;
use crate::model::source::walk;
use crate::model::source::{Expr, ExprKind, FnId, ModuleId, Source};

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

    /// An expression of the same module.
    pub(crate) fn to(self, expr: &'a Expr) -> Self {
        Self::new(self.module, expr)
    }
}

/// A part of what is put together: `a + "b"`, `f"{a}b"`.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Part<'a> {
    /// Literal text.
    Text(&'a str),
    /// Anything else.
    Value(&'a Expr),
}

/// A question about values: which texts they are, how long they are, where they come from.
pub(crate) trait Domain<'a> {
    /// What is known of a value.
    type Known;
    /// The question's name: an expression that leads to itself is looked at once for a question.
    const QUESTION: &'static str;

    /// What is known whatever the expression's form is.
    fn before(&mut self, _at: At<'a>) -> Option<Self::Known> {
        None
    }

    /// What is known of an expression that leads to itself, or through more than is followed.
    fn unknown(&mut self, at: At<'a>) -> Self::Known;

    /// What is known of a literal text.
    fn text(&mut self, at: At<'a>, _text: &'a str) -> Self::Known {
        self.other(at)
    }

    /// What is known of a value that is one of several: `a or b`, `a if c else b`.
    fn one_of(&mut self, at: At<'a>, ways: &[&'a Expr]) -> Self::Known;

    /// What is known of a value that is put together.
    fn together(&mut self, at: At<'a>, _parts: &[Part<'a>]) -> Self::Known {
        self.other(at)
    }

    /// What is known of any other expression: names, members, elements, calls, other literals.
    fn other(&mut self, at: At<'a>) -> Self::Known;
}

/// What a domain knows of an expression.
pub(crate) fn eval<'a, D: Domain<'a>>(domain: &mut D, at: At<'a>) -> D::Known {
    let Some(_step) = limits::follow(D::QUESTION, limits::CALLERS, at.module, at.expr) else {
        return domain.unknown(at);
    };
    if let Some(known) = domain.before(at) {
        return known;
    }
    match &at.expr.kind {
        ExprKind::Str(text) => domain.text(at, text),
        ExprKind::Await(inner) | ExprKind::Starred(inner) => eval(domain, at.to(inner)),
        ExprKind::Assign { value, .. } => eval(domain, at.to(value)),
        ExprKind::BoolOp { values, .. } => {
            let ways: Vec<&'a Expr> = values.iter().collect();
            domain.one_of(at, &ways)
        }
        ExprKind::Conditional(ways) => domain.one_of(at, &[&ways.body, &ways.orelse]),
        _ => match parts(at.expr) {
            Some(parts) => domain.together(at, &parts),
            None => domain.other(at),
        },
    }
}

/// What a domain knows of each of several expressions.
pub(crate) fn eval_each<'a, D: Domain<'a, Known = Vec<T>>, T>(
    domain: &mut D,
    all: impl IntoIterator<Item = At<'a>>,
) -> Vec<T> {
    let all = all.into_iter();
    all.flat_map(|at| eval(domain, at)).collect()
}

/// The parts of a text that is put together, from left to right: `f"{a}b"`, `a + "b" + c`, however long. None for anything else.
pub(crate) fn parts(expr: &Expr) -> Option<Vec<Part<'_>>> {
    if let ExprKind::Format(parts) = &expr.kind {
        let parts = parts.iter().map(|part| match part {
            FormatPart::Text(text) => Part::Text(text),
            FormatPart::Expr(inner) => Part::Value(inner),
        });
        return Some(parts.collect());
    }
    let mut found = Vec::new();
    let mut rest = expr;
    while let ExprKind::BinOp {
        op: Operator::Add,
        left,
        right,
    } = &rest.kind
    {
        found.push(part(right));
        rest = left;
    }
    if found.is_empty() {
        return None;
    }
    found.push(part(rest));
    found.reverse();
    Some(found)
}

fn part(expr: &Expr) -> Part<'_> {
    match expr.as_str() {
        Some(text) => Part::Text(text),
        None => Part::Value(expr),
    }
}

/// What is not literal of what is put together.
pub(crate) fn values_in<'a>(at: At<'a>, parts: &[Part<'a>]) -> Vec<At<'a>> {
    let values = parts.iter().filter_map(|part| match part {
        Part::Text(_) => None,
        Part::Value(value) => Some(at.to(value)),
    });
    values.collect()
}

/// Most values of one name that are looked at: the last ones.
const MOST_VALUES: usize = 50;

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
