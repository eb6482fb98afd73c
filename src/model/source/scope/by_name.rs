//! What a scope holds of each name.

use std::collections::BTreeMap;
use std::hash::Hasher;

use rustc_hash::FxHasher;

use super::super::ir::Name;

/// Lists by name, for reading only. Most scopes hold few names and a large program has a hundred thousand scopes, so they stand in
/// two allocations; a look-up compares numbers and reads one name, for most of what is looked up is not there.
#[derive(Clone, Debug)]
pub struct ByName<T> {
    /// Sorted by hash.
    names: Box<[Entry]>,
    items: Box<[T]>,
}

/// A name that is looked for, with its hash.
#[derive(Clone, Copy, Debug)]
pub struct Sought<'n> {
    name: &'n str,
    hash: u32,
}

impl<'n> Sought<'n> {
    /// Of a name.
    pub fn new(name: &'n str) -> Self {
        Self {
            name,
            hash: hash(name),
        }
    }
}

#[derive(Clone, Debug)]
struct Entry {
    hash: u32,
    /// The end of its part of `items`; the part starts where that of the entry before ends.
    end: u32,
    name: Name,
}

impl<T> Default for ByName<T> {
    fn default() -> Self {
        Self {
            names: Box::default(),
            items: Box::default(),
        }
    }
}

impl<T> ByName<T> {
    /// What is held of a name, in order.
    pub fn get(&self, name: &str) -> Option<&[T]> {
        self.find(&Sought::new(name))
    }

    /// The same for a name that is looked for in several scopes.
    pub fn find(&self, sought: &Sought<'_>) -> Option<&[T]> {
        let Sought { name, hash } = *sought;
        let first = self.first_from(hash);
        let same = self.names.get(first..)?.iter().zip(first..);
        let (entry, at) = same
            .take_while(|(entry, _)| entry.hash == hash)
            .find(|(entry, _)| *entry.name == *name)?;
        let before = at.checked_sub(1).and_then(|at| self.names.get(at));
        let start = before.map_or(0, |before| before.end);
        self.items.get(start as usize..entry.end as usize)
    }

    /// The place of the first entry with a hash, or with one above it. Hashes are spread evenly, so it stands near the part of the list
    /// that the hash is of all hashes: a look beside that place is cheaper than a bisection.
    fn first_from(&self, hash: u32) -> usize {
        const BESIDE: usize = 8;
        let part = (u64::from(hash) * self.names.len() as u64) >> 32;
        let guess = usize::try_from(part).unwrap_or(0);
        let from = guess.saturating_sub(BESIDE);
        let until = (guess + BESIDE).min(self.names.len());
        let below = |entry: &Entry| entry.hash < hash;
        let near = self.names.get(from..until).unwrap_or_default();
        let fits = near.first().is_none_or(|first| from == 0 || below(first))
            && near
                .last()
                .is_none_or(|last| until == self.names.len() || !below(last));
        match fits {
            true => from + near.partition_point(below),
            false => self.names.partition_point(below),
        }
    }

    /// Whether anything is held of a name.
    pub fn contains_key(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// Every name, in no order of theirs.
    pub fn keys(&self) -> impl Iterator<Item = &Name> {
        self.names.iter().map(|entry| &entry.name)
    }
}

impl<T> From<BTreeMap<Name, Vec<T>>> for ByName<T> {
    fn from(lists: BTreeMap<Name, Vec<T>>) -> Self {
        let mut sorted: Vec<(u32, Name, Vec<T>)> = lists
            .into_iter()
            .map(|(name, list)| (hash(&name), name, list))
            .collect();
        sorted.sort_by(|(one, first, _), (other, second, _)| (one, first).cmp(&(other, second)));
        let mut items = Vec::with_capacity(sorted.iter().map(|(.., list)| list.len()).sum());
        let mut names = Vec::with_capacity(sorted.len());
        for (hash, name, list) in sorted {
            items.extend(list);
            let end = u32::try_from(items.len()).unwrap_or(u32::MAX);
            names.push(Entry { hash, end, name });
        }
        Self {
            names: names.into(),
            items: items.into(),
        }
    }
}

/// The same in every run.
fn hash(name: &str) -> u32 {
    let mut hasher = FxHasher::default();
    hasher.write(name.as_bytes());
    let hash = hasher.finish();
    // Both halves count.
    (hash >> 32) as u32 ^ hash as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_put_in_is_found_under_its_name() {
        let lists: BTreeMap<Name, Vec<usize>> = (0..500usize)
            .map(|at| (Name::from(format!("name_{at}")), (0..at % 4).collect()))
            .collect();
        let found = ByName::from(lists.clone());
        for (name, list) in &lists {
            assert_eq!(found.get(name), Some(list.as_slice()), "{name}");
        }
        for at in 500..5_000 {
            assert!(!found.contains_key(&format!("name_{at}")));
        }
        assert!(!found.contains_key(""));
        assert_eq!(found.keys().count(), 500);
        assert_eq!(ByName::<usize>::default().get("x"), None);
    }
}
