//! Functions that a container holds and a call takes out of it: tables of commands, lists of steps.

use std::collections::BTreeSet;

use super::{Engine, FnId, Place};
use crate::analysis::names::Meaning;
use crate::model::source::ir::{Conditional, Expr, ExprKind};
use crate::model::source::module::BindingKind;
use crate::model::source::{ModuleId, Source};

/// Steps from a name to what it holds: `step = TABLE.get(key)`, `for step in STEPS`.
const DEEPEST: u8 = 3;

impl<'s> Engine<'s> {
    /// The functions that a called value may be, where it is taken out of a container.
    pub(super) fn dispatched(&self, place: &Place, callee: &'s Expr) -> BTreeSet<FnId> {
        taken(self.source, place.module, callee, DEEPEST)
    }
}

fn taken<'s>(source: &'s Source, module: ModuleId, value: &'s Expr, depth: u8) -> BTreeSet<FnId> {
    let Some(depth) = depth.checked_sub(1) else {
        return BTreeSet::new();
    };
    let each = |values: &[&'s Expr]| -> BTreeSet<FnId> {
        let values = values.iter();
        values
            .flat_map(|value| taken(source, module, value, depth))
            .collect()
    };
    match &value.kind {
        ExprKind::Subscript { base, index } if !matches!(index.kind, ExprKind::Slice(_)) => {
            held(source, module, base, Some(index))
        }
        ExprKind::Call(call) => match &call.callee.kind {
            ExprKind::Attribute { base, attr }
                if matches!(&**attr, "get" | "pop" | "setdefault") =>
            {
                let mut found = held(source, module, base, call.args.first());
                if !found.is_empty() {
                    let default = call.args.get(1);
                    found.extend(default.and_then(|other| function(source, module, other)));
                }
                found
            }
            _ => BTreeSet::new(),
        },
        ExprKind::BoolOp { values, .. } => each(&values.iter().collect::<Vec<_>>()),
        ExprKind::Conditional(parts) => {
            let Conditional { body, orelse, .. } = &**parts;
            each(&[body, orelse])
        }
        ExprKind::Name(name) => {
            let Some(place) = source.module(module) else {
                return BTreeSet::new();
            };
            let around = place.bindings_around(name, value.range.start);
            let bindings = around.map_or(&[][..], |(_, bindings)| bindings);
            let of = bindings.iter().map(|binding| match &binding.kind {
                BindingKind::Value { value, path, .. } if path.is_empty() => {
                    taken(source, module, value, depth)
                }
                BindingKind::Element { iter, .. } => looped(source, module, iter),
                _ => BTreeSet::new(),
            });
            of.flatten().collect()
        }
        _ => BTreeSet::new(),
    }
}

/// The functions that a loop goes through: `STEPS`, `TABLE.values()`, `TABLE.items()`.
fn looped<'s>(source: &'s Source, module: ModuleId, iter: &'s Expr) -> BTreeSet<FnId> {
    let container = match iter.as_call().map(|call| (call, &call.callee.kind)) {
        Some((_, ExprKind::Attribute { base, attr }))
            if matches!(&**attr, "values" | "items" | "entries") =>
        {
            match base.as_name() {
                // `Object.values(TABLE)`
                Some("Object") => iter.as_call().and_then(|call| call.args.first()),
                _ => Some(&**base),
            }
        }
        _ => Some(iter),
    };
    container.map_or_else(BTreeSet::new, |container| {
        held(source, module, container, None)
    })
}

/// The functions that a literal container holds: under a key, where that is constant and there.
fn held<'s>(
    source: &'s Source,
    module: ModuleId,
    container: &'s Expr,
    key: Option<&'s Expr>,
) -> BTreeSet<FnId> {
    let (at, value) = match source.meaning(module, container) {
        Meaning::Value(at, value) => (at, value),
        // `new Map([["run", run]])`
        Meaning::Instance(made) if made.class.is_none() && made.type_name == "Map" => {
            match made.call.and_then(|call| call.args.first()) {
                Some(entries) => (made.module, entries),
                None => return BTreeSet::new(),
            }
        }
        _ => return BTreeSet::new(),
    };
    let key = key.and_then(|key| source.string(module, key));
    if let Some(one) = key.and_then(|key| value.entry(&key)) {
        return function(source, at, one).into_iter().collect();
    }
    let items: Vec<&'s Expr> = match &value.kind {
        ExprKind::Dict(entries) => entries.iter().map(|entry| &entry.value).collect(),
        ExprKind::List(items) | ExprKind::Tuple(items) | ExprKind::Set(items) => {
            items.iter().collect()
        }
        _ => Vec::new(),
    };
    let of = |item: &&'s Expr| -> Vec<FnId> {
        match &item.kind {
            ExprKind::Tuple(parts) | ExprKind::List(parts) => {
                let parts = parts.iter();
                parts
                    .filter_map(|part| function(source, at, part))
                    .collect()
            }
            _ => function(source, at, item).into_iter().collect(),
        }
    };
    items.iter().flat_map(of).collect()
}

fn function<'s>(source: &'s Source, module: ModuleId, value: &'s Expr) -> Option<FnId> {
    match &value.kind {
        ExprKind::Lambda(id) => Some(*id),
        ExprKind::Name(_) | ExprKind::Attribute { .. } => source.function_value(module, value),
        _ => None,
    }
}
