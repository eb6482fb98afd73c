//! Which functions the parameters of the functions under way hold: `optimize(text, generate=ask)` runs `ask` where `optimize` calls
//! `generate`, inside of whatever `try` stands around that.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use crate::analysis::call_sites::{parameter, receivers};
use crate::analysis::guards::is_inside;
use crate::analysis::runners::{Given, Runner};
use crate::model::source::walk::expressions;
use crate::model::source::{Call, Expr, ExprKind, FnId, ModuleId, Source};

/// Most partials and choices around a function that is given.
const DEEPEST: usize = 8;

/// The functions that parameters hold, of the functions that are under way.
#[derive(Clone, Default)]
pub(super) struct Frame(Rc<BTreeMap<(FnId, usize), Vec<FnId>>>);

/// What a call gives a function: positional arguments up to the first that is spread, and keywords.
pub(super) struct Passed<'a> {
    args: &'a [Expr],
    keywords: Vec<(&'a str, &'a Expr)>,
}

/// What stands in a call.
pub(super) fn passed(call: &Call) -> Passed<'_> {
    Passed {
        args: &call.args,
        keywords: named(call),
    }
}

/// What a runner calls its function with, where that stands in the call.
pub(super) fn handed_on<'a>(runner: &Runner, call: &'a Call) -> Passed<'a> {
    let (args, keywords) = match runner.given {
        Given::Behind => (runner.behind(call), named(call)),
        Given::Packed((place, name), _) => match call.argument(place, name).map(|it| &it.kind) {
            Some(ExprKind::Tuple(items) | ExprKind::List(items)) => (&**items, Vec::new()),
            _ => (&[][..], Vec::new()),
        },
        _ => (&[][..], Vec::new()),
    };
    Passed { args, keywords }
}

fn named(call: &Call) -> Vec<(&str, &Expr)> {
    let keywords = call.keywords.iter();
    keywords
        .filter_map(|keyword| Some((keyword.name.as_deref()?, &keyword.value)))
        .collect()
}

/// What tells an argument from others.
pub(super) fn address(expr: &Expr) -> usize {
    std::ptr::from_ref(expr).addr()
}

impl Frame {
    /// The functions of the project that a value is: one by its name, a lambda, a partial, or what a parameter holds.
    pub(super) fn functions(&self, source: &Source, module: ModuleId, value: &Expr) -> Vec<FnId> {
        let mut found = Vec::new();
        self.add(source, module, value, DEEPEST, &mut found);
        found
    }

    fn add(
        &self,
        source: &Source,
        module: ModuleId,
        value: &Expr,
        left: usize,
        found: &mut Vec<FnId>,
    ) {
        match &value.kind {
            ExprKind::Lambda(id) => found.push(*id),
            ExprKind::Name(_) => {
                let held = parameter(source, module, value).and_then(|key| self.0.get(&key));
                match held {
                    Some(held) => found.extend(held),
                    None => found.extend(source.function_value(module, value)),
                }
            }
            ExprKind::Attribute { .. } => found.extend(source.function_value(module, value)),
            // `generate or ask`, `generate if generate else ask`
            ExprKind::Conditional(ways) if left > 0 => {
                self.add(source, module, &ways.body, left - 1, found);
                self.add(source, module, &ways.orelse, left - 1, found);
            }
            ExprKind::BoolOp { values, .. } if left > 0 => {
                for value in values {
                    self.add(source, module, value, left - 1, found);
                }
            }
            ExprKind::Call(call)
                if left > 0 && call.callee.last_name().map(|name| &**name) == Some("partial") =>
            {
                if let Some(function) = call.args.first() {
                    self.add(source, module, function, left - 1, found);
                }
            }
            _ => {}
        }
    }

    /// The frame in a function that is called with these arguments. `followed` gains those of them that the function is seen to call
    /// or to hand on.
    pub(super) fn entering(
        &self,
        source: &Source,
        module: ModuleId,
        callee: FnId,
        passed: &Passed<'_>,
        followed: &mut BTreeSet<usize>,
    ) -> Self {
        let Some(function) = source.function(callee) else {
            return self.clone();
        };
        let receiver = receivers(source, function);
        let mut bound = Vec::new();
        for (index, param) in function.params.iter().enumerate() {
            let by_name = passed
                .keywords
                .iter()
                .find(|(name, _)| *name == &*param.name);
            let by_place = || {
                let place = index.checked_sub(receiver)?;
                let before = passed.args.get(..=place)?;
                let spread = |arg: &Expr| matches!(arg.kind, ExprKind::Starred(_));
                before.last().filter(|_| !before.iter().any(spread))
            };
            let given = by_name.map(|(_, value)| *value).or_else(by_place);
            let functions = match (given, param.default.as_deref()) {
                (Some(value), _) => self.functions(source, module, value),
                (None, Some(default)) => self.functions(source, callee.module, default),
                (None, None) => Vec::new(),
            };
            if functions.is_empty() {
                // What an earlier call of the same function gave is not what this one gives.
                if self.0.contains_key(&(callee, index)) {
                    bound.push(((callee, index), functions));
                }
                continue;
            }
            if let Some(value) = given
                && calls(source, callee, index)
            {
                followed.insert(address(value));
            }
            bound.push(((callee, index), functions));
        }
        if bound.is_empty() {
            return self.clone();
        }
        let mut held = (*self.0).clone();
        held.extend(bound);
        Self(Rc::new(held))
    }

    /// The functions that the parameters of a function and of those around it hold, in order.
    pub(super) fn seen_by(&self, source: &Source, id: FnId) -> Vec<FnId> {
        let Some(function) = source.function(id) else {
            return Vec::new();
        };
        let held = self.0.iter();
        held.filter(|((of, _), _)| *of == id || is_inside(source, function, *of))
            .flat_map(|(_, functions)| functions.iter().copied())
            .collect()
    }
}

/// Whether a function, or one inside of it, calls its parameter or gives it to a call.
fn calls(source: &Source, id: FnId, index: usize) -> bool {
    let (Some(module), Some(outer)) = (source.module(id.module), source.function(id)) else {
        return false;
    };
    let is_it = |expr: &Expr| {
        expr.as_name().is_some() && parameter(source, id.module, expr) == Some((id, index))
    };
    let inside = module
        .functions
        .iter()
        .filter(|inner| outer.range.contains(inner.range));
    inside
        .flat_map(|inner| expressions(&inner.body))
        .filter_map(Expr::as_call)
        .any(|call| is_it(&call.callee) || call.values().any(is_it))
}
