//! Finds projects: the one around PATH, every one below it, or the nearest above.

use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use super::CONFIG;

/// Folders that hold no project of the user: dependencies, build output, caches.
const PASSED_OVER: [&str; 10] = [
    "node_modules",
    ".git",
    ".venv",
    "venv",
    "__pycache__",
    "cdk.out",
    "dist",
    "target",
    ".cache",
    "site-packages",
];
/// How deep below PATH projects are sought. A monorepo's are near the top; a hostile tree is not walked to its end.
const DEEPEST: usize = 12;

/// Why no project was found.
#[derive(Debug, thiserror::Error)]
pub enum DiscoverError {
    /// PATH does not exist.
    #[error("no such file or folder: {0}")]
    NoSuchPath(String),
    /// PATH is there, and no project is in, below or above it.
    #[error("no agentcore/agentcore.json found from {0} upward or below")]
    NoProject(String),
}

/// The projects for PATH: the one that PATH lies in when it is its root or inside of it; otherwise all below; otherwise the
/// nearest above.
///
/// # Errors
/// When PATH does not exist or no project is found.
pub fn discover(path: &Path) -> Result<Vec<PathBuf>, DiscoverError> {
    let shown = path.display().to_string();
    let start =
        std::fs::canonicalize(path).map_err(|_| DiscoverError::NoSuchPath(shown.clone()))?;
    let start = if start.is_file() {
        start.parent().map_or(start.clone(), Path::to_path_buf)
    } else {
        start
    };
    let is_root = |folder: &Path| folder.join(CONFIG).exists();
    if is_root(&start) {
        return Ok(vec![start]);
    }
    // `agentcore/` itself and what lies in it belong to the project that holds it.
    if let Some(root) = start
        .ancestors()
        .find(|folder| folder.file_name().is_some_and(|name| name == "agentcore"))
        && let Some(parent) = root.parent()
        && is_root(parent)
    {
        return Ok(vec![parent.to_path_buf()]);
    }
    let below = below(&start);
    if !below.is_empty() {
        return Ok(below);
    }
    match start.ancestors().skip(1).find(|folder| is_root(folder)) {
        Some(root) => Ok(vec![root.to_path_buf()]),
        None => Err(DiscoverError::NoProject(shown)),
    }
}

fn below(start: &Path) -> Vec<PathBuf> {
    let passed_over = |name: &std::ffi::OsStr| PASSED_OVER.iter().any(|folder| name == *folder);
    WalkDir::new(start)
        .max_depth(DEEPEST)
        .sort_by_file_name()
        .into_iter()
        .filter_entry(|entry| {
            entry.depth() == 0 || !entry.file_type().is_dir() || !passed_over(entry.file_name())
        })
        .filter_map(Result::ok)
        .filter(|entry| entry.file_name() == "agentcore.json")
        .filter_map(|entry| entry.path().parent()?.parent().map(Path::to_path_buf))
        .filter(|root| root.join(CONFIG).exists())
        .collect()
}
