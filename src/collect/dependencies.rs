//! Reads what manifests alone do not tell of an agent's dependencies: locks, requirements files that a Dockerfile names, and
//! which declared packages the files that ship use.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::manifest::{normalise, requirements_of};
use super::project::{FileError, inside, read_text_up_to};
use super::{json, source};
use crate::model::dependencies::DependencyFacts;
use crate::model::distributions::{self, Standard};
use crate::model::files::{FileFacts, Package, PackageKind};
use crate::model::known::{Known, ReasonCode, Unread};
use crate::model::lock::{Edge, Lock, LockedPackage, Wheel};
use crate::model::manifest::{AgentManifests, Dependency};
use crate::model::project::Project;
use crate::model::site::Site;
use crate::model::source::Source;

/// Largest lock that is read, in bytes.
const LARGEST_LOCK: u64 = 32 * 1024 * 1024;

/// The facts of each agent, by its resource (`runtime NAME`).
pub fn collect(
    project: &Project,
    files: &FileFacts,
    source: &Source,
) -> BTreeMap<String, DependencyFacts> {
    let mut all = BTreeMap::new();
    for runtime in &project.runtimes {
        let resource = crate::model::project::Agent::Runtime(runtime)
            .resource()
            .to_string();
        let Some(manifests) = files.manifests.get(&resource) else {
            continue;
        };
        let package = files
            .packages
            .iter()
            .find(|package| package.resource.to_string() == resource);
        let mut facts = DependencyFacts {
            uv_lock: uv_lock(&project.root, manifests),
            npm_lock: npm_lock(&project.root, manifests),
            requirements: named_requirements(&project.root, manifests, package),
            ..DependencyFacts::default()
        };
        let folder = package.and_then(|package| package.folder.clone());
        if let Some(folder) = &folder {
            facts.elsewhere = elsewhere(&project.root, folder);
        }
        let code = source.runtime(&runtime.name);
        uses(project, manifests, package, source, code, &mut facts);
        all.insert(resource, facts);
    }
    all
}

fn uv_lock(root: &Path, manifests: &AgentManifests) -> Known<Lock> {
    let Some(pyproject) = manifests.pyproject.read() else {
        return Known::Absent;
    };
    // A workspace has one lock, at its root.
    let mut folder = Some(pyproject.folder.as_str());
    while let Some(at) = folder {
        let path = if at == "." {
            "uv.lock".to_owned()
        } else {
            format!("{at}/uv.lock")
        };
        match read_text_up_to(&root.join(&path), &path, LARGEST_LOCK) {
            Ok(text) => {
                let lock = parse_lock(&path, &text);
                let project = Path::new(&pyproject.folder).file_name();
                let workspace = at == pyproject.folder
                    || mentions(&lock, project.and_then(|name| name.to_str()));
                return if workspace { lock } else { Known::Absent };
            }
            Err(FileError::Missing { .. }) => {}
            Err(error) => {
                return Known::Unread(Unread::new(ReasonCode::Unsupported, error.to_string()));
            }
        }
        folder = match at {
            "." => None,
            _ => Some(at.rsplit_once('/').map_or(".", |(above, _)| above)),
        };
    }
    Known::Absent
}

/// Whether a lock above is that of a workspace with this member.
fn mentions(lock: &Known<Lock>, folder: Option<&str>) -> bool {
    let (Some(lock), Some(folder)) = (lock.read(), folder) else {
        return true;
    };
    lock.packages
        .get(&normalise(folder))
        .is_some_and(|all| all.iter().any(|package| !package.registry))
}

fn parse_lock(path: &str, text: &str) -> Known<Lock> {
    let table: toml::Table = match text.parse() {
        Ok(table) => table,
        Err(error) => {
            let message = format!("{path} is no TOML: {}", error.message());
            return Known::Unread(Unread::new(ReasonCode::Unsupported, message));
        }
    };
    let mut lock = Lock {
        path: path.to_owned(),
        packages: BTreeMap::new(),
    };
    for package in table
        .get("package")
        .and_then(toml::Value::as_array)
        .into_iter()
        .flatten()
    {
        let text = |key: &str| package.get(key).and_then(toml::Value::as_str);
        let Some(name) = text("name") else { continue };
        let extras = package
            .get("optional-dependencies")
            .and_then(toml::Value::as_table);
        let wheels = package
            .get("wheels")
            .and_then(toml::Value::as_array)
            .into_iter()
            .flatten();
        lock.packages
            .entry(normalise(name))
            .or_default()
            .push(LockedPackage {
                version: text("version").unwrap_or_default().to_owned(),
                edges: edges(package.get("dependencies")),
                extras: extras
                    .into_iter()
                    .flatten()
                    .map(|(extra, list)| (extra.clone(), edges(Some(list))))
                    .collect(),
                wheels: wheels.filter_map(wheel).collect(),
                registry: package
                    .get("source")
                    .and_then(|source| source.get("registry"))
                    .is_some(),
            });
    }
    Known::Read(lock)
}

fn wheel(wheel: &toml::Value) -> Option<Wheel> {
    let place = ["url", "path", "filename"]
        .into_iter()
        .find_map(|key| wheel.get(key).and_then(toml::Value::as_str))?;
    let file = place.rsplit('/').next()?.split(['#', '?']).next()?;
    Some(Wheel {
        file: file.replace("%2B", "+"),
        size: wheel
            .get("size")
            .and_then(toml::Value::as_integer)
            .and_then(|size| u64::try_from(size).ok()),
    })
}

fn edges(list: Option<&toml::Value>) -> Vec<Edge> {
    let edge = |item: &toml::Value| {
        let text = |key: &str| item.get(key).and_then(toml::Value::as_str);
        let extras = item.get("extra").and_then(toml::Value::as_array);
        Some(Edge {
            name: normalise(text("name")?),
            version: text("version").map(str::to_owned),
            extras: extras
                .into_iter()
                .flatten()
                .filter_map(|extra| extra.as_str().map(str::to_owned))
                .collect(),
            marker: text("marker").unwrap_or_default().to_owned(),
        })
    };
    list.and_then(toml::Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(edge)
        .collect()
}

/// The names below `node_modules/` of a `package-lock.json` (lockfileVersion 2 and 3).
fn npm_lock(root: &Path, manifests: &AgentManifests) -> Known<BTreeSet<String>> {
    let Some(package) = manifests.package_json.read() else {
        return Known::Absent;
    };
    let folder = package
        .path
        .rsplit_once('/')
        .map_or(".", |(folder, _)| folder);
    let path = if folder == "." {
        "package-lock.json".to_owned()
    } else {
        format!("{folder}/package-lock.json")
    };
    let text = match read_text_up_to(&root.join(&path), &path, LARGEST_LOCK) {
        Ok(text) => text,
        Err(FileError::Missing { .. }) => return Known::Absent,
        Err(error) => {
            return Known::Unread(Unread::new(ReasonCode::Unsupported, error.to_string()));
        }
    };
    match json::parse(&path, &text) {
        Ok(document) => {
            let members = document
                .root
                .get("packages")
                .map(crate::model::json::Node::members)
                .unwrap_or_default();
            Known::Read(
                members
                    .iter()
                    .filter_map(|member| member.key.strip_prefix("node_modules/"))
                    .filter(|name| !name.contains("/node_modules/"))
                    .map(str::to_owned)
                    .collect(),
            )
        }
        Err(error) => Known::Unread(Unread::new(ReasonCode::Unsupported, error.to_string())),
    }
}

/// The requirements files that the Dockerfile's RUN lines name, read from the build context.
fn named_requirements(
    root: &Path,
    manifests: &AgentManifests,
    package: Option<&Package>,
) -> BTreeMap<String, Vec<Dependency>> {
    let (Some(dockerfile), Some(folder)) = (
        manifests.dockerfile.read(),
        package.and_then(|package| package.folder.as_deref()),
    ) else {
        return BTreeMap::new();
    };
    let words = dockerfile
        .instructions
        .iter()
        .filter(|each| matches!(each.keyword.as_str(), "RUN" | "COPY" | "ADD"))
        .flat_map(|each| each.words());
    let mut found = BTreeMap::new();
    for word in words.filter(|word| word.ends_with(".txt") || word.ends_with(".in")) {
        let Some(path) = inside(root, &format!("{folder}/{}", word.trim_start_matches("./")))
        else {
            continue;
        };
        if let Known::Read(requirements) = requirements_of(root, &path) {
            found.insert(word, requirements.dependencies);
        }
    }
    found
}

/// Python modules and packages of the project's own folders that lie outside of the package.
fn elsewhere(root: &Path, package: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut folder = package;
    while folder != "." {
        folder = folder.rsplit_once('/').map_or(".", |(above, _)| above);
        for base in [folder.to_owned(), format!("{folder}/src")] {
            let Ok(entries) = std::fs::read_dir(root.join(&base)) else {
                continue;
            };
            for entry in entries.filter_map(Result::ok).take(2000) {
                let Ok(name) = entry.file_name().into_string() else {
                    continue;
                };
                let path = entry.path();
                let module = match name.strip_suffix(".py") {
                    Some(module) if path.is_file() => module,
                    _ if path.join("__init__.py").is_file() => name.as_str(),
                    _ => continue,
                };
                let shown = format!("{base}/{name}");
                let shown = shown.trim_start_matches("./").to_owned();
                found.entry(module.to_owned()).or_insert(shown);
            }
        }
    }
    found
}

fn uses(
    project: &Project,
    manifests: &AgentManifests,
    package: Option<&Package>,
    source: &Source,
    code: Option<&crate::model::source::RuntimeSource>,
    facts: &mut DependencyFacts,
) {
    let mut wanted: BTreeSet<String> = BTreeSet::new();
    let mut names = |list: &[Dependency]| wanted.extend(list.iter().map(|one| one.name.clone()));
    if let Some(pyproject) = manifests.pyproject.read() {
        names(&pyproject.dependencies);
        // A container may install groups and extras too.
        for listed in pyproject.groups.values().chain(pyproject.extras.values()) {
            names(listed);
        }
    }
    for listed in facts.requirements.values() {
        names(listed);
    }
    if let Some(requirements) = manifests.requirements.read() {
        names(&requirements.dependencies);
    }
    if let Some(package_json) = manifests.package_json.read() {
        names(&package_json.dependencies);
    }
    let declared = wanted.clone();
    let external = code
        .map(|code| code.external.as_slice())
        .unwrap_or_default();
    for import in external {
        let Some(written) = source
            .module(import.module)
            .and_then(|module| module.imports.get(import.import))
        else {
            continue;
        };
        let full = distributions::full_name(&import.dotted, written);
        if is_unanswered(&full, &import.package, &declared) {
            facts.unanswered.insert(import.package.clone());
        }
        wanted.retain(|name| {
            let used = distributions::is_of(name, &full, &import.package);
            if used {
                facts.uses.insert(name.clone(), import.site.clone());
            }
            !used
        });
    }
    // A package of the project's own is used where one of its modules runs.
    let modules = code
        .map(|code| code.reachable.as_slice())
        .unwrap_or_default();
    for local in &manifests.local {
        let Some(local_folder) = local.folder.as_deref().filter(|folder| *folder != ".") else {
            continue;
        };
        let is_in = |path: &str| {
            path.strip_prefix(local_folder)
                .is_some_and(|rest| rest.starts_with('/'))
        };
        let mut paths = modules.iter().filter_map(|id| source.module(*id));
        let found = paths.find(|module| is_in(&module.path));
        if let Some(module) = found.filter(|_| wanted.remove(&local.name)) {
            facts
                .uses
                .insert(local.name.clone(), Site::file(&*module.path));
        }
    }
    let (Some(package), Some(folder)) = (package, package.and_then(|one| one.folder.as_ref()))
    else {
        return;
    };
    let kind = match package.kind {
        // A bundle's sources are read like a zip's: all that is not a dependency.
        PackageKind::Bundle => PackageKind::Zip,
        kind => kind,
    };
    let entries = super::project::walk(
        &project.root.join(folder),
        kind,
        "Dockerfile",
        &project.root,
    );
    let scan = source::find_uses(entries, folder, &wanted);
    facts.uses.extend(scan.found);
    let left = scan
        .imports
        .iter()
        .filter(|(full, package)| is_unanswered(full, package, &declared));
    facts
        .unanswered
        .extend(left.map(|(_, package)| package.clone()));
    facts.unread = scan.unread;
    facts.beyond = scan.beyond;
    facts.files = scan.files;
}

/// Whether a Python import is none of the standard library, none of which the distribution is known, and none that a declared
/// one can answer.
fn is_unanswered(full: &str, package: &str, declared: &BTreeSet<String>) -> bool {
    !full.starts_with(['.', '@'])
        && !full.contains('/')
        && distributions::standard(package, None) == Standard::No
        && distributions::providers(full).is_none()
        && !declared
            .iter()
            .any(|name| distributions::is_of(name, full, package))
}
