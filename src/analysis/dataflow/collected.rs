//! Tests that are collected before they are asked for: `rules = {"type": isinstance(x, str)}`, then `all(rules.values())`.

use super::env::Env;
use super::{Engine, Place};
use crate::analysis::names::gone_through;
use crate::model::source::Function;
use crate::model::source::ir::{Call, Comprehension, Expr, ExprKind, UnaryOp};

impl<'s> Engine<'s> {
    /// What a list vouches for that is still empty: `wrong = [name for name, ok in (("type", isinstance(x, str)),) if not ok]`.
    pub(super) fn refine_left_over(
        &mut self,
        place: &Place,
        list: &'s Comprehension,
        env: &mut Env<'s>,
    ) {
        if let [generator] = &*list.generators
            && let [chosen] = &*generator.ifs
        {
            self.refine_members(place, list, (chosen, false), env);
        }
    }

    /// Takes a condition that is asked of each member of a container written out to have come out so for all of them:
    /// `all(ok for ok in rules.values())`. Tells whether it was such a one.
    pub(super) fn refine_members(
        &mut self,
        place: &Place,
        list: &'s Comprehension,
        (asked, truth): (&'s Expr, bool),
        env: &mut Env<'s>,
    ) -> bool {
        let [generator] = &*list.generators else {
            return false;
        };
        // What leaves out members says nothing of them.
        if generator.ifs.iter().any(|test| !test.is(asked)) {
            return false;
        }
        let (asked, truth) = without_not(asked, truth);
        let Some(name) = asked.as_name() else {
            return false;
        };
        let tests = collected(&generator.iter, env).and_then(|members| {
            let tests = members.iter();
            let tests = tests.map(|member| member.named(&generator.target, name));
            tests.collect::<Option<Vec<_>>>()
        });
        let Some(tests) = tests else {
            return false;
        };
        self.refine_several(place, true, &tests, truth, env);
        true
    }

    /// The same of a function that is given each member: `tests.some((passed) => !passed)`.
    pub(super) fn refine_given(
        &mut self,
        place: &Place,
        (of, function): (&'s Expr, &'s Function),
        (asked, truth): (&'s Expr, bool),
        env: &mut Env<'s>,
    ) -> bool {
        let (asked, truth) = without_not(asked, truth);
        let given = function.params.first().map(|param| &*param.name);
        if given.is_none() || asked.as_name() != given {
            return false;
        }
        let Some(members) = collected(of, env) else {
            return false;
        };
        let tests: Vec<&'s Expr> = members.iter().map(Member::value).collect();
        self.refine_several(place, true, &tests, truth, env);
        true
    }

    /// A name no longer stands for what it was collected as, where members may be taken out or replaced.
    pub(super) fn changes_collected(&self, call: &'s Call, env: &mut Env<'s>) {
        const CHANGES: [&str; 9] = [
            "clear", "pop", "popitem", "remove", "discard", "update", "shift", "splice", "fill",
        ];
        if let ExprKind::Attribute { base, attr } = &call.callee.kind
            && CHANGES.contains(&&**attr)
        {
            forget(base, env);
        }
    }
}

/// What a condition denies, and the outcome that it then has.
fn without_not(asked: &Expr, truth: bool) -> (&Expr, bool) {
    match &asked.kind {
        ExprKind::Unary {
            op: UnaryOp::Not,
            operand,
        } => (operand, !truth),
        _ => (asked, truth),
    }
}

/// A member of a container.
pub(super) enum Member<'s> {
    /// An element, or the value under a key.
    Value(&'s Expr),
    /// A key with its value.
    Pair(&'s Expr),
}

impl<'s> Member<'s> {
    pub(super) fn value(&self) -> &'s Expr {
        match self {
            Self::Value(value) | Self::Pair(value) => value,
        }
    }

    /// What a name of a loop's target is of it.
    fn named(&self, target: &Expr, name: &str) -> Option<&'s Expr> {
        let place = || match &target.kind {
            ExprKind::Tuple(items) | ExprKind::List(items) => {
                items.iter().position(|item| item.as_name() == Some(name))
            }
            _ => None,
        };
        match self {
            Self::Value(value) if target.as_name() == Some(name) => Some(value),
            Self::Value(value) => match &value.kind {
                ExprKind::Tuple(items) | ExprKind::List(items) => items.get(place()?),
                _ => None,
            },
            Self::Pair(value) => (place() == Some(1)).then_some(value),
        }
    }
}

/// The members of a container that is written out, there or where its name was bound.
pub(super) fn collected<'s>(of: &'s Expr, env: &Env<'s>) -> Option<Vec<Member<'s>>> {
    let literal = |of: &'s Expr| match of.as_name() {
        Some(name) => env.meaning(name).filter(|(_, part)| part.is_none()),
        None => Some((of, None)),
    };
    let is_whole = |items: &[Expr]| {
        let mut items = items.iter();
        !items.any(|item| matches!(item.kind, ExprKind::Starred(_)))
    };
    if let Some((base, pairs)) = gone_through(of) {
        let (ExprKind::Dict(entries), _) = literal(base).map(|(of, part)| (&of.kind, part))? else {
            return None;
        };
        let whole = entries.iter().all(|entry| entry.key.is_some());
        let values = entries.iter().map(|entry| &entry.value);
        let member: fn(&'s Expr) -> Member<'s> = match pairs {
            true => Member::Pair,
            false => Member::Value,
        };
        return whole.then(|| values.map(member).collect());
    }
    match &literal(of)?.0.kind {
        ExprKind::List(items) | ExprKind::Tuple(items) | ExprKind::Set(items) => {
            is_whole(items).then(|| items.iter().map(Member::Value).collect())
        }
        _ => None,
    }
}

/// Whether an expression is a container that is written out.
pub(super) fn is_container(expr: &Expr) -> bool {
    matches!(
        expr.kind,
        ExprKind::Dict(_) | ExprKind::List(_) | ExprKind::Tuple(_) | ExprKind::Set(_)
    )
}

/// Whether an expression is a container that is written out, or one that is made of another.
pub(super) fn is_collection(expr: &Expr) -> bool {
    is_container(expr) || matches!(expr.kind, ExprKind::Comprehension(_))
}

/// What is put under a key of a container, or taken out of it, may have been one of its tests.
pub(super) fn forget(base: &Expr, env: &mut Env<'_>) {
    if let ExprKind::Name(name) = &base.kind
        && env
            .meaning(name)
            .is_some_and(|(meant, _)| is_collection(meant))
    {
        env.forget_meaning(name);
    }
}
