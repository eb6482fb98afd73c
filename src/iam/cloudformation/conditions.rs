//! `Fn::If` and the template's conditions, decided where the environment and the parameters allow it.

use serde_json::Value;

use super::intrinsics::{Resolver, unresolved};

impl Resolver<'_, '_> {
    /// The branches of an `Fn::If` that may be deployed: one where the condition can be decided, else both.
    pub(super) fn branches<'v>(&self, argument: &'v Value, depth: usize) -> Option<Vec<&'v Value>> {
        let (condition, yes, no) = (
            argument.get(0)?.as_str()?,
            argument.get(1)?,
            argument.get(2)?,
        );
        Some(match self.condition(condition, depth + 1) {
            Some(true) => vec![yes],
            Some(false) => vec![no],
            None => vec![yes, no],
        })
    }

    pub(super) fn either(&self, argument: &Value, depth: usize) -> Option<Value> {
        let Some(branches) = self.branches(argument, depth) else {
            return Some(Value::from(unresolved("Fn::If")));
        };
        let mut values = branches
            .into_iter()
            .filter_map(|branch| self.value(branch, depth + 1));
        match (values.next(), values.next()) {
            (Some(one), Some(two)) if one != two && !one.is_object() && !two.is_object() => {
                let items = |value: Value| match value {
                    Value::Array(items) => items,
                    single => vec![single],
                };
                Some(items(one).into_iter().chain(items(two)).collect())
            }
            (one, _) => one,
        }
    }

    /// Whether a condition of the template holds, where that can be told.
    fn condition(&self, name: &str, depth: usize) -> Option<bool> {
        self.test(self.template.section("Conditions")?.get(name)?, depth)
    }

    fn test(&self, expression: &Value, depth: usize) -> Option<bool> {
        if !self.step(depth) {
            return None;
        }
        let (name, argument) = expression.as_object()?.iter().next()?;
        let each = || {
            Some(
                argument
                    .as_array()?
                    .iter()
                    .map(|part| self.test(part, depth + 1))
                    .collect::<Vec<_>>(),
            )
        };
        match name.as_str() {
            "Condition" => self.condition(argument.as_str()?, depth + 1),
            "Fn::Equals" => {
                let side = |index: usize| {
                    self.text(argument.get(index)?, depth + 1)
                        .filter(|text| !text.contains("${"))
                };
                Some(side(0)? == side(1)?)
            }
            "Fn::Not" => each()?.first().copied().flatten().map(|holds| !holds),
            "Fn::And" => decide(&each()?, false),
            "Fn::Or" => decide(&each()?, true),
            _ => None,
        }
    }
}

/// `And` and `Or` over what may be undecided: `deciding` settles it, otherwise all must be known.
fn decide(parts: &[Option<bool>], deciding: bool) -> Option<bool> {
    if parts.contains(&Some(deciding)) {
        return Some(deciding);
    }
    parts.iter().all(Option::is_some).then_some(!deciding)
}
