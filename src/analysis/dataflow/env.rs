//! What the names of a function carry at a point of it.

use std::collections::{BTreeMap, BTreeSet};

use super::{FnId, Labels};
use crate::model::source::ir::{Expr, Name};

/// A part of a value: by position or by key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Index(usize),
    Key(Name),
}

/// What is known at a point.
#[derive(Clone, Debug)]
pub(super) struct Env<'s> {
    names: BTreeMap<Name, Labels>,
    /// Labels that nothing on the way here has vouched for.
    pub alive: Labels,
    /// Names whose value was vouched for since it was bound.
    sound: BTreeSet<Name>,
    /// The condition, or the call of the project's, whose outcome a name holds.
    meant: BTreeMap<Name, (&'s Expr, Option<Part>)>,
    /// The functions of the project that a name holds.
    held: BTreeMap<Name, BTreeSet<FnId>>,
    /// Something was put under a key of a name: [`under`] is what it is called.
    keyed: bool,
    /// Nothing comes here.
    never: bool,
}

impl<'s> Env<'s> {
    /// The start of a body.
    pub(super) fn start(alive: Labels) -> Self {
        Self {
            names: BTreeMap::new(),
            alive,
            sound: BTreeSet::new(),
            meant: BTreeMap::new(),
            held: BTreeMap::new(),
            keyed: false,
            never: false,
        }
    }

    /// A point that nothing comes to yet.
    pub(super) fn never() -> Self {
        Self {
            never: true,
            ..Self::start(0)
        }
    }

    pub(super) fn is_never(&self) -> bool {
        self.never
    }

    pub(super) fn get(&self, name: &str) -> Option<Labels> {
        let own = self.names.get(name).copied();
        if !self.keyed {
            return own;
        }
        let keys = self.keys_of(name).map(|(_, labels)| labels);
        keys.fold(own, |all, labels| Some(all.unwrap_or(0) | labels))
    }

    /// Puts something under a key of what a name holds, in place of what was there.
    pub(super) fn put(&mut self, name: &Name, key: &str, labels: Labels) {
        if labels != 0 {
            self.sound.remove(name);
        }
        self.keyed = true;
        self.names.insert(under(name, key), labels);
    }

    /// Takes out what is under the keys of what a name holds, so that a look at one key does not see the others.
    pub(super) fn take_keys(&mut self, name: &str) -> Vec<(Name, Labels)> {
        if !self.keyed {
            return Vec::new();
        }
        let found: Vec<_> = self.keys_of(name).collect();
        for (key, _) in &found {
            self.names.remove(key);
        }
        found
    }

    /// Puts back what was taken out; what is under the key is the answer.
    pub(super) fn give_keys(
        &mut self,
        taken: Vec<(Name, Labels)>,
        name: &str,
        key: &str,
    ) -> Labels {
        let wanted = under(name, key);
        let mut labels = 0;
        for (key, value) in taken {
            if key == wanted {
                labels = value;
            }
            self.names.insert(key, value);
        }
        labels
    }

    fn keys_of(&self, name: &str) -> impl Iterator<Item = (Name, Labels)> {
        let first: Name = under(name, "");
        let last: Name = format!("{name}\u{1}").into();
        let keys = self.names.range(first..last);
        keys.map(|(key, labels)| (key.clone(), *labels))
    }

    /// The names that carry something.
    pub(super) fn carried(&self) -> Vec<(Name, Labels)> {
        self.names
            .iter()
            .filter(|(_, labels)| **labels != 0)
            .map(|(name, labels)| (name.clone(), *labels))
            .collect()
    }

    /// Binds a name anew.
    pub(super) fn bind(&mut self, name: &Name, labels: Labels) {
        self.sound.remove(name);
        self.meant.remove(name);
        self.held.remove(name);
        self.take_keys(name);
        self.names.insert(name.clone(), labels);
    }

    /// Puts something into what a name holds.
    pub(super) fn add(&mut self, name: &Name, labels: Labels) {
        if labels != 0 {
            self.sound.remove(name);
        }
        *self.names.entry(name.clone()).or_default() |= labels;
    }

    /// The value of a name is vouched for.
    pub(super) fn vouch(&mut self, name: &Name) {
        self.take_keys(name);
        self.names.insert(name.clone(), 0);
        self.sound.insert(name.clone());
    }

    pub(super) fn is_sound(&self, name: &str) -> bool {
        self.sound.contains(name)
    }

    /// Remembers which condition a name holds the outcome of.
    pub(super) fn mean(&mut self, name: &Name, condition: &'s Expr, part: Option<Part>) {
        self.meant.insert(name.clone(), (condition, part));
    }

    pub(super) fn meaning(&self, name: &str) -> Option<(&'s Expr, Option<Part>)> {
        self.meant.get(name).cloned()
    }

    /// A name holds functions of the project.
    pub(super) fn hold(&mut self, name: &Name, functions: BTreeSet<FnId>) {
        self.held.insert(name.clone(), functions);
    }

    pub(super) fn held(&self, name: &str) -> Option<&BTreeSet<FnId>> {
        self.held.get(name)
    }

    /// Two ways come together: what is vouched for on one only, is not.
    pub(super) fn join(&mut self, other: &Env<'s>) {
        if other.never {
            return;
        }
        if self.never {
            *self = other.clone();
            return;
        }
        if self.alive != other.alive {
            let alive = self.alive;
            self.names.values_mut().for_each(|labels| *labels &= alive);
        }
        self.keyed |= other.keyed;
        for (name, labels) in &other.names {
            let kept = if self.alive == other.alive {
                *labels
            } else {
                labels & other.alive
            };
            *self.names.entry(name.clone()).or_default() |= kept;
        }
        for (name, functions) in &other.held {
            let known = self.held.entry(name.clone()).or_default();
            known.extend(functions);
        }
        self.alive |= other.alive;
        self.sound.retain(|name| other.sound.contains(name));
        self.meant.retain(|name, (condition, part)| {
            other
                .meant
                .get(name)
                .is_some_and(|(same, of)| std::ptr::eq(*same, *condition) && of == part)
        });
    }
}

/// What a key of a name is called among the names: no identifier has such a character.
fn under(name: &str, key: &str) -> Name {
    format!("{name}\u{0}{key}").into()
}
