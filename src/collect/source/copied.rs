//! Modules that a step copies into the code root before a deploy: git ignores the copy, and the original stands above.

use std::collections::BTreeMap;
use std::fs::{self, DirEntry};
use std::path::Path;

use crate::collect::project::{Ignores, above};
use crate::model::source::CopiedModule;

/// Most entries of a folder that are looked at.
const MOST_ENTRIES: usize = 2000;
/// A file that a package may hold.
const INSIDE: &str = "__init__.py";

/// The Python modules in the folders above the code root of which git ignores a copy in it that is not here, the nearest first.
pub fn modules(root: &Path, code_root: &str, ignores: &Ignores) -> Vec<CopiedModule> {
    let mut found: BTreeMap<String, CopiedModule> = BTreeMap::new();
    let mut folder = above(code_root);
    while let Some(at) = folder {
        for entry in entries(&root.join(at)) {
            let Ok(entry) = entry.file_name().into_string() else {
                continue;
            };
            let to = format!("{code_root}/{entry}");
            let (original, copy) = (root.join(at).join(&entry), root.join(&to));
            // Whether it is a file or a folder, a rule for what is in it covers it.
            let ignored = |path: &Path| ignores.cover(path) || ignores.cover(&path.join(INSIDE));
            if copy.exists() || !ignored(&copy) || ignored(&original) {
                continue;
            }
            let Some(name) = module(&original, &entry) else {
                continue;
            };
            let copied = CopiedModule {
                name: name.to_owned(),
                from: if at == "." { "" } else { at }.to_owned(),
                to,
            };
            found.entry(name.to_owned()).or_insert(copied);
        }
        folder = above(at);
    }
    found.into_values().collect()
}

/// The name that imports a file or folder, where it is a Python module.
fn module<'e>(path: &Path, entry: &'e str) -> Option<&'e str> {
    if let Some(name) = entry.strip_suffix(".py") {
        return path.is_file().then_some(name);
    }
    holds_modules(path).then_some(entry)
}

/// What a folder holds, as far as it is looked at.
pub fn entries(folder: &Path) -> impl Iterator<Item = DirEntry> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    entries.take(MOST_ENTRIES).filter_map(Result::ok)
}

/// Whether Python modules lie in a folder.
pub fn holds_modules(folder: &Path) -> bool {
    entries(folder).any(|entry| {
        Path::new(&entry.file_name()).extension() == Some("py".as_ref()) && entry.path().is_file()
    })
}
