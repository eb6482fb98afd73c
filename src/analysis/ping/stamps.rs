//! The time of the last change of state, which an answer may carry.

use super::Answering;
use super::status::{State, is_state};
use crate::analysis::writes::writes;
use crate::model::source::module::BindingKind;
use crate::model::source::walk::{expressions, sub_expressions};
use crate::model::source::{ByteRange, Expr, ExprKind, Function, ModuleId, Source, Stmt};

/// Clocks, as they are called.
const CLOCKS: [&str; 9] = [
    "time.time",
    "time.time_ns",
    "datetime.datetime.now",
    "datetime.datetime.utcnow",
    "datetime.now",
    "datetime.utcnow",
    "Date.now",
    "Date",
    "performance.now",
];

/// Where an answer that can be idle carries the time of asking.
pub(crate) fn of_asking(source: &Source, answering: Answering<'_>) -> Option<ByteRange> {
    let function = answering.function;
    let module = function.id.module;
    let is_busy = |answer: &Expr| is_state(source, module, answer, State::Busy);
    stamps(answering.body)
        .find(|(answer, stamp)| !is_busy(answer) && is_now(source, function, stamp))
        .map(|(_, stamp)| stamp.range)
}

/// Where an answer carries a time that a module took when it was imported and that nothing sets again.
pub(crate) fn of_startup(source: &Source, answering: Answering<'_>) -> Option<ByteRange> {
    let module = answering.function.id.module;
    let is_old = |stamp: &Expr| {
        let parts = sub_expressions(stamp);
        let set_again = |part: &Expr| {
            let mut members = parts.iter().filter_map(|whole| member(whole));
            members.any(|(holder, key)| {
                holder.range == part.range && sets_member(source, module, holder, key)
            })
        };
        let mut old = parts
            .iter()
            .filter(|part| taken_at_startup(source, module, part));
        old.any(|part| !set_again(part))
    };
    stamps(answering.body)
        .find(|(_, stamp)| is_old(stamp))
        .map(|(_, stamp)| stamp.range)
}

/// The answers that statements make with a time of the last change, each with that time.
fn stamps(body: &[Stmt]) -> impl Iterator<Item = (&Expr, &Expr)> {
    expressions(body).into_iter().filter_map(|expr| {
        let stamp = match &expr.kind {
            ExprKind::Dict(_) => ["time_of_last_update", "timeOfLastUpdate"]
                .into_iter()
                .find_map(|key| expr.entry(key))?,
            ExprKind::Call(call) => {
                let mut keywords = call.keywords.iter();
                let named = Some("time_of_last_update");
                &keywords.find(|one| one.name.as_deref() == named)?.value
            }
            _ => return None,
        };
        Some((expr, stamp))
    })
}

/// Whether an expression asks a clock.
fn asks_a_clock(source: &Source, module: ModuleId, expr: &Expr) -> bool {
    matches!(expr.kind, ExprKind::Call(_))
        && source
            .callee_name(module, expr)
            .is_some_and(|name| CLOCKS.contains(&name))
}

/// A name of a module that is bound once, at import, to what a clock says.
fn taken_at_startup(source: &Source, module: ModuleId, expr: &Expr) -> bool {
    let ExprKind::Name(name) = &expr.kind else {
        return false;
    };
    let Some(place) = source.module(module) else {
        return false;
    };
    let local = place.function_at(expr.range.start).is_some_and(|function| {
        let scope = place.scopes.get(function.id.index as usize + 1);
        scope.is_some_and(|scope| scope.names.contains_key(name))
    });
    let written = writes(source, module).into_iter();
    let written = written.filter(|(_, target, _)| target.as_name() == Some(&**name));
    let written_elsewhere = written.count() > 1;
    let bindings = place.scopes.first().and_then(|scope| scope.names.get(name));
    let Some([binding]) = bindings.filter(|_| !local && !written_elsewhere) else {
        return false;
    };
    let BindingKind::Value { value, .. } = &binding.kind else {
        return false;
    };
    let mut inner = sub_expressions(value).into_iter();
    inner.any(|inner| asks_a_clock(source, module, inner))
}

/// The name and the key of a member: `STATE["since"]`, `STATE.get("since")`, `state.since`.
fn member(expr: &Expr) -> Option<(&Expr, &str)> {
    let (holder, key) = match &expr.kind {
        ExprKind::Subscript { base, index } => (&**base, index.as_str()?),
        ExprKind::Attribute { base, attr } => (&**base, &**attr),
        ExprKind::Call(call) => match (&call.callee.kind, call.args.first()) {
            (ExprKind::Attribute { base, attr }, Some(key)) if &**attr == "get" => {
                (&**base, key.as_str()?)
            }
            _ => return None,
        },
        _ => return None,
    };
    holder.as_name().map(|_| (holder, key))
}

/// Whether a function of the module sets a member of what a name of the module holds: `STATE["since"] = …`, `state.since = …`,
/// `STATE.update(since=…)`.
fn sets_member(source: &Source, module: ModuleId, holder: &Expr, key: &str) -> bool {
    let Some(place) = source.module(module) else {
        return false;
    };
    let inside = |expr: &Expr| place.function_at(expr.range.start).is_some();
    let is_it = |(of, name): (&Expr, &str)| of.as_name() == holder.as_name() && name == key;
    let mut written = writes(source, module).into_iter();
    let mut calls = place.calls();
    written.any(|(_, target, value)| {
        value.is_some() && inside(target) && member(target).is_some_and(is_it)
    }) || calls.any(|(_, expr)| {
        let Some(call) = expr.as_call() else {
            return false;
        };
        let (ExprKind::Attribute { base, attr }, true) = (&call.callee.kind, inside(expr)) else {
            return false;
        };
        let fills = &**attr == "update" && base.as_name() == holder.as_name();
        fills && call.option(key).is_some()
    })
}

/// Whether a time is that of asking.
fn is_now(source: &Source, function: &Function, value: &Expr) -> bool {
    let module = function.id.module;
    sub_expressions(value).into_iter().any(|expr| {
        if asks_a_clock(source, module, expr) {
            return true;
        }
        // A local name that was given the time just now; one of the module keeps the time of the last change.
        let Some(name) = expr.as_name() else {
            return false;
        };
        let scope = source
            .module(module)
            .and_then(|module| module.scopes.get(function.id.index as usize + 1));
        let bindings = scope.and_then(|scope| scope.names.get(name));
        bindings
            .into_iter()
            .flatten()
            .any(|binding| match &binding.kind {
                BindingKind::Value { value, .. } => {
                    !scope.is_some_and(|scope| scope.outer.iter().any(|outer| &**outer == name))
                        && sub_expressions(value)
                            .into_iter()
                            .any(|inner| asks_a_clock(source, module, inner))
                }
                _ => false,
            })
    })
}
