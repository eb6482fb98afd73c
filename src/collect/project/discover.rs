//! Finds projects: the one around PATH, every one below it, or the nearest above.

use std::path::{Path, PathBuf};

use walkdir::{DirEntry, WalkDir};

use super::CONFIG;

/// Folders that hold no project of the user: dependencies, build output, caches. Hidden folders are passed over too.
const PASSED_OVER: [&str; 9] = [
    "node_modules",
    "venv",
    "__pycache__",
    "cdk.out",
    "dist",
    "build",
    "target",
    "site-packages",
    "vendor",
];
/// How deep below PATH projects are sought. A monorepo's are near the top; a hostile tree is not walked to its end.
const DEEPEST: usize = 12;
/// How many entries are looked at below PATH before the search ends with what it has.
const MOST_ENTRIES: usize = 1_000_000;

/// Why no project was found.
#[derive(Debug, thiserror::Error)]
pub enum DiscoverError {
    /// PATH does not exist.
    #[error("no such file or folder: {0}")]
    NoSuchPath(String),
    /// PATH cannot be followed: a loop of symbolic links, a folder that may not be entered.
    #[error("{0}: {1}")]
    Unreadable(String, String),
    /// PATH is there, and no project is in, below or above it.
    #[error("no agentcore/agentcore.json found from {0} upward or below")]
    NoProject(String),
}

/// The projects for PATH. A PATH inside a project (its root, or any folder or file in it, up to the root of the git repository)
/// means that project; otherwise all projects below; otherwise the nearest above; otherwise those beside it in the same
/// repository.
///
/// # Errors
/// When PATH does not exist, cannot be followed, or leads to no project.
pub fn discover(path: &Path) -> Result<Vec<PathBuf>, DiscoverError> {
    let shown = path.display().to_string();
    let start = std::fs::canonicalize(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => DiscoverError::NoSuchPath(shown.clone()),
        _ => DiscoverError::Unreadable(shown.clone(), error.to_string()),
    })?;
    // A file means the folder that it lies in: `check agentcore/agentcore.json` is the project.
    let start = if start.is_dir() {
        start
    } else {
        start.parent().map_or(start.clone(), Path::to_path_buf)
    };
    let repository = start
        .ancestors()
        .find(|folder| folder.join(".git").exists());
    let within = |folder: &&Path| repository.is_none_or(|root| folder.starts_with(root));
    if let Some(root) = start
        .ancestors()
        .take_while(within)
        .find(|folder| is_root(folder))
    {
        return Ok(vec![root.to_path_buf()]);
    }
    let found = below(&start);
    if !found.is_empty() {
        return Ok(found);
    }
    if let Some(root) = start.ancestors().find(|folder| is_root(folder)) {
        return Ok(vec![root.to_path_buf()]);
    }
    let beside = start.ancestors().skip(1).take_while(within);
    let beside = if repository.is_some() {
        beside.map(below).find(|found| !found.is_empty())
    } else {
        None
    };
    beside.ok_or(DiscoverError::NoProject(shown))
}

/// True where `agentcore/agentcore.json` stands, whatever it is: what cannot be read there is an error with its own words,
/// not an absence.
fn is_root(folder: &Path) -> bool {
    std::fs::symlink_metadata(folder.join(CONFIG)).is_ok()
}

fn passed_over(entry: &DirEntry) -> bool {
    let name = entry.file_name().to_string_lossy();
    entry.depth() > 0
        && entry.file_type().is_dir()
        && (name.starts_with('.') || PASSED_OVER.iter().any(|folder| name == *folder))
}

/// Every project below `start`, in the order of their paths. Symbolic links are not followed; what cannot be read is left out.
fn below(start: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = WalkDir::new(start)
        .max_depth(DEEPEST)
        .into_iter()
        .filter_entry(|entry| !passed_over(entry))
        .take(MOST_ENTRIES)
        .filter_map(Result::ok)
        .filter(|entry| entry.file_name() == "agentcore.json")
        .filter_map(|entry| {
            let folder = entry.path().parent()?;
            let named = folder.file_name().is_some_and(|name| name == "agentcore");
            named.then(|| folder.parent().map(Path::to_path_buf))?
        })
        .collect();
    found.sort();
    found
}
