//! What a function puts into objects that it is given: `outcome["error"] = str(error)`, `events.put(event)`.

use std::collections::BTreeMap;

use super::calls::given_by;
use super::env::Env;
use super::keys::MOST_KEYS;
use super::{Engine, FnId, Labels, Place, Summary, closures, state};
use crate::model::source::ir::{Call, Expr, ExprKind, Name};

/// The entries that a call puts under keys that are written out: `outcome.update({"error": text})`, `outcome.update(error=text)`.
pub(super) fn entries_put(call: &Call) -> Option<Vec<(&str, &Expr)>> {
    if call.written_name() != "update" {
        return None;
    }
    match (&*call.args, &*call.keywords) {
        ([whole], []) => match &whole.kind {
            ExprKind::Dict(entries) => entries
                .iter()
                .map(|entry| Some((entry.key.as_ref()?.as_str()?, &entry.value)))
                .collect(),
            _ => None,
        },
        ([], keywords) => keywords
            .iter()
            .map(|keyword| Some((keyword.name.as_deref()?, &keyword.value)))
            .collect(),
        _ => None,
    }
}

/// The name and the key of which a condition says that nothing stands under it: `"error" not in outcome`, `not outcome.get("error")`.
pub(super) fn absent(test: &Expr, truth: bool) -> Option<(&str, &str)> {
    let (object, key) = match &test.kind {
        ExprKind::Compare(parts) => match &*parts.rest {
            [("in", object)] if !truth => (object, parts.left.as_str()?),
            [("not in", object)] if truth => (object, parts.left.as_str()?),
            _ => return None,
        },
        _ if truth => return None,
        ExprKind::Call(call) if call.written_name() == "get" => match &call.callee.kind {
            ExprKind::Attribute { base, .. } => (&**base, call.args.first()?.as_str()?),
            _ => return None,
        },
        ExprKind::Subscript { base, index } => (&**base, index.as_str()?),
        ExprKind::Attribute { base, attr } => (&**base, &**attr),
        _ => return None,
    };
    Some((object.as_name()?, key))
}

/// What is put into the objects that parameters are, by their index and the key where that is known.
pub(super) type Fills = BTreeMap<(usize, Option<Name>), Labels>;

impl<'s> Engine<'s> {
    /// Keeps what is put into an object that the function was given, or that a function around it holds.
    pub(super) fn fills(&mut self, place: &Place, name: &Name, key: Option<&Name>, labels: Labels) {
        if labels == 0 {
            return;
        }
        closures::put(self, place, name, key, labels);
        let index = place.function.and_then(|id| self.given_as(id, name));
        if let (Some(index), Some(open)) = (index, self.open.last_mut()) {
            let part = (index, key.cloned());
            let known = open.fills.range((index, None)..(index + 1, None)).count();
            let part = match open.fills.contains_key(&part) || known < MOST_KEYS {
                true => part,
                false => (index, None),
            };
            *open.fills.entry(part).or_default() |= labels;
        }
    }

    /// Where a call came out so, nothing is under the keys that its callee leaves alone there: of `if not fill(outcome): return` what is
    /// put in where it gives false.
    pub(super) fn unfilled(
        &mut self,
        (id, place, condition): (FnId, &Place, &'s Expr),
        call: &'s Call,
        (summary, truth): (&Summary<'s>, bool),
        env: &mut Env<'s>,
    ) {
        let Some(function) = self.source.function(id) else {
            return;
        };
        let given = given_by(call, function, usize::from(self.is_bound(function)));
        let named = summary.fills.keys().filter_map(|(index, key)| {
            let param = function.params.get(*index)?;
            let object = given(*index)?.as_name()?;
            Some((object, &param.name, key.as_ref()?))
        });
        let named: Vec<_> = named.collect();
        if named.is_empty() {
            return;
        }
        // What stands there by now was put in by the same call.
        let mut before = env.clone();
        for (object, _, key) in &named {
            before.clear_under(object, key);
        }
        let Some((_, summary)) = self.summary(place, condition, call, &mut before) else {
            return;
        };
        let (end, unknown) = self.end_if(id, &summary, None, truth);
        if unknown || end.is_never() {
            return;
        }
        for (object, param, key) in named {
            if end.under(param, key) == 0 {
                env.clear_under(object, key);
            }
        }
    }

    /// Puts entries into an object, each under its key.
    pub(super) fn put_each(
        &mut self,
        place: &Place,
        object: &'s Expr,
        entries: &[(&str, &'s Expr)],
        env: &mut Env<'s>,
    ) {
        for (key, value) in entries {
            let labels = self.flow.labels(place.module, value) & env.alive;
            let labels = self.seeds.derived(labels);
            let ExprKind::Name(name) = &object.kind else {
                self.put_into(place, object, labels, env);
                continue;
            };
            state::keep(self, place, object, Some(key), labels);
            self.fills(place, name, Some(&(*key).into()), labels);
            env.put(name, key, labels);
        }
    }

    /// The parameter that a name of a function is, where nothing else is bound to it there.
    fn given_as(&self, id: FnId, name: &Name) -> Option<usize> {
        let module = self.source.module(id.module)?;
        let scope = module.scopes.get(id.index as usize + 1)?;
        let alone = scope.names.get(name)?.len() == 1;
        let mut params = self.source.function(id)?.params.iter();
        params
            .position(|param| param.name == *name)
            .filter(|_| alone)
    }

    /// The objects that a call gives hold what its callee puts into them. `given` is what it gives for a parameter.
    pub(super) fn come_filled(
        &mut self,
        place: &Place,
        summary: &Summary<'s>,
        given: impl Fn(usize) -> Option<&'s Expr>,
        env: &mut Env<'s>,
    ) {
        for ((index, key), labels) in &summary.fills {
            let Some(object) = given(*index) else {
                continue;
            };
            let labels = labels & env.alive;
            match (&object.kind, key) {
                (ExprKind::Name(name), Some(key)) => {
                    state::keep(self, place, object, Some(key), labels);
                    self.fills(place, name, Some(key), labels);
                    env.add_under(name, key, labels);
                }
                _ => self.put_into(place, object, labels, env),
            }
        }
    }
}
