//! What the names of a function carry at a point of it.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::keys::{Keys, MOST_KEYS};
use super::{FnId, Labels};
use crate::model::source::ir::{Expr, Name};

/// A part of a value: by position or by key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Index(usize),
    Key(Name),
}

/// What is known at a point. The tables are shared until one of two points changes them: most branches change none.
#[derive(Clone, Debug)]
pub(super) struct Env<'s> {
    names: Rc<BTreeMap<Name, Labels>>,
    /// Labels that nothing on the way here has vouched for.
    pub alive: Labels,
    /// Names whose value was vouched for since it was bound.
    sound: Rc<BTreeSet<Name>>,
    /// The condition, or the call of the project's, whose outcome a name holds.
    meant: Rc<BTreeMap<Name, (&'s Expr, Option<Part>)>>,
    /// The object, and the key of it, that a name holds the value of: `error = outcome.get("error")`.
    looked: Rc<BTreeMap<Name, (Name, Name)>>,
    /// The functions of the project that a name holds.
    held: Rc<BTreeMap<Name, BTreeSet<FnId>>>,
    /// What nothing has vouched for where a list that began empty still is: `errors` of what collects what is wrong.
    empties: Rc<BTreeMap<Name, Labels>>,
    /// Something was put under a key of a name: [`under`] is what it is called.
    keyed: bool,
    /// Nothing comes here.
    never: bool,
}

impl<'s> Env<'s> {
    /// The start of a body.
    pub(super) fn start(alive: Labels) -> Self {
        Self {
            names: Rc::default(),
            alive,
            sound: Rc::default(),
            meant: Rc::default(),
            looked: Rc::default(),
            held: Rc::default(),
            empties: Rc::default(),
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
        let own = self.own(name);
        if !self.keyed {
            return own;
        }
        let keys = self.keys_of(name).map(|(_, labels)| labels);
        keys.fold(own, |all, labels| Some(all.unwrap_or(0) | labels))
    }

    /// What a name carries itself, its keys left out.
    fn own(&self, name: &str) -> Option<Labels> {
        self.names.get(name).copied()
    }

    /// Puts something under a key of what a name holds, in place of what was there.
    pub(super) fn put(&mut self, name: &Name, key: &str, labels: Labels) {
        if labels != 0 {
            self.unsound(name);
        }
        // What was looked up before is not what stands there now.
        self.forget_looks(|_, (object, of)| object == name && &**of == key);
        self.keyed = true;
        let place = under(name, key);
        if self.names.contains_key(&place) {
            self.carry(&place, labels);
        } else if labels != 0 {
            match self.keys_of(name).count() < MOST_KEYS {
                true => self.carry(&place, labels),
                false => self.add(name, labels),
            }
        }
    }

    /// Puts something under a key of what a name holds, beside what is there.
    pub(super) fn add_under(&mut self, name: &Name, key: &str, labels: Labels) {
        let known = self.own(&under(name, key)).unwrap_or(0);
        if labels & !known != 0 {
            self.put(name, key, known | labels);
        }
    }

    /// Nothing is under a key of what a name holds.
    pub(super) fn clear_under(&mut self, name: &str, key: &str) {
        let place = under(name, key);
        if self.keyed && self.names.contains_key(&place) {
            Rc::make_mut(&mut self.names).remove(&place);
        }
        self.vouch_member(name, key);
    }

    /// What is under each key of what a name holds; None where something of it is under no key.
    pub(super) fn keys(&self, name: &str) -> Option<Keys> {
        let apart = self.keyed && self.own(name).unwrap_or(0) == 0;
        let keys = apart.then(|| self.keys_of(name))?;
        let keys: Keys = keys
            .filter_map(|(key, labels)| Some((key.split_once('\u{0}')?.1.into(), labels)))
            .collect();
        (!keys.is_empty()).then_some(keys)
    }

    /// A name is bound to an object of which no more is labelled than what stands under these keys.
    pub(super) fn split(&mut self, name: &Name, keys: &Keys) {
        self.carry(name, 0);
        for (key, labels) in keys {
            self.put(name, key, *labels);
        }
    }

    /// The same, where the keys account for all that it carries.
    pub(super) fn split_if_all(&mut self, name: &Name, labels: Labels, keys: &Keys) {
        let all = keys.values().fold(0, |all, own| all | own);
        if labels != 0 && labels & !all == 0 {
            let own = keys.iter().map(|(key, own)| (key.clone(), own & labels));
            self.split(name, &own.collect());
        }
    }

    /// Takes out what is under the keys of what a name holds, so that a look at one key does not see the others.
    pub(super) fn take_keys(&mut self, name: &str) -> Vec<(Name, Labels)> {
        if !self.keyed {
            return Vec::new();
        }
        let found: Vec<_> = self.keys_of(name).collect();
        if !found.is_empty() {
            let names = Rc::make_mut(&mut self.names);
            for (key, _) in &found {
                names.remove(key);
            }
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
            self.carry(&key, value);
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
        self.unsound(name);
        if self.meant.contains_key(name) {
            Rc::make_mut(&mut self.meant).remove(name);
        }
        if self.held.contains_key(name) {
            Rc::make_mut(&mut self.held).remove(name);
        }
        self.forget_looks(|own, (object, _)| own == name || object == name);
        if self.empties.contains_key(name) {
            Rc::make_mut(&mut self.empties).remove(name);
        }
        self.take_keys(name);
        self.carry(name, labels);
    }

    /// Puts something into what a name holds.
    pub(super) fn add(&mut self, name: &Name, labels: Labels) {
        if labels != 0 {
            self.unsound(name);
        }
        self.carry(name, labels | self.own(name).unwrap_or(0));
    }

    /// The value of a name is vouched for.
    pub(super) fn vouch(&mut self, name: &Name) {
        self.take_keys(name);
        self.carry(name, 0);
        if !self.sound.contains(name) {
            Rc::make_mut(&mut self.sound).insert(name.clone());
        }
    }

    /// One member of what a name holds is vouched for.
    pub(super) fn vouch_member(&mut self, name: &str, member: &str) {
        Rc::make_mut(&mut self.sound).insert(under(name, member));
    }

    /// The same of a member by what [`under`] calls it.
    pub(super) fn is_part_sound(&self, part: &Name) -> bool {
        self.sound.contains(part)
    }

    /// Whether that member was vouched for since the name was bound.
    pub(super) fn is_member_sound(&self, name: &str, member: &str) -> bool {
        !self.sound.is_empty() && self.is_part_sound(&under(name, member))
    }

    fn unsound(&mut self, name: &Name) {
        if self.sound.is_empty() {
            return;
        }
        let (first, last) = (under(name, ""), Name::from(format!("{name}\u{1}")));
        let members = self.sound.range(first..last).cloned();
        let lost: Vec<Name> = members.chain(self.sound.get(name).cloned()).collect();
        if !lost.is_empty() {
            Rc::make_mut(&mut self.sound).retain(|name| !lost.contains(name));
        }
    }

    fn carry(&mut self, name: &Name, labels: Labels) {
        if self.own(name) != Some(labels) {
            Rc::make_mut(&mut self.names).insert(name.clone(), labels);
        }
    }

    pub(super) fn is_sound(&self, name: &str) -> bool {
        self.sound.contains(name)
    }

    /// Remembers which condition a name holds the outcome of.
    pub(super) fn mean(&mut self, name: &Name, condition: &'s Expr, part: Option<Part>) {
        Rc::make_mut(&mut self.meant).insert(name.clone(), (condition, part));
    }

    /// A name holds what is under a key of an object.
    pub(super) fn look(&mut self, name: &Name, object: &str, key: &str) {
        if self.looked.len() < MOST_KEYS {
            Rc::make_mut(&mut self.looked).insert(name.clone(), (object.into(), key.into()));
        }
    }

    /// Some names hold no more what they were looked up for.
    fn forget_looks(&mut self, gone: impl Fn(&Name, &(Name, Name)) -> bool) {
        if self.looked.iter().any(|(name, part)| gone(name, part)) {
            Rc::make_mut(&mut self.looked).retain(|name, part| !gone(name, part));
        }
    }

    /// The object and the key that a name holds the value of.
    pub(super) fn looked(&self, name: &str) -> Option<&(Name, Name)> {
        self.looked.get(name)
    }

    /// What is under one key of what a name holds.
    pub(super) fn under(&self, name: &str, key: &str) -> Labels {
        self.own(&under(name, key)).unwrap_or(0)
    }

    /// What a name holds is no more what it was.
    pub(super) fn forget_meaning(&mut self, name: &Name) {
        Rc::make_mut(&mut self.meant).remove(name);
    }

    pub(super) fn meaning(&self, name: &str) -> Option<(&'s Expr, Option<Part>)> {
        self.meant.get(name).cloned()
    }

    /// A name holds functions of the project.
    pub(super) fn hold(&mut self, name: &Name, functions: BTreeSet<FnId>) {
        Rc::make_mut(&mut self.held).insert(name.clone(), functions);
    }

    pub(super) fn held(&self, name: &str) -> Option<&BTreeSet<FnId>> {
        self.held.get(name)
    }

    /// A name is bound to a list, set or dict with nothing in it.
    pub(super) fn begin_empty(&mut self, name: &Name) {
        Rc::make_mut(&mut self.empties).insert(name.clone(), self.alive);
    }

    /// What nothing has vouched for where that list is still empty; None where it is no such list.
    pub(super) fn if_empty(&self, name: &str) -> Option<Labels> {
        self.empties.get(name).copied()
    }

    /// Where that list is still empty, nothing else is left to be vouched for than these.
    pub(super) fn empty_leaves(&mut self, name: &Name, labels: Labels) {
        if let Some(known) = Rc::make_mut(&mut self.empties).get_mut(name) {
            *known &= labels;
        }
    }

    /// Nothing is known of when lists are empty: in another function, or after something was taken out of one.
    pub(super) fn forget_empties(&mut self) {
        self.empties = Rc::default();
    }

    /// What is left where lists are empty comes from either way.
    fn join_empties(&mut self, other: &Env<'s>) {
        if self.empties.is_empty()
            || Rc::ptr_eq(&self.empties, &other.empties) && self.alive == other.alive
        {
            return;
        }
        let (one, two) = (self.alive, other.alive);
        let empties = Rc::make_mut(&mut self.empties);
        empties.retain(|name, _| other.empties.contains_key(name));
        for (name, labels) in empties {
            let others = other.empties.get(name).copied().unwrap_or(Labels::MAX);
            *labels = *labels & one | others & two;
        }
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
        self.join_empties(other);
        let same = self.alive == other.alive;
        if !same {
            let alive = self.alive;
            if self.names.values().any(|labels| labels & !alive != 0) {
                let names = Rc::make_mut(&mut self.names);
                names.values_mut().for_each(|labels| *labels &= alive);
            }
        }
        self.keyed |= other.keyed;
        if !Rc::ptr_eq(&self.names, &other.names) {
            for (name, labels) in &*other.names {
                let kept = if same { *labels } else { labels & other.alive };
                let known = self.own(name);
                let both = kept | known.unwrap_or(0);
                if known != Some(both) {
                    Rc::make_mut(&mut self.names).insert(name.clone(), both);
                }
            }
        }
        if !Rc::ptr_eq(&self.held, &other.held) {
            for (name, functions) in &*other.held {
                if self
                    .held
                    .get(name)
                    .is_none_or(|known| !known.is_superset(functions))
                {
                    let held = Rc::make_mut(&mut self.held);
                    held.entry(name.clone()).or_default().extend(functions);
                }
            }
        }
        self.alive |= other.alive;
        if !Rc::ptr_eq(&self.sound, &other.sound)
            && self.sound.iter().any(|name| !other.sound.contains(name))
        {
            Rc::make_mut(&mut self.sound).retain(|name| other.sound.contains(name));
        }
        let shared = |name: &Name, (condition, part): &(&'s Expr, Option<Part>)| {
            other
                .meant
                .get(name)
                .is_some_and(|(same, of)| std::ptr::eq(*same, *condition) && of == part)
        };
        if !Rc::ptr_eq(&self.meant, &other.meant)
            && self.meant.iter().any(|(name, meant)| !shared(name, meant))
        {
            Rc::make_mut(&mut self.meant).retain(|name, meant| shared(name, meant));
        }
        if !Rc::ptr_eq(&self.looked, &other.looked) {
            self.forget_looks(|name, part| other.looked.get(name) != Some(part));
        }
    }
}

/// What a key of a name is called among the names: no identifier has such a character.
pub(super) fn under(name: &str, key: &str) -> Name {
    format!("{name}\u{0}{key}").into()
}
