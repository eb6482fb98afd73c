//! The one project that a command is about.

use std::path::{Path, PathBuf};

use crate::collect::project;
use crate::exit::Failure;

/// The project at PATH; without PATH the one around the current folder, where there is one. Without PATH nothing below is looked
/// at: in a home folder that would be a long walk.
///
/// # Errors
/// When PATH leads to no project, or to several.
pub fn find(path: Option<&Path>) -> Result<Option<PathBuf>, Failure> {
    let Some(path) = path else {
        return Ok(around(Path::new(".")));
    };
    let roots = project::discover(path).map_err(|error| {
        Failure::new(error.to_string())
            .help("give the path of a project made by `agentcore create`, or leave it out")
    })?;
    match roots.as_slice() {
        [root] => Ok(Some(root.clone())),
        several => {
            let names: Vec<String> = several
                .iter()
                .map(|root| root.display().to_string())
                .collect();
            Err(Failure::new(format!(
                "{} projects are in {}",
                several.len(),
                path.display()
            ))
            .help(format!("give the path of one: {}", names.join(", "))))
        }
    }
}

fn around(folder: &Path) -> Option<PathBuf> {
    let folder = std::fs::canonicalize(folder).ok()?;
    folder
        .ancestors()
        .find(|folder| folder.join(project::CONFIG).exists())
        .map(Path::to_path_buf)
}
