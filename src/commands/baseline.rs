//! Reads the baseline file.

use std::path::Path;

use crate::collect::project::{FileError, read_text};
use crate::exit::Failure;
use crate::report::baseline::Baseline;

/// Reads `file`; `fresh` allows it to be missing, since the run is going to write it.
///
/// # Errors
/// When the file is missing, unreadable or no baseline.
pub fn load(file: &Path, fresh: bool) -> Result<Baseline, Failure> {
    let shown = file.display().to_string();
    let text = match read_text(file, &shown) {
        Ok(text) => text,
        Err(FileError::Missing { .. }) if fresh => return Ok(Baseline::default()),
        Err(error) => {
            return Err(Failure::new(error.to_string()).help(format!(
                "write it with --baseline {shown} --update-baseline"
            )));
        }
    };
    let help = "not a baseline written by this version: delete it, and run with --update-baseline";
    let baseline: Baseline = serde_json::from_str(&text).map_err(|error| {
        Failure::new(format!(
            "{shown}:{}:{}: {error}",
            error.line(),
            error.column()
        ))
        .help(help)
    })?;
    if baseline.schema_version == 1 {
        Ok(baseline)
    } else {
        let version = baseline.schema_version;
        Err(Failure::new(format!("{shown}: schemaVersion {version}, expected 1")).help(help))
    }
}
