//! What functions keep in the state of a module: containers, queues and variables of the module's own, which other functions read.

use std::collections::BTreeMap;

use super::{Engine, Labels, Place};
use crate::analysis::names::Meaning;
use crate::model::source::ir::{Expr, ExprKind, Name};
use crate::model::source::{ModuleId, Source};

/// A value that a module makes when it is loaded, by the place where it is made.
type Made = (ModuleId, u32);

/// What functions keep in the state of modules.
#[derive(Clone, Debug, Default)]
pub struct Kept {
    /// Under each key of a value; without a key, in any part of it.
    made: BTreeMap<Made, BTreeMap<Option<Name>, Labels>>,
    /// In variables that functions assign (`global prompt`).
    assigned: BTreeMap<(ModuleId, Name), Labels>,
}

impl Kept {
    /// Whether nothing is kept.
    pub fn is_empty(&self) -> bool {
        self.made.is_empty() && self.assigned.is_empty()
    }

    /// Adds what another flow kept, all of it with these labels.
    pub fn join(&mut self, other: &Self, labels: Labels) {
        for (made, parts) in &other.made {
            let own = self.made.entry(*made).or_default();
            for key in parts.keys() {
                *own.entry(key.clone()).or_default() |= labels;
            }
        }
        for name in other.assigned.keys() {
            *self.assigned.entry(name.clone()).or_default() |= labels;
        }
    }

    /// How many labels are kept: it only grows.
    pub(super) fn count(&self) -> u32 {
        let made = self.made.values().flat_map(BTreeMap::values);
        let labels = made.chain(self.assigned.values());
        labels.map(|labels| labels.count_ones()).sum()
    }

    fn of(&self, made: Made, key: Option<&str>) -> Labels {
        let Some(parts) = self.made.get(&made) else {
            return 0;
        };
        let same = |other: &Option<Name>| match (key, other) {
            (Some(key), Some(other)) => **other == *key,
            _ => true,
        };
        parts
            .iter()
            .filter(|(other, _)| same(other))
            .fold(0, |all, (_, labels)| all | labels)
    }
}

/// Keeps what is put into a value of a module, under a key where that is known.
pub(super) fn keep<'s>(
    engine: &mut Engine<'s>,
    place: &Place,
    base: &'s Expr,
    key: Option<&str>,
    labels: Labels,
) {
    if labels == 0 {
        return;
    }
    if let Some(made) = made(engine, place, base) {
        let parts = engine.flow.kept.made.entry(made).or_default();
        *parts.entry(key.map(Into::into)).or_default() |= labels;
    }
}

/// Keeps what is assigned to a variable of a module.
pub(super) fn assign(engine: &mut Engine<'_>, module: ModuleId, name: &Name, labels: Labels) {
    if labels != 0 {
        let kept = &mut engine.flow.kept.assigned;
        *kept.entry((module, name.clone())).or_default() |= labels;
    }
}

/// What is kept in a value of a module that is read here.
pub(super) fn read<'s>(
    engine: &mut Engine<'s>,
    place: &Place,
    base: &'s Expr,
    key: Option<&str>,
) -> Labels {
    engine.reads_state = true;
    if engine.flow.kept.is_empty() {
        return 0;
    }
    let outer = base
        .as_name()
        .filter(|name| !is_own(engine.source, place, name));
    let assigned = outer.and_then(|name| {
        let own = (place.module, Name::from(name));
        engine.flow.kept.assigned.get(&own).copied()
    });
    let made = made(engine, place, base);
    assigned.unwrap_or(0) | made.map_or(0, |made| engine.flow.kept.of(made, key))
}

/// The value of a module that a name or a member stands for; none where the name is a function's own.
fn made<'s>(engine: &Engine<'s>, place: &Place, base: &'s Expr) -> Option<Made> {
    let source = engine.source;
    let outer = match &base.kind {
        ExprKind::Name(name) => !is_own(source, place, name),
        ExprKind::Attribute { base, .. } => base
            .as_name()
            .is_some_and(|name| !is_own(source, place, name)),
        _ => false,
    };
    if !outer {
        return None;
    }
    let (module, start) = match source.meaning(place.module, base) {
        Meaning::Value(module, value) => (module, value.range.start),
        Meaning::Instance(made) => (made.module, made.call?.callee.range.start),
        _ => return None,
    };
    let of_module = source.module(module)?.function_at(start).is_none();
    of_module.then_some((module, start))
}

/// Whether a function, or one around it, binds the name.
fn is_own(source: &Source, place: &Place, name: &str) -> bool {
    let Some(module) = source.module(place.module) else {
        return true;
    };
    let mut at = place.function;
    while let Some(id) = at {
        let scope = module.scopes.get(id.index as usize + 1);
        if scope.is_some_and(|scope| scope.names.contains_key(name)) {
            return true;
        }
        at = module.function(id).and_then(|function| function.parent);
    }
    false
}
