//! Names that many files write, kept once for all of them.

use std::collections::HashSet;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, Mutex, PoisonError};

use rustc_hash::{FxBuildHasher, FxHasher};

use crate::model::source::ir::Name;

/// How many parts the names stand in: files are lowered side by side, and each takes one part for as long as one look-up.
const PARTS: usize = 32;

/// The names of one collection. A clone shares them.
#[derive(Clone, Default)]
pub struct SharedNames(Arc<[Mutex<HashSet<Name, FxBuildHasher>>; PARTS]>);

impl SharedNames {
    /// The name of a text: the one that another file made where there is one.
    pub fn get(&self, text: &str) -> Name {
        let mut hasher = FxHasher::default();
        text.hash(&mut hasher);
        // The lowest bits choose within the part.
        let part = (hasher.finish() >> 32) as usize % PARTS;
        let Some(part) = self.0.get(part) else {
            return text.into();
        };
        let mut names = part.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = names.get(text) {
            return known.clone();
        }
        let name = Name::from(text);
        names.insert(name.clone());
        name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_text_is_one_name() {
        let names = SharedNames::default();
        let other = names.clone();
        assert!(Name::ptr_eq(&names.get("self"), &other.get("self")));
        assert_eq!(names.get("a"), Name::from("a"));
    }
}
