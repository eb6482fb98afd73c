//! Objects whose keys are known: what stands under each is kept apart, through names and what functions return.

use std::collections::BTreeMap;

use super::env::Env;
use super::{Engine, FnId, Given, Labels, Place};
use crate::analysis::call_sites::receivers;
use crate::model::source::ir::{Call, Expr, ExprKind, Name};
use crate::model::source::module::{Function, ParamKind};

/// Most keys of one object that are kept apart; what stands under more of them is in the object as a whole.
pub(super) const MOST_KEYS: usize = 100;

/// What an object holds under its keys, where nothing labelled stands elsewhere in it.
pub(super) type Keys = BTreeMap<Name, Labels>;

impl<'s> Engine<'s> {
    /// Remembers what the object that was just made holds under its keys.
    pub(super) fn holds_apart(&mut self, place: &Place, expr: &Expr, keys: Keys) {
        self.apart = (!keys.is_empty()).then_some(((place.module, expr.range), keys));
    }

    /// What the value of an expression that was just evaluated holds under its keys; None where they are not kept apart.
    pub(super) fn apart(
        &mut self,
        place: &Place,
        expr: &Expr,
        labels: Labels,
        env: &Env<'s>,
    ) -> Option<Keys> {
        let mut inner = expr;
        while let ExprKind::Await(awaited) = &inner.kind {
            inner = awaited;
        }
        let mut keys = match &inner.kind {
            ExprKind::Name(name) => env.keys(name)?,
            ExprKind::Dict(_) | ExprKind::Call(_) => {
                let (at, keys) = self.apart.take()?;
                (at == (place.module, inner.range)).then_some(keys)?
            }
            _ => return None,
        };
        let all = keys.values().fold(0, |all, own| all | own);
        if labels & !all != 0 {
            return None;
        }
        keys.values_mut().for_each(|own| *own &= labels);
        Some(keys)
    }

    /// What the objects that a call hands on by name hold under their keys, by the parameters that get them.
    pub(super) fn match_keys(
        &self,
        function: &Function,
        call: &Call,
        env: &Env<'s>,
    ) -> BTreeMap<usize, Keys> {
        let keys = |value: &Expr| match &value.kind {
            ExprKind::Name(name) => env.keys(name),
            _ => None,
        };
        let spread = |arg: &Expr| matches!(arg.kind, ExprKind::Starred(_));
        let bound = receivers(self.source, function);
        let args = call.args.iter().take_while(|arg| !spread(arg));
        let args = args
            .enumerate()
            .filter_map(|(at, arg)| Some((at + bound, keys(arg)?)));
        let keywords = call.keywords.iter().filter_map(|keyword| {
            let name = keyword.name.as_deref()?;
            let mut params = function.params.iter();
            let at = params.position(|param| &*param.name == name)?;
            Some((at, keys(&keyword.value)?))
        });
        let takes_one = |at: usize| {
            let mut params = function.params.iter().take(at + 1);
            params.all(|param| matches!(param.kind, ParamKind::Normal | ParamKind::KeywordOnly))
        };
        args.chain(keywords)
            .filter(|(at, _)| takes_one(*at))
            .collect()
    }

    /// What stands in a state that functions put their objects into, key by key.
    pub(super) fn in_state_of(
        &mut self,
        place: &Place,
        expr: &Expr,
        (nodes, as_one): (&[FnId], bool),
        env: &Env<'s>,
    ) -> Labels {
        let mut keys = Keys::new();
        for &id in nodes {
            let count = self
                .source
                .function(id)
                .map_or(0, |found| found.params.len());
            let summary = self.function(id, &Given::of(vec![0; count]), Env::start(env.alive));
            for (key, own) in &summary.keys {
                *keys.entry(key.clone()).or_default() |= own;
            }
        }
        let all = keys.values().fold(0, |all, own| all | own);
        if as_one {
            self.holds_apart(place, expr, keys);
        }
        all
    }

    /// Binds a target to an object whose keys are kept apart: a name, or the names of a pattern.
    pub(super) fn assign_keys(
        &mut self,
        place: &Place,
        target: &'s Expr,
        keys: &Keys,
        env: &mut Env<'s>,
    ) {
        match &target.kind {
            ExprKind::Name(name) => env.split(name, keys),
            ExprKind::Dict(entries) => {
                for entry in entries {
                    let (Some(key), ExprKind::Name(name)) =
                        (entry.key.as_ref().and_then(Expr::as_str), &entry.value.kind)
                    else {
                        continue;
                    };
                    let own = keys.get(key).copied().unwrap_or(0);
                    let own = self.seeds.member(place.module, key, own);
                    let own = self.seeds.read(place.module, &entry.value, own);
                    env.bind(name, own & env.alive);
                }
            }
            _ => {}
        }
    }
}
