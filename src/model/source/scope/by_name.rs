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
        if self.names.is_empty() {
            return None;
        }
        let hash = hash(name);
        let first = self.names.partition_point(|entry| entry.hash < hash);
        let same = self.names.get(first..)?.iter().zip(first..);
        let (entry, at) = same
            .take_while(|(entry, _)| entry.hash == hash)
            .find(|(entry, _)| *entry.name == *name)?;
        let before = at.checked_sub(1).and_then(|at| self.names.get(at));
        let start = before.map_or(0, |before| before.end);
        self.items.get(start as usize..entry.end as usize)
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
        assert!(!found.contains_key("name_500"));
        assert!(!found.contains_key(""));
        assert_eq!(found.keys().count(), 500);
        assert_eq!(ByName::<usize>::default().get("x"), None);
    }
}
