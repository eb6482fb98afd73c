//! Reads one file of the project, which is untrusted: it may be huge, a FIFO, a device, or not text.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::io::Read;
use std::path::{Component, Path};

use crate::model::project::Project;

/// Configuration files are kilobytes; past this nothing sensible is in them. In bytes.
const LARGEST: u64 = 16 * 1024 * 1024;

/// How much is read in all beside `agentcore.json`: a project that names one large file a thousand times must not cost a
/// thousand times its size.
#[derive(Debug)]
pub struct Budget {
    bytes: usize,
    /// Texts that stand in for those on disk.
    edited: Edited,
}

/// Files as an edit would leave them, by path from the project root: what is read in place of what is on disk.
pub type Edited = BTreeMap<String, String>;

impl Default for Budget {
    fn default() -> Self {
        Self {
            bytes: 32 * 1024 * 1024,
            edited: Edited::new(),
        }
    }
}

impl Budget {
    /// A budget over the project as edits would leave it.
    pub fn over(edited: &Edited) -> Self {
        Self {
            edited: edited.clone(),
            ..Self::default()
        }
    }

    /// The text that stands in for a file.
    pub fn edited(&self, path: &str) -> Option<&str> {
        self.edited.get(path).map(String::as_str)
    }

    /// Takes from the budget; false when it is spent.
    pub fn take(&mut self, bytes: usize) -> bool {
        let left = self.bytes.checked_sub(bytes);
        self.bytes = left.unwrap_or(0);
        left.is_some()
    }
}

/// Why a file could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FileError {
    /// There is no such file.
    #[error("{path}: no such file")]
    Missing {
        /// The path as shown.
        path: String,
    },
    /// It is a folder, FIFO, socket or device.
    #[error("{path}: not a regular file")]
    NotAFile {
        /// The path as shown.
        path: String,
    },
    /// It is larger than any configuration file.
    #[error("{path}: {size} bytes, larger than what is read")]
    TooLarge {
        /// The path as shown.
        path: String,
        /// Its size in bytes.
        size: u64,
    },
    /// It is not UTF-8.
    #[error("{path}:{line}:{column}: not valid UTF-8")]
    NotUtf8 {
        /// The path as shown.
        path: String,
        /// 1-based line of the first bad byte.
        line: usize,
        /// 1-based column of the first bad byte.
        column: usize,
    },
    /// The system refused.
    #[error("{path}: {reason}")]
    Refused {
        /// The path as shown.
        path: String,
        /// The system's reason.
        reason: String,
    },
}

/// Reads a regular UTF-8 file of at most 16 MiB.
///
/// # Errors
/// What kept the file from being read.
pub fn read_text(file: &Path, shown: &str) -> Result<String, FileError> {
    read_text_up_to(file, shown, LARGEST)
}

/// Reads a regular UTF-8 file of at most `largest` bytes.
///
/// # Errors
/// What kept the file from being read.
pub fn read_text_up_to(file: &Path, shown: &str, largest: u64) -> Result<String, FileError> {
    let path = shown.to_owned();
    let refused = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory => FileError::Missing {
            path: shown.to_owned(),
        },
        _ => FileError::Refused {
            path: shown.to_owned(),
            reason: error.to_string(),
        },
    };
    // The kind is looked at before opening: opening a FIFO would wait for a writer.
    let metadata = std::fs::metadata(file).map_err(refused)?;
    if !metadata.is_file() {
        return Err(FileError::NotAFile { path });
    }
    if metadata.len() > largest {
        return Err(FileError::TooLarge {
            path,
            size: metadata.len(),
        });
    }
    // Room for one byte more: the read that finds the end needs it.
    let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).map_or(0, |size| size + 1));
    std::fs::File::open(file)
        .and_then(|handle| handle.take(largest).read_to_end(&mut bytes))
        .map_err(refused)?;
    String::from_utf8(bytes).map_err(|error| {
        let valid = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let text = String::from_utf8_lossy(valid);
        let column = text
            .rsplit('\n')
            .next()
            .map_or(0, |line| line.chars().count());
        FileError::NotUtf8 {
            path,
            line: text.matches('\n').count() + 1,
            column: column + 1,
        }
    })
}

/// Where code that the configuration names lies, relative to the project root. It may lie beside the project in the same repository
/// (`../agent`), as the AgentCore CLI lets it; `None` when it leads out of both, or to a folder that holds the project itself: its
/// files would have two names.
pub fn code_folder(project: &Project, written: &str) -> Option<String> {
    let root = &project.root;
    if let Some(path) = inside(root, written) {
        return Some(path);
    }
    let repository = project.repository.as_deref()?;
    let above = root.strip_prefix(repository).ok()?;
    let target = inside(repository, &above.join(written).to_string_lossy())?;
    let mut target: Vec<&str> = target.split('/').filter(|part| *part != ".").collect();
    let mut ups: Vec<&str> = above.iter().filter_map(OsStr::to_str).collect();
    let shared = ups.iter().zip(&target).take_while(|(a, b)| a == b).count();
    target.drain(..shared);
    ups.drain(..shared);
    if target.is_empty() {
        return None;
    }
    // What a symbolic link leads to may lie anywhere.
    let real = root.join(written).canonicalize().ok();
    if real.is_some_and(|real| {
        !repository
            .canonicalize()
            .is_ok_and(|top| real.starts_with(top))
    }) {
        return None;
    }
    ups.fill("..");
    ups.extend(target);
    Some(ups.join("/"))
}

/// A path below a folder of the project, or below one beside it that [`code_folder`] found; `None` when it leads outside.
pub fn below(root: &Path, folder: &str, written: &str) -> Option<String> {
    let mut rest = folder;
    while rest == ".." || rest.starts_with("../") {
        rest = rest.get(3..).unwrap_or_default();
    }
    let ups = folder.strip_suffix(rest).unwrap_or_default();
    let joined = match rest {
        "" | "." => written.to_owned(),
        rest => format!("{rest}/{written}"),
    };
    let path = inside(root, &joined)?;
    Some(match (ups.trim_end_matches('/'), path.as_str()) {
        ("", _) => path,
        (ups, ".") => ups.to_owned(),
        (ups, path) => format!("{ups}/{path}"),
    })
}

/// The folder above one of the project, up to its root, or above one beside it.
pub fn above(folder: &str) -> Option<&str> {
    match folder {
        "." => None,
        folder if folder == ".." || folder.ends_with("/..") => None,
        folder => Some(folder.rsplit_once('/').map_or(".", |(above, _)| above)),
    }
}

/// Normalises a path that the configuration names, relative to the project root; `None` when it leads outside.
pub fn inside(root: &Path, written: &str) -> Option<String> {
    let path = Path::new(written);
    let path = if path.is_absolute() {
        path.strip_prefix(root).ok()?
    } else {
        path
    };
    let mut parts: Vec<&str> = Vec::new();
    for component in path.components() {
        match component {
            Component::Normal(part) => parts.push(part.to_str()?),
            Component::CurDir => {}
            Component::ParentDir => {
                parts.pop()?;
            }
            Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    Some(if parts.is_empty() {
        ".".to_owned()
    } else {
        parts.join("/")
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::path::Path;

    use super::{above, below, code_folder};
    use crate::collect::project::collect;

    #[test]
    fn code_may_lie_beside_the_project_in_its_repository() {
        let folder = tempfile::tempdir().unwrap();
        let top = folder.path().canonicalize().unwrap();
        for made in [
            "repo/.git",
            "repo/agents/desk/agentcore",
            "repo/agents/shared",
            "other",
        ] {
            std::fs::create_dir_all(top.join(made)).unwrap();
        }
        let root = top.join("repo/agents/desk");
        std::fs::write(
            root.join("agentcore/agentcore.json"),
            r#"{"name": "Desk", "version": 1}"#,
        )
        .unwrap();
        let project = collect(&root, ".").unwrap();
        let found = |written: &str| code_folder(&project, written);
        assert_eq!(found("app/A/").as_deref(), Some("app/A"));
        assert_eq!(found("../shared/").as_deref(), Some("../shared"));
        assert_eq!(found("../desk/app").as_deref(), Some("app"));
        assert_eq!(found("../../lib/./x").as_deref(), Some("../../lib/x"));
        // The repository, and what holds the project.
        assert_eq!(found("../../../other"), None);
        assert_eq!(found(".."), None);
        assert_eq!(found("../.."), None);
        #[cfg(unix)]
        {
            let link = top.join("repo/agents/link");
            std::os::unix::fs::symlink(top.join("other"), link).unwrap();
            assert_eq!(found("../link"), None);
        }
    }

    #[test]
    fn paths_below_a_folder_beside_the_project_stay_beside_it() {
        let below = |folder: &str, written: &str| below(Path::new("/p"), folder, written);
        assert_eq!(below("app/A", "../B/x").as_deref(), Some("app/B/x"));
        assert_eq!(below(".", "Dockerfile").as_deref(), Some("Dockerfile"));
        assert_eq!(below(".", "../x"), None);
        assert_eq!(
            below("../a", "Dockerfile").as_deref(),
            Some("../a/Dockerfile")
        );
        assert_eq!(below("../../a/b", "../c").as_deref(), Some("../../a/c"));
        assert_eq!(below("../a", "../../x"), None);
        assert_eq!(above("../a/b"), Some("../a"));
        assert_eq!(above("../a"), Some(".."));
        assert_eq!(above(".."), None);
        assert_eq!(above("a"), Some("."));
        assert_eq!(above("."), None);
    }
}
