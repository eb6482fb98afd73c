//! What is in a package: how much, by what, and what nobody needs at run time.

/// The contents of a package's folder as `deploy` takes them, dependencies not yet added.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PackageContents {
    /// Bytes of all files.
    pub bytes: u64,
    /// Bytes by first path segment, largest first, at most ten.
    pub largest: Vec<(String, u64)>,
    /// What ships and is of no use at run time, one entry for each folder or kind.
    pub leftovers: Vec<Leftover>,
    /// True when the context has a `.dockerignore`.
    pub dockerignore: bool,
    /// Files that the runtime cannot run, in the order of the paths; at most twenty.
    pub unfit: Vec<Unfit>,
}

/// A file that the runtime cannot run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unfit {
    /// Relative to the package's folder.
    pub path: String,
    /// Why.
    pub kind: UnfitKind,
}

/// Why a file cannot be run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UnfitKind {
    /// Native code for another processor or system.
    Machine(String),
    /// A script whose first line names an interpreter of another machine.
    Interpreter(String),
    /// Only its owner may read it.
    Mode,
}

/// Something that ships and is of no use at run time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leftover {
    /// The folder (or file), relative to the package's folder.
    pub path: String,
    /// What it is.
    pub kind: LeftoverKind,
    /// Its bytes.
    pub bytes: u64,
}

/// Kinds of leftover.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LeftoverKind {
    /// Tests.
    Tests,
    /// Documentation.
    Docs,
    /// A virtualenv under another name than `.venv`.
    Virtualenv,
    /// A tool's cache.
    Cache,
    /// A repository's own data.
    Repository,
    /// Environment files that a `.dockerignore` takes back in.
    Environment,
}

impl LeftoverKind {
    /// How a message names it.
    pub fn words(self) -> &'static str {
        match self {
            Self::Tests => "tests",
            Self::Docs => "documentation",
            Self::Virtualenv => "a virtualenv",
            Self::Cache => "a cache",
            Self::Repository => "repository data",
            Self::Environment => "environment files",
        }
    }
}
