//! Writes files that the user named: whole or not at all.

use std::fs;
use std::io::Write;
use std::path::Path;

use crate::apply::builder;
use crate::exit::Failure;

/// Writes `bytes` to `file` through a temporary file beside it, so that nothing half-written is ever seen. What is no regular
/// file (a pipe, `/dev/stdout`) is written to directly; a link is followed, not replaced.
///
/// # Errors
/// When the file cannot be written; what was there before is untouched then.
pub(super) fn write_whole(file: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let failure = |error: std::io::Error| {
        // The name of the temporary file is of no use to anybody.
        let error = error.to_string();
        let words = error.split(" at path ").next().unwrap_or_default();
        Failure::new(format!("{}: {words}", file.display())).help("the file was not written")
    };
    let target = fs::canonicalize(file).unwrap_or_else(|_| file.to_path_buf());
    match fs::metadata(&target) {
        Ok(metadata) if metadata.is_dir() => {
            return Err(Failure::new(format!("{}: is a folder", file.display()))
                .help("give the path of a file"));
        }
        Ok(metadata) if !metadata.is_file() => return fs::write(&target, bytes).map_err(failure),
        Ok(_) | Err(_) => {}
    }
    let folder = target
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    if let Some(folder) = folder.filter(|folder| !folder.exists()) {
        return Err(Failure::new(format!(
            "{}: the folder {} does not exist",
            file.display(),
            folder.display()
        ))
        .help("make the folder, or give another path"));
    }
    let mut temporary = builder()
        .tempfile_in(folder.unwrap_or(Path::new(".")))
        .map_err(failure)?;
    temporary.write_all(bytes).map_err(failure)?;
    temporary.as_file().sync_all().map_err(failure)?;
    temporary
        .persist(&target)
        .map_err(|error| failure(error.error))?;
    Ok(())
}

/// Adds `bytes` to the end of a file that others write to, too.
///
/// # Errors
/// When the file cannot be written.
pub(super) fn append(file: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let mut options = fs::OpenOptions::new();
    let opened = options.create(true).append(true).open(file);
    opened
        .and_then(|mut opened| opened.write_all(bytes))
        .map_err(|error| Failure::new(format!("{}: {error}", file.display())))
}
