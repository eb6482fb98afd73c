//! What is known of an agent's dependencies beside its manifests: locks, further requirements files, and which declared
//! packages its files use.

use std::collections::{BTreeMap, BTreeSet};

use super::known::Known;
use super::lock::Lock;
use super::manifest::Dependency;
use super::site::Site;
use super::source::ModuleId;

/// What is known of one agent's dependencies.
#[derive(Clone, Debug)]
pub struct DependencyFacts {
    /// The `uv.lock` beside its `pyproject.toml`, or that of the workspace above.
    pub uv_lock: Known<Lock>,
    /// The packages that `package-lock.json` installs.
    pub npm_lock: Known<BTreeSet<String>>,
    /// Requirements files that its Dockerfile names, by the name written there.
    pub requirements: BTreeMap<String, Vec<Dependency>>,
    /// Where each declared dependency is used in the files that ship; one that is not here is not used.
    pub uses: BTreeMap<String, Site>,
    /// Python packages that files that ship import although neither the standard library, the tree nor any declared
    /// dependency is known to hold them.
    pub unanswered: BTreeSet<String>,
    /// Source files that ship and could not be read or parsed.
    pub unread: Vec<String>,
    /// Why nothing was looked for: there is too much of it.
    pub beyond: Option<String>,
    /// How many source files ship.
    pub files: usize,
    /// Python modules and packages elsewhere in the project that do not ship, by name, with their path.
    pub elsewhere: BTreeMap<String, String>,
    /// Modules that are not here and that git ignores where an import looks for them, by the import (its module, and its place in
    /// [`Module::imports`](crate::model::source::Module::imports)): a step that makes them was not run in this clone.
    pub ignored: BTreeMap<(ModuleId, usize), IgnoredModule>,
}

/// A module that a clone does not have, since git ignores it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IgnoredModule {
    /// Where it would be, relative to the project root, without the ending of a file.
    pub path: String,
    /// The pattern that ignores it.
    pub pattern: String,
    /// The file with the pattern, relative to the repository.
    pub rules: String,
}

impl IgnoredModule {
    /// Why its code is not here.
    pub fn why(&self) -> String {
        format!(
            "git ignores {} (`{}` in {}), which is not here",
            self.path, self.pattern, self.rules
        )
    }
}

impl Default for DependencyFacts {
    fn default() -> Self {
        Self {
            uv_lock: Known::Absent,
            npm_lock: Known::Absent,
            requirements: BTreeMap::new(),
            uses: BTreeMap::new(),
            unanswered: BTreeSet::new(),
            unread: Vec::new(),
            beyond: None,
            files: 0,
            elsewhere: BTreeMap::new(),
            ignored: BTreeMap::new(),
        }
    }
}
