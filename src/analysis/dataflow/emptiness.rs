//! Lists of what is wrong: each test that fails puts something into one, and whoever finds it empty knows that all tests were passed.

use super::env::Env;
use super::{Engine, Labels, Place};
use crate::model::source::ir::{Assign, Call, Expr, ExprKind, Name, Stmt, StmtKind, UnaryOp};
use crate::model::source::module::Function;

impl<'s> Engine<'s> {
    /// What a call that stands alone puts into a list, or takes out of it.
    pub(super) fn filled(&mut self, place: &Place, value: &'s Expr, env: &mut Env<'s>) {
        if !self.seeds.refines() {
            return;
        }
        let Some(call) = value.as_call() else { return };
        let ExprKind::Attribute { base, attr } = &call.callee.kind else {
            return;
        };
        let ExprKind::Name(name) = &base.kind else {
            return;
        };
        if env.if_empty(name).is_none() {
            return;
        }
        match (&**attr, call.args.first()) {
            ("append" | "add" | "insert" | "push" | "unshift" | "appendleft", Some(_)) => {
                env.empty_leaves(name, 0);
            }
            ("extend" | "update", Some(all)) => self.fills_with(place, name, all, env),
            ("clear" | "pop" | "remove" | "discard" | "popleft" | "shift" | "splice", _) => {
                env.forget_empties();
            }
            _ => {}
        }
    }

    /// A list that more is put into stays empty where that is empty, too.
    fn fills_with(&mut self, place: &Place, name: &Name, all: &'s Expr, env: &mut Env<'s>) {
        let some = matches!(&all.kind, ExprKind::List(items) | ExprKind::Tuple(items) | ExprKind::Set(items)
            if items.iter().any(|item| !matches!(item.kind, ExprKind::Starred(_))));
        if some {
            return env.empty_leaves(name, 0);
        }
        let mut empty = env.clone();
        self.refine(place, all, false, &mut empty);
        env.empty_leaves(name, empty.alive);
    }

    /// What an assignment says of a list: it begins empty, or something is put into it.
    pub(super) fn begins(
        &mut self,
        place: &Place,
        assign: &'s Assign,
        known: Option<Labels>,
        env: &mut Env<'s>,
    ) {
        let ([target], Some(value)) = (assign.targets.as_ref(), assign.value.as_deref()) else {
            return;
        };
        if !self.seeds.refines() {
            return;
        }
        match &target.kind {
            ExprKind::Name(name) if assign.augmented.is_some() => {
                // Binding the name anew has lost what was known.
                if let Some(known) = known {
                    env.begin_empty(name);
                    env.empty_leaves(name, known);
                    self.fills_with(place, name, value, env);
                }
            }
            ExprKind::Name(name) if is_empty(value) => env.begin_empty(name),
            // `errors["name"] = "too long"`
            ExprKind::Subscript { base, .. } => {
                if let ExprKind::Name(name) = &base.kind
                    && env.if_empty(name).is_some()
                {
                    env.empty_leaves(name, 0);
                }
            }
            _ => {}
        }
    }

    /// What the arguments of a function vouch for that raises unless they are true: `need(len(text) < 99, "too long")`.
    pub(super) fn demands(
        &mut self,
        place: &Place,
        function: &'s Function,
        call: &'s Call,
        env: &mut Env<'s>,
    ) {
        if !self.seeds.refines() || function.is_generator {
            return;
        }
        let bound = usize::from(self.is_bound(function));
        for (name, truth) in demanded(&function.body) {
            let index = function.params.iter().position(|param| param.name == *name);
            let Some(index) = index.and_then(|index| index.checked_sub(bound)) else {
                continue;
            };
            if let Some(given) = call.argument(index, name) {
                self.refine(place, given, truth, env);
            }
        }
    }
}

/// The parameters that a body tests by themselves before it does anything else, and what they are where it goes on.
fn demanded(body: &[Stmt]) -> Vec<(&Name, bool)> {
    let mut found = Vec::new();
    for stmt in body {
        let (test, truth) = match &stmt.kind {
            StmtKind::If(branch) if branch.orelse.is_empty() && raises(&branch.body) => {
                (&branch.test, false)
            }
            StmtKind::Assert { test, .. } => (&**test, true),
            StmtKind::Expr(value) if matches!(value.kind, ExprKind::Str(_)) => continue,
            StmtKind::Nothing => continue,
            _ => break,
        };
        match &test.kind {
            ExprKind::Name(name) => found.push((name, truth)),
            ExprKind::Unary {
                op: UnaryOp::Not,
                operand,
            } => {
                if let ExprKind::Name(name) = &operand.kind {
                    found.push((name, !truth));
                }
            }
            _ => {}
        }
    }
    found
}

/// Whether a body ends by raising.
fn raises(body: &[Stmt]) -> bool {
    body.last()
        .is_some_and(|stmt| matches!(stmt.kind, StmtKind::Raise { .. }))
}

/// Whether a value is a container with nothing in it.
fn is_empty(value: &Expr) -> bool {
    match &value.kind {
        ExprKind::List(items) => items.is_empty(),
        ExprKind::Dict(entries) => entries.is_empty(),
        ExprKind::Call(call) => {
            matches!(call.callee.as_name(), Some("list" | "set" | "dict"))
                && call.args.is_empty()
                && call.keywords.is_empty()
        }
        _ => false,
    }
}

/// The name of the list that is empty where a test comes out so: `errors`, `len(errors) > 0`, `errors.length`.
pub(super) fn emptied(test: &Expr, truth: bool) -> Option<&Name> {
    match &test.kind {
        ExprKind::Name(name) if !truth => Some(name),
        ExprKind::Compare(compared) => {
            let [(operator, right)] = &*compared.rest else {
                return None;
            };
            let ExprKind::Number(number) = &right.kind else {
                return None;
            };
            let empty = match (*operator, &**number) {
                ("==", "0") | ("<", "1") | ("<=", "0") => true,
                ("!=" | ">", "0") | (">=", "1") => false,
                _ => return None,
            };
            size_of(&compared.left).filter(|_| empty == truth)
        }
        _ if !truth => size_of(test),
        _ => None,
    }
}

/// The name whose length an expression is.
fn size_of(expr: &Expr) -> Option<&Name> {
    let of = match &expr.kind {
        ExprKind::Attribute { base, attr } if &**attr == "length" => base,
        ExprKind::Call(call) if matches!(call.callee.as_name(), Some("len" | "bool" | "any")) => {
            call.args.first()?
        }
        _ => return None,
    };
    match &of.kind {
        ExprKind::Name(name) => Some(name),
        _ => None,
    }
}
