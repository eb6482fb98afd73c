//! Loop variables over constants: each element, not the first.

use super::{Instance, Meaning, Question};
use crate::model::source::ir::Operator;
use crate::model::source::ir::{Expr, ExprKind};
use crate::model::source::module::{BindingKind, Step};
use crate::model::source::{ModuleId, Source};

/// Deepest nesting that is followed.
const DEEPEST: u8 = 12;

impl Source {
    /// What a loop or comprehension gives to a name, each element of the literal that it runs over; `None` where the name is not
    /// bound by one over a literal of which every element is seen.
    pub fn each<'s>(
        &'s self,
        module: ModuleId,
        expr: &'s Expr,
    ) -> Option<Vec<(ModuleId, &'s Expr)>> {
        let question = Question::new(self);
        let place = self.module(module)?;
        let bound = place.binding_at(expr.as_name()?, expr.range.start)?;
        let BindingKind::Element { iter, path } = &bound.kind else {
            return None;
        };
        question.each(module, iter, path, 0)
    }

    /// Whether a loop or comprehension binds a name.
    pub fn is_looped(&self, module: ModuleId, expr: &Expr) -> bool {
        let place = self.module(module).zip(expr.as_name());
        place
            .and_then(|(place, name)| place.binding_at(name, expr.range.start))
            .is_some_and(|bound| matches!(bound.kind, BindingKind::Element { .. }))
    }
}

/// The part of an element that a pattern takes.
fn part<'s>(item: &'s Expr, path: &[Step]) -> Option<&'s Expr> {
    let Some((step, rest)) = path.split_first() else {
        return (!matches!(item.kind, ExprKind::Starred(_))).then_some(item);
    };
    let inner = match (step, &item.kind) {
        (Step::Index(index), ExprKind::List(items) | ExprKind::Tuple(items)) => {
            items.get(*index)?
        }
        (Step::Key(key), ExprKind::Dict(_)) => item.entry(key)?,
        _ => return None,
    };
    part(inner, rest)
}

impl<'s> Question<'s> {
    /// The expressions of a literal that a loop gives out, one after the other.
    fn each(
        &self,
        id: ModuleId,
        iter: &'s Expr,
        path: &[Step],
        depth: u8,
    ) -> Option<Vec<(ModuleId, &'s Expr)>> {
        if depth > DEEPEST {
            self.exhausted.set(true);
            return None;
        }
        if let Some(call) = iter.as_call() {
            let first = call.args.first();
            return match (&call.callee.kind, first) {
                (ExprKind::Name(name), Some(first)) if hands_on(name) => {
                    self.each(id, first, path, depth + 1)
                }
                (ExprKind::Name(name), Some(first)) if &**name == "enumerate" => {
                    let (Step::Index(1), rest) = path.split_first()? else {
                        return None;
                    };
                    self.each(id, first, rest, depth + 1)
                }
                (ExprKind::Attribute { base, attr }, None) => {
                    let Meaning::Value(at, value) = self.meaning(id, base) else {
                        return None;
                    };
                    let ExprKind::Dict(entries) = &value.kind else {
                        return None;
                    };
                    let (keys, path) = match (&**attr, path) {
                        ("keys", path) => (true, path),
                        ("values", path) => (false, path),
                        ("items", [Step::Index(at @ (0 | 1)), rest @ ..]) => (*at == 0, rest),
                        _ => return None,
                    };
                    let entries = entries.iter().map(|entry| {
                        let key = entry.key.as_ref()?;
                        Some((at, part(if keys { key } else { &entry.value }, path)?))
                    });
                    entries.collect()
                }
                _ => None,
            };
        }
        let Meaning::Value(at, literal) = self.meaning(id, iter) else {
            return None;
        };
        match &literal.kind {
            ExprKind::List(items) | ExprKind::Tuple(items) | ExprKind::Set(items) => items
                .iter()
                .map(|item| Some((at, part(item, path)?)))
                .collect(),
            ExprKind::Dict(entries) if path.is_empty() => entries
                .iter()
                .map(|entry| Some((at, entry.key.as_ref()?)))
                .collect(),
            ExprKind::Call(_) if !literal.is(iter) => self.each(at, literal, path, depth + 1),
            _ => None,
        }
    }

    /// The constant strings of a name that a loop or comprehension binds over a literal; None where it is bound otherwise, or
    /// over what is no literal.
    pub(super) fn looped(&self, id: ModuleId, expr: &'s Expr, depth: u8) -> Option<Vec<String>> {
        let (module, name) = (self.module(id)?, expr.as_name()?);
        let bound = module.binding_at(name, expr.range.start)?;
        let found = match &bound.kind {
            BindingKind::Element { iter, path } => self.elements(id, iter, path, depth + 1),
            // `name = key` in such a loop.
            BindingKind::Value { value, path, .. }
                if path.is_empty()
                    && value.as_name().is_some_and(|other| other != name)
                    && depth < DEEPEST =>
            {
                return self.looped(id, value, depth + 1);
            }
            _ => return None,
        };
        (!found.is_empty()).then_some(found)
    }

    /// The constant strings that a loop over a value gives to the part of each element that `path` leads to.
    fn elements(&self, id: ModuleId, iter: &'s Expr, path: &[Step], depth: u8) -> Vec<String> {
        if depth > DEEPEST {
            self.exhausted.set(true);
            return Vec::new();
        }
        if !self.step() {
            return Vec::new();
        }
        if let Some(call) = iter.as_call() {
            let first = call.args.first();
            match (&call.callee.kind, first) {
                (ExprKind::Name(name), Some(first)) if hands_on(name) => {
                    return self.elements(id, first, path, depth + 1);
                }
                (ExprKind::Name(name), Some(first)) if &**name == "enumerate" => {
                    return match path.split_first() {
                        Some((Step::Index(1), rest)) => self.elements(id, first, rest, depth + 1),
                        _ => Vec::new(),
                    };
                }
                (ExprKind::Attribute { base, attr }, None)
                    if matches!(&**attr, "items" | "keys" | "values") =>
                {
                    return self.entries(id, base, attr, path, depth);
                }
                (ExprKind::Attribute { base, attr }, Some(first))
                    if base.as_name() == Some("Object")
                        && matches!(&**attr, "entries" | "keys" | "values") =>
                {
                    return self.entries(id, first, attr, path, depth);
                }
                _ => {}
            }
        }
        match self.meaning(id, iter) {
            Meaning::Value(at, value) => self.of_literal(at, value, path, depth),
            Meaning::Instance(Instance {
                type_name,
                call: Some(call),
                module,
                ..
            }) if hands_on(&type_name) => call.args.first().map_or_else(Vec::new, |first| {
                self.elements(module, first, path, depth + 1)
            }),
            _ => Vec::new(),
        }
    }

    fn of_literal(&self, id: ModuleId, value: &'s Expr, path: &[Step], depth: u8) -> Vec<String> {
        let mut found = Vec::new();
        match &value.kind {
            ExprKind::List(items) | ExprKind::Tuple(items) | ExprKind::Set(items) => {
                for item in items {
                    match &item.kind {
                        ExprKind::Starred(inner) => {
                            found.extend(self.elements(id, inner, path, depth + 1));
                        }
                        _ => found.extend(self.part(id, item, path, depth)),
                    }
                }
            }
            ExprKind::Dict(_) => found = self.entries(id, value, "keys", path, depth),
            ExprKind::BinOp {
                op: Operator::Add | Operator::BitOr,
                left,
                right,
            } => {
                for side in [left, right] {
                    found.extend(self.elements(id, side, path, depth + 1));
                }
            }
            _ => {}
        }
        found
    }

    /// The strings of a dict's keys, its values, or either of a pair.
    fn entries(
        &self,
        id: ModuleId,
        base: &'s Expr,
        what: &str,
        path: &[Step],
        depth: u8,
    ) -> Vec<String> {
        let Meaning::Value(at, value) = self.meaning(id, base) else {
            return Vec::new();
        };
        let ExprKind::Dict(entries) = &value.kind else {
            return Vec::new();
        };
        let (keys, path) = match (what, path) {
            ("keys", path) => (true, path),
            ("values", path) => (false, path),
            (_, [Step::Index(0), rest @ ..]) => (true, rest),
            (_, [Step::Index(1), rest @ ..]) => (false, rest),
            _ => return Vec::new(),
        };
        let wanted = entries.iter().filter_map(|entry| match keys {
            true => entry.key.as_ref(),
            false => Some(&entry.value),
        });
        wanted
            .flat_map(|item| self.part(at, item, path, depth))
            .collect()
    }

    fn part(&self, id: ModuleId, item: &'s Expr, path: &[Step], depth: u8) -> Vec<String> {
        if path.is_empty() {
            return self.strings(id, item, depth + 1);
        }
        match self.project(self.meaning(id, item), path) {
            Meaning::Value(at, value) => self.strings(at, value, depth + 1),
            _ => Vec::new(),
        }
    }
}

/// Callables that give the elements of what they are given.
fn hands_on(name: &str) -> bool {
    matches!(
        name,
        "sorted"
            | "list"
            | "tuple"
            | "set"
            | "frozenset"
            | "reversed"
            | "iter"
            | "Set"
            | "Array.from"
    )
}
