//! Directory listings, read once each: a module is looked for by name in the listings, not by asking the disk for each guess.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

/// What a directory holds.
#[derive(Default)]
struct Listing {
    files: BTreeSet<String>,
    folders: BTreeSet<String>,
}

/// The project's folders as far as they were looked at.
pub struct Tree {
    root: PathBuf,
    listings: BTreeMap<String, Listing>,
}

impl Tree {
    /// A tree over the project root.
    pub fn new(root: &Path) -> Self {
        Self {
            root: root.to_path_buf(),
            listings: BTreeMap::new(),
        }
    }

    /// The file on disk of a project-relative path.
    pub fn on_disk(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    fn listing(&mut self, folder: &str) -> &Listing {
        if !self.listings.contains_key(folder) {
            let mut listing = Listing::default();
            if let Ok(entries) = std::fs::read_dir(self.root.join(folder)) {
                for entry in entries.flatten() {
                    let Ok(name) = entry.file_name().into_string() else {
                        continue;
                    };
                    let Ok(kind) = entry.file_type() else {
                        continue;
                    };
                    let folder = if kind.is_symlink() {
                        entry.path().is_dir()
                    } else {
                        kind.is_dir()
                    };
                    if folder {
                        listing.folders.insert(name);
                    } else {
                        listing.files.insert(name);
                    }
                }
            }
            self.listings.insert(folder.to_owned(), listing);
        }
        self.listings.entry(folder.to_owned()).or_default()
    }

    /// The names of a folder that Python can import and that start and end so, in order: its modules, and its folders; of either not
    /// more than `most`.
    pub fn modules(&mut self, folder: &str, start: &str, end: &str, most: usize) -> Vec<String> {
        let listing = self.listing(folder);
        let fits = |name: &&str| {
            name.len() >= start.len() + end.len()
                && name.ends_with(end)
                && !name.starts_with(['.', '_'])
        };
        let of = |names: &BTreeSet<String>, ending: &str| -> Vec<String> {
            let names = names.range(start.to_owned()..);
            let names = names.take_while(|name| name.starts_with(start));
            let bare = names.filter_map(|name| name.strip_suffix(ending));
            bare.filter(fits).take(most).map(str::to_owned).collect()
        };
        let mut all = of(&listing.files, ".py");
        all.extend(of(&listing.folders, ""));
        all.sort();
        all.dedup();
        all
    }

    /// Whether the file is there.
    pub fn is_file(&mut self, path: &str) -> bool {
        let (folder, name) = split(path);
        self.listing(folder).files.contains(name)
    }

    /// Whether the folder is there.
    pub fn is_folder(&mut self, path: &str) -> bool {
        if path.is_empty() {
            return true;
        }
        let (folder, name) = split(path);
        match name {
            ".." => self.root.join(path).is_dir(),
            _ => self.listing(folder).folders.contains(name),
        }
    }

    /// Whether the folder holds a file whose name starts so and ends with one of the endings.
    pub fn has_variant(&mut self, folder: &str, start: &str, endings: &[&str]) -> bool {
        let listing = self.listing(folder);
        let candidates = listing
            .files
            .range(start.to_owned()..)
            .take_while(|name| name.starts_with(start));
        let mut candidates =
            candidates.filter(|name| endings.iter().any(|ending| name.ends_with(ending)));
        candidates.next().is_some()
    }
}

fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}

/// Joins two relative paths and takes `.` and `..` out as far as that can be done.
pub fn join(folder: &str, path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in folder.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            _ => parts.push(part),
        }
    }
    parts.join("/")
}

/// The folder of a path.
pub fn folder_of(path: &str) -> &str {
    split(path).0
}

/// A path with `/` separators, `.` and `..` taken out; absolute paths are made relative to the root where they are inside it.
pub fn relative(root: &Path, path: &str) -> Arc<str> {
    let path = Path::new(path);
    let inside = path.strip_prefix(root).unwrap_or(path);
    let parts = inside.components().filter_map(|component| match component {
        Component::Normal(part) => part.to_str(),
        Component::ParentDir => Some(".."),
        _ => None,
    });
    join("", &parts.collect::<Vec<_>>().join("/")).into()
}
