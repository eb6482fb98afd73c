//! Loop variables over constants: each element, not the first.

use super::super::ModuleId;
use super::super::ir::{Expr, ExprKind};
use super::super::module::{BindingKind, Step};
use super::{Instance, Meaning, Question};

/// Deepest nesting that is followed.
const DEEPEST: u8 = 12;

impl<'s> Question<'s> {
    /// The constant strings of a name that a loop or comprehension binds over a literal; None where it is bound otherwise, or
    /// over what is no literal.
    pub(super) fn looped(&self, id: ModuleId, expr: &'s Expr, depth: u8) -> Option<Vec<String>> {
        let (module, name) = (self.module(id)?, expr.as_name()?);
        let bound = self.bindings(module, name, expr.range.start);
        let found = match &bound.first()?.kind {
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
        if depth > DEEPEST || self.fuel.get() == 0 {
            return Vec::new();
        }
        self.fuel.set(self.fuel.get() - 1);
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
                op: "+" | "|",
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
