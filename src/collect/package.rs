//! Adds up what a package holds, in one walk over its folder.

use std::collections::BTreeMap;
use std::path::Path;

use super::binaries::{unfit, unreadable};
use crate::collect::project::walk;
use crate::model::files::Package;
use crate::model::package::{Leftover, LeftoverKind, PackageContents, Unfit, UnfitKind};
use crate::model::project::Project;

/// How many of the largest entries are named.
const NAMED: usize = 10;

/// Most files that the runtime cannot run which are kept of one package.
const MOST_UNFIT: usize = 20;

/// The contents of each package of the project, by the package's resource.
pub fn collect(project: &Project, packages: &[Package]) -> BTreeMap<String, PackageContents> {
    let of = |package: &Package| {
        let folder = project.root.join(package.folder.as_ref()?);
        package.present.then(|| {
            (
                package.resource.to_string(),
                read(&folder, package, &project.root),
            )
        })
    };
    packages.iter().filter_map(of).collect()
}

fn read(folder: &Path, package: &Package, root: &Path) -> PackageContents {
    let mut contents = PackageContents {
        dockerignore: folder.join(".dockerignore").is_file(),
        ..PackageContents::default()
    };
    let mut first: BTreeMap<String, u64> = BTreeMap::new();
    let mut leftovers: BTreeMap<(LeftoverKind, String), u64> = BTreeMap::new();
    for entry in walk(folder, package.kind, "Dockerfile", root) {
        contents.bytes += entry.size;
        if contents.unfit.len() < MOST_UNFIT {
            contents.unfit.extend(unfit(&entry.path, &entry.relative));
            if entry.relative.ends_with(".py") && unreadable(&entry.path) {
                contents.unfit.push(Unfit {
                    path: entry.relative.clone(),
                    kind: UnfitKind::Mode,
                });
            }
        }
        let segment = entry.relative.split('/').next().unwrap_or_default();
        *first.entry(segment.to_owned()).or_default() += entry.size;
        if let Some((kind, path)) = leftover(&entry.relative, folder) {
            *leftovers.entry((kind, path)).or_default() += entry.size;
        }
    }
    contents.largest = first.into_iter().collect();
    contents
        .largest
        .sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    contents.largest.truncate(NAMED);
    contents
        .unfit
        .sort_by(|one, other| one.path.cmp(&other.path));
    contents.leftovers = leftovers
        .into_iter()
        .map(|((kind, path), bytes)| Leftover { path, kind, bytes })
        .collect();
    contents
        .leftovers
        .sort_by(|a, b| b.bytes.cmp(&a.bytes).then_with(|| a.path.cmp(&b.path)));
    contents
}

/// The outermost folder of a path that is of no use at run time. Names inside a vendored dependency are its own business.
fn leftover(relative: &str, folder: &Path) -> Option<(LeftoverKind, String)> {
    let segments: Vec<&str> = relative.split('/').collect();
    let (name, folders) = segments.split_last()?;
    for (index, segment) in folders.iter().enumerate() {
        let kind = match *segment {
            "tests" | "test" | "__tests__" | "e2e" => LeftoverKind::Tests,
            "docs" | "doc" if index == 0 => LeftoverKind::Docs,
            ".mypy_cache" | ".ruff_cache" | ".tox" | ".nox" | ".cache" | "htmlcov"
            | ".coverage" | ".next" => LeftoverKind::Cache,
            ".git" | ".hg" | ".svn" => LeftoverKind::Repository,
            "venv" | "env" | ".env"
                if folder
                    .join(segments[..=index].join("/"))
                    .join("pyvenv.cfg")
                    .exists() =>
            {
                LeftoverKind::Virtualenv
            }
            "site-packages" | "node_modules" => return None,
            _ => continue,
        };
        return Some((kind, folders[..=index].join("/")));
    }
    let environment = *name == ".env" || name.starts_with(".env.");
    environment.then(|| (LeftoverKind::Environment, relative.to_owned()))
}
