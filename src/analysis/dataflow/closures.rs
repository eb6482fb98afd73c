//! What a function puts into names of the functions around it: what JavaScript assigns, and what both put into a container or a queue.

use super::env::{Env, under};
use super::keys::MOST_KEYS;
use super::{Engine, Labels, Place};
use crate::model::source::ir::{Name, StmtKind};
use crate::model::source::module::Function;
use crate::model::source::walk::statements;
use crate::model::source::{FnId, Source};

/// Keeps what a function put into names that are not its own.
pub(super) fn put_out(
    engine: &mut Engine<'_>,
    function: &Function,
    before: &[(Name, Labels)],
    after: &Env<'_>,
) {
    if function.parent.is_none() || !engine.source.is_typescript(function.id.module) {
        return;
    }
    for (name, labels) in after.carried() {
        let known = before.iter().find(|(known, _)| *known == name);
        if labels & !known.map_or(0, |(_, labels)| *labels) != 0
            && assigns(function, &name)
            && let Some(owner) = owner(engine.source, function.parent, &name)
        {
            *engine.closed.entry((owner, name)).or_default() |= labels;
        }
    }
}

/// Keeps what is put into a container or a queue that a function around this one holds: what returns first takes nothing of it back.
pub(super) fn put(
    engine: &mut Engine<'_>,
    place: &Place,
    name: &Name,
    key: Option<&Name>,
    labels: Labels,
) {
    let Some(function) = place.function.filter(|_| labels != 0) else {
        return;
    };
    let module = engine.source.module(place.module);
    let own = module.and_then(|module| module.scopes.get(function.index as usize + 1));
    if own.is_none_or(|scope| scope.names.contains_key(name)) {
        return;
    }
    if let Some(owner) = owner(engine.source, Some(function), name) {
        let part = key.map(|key| under(name, key)).filter(|part| {
            engine.closed.contains_key(&(owner, part.clone()))
                || parts(engine, owner, name).count() < MOST_KEYS
        });
        let part = part.unwrap_or_else(|| name.clone());
        *engine.closed.entry((owner, part)).or_default() |= labels;
    }
}

/// What closures put under the keys of a name.
fn parts<'e>(
    engine: &'e Engine<'_>,
    owner: FnId,
    name: &Name,
) -> impl Iterator<Item = (&'e Name, Labels)> {
    let first = (owner, under(name, ""));
    let last = (owner, Name::from(format!("{name}\u{1}")));
    let parts = engine.closed.range(first..last);
    parts.map(|((_, part), labels)| (part, *labels))
}

/// What closures put into a name of which something is read here: of a key only what stands under it.
pub(super) fn put_into(
    engine: &Engine<'_>,
    place: &Place,
    (name, key): (&Name, Option<&str>),
    env: &Env<'_>,
) -> Labels {
    if engine.closed.is_empty() {
        return 0;
    }
    let Some(owner) = owner(engine.source, place.function, name) else {
        return 0;
    };
    let whole = engine.closed.get(&(owner, name.clone())).copied();
    let parts = match key {
        Some(key) => engine.closed.get(&(owner, under(name, key))).copied(),
        None => {
            let parts = parts(engine, owner, name).filter(|(part, _)| !env.is_part_sound(part));
            Some(parts.fold(0, |all, (_, labels)| all | labels))
        }
    };
    whole.unwrap_or(0) | parts.unwrap_or(0)
}

/// Whether a function assigns to a name other than by declaring a constant of its own.
fn assigns(function: &Function, name: &Name) -> bool {
    statements(&function.body)
        .into_iter()
        .any(|stmt| match &stmt.kind {
            StmtKind::Assign(assign) => {
                !assign.constant
                    && assign.value.is_some()
                    && assign
                        .targets
                        .iter()
                        .any(|target| target.as_name() == Some(name))
            }
            _ => false,
        })
}

/// The outermost function, from this one on, that has the name: an assignment reads like a declaration here.
fn owner(source: &Source, from: Option<FnId>, name: &Name) -> Option<FnId> {
    let mut found = None;
    let mut at = from;
    while let Some(id) = at {
        let module = source.module(id.module)?;
        let scope = module.scopes.get(id.index as usize + 1);
        if scope.is_some_and(|scope| scope.names.contains_key(name)) {
            found = Some(id);
        }
        at = module.function(id).and_then(|function| function.parent);
    }
    found
}
