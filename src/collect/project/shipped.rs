//! What `agentcore deploy` packages, as the construct library does it (`@aws/agentcore-cdk` 0.1.0-alpha.45,
//! `dist/lib/packaging/helpers.js` and `dist/cdk/constructs/bundling/`): a Python CodeZip holds all of `codeLocation` but for
//! six names and a top-level `agentcore/`, so `.env` ships; a container context loses those names and `.env*`, then
//! `.dockerignore` decides; a harness's context loses nothing; a Node CodeZip holds what esbuild makes of `main.ts`.

use std::collections::HashSet;
use std::fs::{DirEntry, ReadDir};
use std::path::{Path, PathBuf};

use super::dockerignore::Dockerignore;
use super::file::code_folder;
use super::git::Index;
use super::secret_files;
use crate::model::files::{Package, PackageKind, ShippedSecret};
use crate::model::finding::{Resource, ResourceType};
use crate::model::json::Node;
use crate::model::project::Project;
use crate::model::site::Site;

/// Names that no package holds, at any depth.
pub const EXCLUDED: [&str; 6] = [
    ".git",
    ".venv",
    "__pycache__",
    ".pytest_cache",
    ".DS_Store",
    "node_modules",
];
/// Entries of one package that are looked at; a larger one could not be deployed (250 MB of zip).
const MOST_ENTRIES: u64 = 1_000_000;
/// How deep a package is walked.
const DEEPEST: usize = 128;

/// A file that ships.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Where it is read from.
    pub path: PathBuf,
    /// Its path in the package, with `/` separators.
    pub relative: String,
    /// Its size in bytes.
    pub size: u64,
}

/// A walk over the files of a package, in the order of the file system's own listing sorted by name within each folder. It
/// holds one folder's listing at a time for each level. Folders that cannot be read are left out and kept in
/// [`Walk::unread`].
pub struct Walk {
    kind: PackageKind,
    root: PathBuf,
    /// Links that lead out of here are not followed.
    within: PathBuf,
    dockerignore: Dockerignore,
    levels: Vec<Level>,
    linked: HashSet<PathBuf>,
    entries: u64,
    /// Folders that could not be read to the end, by their path in the package.
    pub unread: Vec<String>,
}

struct Level {
    relative: String,
    entries: std::vec::IntoIter<(String, PathBuf)>,
}

/// Walks the files of the package that `folder` becomes. `dockerfile` is the Dockerfile's path in a container's context, which
/// always ships. Symbolic links are followed as the packager does (a container's are not), but never out of `within`, and each
/// linked folder once.
pub fn walk(folder: &Path, kind: PackageKind, dockerfile: &str, within: &Path) -> Walk {
    let canonical = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
    let mut walk = Walk {
        kind,
        root: canonical(folder),
        within: canonical(within),
        dockerignore: match kind {
            PackageKind::Container => Dockerignore::of_context(folder, dockerfile),
            _ => Dockerignore::default(),
        },
        levels: Vec::new(),
        linked: HashSet::new(),
        entries: 0,
        unread: Vec::new(),
    };
    // A Node bundle holds no file of the folder as such.
    if kind != PackageKind::Bundle {
        walk.enter(walk.root.clone(), String::new());
    }
    walk
}

impl Walk {
    fn enter(&mut self, folder: PathBuf, relative: String) {
        let listed =
            |listing: ReadDir| -> Result<Vec<DirEntry>, std::io::Error> { listing.collect() };
        if self.levels.len() >= DEEPEST {
            self.unread.push(relative);
            return;
        }
        match std::fs::read_dir(&folder).and_then(listed) {
            Ok(entries) => {
                let named = |entry: DirEntry| {
                    (
                        entry.file_name().to_string_lossy().into_owned(),
                        entry.path(),
                    )
                };
                let mut entries: Vec<_> = entries.into_iter().map(named).collect();
                entries.sort();
                self.levels.push(Level {
                    relative,
                    entries: entries.into_iter(),
                });
            }
            Err(_) => self.unread.push(relative),
        }
    }

    fn excluded(&self, name: &str, relative: &str, is_dir: bool) -> bool {
        match self.kind {
            PackageKind::HarnessContainer => false,
            PackageKind::Container if is_dir => self.dockerignore.excludes_folder(relative),
            PackageKind::Container => self.dockerignore.excludes(relative),
            PackageKind::Zip | PackageKind::Bundle => {
                EXCLUDED.contains(&name) || relative == "agentcore"
            }
        }
    }

    /// The file behind an entry, or nothing where it is a folder (which is entered), excluded, or neither.
    fn visit(&mut self, name: &str, path: PathBuf, relative: String) -> Option<Entry> {
        let link = std::fs::symlink_metadata(&path).ok()?;
        let followed = self.kind == PackageKind::Zip && link.is_symlink();
        let metadata = if followed {
            std::fs::metadata(&path).ok()?
        } else {
            link
        };
        if self.excluded(name, &relative, metadata.is_dir()) {
            return None;
        }
        if metadata.is_dir() {
            if followed {
                let target = path.canonicalize().ok()?;
                let seen = path.starts_with(&target) || !self.linked.insert(target.clone());
                if seen || !target.starts_with(&self.within) {
                    self.unread.push(relative);
                    return None;
                }
                self.enter(target, relative);
            } else {
                self.enter(path, relative);
            }
            return None;
        }
        metadata.is_file().then_some(Entry {
            path,
            relative,
            size: metadata.len(),
        })
    }
}

impl Iterator for Walk {
    type Item = Entry;

    fn next(&mut self) -> Option<Entry> {
        while let Some(level) = self.levels.last_mut() {
            let Some((name, path)) = level.entries.next() else {
                self.levels.pop();
                continue;
            };
            let relative = if level.relative.is_empty() {
                name.clone()
            } else {
                format!("{}/{name}", level.relative)
            };
            self.entries += 1;
            if self.entries > MOST_ENTRIES {
                self.unread.push(relative);
                self.levels.clear();
                return None;
            }
            if let Some(entry) = self.visit(&name, path, relative) {
                return Some(entry);
            }
        }
        None
    }
}

/// The folder of a package, absolute, where it may be looked at.
pub fn folder(project: &Project, package: &Package) -> Option<PathBuf> {
    let folder = package.folder.as_deref()?;
    package.present.then(|| project.root.join(folder))
}

/// Every package of the project, with the secret files in it.
pub fn packages(project: &Project, index: &Index) -> Vec<Package> {
    let mut packages = Vec::new();
    for runtime in &project.runtimes {
        let container = runtime
            .build
            .as_ref()
            .is_some_and(|build| build.value == "Container");
        let node = runtime
            .runtime_version
            .as_ref()
            .is_some_and(|version| version.starts_with("NODE_"));
        let kind = match (container, node) {
            (true, _) => PackageKind::Container,
            (false, true) => PackageKind::Bundle,
            (false, false) => PackageKind::Zip,
        };
        let context = runtime.build_context.as_ref().filter(|_| container);
        if let Some(at) = context.or(runtime.code_location.as_ref()) {
            let resource = Resource::new(ResourceType::Runtime, &runtime.name);
            let dockerfile = runtime.dockerfile.as_ref();
            let dockerfile = dockerfile.map_or("Dockerfile", |file| file.value.as_str());
            packages.push(package(
                project, index, resource, &at.value, &at.site, kind, dockerfile,
            ));
        }
    }
    for harness in &project.harnesses {
        let builds = harness.document.read().is_some_and(|document| {
            document.root.get("dockerfile").is_some() && document.root.get("containerUri").is_none()
        });
        if let (true, Some(path)) = (builds, &harness.path) {
            let resource = Resource::new(ResourceType::Harness, &harness.name);
            let kind = PackageKind::HarnessContainer;
            packages.push(package(
                project,
                index,
                resource,
                &path.value,
                &path.site,
                kind,
                "",
            ));
        }
    }
    for (node, keys) in lambdas(project) {
        if let Some(member) = keys
            .split_last()
            .and_then(|(last, path)| node.path(path)?.member(last))
            && let Some(folder) = member.node.as_str()
        {
            let site = project.document.member_site(member);
            packages.push(package(
                project,
                index,
                project.resource(),
                folder,
                &site,
                PackageKind::Zip,
                "",
            ));
        }
    }
    packages
}

/// Code that the construct packages as Lambda functions or tool runtimes: the entry, and the keys that lead to its folder.
fn lambdas(project: &Project) -> Vec<(&Node, &'static [&'static str])> {
    let implementation: &[&str] = &["compute", "implementation", "path"];
    let evaluator: &[&str] = &["config", "codeBased", "managed", "codeLocation"];
    let targets = project.gateways.iter().flat_map(|gateway| &gateway.targets);
    let targets = targets.map(|target| (&target.node, implementation));
    let tools = project
        .mcp_runtime_tools
        .iter()
        .map(|tool| (&tool.node, implementation));
    let evaluators = project
        .evaluators
        .iter()
        .map(|entry| (&entry.node, evaluator));
    targets.chain(tools).chain(evaluators).collect()
}

fn package(
    project: &Project,
    index: &Index,
    resource: Resource,
    written: &str,
    site: &Site,
    kind: PackageKind,
    dockerfile: &str,
) -> Package {
    let folder = code_folder(project, written);
    let full = folder.as_ref().map(|folder| project.root.join(folder));
    let mut package = Package {
        resource,
        folder: folder.clone(),
        site: site.clone(),
        kind,
        present: full.as_ref().is_some_and(|full| full.is_dir()),
        secret_files: Vec::new(),
        files: 0,
        unread: Vec::new(),
    };
    let (Some(folder), Some(full), true) = (folder, full, package.present) else {
        return package;
    };
    let prefix = if folder == "." {
        String::new()
    } else {
        format!("{folder}/")
    };
    let within = project.within();
    let mut walk = walk(&full, kind, dockerfile, within);
    for entry in walk.by_ref() {
        package.files += 1;
        if let Some(kind) = secret_files::kind(&entry) {
            let path = format!("{prefix}{}", entry.relative);
            package.secret_files.push(ShippedSecret {
                tracked: index.tracks(&project.root.join(&path)) == Some(true),
                path,
                kind,
            });
        }
    }
    package.unread = walk.unread;
    package
}
