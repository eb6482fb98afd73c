//! Reads `agentcore-harden.toml`.

use std::path::Path;

use super::project::{FileError, read_text};
use crate::config::{FILE, Runtimes, Settings, parse};
use crate::exit::Failure;

/// What is said where the project's own file is there and not read.
pub fn refused(root: &Path) -> Option<String> {
    let there = root.join(FILE).symlink_metadata().is_ok();
    there.then(|| format!("{FILE} of the project was not read (--no-project-config)"))
}

/// Reads `explicit` (`--config`), or the project's own file where there is one; `checks` are the ids of all checks.
///
/// # Errors
/// When the explicit file is missing, the file cannot be read, or it has problems: all of them are named.
pub fn load(
    root: &Path,
    explicit: Option<&Path>,
    checks: &[&str],
    runtimes: &[&str],
) -> Result<Settings, Failure> {
    let (file, shown) = match explicit {
        Some(file) => (file.to_path_buf(), file.display().to_string()),
        None => (root.join(FILE), FILE.to_owned()),
    };
    let text = match read_text(&file, &shown) {
        Ok(text) => text,
        Err(FileError::Missing { .. }) if explicit.is_none() => return Ok(Settings::default()),
        Err(error) => {
            return Err(Failure::new(error.to_string())
                .help("--config takes the path of a file like agentcore-harden.toml"));
        }
    };
    let runtimes = Runtimes {
        names: runtimes,
        exclusive: explicit.is_none(),
    };
    parse(&shown, &text, checks, runtimes).map_err(|problems| {
        let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
        Failure::new(lines.join("\n"))
            .help("fix the configuration file; docs/configuration.md documents its keys")
    })
}
