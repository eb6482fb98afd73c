//! The files of the repository around a project: the servers, functions and pages that call its agents stand beside it.

use std::fs;
use std::path::{Path, PathBuf};

use super::project::{CONFIG, Ignores};
use crate::model::files::Around;
use crate::model::project::Project;

/// Most files and folders around a project that are looked at: more is a home folder under git, or a repository that is about
/// something else.
const MOST_ENTRIES: usize = 50_000;
/// Deepest folder below one that leads to the project.
const DEEPEST: usize = 32;

/// A file outside of the project's folder.
pub struct Beside {
    /// Its path relative to the project root: `../web/server.ts`.
    pub shown: String,
    /// Where it is.
    pub path: PathBuf,
}

/// The files of the repository outside of the project's folder, in no order; none where it is not looked at. `wanted` says of a
/// folder whether it may hold files of the project's own.
///
/// The code around belongs to the project where no other stands in the repository; otherwise nobody can tell whose it is.
pub fn files(
    project: &Project,
    ignores: &Ignores,
    wanted: impl Fn(&Path) -> bool,
) -> (Around, Vec<Beside>) {
    up_to(MOST_ENTRIES, project, ignores, wanted)
}

fn up_to(
    most: usize,
    project: &Project,
    ignores: &Ignores,
    wanted: impl Fn(&Path) -> bool,
) -> (Around, Vec<Beside>) {
    let Some(top) = project
        .repository
        .as_deref()
        .filter(|top| *top != project.root)
    else {
        return (Around::Nothing, Vec::new());
    };
    let mut walk = Walk {
        ignores,
        wanted: &wanted,
        left: most,
        found: Vec::new(),
    };
    let (mut inner, mut up) = (project.root.as_path(), String::new());
    // The nearest first: of a repository of many projects little is seen before the second.
    for folder in project.root.ancestors().skip(1) {
        up.push_str("../");
        if let Err(around) = walk.level(folder, inner, &up) {
            return (around, Vec::new());
        }
        if folder == top {
            break;
        }
        inner = folder;
    }
    (Around::Read, walk.found)
}

struct Walk<'a, F> {
    ignores: &'a Ignores,
    wanted: &'a F,
    /// How many more files and folders are looked at.
    left: usize,
    found: Vec<Beside>,
}

impl<F: Fn(&Path) -> bool> Walk<'_, F> {
    /// What is below `top` but not below `inner`, which was looked at before, one level of folders after the other.
    ///
    /// # Errors
    /// Another project stands there, or there is too much.
    fn level(&mut self, top: &Path, inner: &Path, up: &str) -> Result<(), Around> {
        let mut folders = vec![top.to_path_buf()];
        for depth in 0..=DEEPEST {
            let mut deeper = Vec::new();
            for folder in folders {
                // What a symbolic link leads to is no file of this folder.
                if fs::symlink_metadata(folder.join(CONFIG)).is_ok() {
                    return Err(Around::Shared);
                }
                self.folder(&folder, (top, inner), up, &mut deeper)?;
            }
            if deeper.is_empty() {
                return Ok(());
            }
            if depth == DEEPEST {
                return Err(Around::TooLarge);
            }
            folders = deeper;
        }
        Ok(())
    }

    fn folder(
        &mut self,
        folder: &Path,
        (top, inner): (&Path, &Path),
        up: &str,
        deeper: &mut Vec<PathBuf>,
    ) -> Result<(), Around> {
        let Ok(entries) = fs::read_dir(folder) else {
            return Ok(());
        };
        for entry in entries.filter_map(Result::ok) {
            self.left = self.left.checked_sub(1).ok_or(Around::TooLarge)?;
            let (path, Ok(kind)) = (entry.path(), entry.file_type()) else {
                continue;
            };
            if path == inner || self.ignores.ignores(&path, kind.is_dir()) {
                continue;
            }
            if kind.is_dir() && (self.wanted)(&path) {
                deeper.push(path);
            } else if kind.is_file()
                && let Ok(relative) = path.strip_prefix(top)
            {
                let shown = format!("{up}{}", relative.to_string_lossy().replace('\\', "/"));
                self.found.push(Beside { shown, path });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::fs;

    use super::up_to;
    use crate::collect::project::{Ignores, collect};
    use crate::model::files::Around;
    use crate::model::project::Project;

    fn project(root: &std::path::Path) -> Project {
        fs::create_dir_all(root.join("agentcore")).unwrap();
        fs::write(
            root.join("agentcore/agentcore.json"),
            r#"{"name": "Desk", "version": 1}"#,
        )
        .unwrap();
        collect(root, ".").unwrap()
    }

    #[test]
    fn what_is_too_large_is_not_looked_at() {
        let folder = tempfile::tempdir().unwrap();
        let top = folder.path();
        fs::create_dir_all(top.join(".git")).unwrap();
        let project = project(&top.join("work/agent"));
        fs::create_dir_all(top.join("music/live")).unwrap();
        fs::write(top.join("music/live/one.ogg"), "").unwrap();
        let looked = |most| {
            up_to(most, &project, &Ignores::below(top), |path| {
                !path.ends_with(".git")
            })
        };
        let (around, found) = looked(4);
        assert_eq!((around, found.len()), (Around::TooLarge, 0));
        let (around, found) = looked(10);
        let shown: Vec<&str> = found.iter().map(|file| file.shown.as_str()).collect();
        assert_eq!(
            (around, shown),
            (Around::Read, vec!["../../music/live/one.ogg"])
        );
    }
}
