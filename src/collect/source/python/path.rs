//! Where Python finds a module: the folders of `sys.path` that lie in the project.

use super::super::tree::{Tree, folder_of, join};
use crate::model::source::Import;

/// Files that an import runs.
#[derive(Default)]
pub struct Found {
    /// Packages on the way and the module itself, as paths.
    pub files: Vec<String>,
    /// The module itself, or the submodule that `from package import name` means.
    pub target: Option<String>,
    /// Whether the tree answers the import at all (a namespace package or a compiled module has no file to read).
    pub resolved: bool,
    /// Which of the roots answers it; `None` for a relative import.
    pub root: Option<usize>,
    /// A name with unknown parts means more modules than are read.
    pub cut: bool,
}

/// The folders that an entry file's imports are looked up in.
pub fn roots(tree: &mut Tree, code_root: &str, entry: &str) -> Vec<String> {
    let mut roots = vec![folder_of(entry).to_owned(), code_root.to_owned()];
    let source = join(code_root, "src");
    roots.dedup();
    if tree.is_folder(&source) && !roots.contains(&source) {
        roots.push(source);
    }
    roots
}

/// The dotted name of a file under the roots: the longest root that holds it.
pub fn name_of(roots: &[String], path: &str) -> String {
    let inside = roots.iter().filter_map(|root| match root.as_str() {
        "" => Some(path),
        root => path
            .strip_prefix(root)
            .and_then(|rest| rest.strip_prefix('/')),
    });
    let shortest = inside.min_by_key(|rest| rest.len()).unwrap_or(path);
    let bare = shortest.strip_suffix(".py").unwrap_or(shortest);
    let bare = bare.strip_suffix("/__init__").unwrap_or(bare);
    bare.replace('/', ".")
}

/// Resolves an import of the file at `path`.
pub fn resolve(tree: &mut Tree, roots: &[String], path: &str, import: &Import) -> Found {
    let dots = import
        .module
        .bytes()
        .take_while(|byte| *byte == b'.')
        .count();
    let dotted = import.module.get(dots..).unwrap_or("");
    let base = (dots > 0).then(|| {
        let mut base = folder_of(path).to_owned();
        for _ in 1..dots {
            base = join(&base, "..");
        }
        base
    });
    if dotted.contains(ANY) {
        let bases: Vec<String> = base.map_or_else(|| roots.to_vec(), |base| vec![base]);
        return all_below(tree, &bases, dotted, import);
    }
    if let Some(base) = base {
        return below(tree, &base, dotted, import);
    }
    for (index, root) in roots.iter().enumerate() {
        let found = below(tree, root, dotted, import);
        if found.resolved {
            return Found {
                root: Some(index),
                ..found
            };
        }
    }
    Found::default()
}

/// What stands in the name of a module for a part that only runs know: `importlib.import_module(f"tools.{name}")`.
pub const ANY: char = '*';
/// Most modules that one such name leads to.
const MOST_OF_A_NAME: usize = 500;

/// The modules that a name with unknown parts may mean: all of those that are there.
fn all_below(tree: &mut Tree, bases: &[String], dotted: &str, import: &Import) -> Found {
    let mut found = Found {
        resolved: true,
        ..Found::default()
    };
    for base in bases {
        let mut names = vec![(base.clone(), String::new())];
        for part in dotted.split('.') {
            let mut longer = Vec::new();
            for (folder, name) in names {
                for child in children(tree, &folder, part) {
                    let name = match name.as_str() {
                        "" => child.clone(),
                        before => format!("{before}.{child}"),
                    };
                    longer.push((join(&folder, &child), name));
                }
            }
            found.cut |= longer.len() > MOST_OF_A_NAME;
            longer.truncate(MOST_OF_A_NAME);
            names = longer;
        }
        for (_, name) in names {
            found.files.extend(below(tree, base, &name, import).files);
        }
    }
    found.files.sort();
    found.files.dedup();
    found
}

/// The modules and packages of a folder that a part of a name may mean.
fn children(tree: &mut Tree, folder: &str, part: &str) -> Vec<String> {
    if let Some((start, end)) = part.split_once(ANY) {
        return tree.modules(folder, start, end, MOST_OF_A_NAME + 1);
    }
    let path = join(folder, part);
    let is_there = tree.is_folder(&path) || tree.is_file(&format!("{path}.py"));
    is_there.then(|| part.to_owned()).into_iter().collect()
}

/// Looks for `a.b.c` (and the imported name as a submodule) below a folder.
fn below(tree: &mut Tree, base: &str, dotted: &str, import: &Import) -> Found {
    let mut found = Found::default();
    let mut folder = base.to_owned();
    let parts: Vec<&str> = dotted.split('.').filter(|part| !part.is_empty()).collect();
    let mut last = if parts.is_empty() {
        package_file(tree, &folder)
    } else {
        None
    };
    found.files.extend(last.clone());
    for (index, part) in parts.iter().enumerate() {
        let next = join(&folder, part);
        let end = index + 1 == parts.len();
        if let Some(init) = package_file(tree, &next) {
            found.files.push(init.clone());
            last = Some(init);
        } else if tree.is_file(&format!("{next}.py")) {
            let file = format!("{next}.py");
            found.files.push(file.clone());
            if !end {
                return Found::default();
            }
            return Found {
                target: Some(file),
                resolved: true,
                ..found
            };
        } else if end && compiled(tree, &folder, part) {
            return Found {
                resolved: true,
                ..found
            };
        } else if tree.is_folder(&next) {
            last = None;
        } else {
            return Found::default();
        }
        folder = next;
    }
    let submodule = import.name.as_deref().and_then(|name| {
        let inner = join(&folder, name);
        let plain = format!("{inner}.py");
        package_file(tree, &inner).or_else(|| tree.is_file(&plain).then_some(plain))
    });
    found.resolved =
        last.is_some() || submodule.is_some() || import.name.is_none() && parts.len() > 1;
    if let Some(name) = import.name.as_deref().filter(|_| !found.resolved) {
        found.resolved = tree.is_folder(&join(&folder, name)) || compiled(tree, &folder, name);
    }
    if let Some(submodule) = submodule {
        found.files.push(submodule.clone());
        found.target = Some(submodule);
    } else {
        found.target = last;
    }
    found
}

fn package_file(tree: &mut Tree, folder: &str) -> Option<String> {
    let init = join(folder, "__init__.py");
    (tree.is_folder(folder) && tree.is_file(&init)).then_some(init)
}

fn compiled(tree: &mut Tree, folder: &str, name: &str) -> bool {
    tree.has_variant(folder, &format!("{name}."), &[".so", ".pyd"])
}
