//! Names in the project's own stack (`agentcore/cdk/lib` and `bin`): what it gives a runtime beside `envVars`.

use std::collections::BTreeSet;
use std::path::Path;

use crate::collect::project::read_text_up_to;

/// Largest file that is read, in bytes.
const LARGEST: u64 = 1024 * 1024;
/// Most files that are read.
const MOST: usize = 200;
/// Deepest folder that is looked into.
const DEEPEST: u8 = 4;

/// The words of the stack's text that can be the name of an environment variable: they hold a capital letter and no small one.
pub fn variables(root: &Path) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut left = MOST;
    for folder in ["agentcore/cdk/lib", "agentcore/cdk/bin"] {
        read(root, folder, 0, &mut left, &mut found);
    }
    found
}

fn read(root: &Path, folder: &str, depth: u8, left: &mut usize, found: &mut BTreeSet<String>) {
    let Ok(entries) = std::fs::read_dir(root.join(folder)) else {
        return;
    };
    let mut names: Vec<String> = entries
        .filter_map(Result::ok)
        .filter_map(|entry| entry.file_name().into_string().ok())
        .take(2000)
        .collect();
    names.sort_unstable();
    for name in names {
        let path = format!("{folder}/{name}");
        let kind = std::fs::symlink_metadata(root.join(&path)).map(|meta| meta.file_type());
        if kind.as_ref().is_ok_and(std::fs::FileType::is_dir) {
            if depth < DEEPEST && name != "node_modules" {
                read(root, &path, depth + 1, left, found);
            }
            continue;
        }
        let source = [".ts", ".mts", ".js", ".mjs"]
            .iter()
            .any(|end| name.ends_with(end));
        if !source || name.ends_with(".d.ts") || *left == 0 {
            continue;
        }
        *left -= 1;
        if let Ok(text) = read_text_up_to(&root.join(&path), &path, LARGEST) {
            found.extend(words(&text));
        }
    }
}

/// The words of a text that can be the name of an environment variable.
pub(in crate::collect) fn words(text: &str) -> impl Iterator<Item = String> + '_ {
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .filter(|word| {
            word.chars().any(|c| c.is_ascii_uppercase())
                && !word.chars().any(|c| c.is_ascii_lowercase())
        })
        .map(str::to_owned)
}
