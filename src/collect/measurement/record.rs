//! The record of a measurement, kept by the content of the code it was made of.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use walkdir::WalkDir;

use super::import_time::ImportTime;
use crate::collect::project::{FileError, read_text};

/// What never decides how an agent starts, or is made by starting it.
const PASSED_OVER: [&str; 9] = [
    ".git",
    ".venv",
    "__pycache__",
    "node_modules",
    ".pytest_cache",
    ".mypy_cache",
    ".ruff_cache",
    ".DS_Store",
    "agentcore",
];

/// The record's path relative to the project root: beside the CLI's own state, which git ignores.
const FILE: &str = "agentcore/.cli/harden-measure.json";

/// Measurements by runtime.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Record {
    /// Version of this file's form.
    pub schema_version: u32,
    /// By runtime name.
    pub runtimes: BTreeMap<String, RuntimeRecord>,
}

/// One runtime's measurement.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RuntimeRecord {
    /// SHA-256 over the code that was started.
    pub content_hash: String,
    /// When, RFC 3339.
    pub measured_at: String,
    /// What was started.
    pub command: String,
    /// Milliseconds to a healthy answer, in the order of the runs.
    pub times_ms: Vec<f64>,
    /// Their median.
    pub median_ms: f64,
    /// Imports, for Python.
    pub imports: ImportTime,
    /// How this differs from the platform.
    pub notes: Vec<String>,
}

/// Where the record is kept.
pub fn file(root: &Path) -> PathBuf {
    root.join(FILE)
}

/// Reads a record; `None` where there is none.
///
/// # Errors
/// When it is there and cannot be read.
pub fn read(path: &Path) -> io::Result<Option<Record>> {
    match read_text(path, &path.display().to_string()) {
        Ok(text) => Ok(Some(serde_json::from_str(&text)?)),
        Err(FileError::Missing { .. }) => Ok(None),
        Err(error) => Err(io::Error::other(error.to_string())),
    }
}

/// Adds one runtime's measurement to the record at `path`, atomically.
///
/// # Errors
/// When writing fails.
pub fn write(path: &Path, runtime: &str, measured: RuntimeRecord) -> io::Result<()> {
    // A record that cannot be read is replaced: it is only ever a cache of measurements.
    let mut record = read(path).ok().flatten().unwrap_or_default();
    record.schema_version = 1;
    record.runtimes.insert(runtime.to_owned(), measured);
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let mut temporary = tempfile::NamedTempFile::new_in(folder)?;
    serde_json::to_writer_pretty(&mut temporary, &record)?;
    temporary.persist(path)?;
    Ok(())
}

/// SHA-256 over names and contents of the files under `folder` that decide how the agent starts, in order of their paths.
///
/// # Errors
/// When a file cannot be read.
pub fn content_hash(folder: &Path) -> io::Result<String> {
    let mut hash = Sha256::new();
    let walk = WalkDir::new(folder)
        .sort_by_file_name()
        .into_iter()
        .filter_entry(|entry| {
            entry.depth() == 0 || !PASSED_OVER.iter().any(|name| entry.file_name() == *name)
        });
    let mut buffer = vec![0; 64 * 1024];
    for entry in walk {
        let entry = entry?;
        if !entry.file_type().is_file() {
            continue;
        }
        let name = entry.path().strip_prefix(folder).unwrap_or(entry.path());
        hash.update(name.as_os_str().as_encoded_bytes());
        hash.update([0]);
        hash.update(entry.metadata()?.len().to_be_bytes());
        let mut file = fs::File::open(entry.path())?;
        loop {
            let count = file.read(&mut buffer)?;
            if count == 0 {
                break;
            }
            hash.update(&buffer[..count]);
        }
    }
    Ok(hash
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_sees_code_and_not_caches() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("main.py"), "x = 1").unwrap();
        let first = content_hash(folder.path()).unwrap();
        fs::create_dir(folder.path().join("__pycache__")).unwrap();
        fs::write(folder.path().join("__pycache__/main.pyc"), "…").unwrap();
        assert_eq!(content_hash(folder.path()).unwrap(), first);
        fs::write(folder.path().join("main.py"), "x = 2").unwrap();
        assert_ne!(content_hash(folder.path()).unwrap(), first);
    }

    #[test]
    fn records_of_other_runtimes_stay() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/record.json");
        write(
            &path,
            "A",
            RuntimeRecord {
                median_ms: 1.0,
                ..RuntimeRecord::default()
            },
        )
        .unwrap();
        write(
            &path,
            "B",
            RuntimeRecord {
                median_ms: 2.0,
                ..RuntimeRecord::default()
            },
        )
        .unwrap();
        let record = read(&path).unwrap().unwrap();
        assert_eq!(record.runtimes["A"].median_ms, 1.0);
        assert_eq!(record.runtimes["B"].median_ms, 2.0);
        assert_eq!(read(&folder.path().join("none")).unwrap(), None);
    }
}
