//! Writes the edits of `check --fix`: only to files of the project, whole or not at all.

use std::fs;
use std::io::{self, Write};
use std::path::{Component, Path, PathBuf};

use crate::report::SafeEdit;

/// Why an edit was not written.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// The path, or a link on it, leads out of the project.
    #[error("{0}: leads out of the project")]
    Outside(String),
    /// The file is not what the edit was made for.
    #[error("{0}: has changed since it was read")]
    Changed(String),
    /// The file must not be written.
    #[error("{0}: is read-only")]
    ReadOnly(String),
    /// Its changes are about the same place.
    #[error("{0}: the edits exclude each other")]
    Conflict(String),
    /// Reading or writing failed.
    #[error("{path}: {error}")]
    Io {
        /// The file.
        path: String,
        /// What the system says.
        error: io::Error,
    },
}

/// Writes one edit below `root`: through a temporary file in the same folder that takes the file's place, with its permissions.
///
/// # Errors
/// When the file lies outside of the project, has changed, is read-only, or cannot be written; it is untouched then.
pub fn write(root: &Path, edit: &SafeEdit) -> Result<(), ApplyError> {
    let io = |error| ApplyError::Io {
        path: edit.path.clone(),
        error,
    };
    let target = inside(root, edit)?;
    let new = edit
        .new_text()
        .ok_or_else(|| ApplyError::Conflict(edit.path.clone()))?;
    let permissions = match &edit.old {
        Some(old) => {
            let metadata = fs::metadata(&target).map_err(io)?;
            if metadata.permissions().readonly() {
                return Err(ApplyError::ReadOnly(edit.path.clone()));
            }
            if fs::read(&target).map_err(io)? != old.as_bytes() {
                return Err(ApplyError::Changed(edit.path.clone()));
            }
            Some(metadata.permissions())
        }
        None => None,
    };
    let folder = target.parent().unwrap_or(root);
    let mut temporary = builder().tempfile_in(folder).map_err(io)?;
    temporary.write_all(new.as_bytes()).map_err(io)?;
    if let Some(permissions) = permissions {
        temporary
            .as_file()
            .set_permissions(permissions)
            .map_err(io)?;
        temporary.as_file().sync_all().map_err(io)?;
        temporary
            .persist(&target)
            .map_err(|error| io(error.error))?;
    } else {
        temporary.as_file().sync_all().map_err(io)?;
        // Nothing that came into being meanwhile is replaced.
        temporary
            .persist_noclobber(&target)
            .map_err(|error| io(error.error))?;
    }
    Ok(())
}

/// The real place of the file, which must lie below the real root; a link inside the project is followed.
fn inside(root: &Path, edit: &SafeEdit) -> Result<PathBuf, ApplyError> {
    let outside = || ApplyError::Outside(edit.path.clone());
    let io = |error| ApplyError::Io {
        path: edit.path.clone(),
        error,
    };
    let relative = Path::new(&edit.path);
    let plain = |part| matches!(part, Component::Normal(_));
    if edit.path.is_empty() || !relative.components().all(plain) {
        return Err(outside());
    }
    let root = fs::canonicalize(root).map_err(io)?;
    let path = root.join(relative);
    let real = match &edit.old {
        Some(_) => fs::canonicalize(&path).map_err(io)?,
        None => {
            if fs::symlink_metadata(&path).is_ok() {
                return Err(ApplyError::Changed(edit.path.clone()));
            }
            let folder = fs::canonicalize(path.parent().unwrap_or(&root)).map_err(io)?;
            folder.join(path.file_name().ok_or_else(outside)?)
        }
    };
    if real.starts_with(&root) {
        Ok(real)
    } else {
        Err(outside())
    }
}

/// Builds temporary files that become the file itself: with the permissions that a file has when it is created anew, not the 0600 of
/// a temporary one.
pub(crate) fn builder() -> tempfile::Builder<'static, 'static> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".agentcore-harden-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    builder
}
