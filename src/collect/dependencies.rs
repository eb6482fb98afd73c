//! Reads what manifests alone do not tell of an agent's dependencies: locks, requirements files that a Dockerfile names, and
//! which declared packages the files that ship use.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use memchr::memmem;
use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

use super::manifest::{normalise, requirements_of};
use super::project::{FileError, Ignores, above, below, read_text_up_to};
use super::{json, source};
use crate::model::dependencies::{DependencyFacts, IgnoredModule};
use crate::model::distributions::{self, Standard};
use crate::model::files::{FileFacts, Package, PackageKind};
use crate::model::known::{Known, ReasonCode, Unread};
use crate::model::lock::{Edge, Lock, LockedPackage, Wheel};
use crate::model::manifest::{AgentManifests, Dependency};
use crate::model::project::Project;
use crate::model::site::Site;
use crate::model::source::{
    CopiedModule, ExternalImport, Language, ModuleId, RuntimeSource, Source,
};

/// Largest lock that is read, in bytes.
const LARGEST_LOCK: u64 = 32 * 1024 * 1024;

/// The facts of each agent, by its resource (`runtime NAME`).
pub fn collect(
    project: &Project,
    files: &FileFacts,
    source: &Source,
    ignores: &Ignores,
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
        if let Some(code) = code {
            facts.ignored = ignored(&project.root, source, code, ignores);
        }
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
        folder = above(at);
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
    let mut packages = BTreeMap::new();
    // The tree of a whole lock is many times its size. Where a part is no document by itself, `[[package]]` stood inside of a string.
    let in_parts = parts(text).try_for_each(|part| match wheels_apart(part) {
        Some((wheels, rest)) => add_packages(&rest, Some(wheels), &mut packages),
        None => add_packages(part, None, &mut packages),
    });
    if in_parts.is_err() {
        packages.clear();
        if let Err(error) = add_packages(text, None, &mut packages) {
            let message = format!("{path} is no TOML: {}", error.message());
            return Known::Unread(Unread::new(ReasonCode::Unsupported, message));
        }
    }
    Known::Read(Lock {
        path: path.to_owned(),
        packages,
    })
}

/// A lock in parts of one package each; what stands before the first is a part, too.
fn parts(text: &str) -> impl Iterator<Item = &str> {
    let starts = memmem::find_iter(text.as_bytes(), "\n[[package]]").map(|at| at + 1);
    let mut from = 0;
    starts.chain([text.len()]).map(move |end| {
        let part = &text[from..end];
        from = end;
        part
    })
}

/// The wheels that a part lists in the way in which uv writes them, one a line, and the part without them: they are nine tenths of a
/// lock. None where the part is written otherwise.
fn wheels_apart(part: &str) -> Option<(Vec<Wheel>, String)> {
    const OPENS: &[u8] = b"\nwheels = [\n";
    let holds = |words: &[u8]| memmem::find(part.as_bytes(), words).is_some();
    // In a text of several lines these would be no members.
    if holds(b"\"\"\"") || holds(b"'''") {
        return None;
    }
    let start = memmem::find(part.as_bytes(), OPENS)? + OPENS.len();
    let end = start + memmem::find(&part.as_bytes()[start..], b"\n]")? + 1;
    let wheels = part[start..end].lines().map(wheel_of_line);
    let rest = [&part[..start], &part[end..]].concat();
    Some((wheels.collect::<Option<_>>()?, rest))
}

/// The wheel of a line of uv's: `    { url = "…", hash = "…", size = 1 },`.
fn wheel_of_line(line: &str) -> Option<Wheel> {
    let mut members = line.strip_prefix("    { ")?.strip_suffix(" },")?;
    let (mut place, mut size) = (None, None);
    while !members.is_empty() {
        let (key, rest) = members.split_once(' ')?;
        let rest = rest.strip_prefix("= ")?;
        let (value, rest) = match rest.strip_prefix('"') {
            Some(text) => text.split_once('"')?,
            None => rest.split_at(rest.find(',').unwrap_or(rest.len())),
        };
        let number = || value.bytes().all(|byte| byte.is_ascii_digit());
        match key {
            "url" | "path" | "filename" if place.is_none() => place = Some(value),
            "size" if size.is_none() && number() => size = Some(value.parse().ok()?),
            "hash" | "upload-time" => {}
            _ => return None,
        }
        if value.contains('\\') || value.is_empty() {
            return None;
        }
        members = match rest {
            "" => rest,
            _ => rest.strip_prefix(", ")?,
        };
    }
    Some(Wheel {
        file: file_of(place?)?,
        size,
    })
}

/// Adds the packages of a lock, or of a part of one; of a part with one package its wheels may be known.
fn add_packages(
    text: &str,
    mut apart: Option<Vec<Wheel>>,
    packages: &mut BTreeMap<String, Vec<LockedPackage>>,
) -> Result<(), toml::de::Error> {
    let table = DeTable::parse(text)?;
    let listed = table.get_ref().get("package").and_then(items);
    for package in listed.into_iter().flatten() {
        let package = package.get_ref();
        let Some(name) = text_under(package, "name") else {
            continue;
        };
        let extras = package
            .get("optional-dependencies")
            .and_then(|extras| extras.get_ref().as_table());
        let listed = || package.get("wheels").and_then(items).into_iter().flatten();
        let wheels = apart
            .take()
            .unwrap_or_else(|| listed().filter_map(|one| wheel(one.get_ref())).collect());
        packages
            .entry(normalise(name))
            .or_default()
            .push(LockedPackage {
                version: text_under(package, "version")
                    .unwrap_or_default()
                    .to_owned(),
                edges: edges(package.get("dependencies")),
                extras: extras
                    .into_iter()
                    .flatten()
                    .map(|(extra, list)| (extra.get_ref().to_string(), edges(Some(list))))
                    .collect(),
                wheels,
                registry: package
                    .get("source")
                    .and_then(|source| source.get_ref().get("registry"))
                    .is_some(),
            });
    }
    Ok(())
}

fn items<'a, 'i>(value: &'a Spanned<DeValue<'i>>) -> Option<&'a DeArray<'i>> {
    value.get_ref().as_array()
}

fn text_under<'a>(value: &'a DeValue<'_>, key: &str) -> Option<&'a str> {
    value.get(key)?.get_ref().as_str()
}

fn wheel(wheel: &DeValue<'_>) -> Option<Wheel> {
    let place = ["url", "path", "filename"]
        .into_iter()
        .find_map(|key| text_under(wheel, key))?;
    let size = wheel
        .get("size")
        .and_then(|size| size.get_ref().as_integer());
    Some(Wheel {
        file: file_of(place)?,
        size: size.and_then(|size| u64::from_str_radix(size.as_str(), size.radix()).ok()),
    })
}

/// The name of the file at a place.
fn file_of(place: &str) -> Option<String> {
    let file = place.rsplit('/').next()?.split(['#', '?']).next()?;
    Some(file.replace("%2B", "+"))
}

fn edges(list: Option<&Spanned<DeValue<'_>>>) -> Vec<Edge> {
    let edge = |item: &Spanned<DeValue<'_>>| {
        let item = item.get_ref();
        let extras = item.get("extra").and_then(items);
        Some(Edge {
            name: normalise(text_under(item, "name")?),
            version: text_under(item, "version").map(str::to_owned),
            extras: extras
                .into_iter()
                .flatten()
                .filter_map(|extra| extra.get_ref().as_str().map(str::to_owned))
                .collect(),
            marker: text_under(item, "marker").unwrap_or_default().to_owned(),
        })
    };
    let list = list.and_then(items).into_iter().flatten();
    list.filter_map(edge).collect()
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
        let renamed = dockerfile.renamed(&word);
        let file = renamed.unwrap_or(word.trim_start_matches("./"));
        let Some(path) = below(root, folder, file) else {
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
            for entry in source::entries(&root.join(&base)) {
                let Ok(name) = entry.file_name().into_string() else {
                    continue;
                };
                let path = entry.path();
                let module = match name.strip_suffix(".py") {
                    Some(module) if path.is_file() => module,
                    _ if path.join("__init__.py").is_file() => name.as_str(),
                    // Many a folder without that file is called like a package that is installed.
                    _ if distributions::providers(&name).is_none() && is_namespace(&path) => {
                        name.as_str()
                    }
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

/// Whether a folder is a namespace package of Python: modules lie in it, or in folders right below.
fn is_namespace(folder: &Path) -> bool {
    source::holds_modules(folder)
        || source::entries(folder).any(|entry| {
            entry.file_type().is_ok_and(|kind| kind.is_dir())
                && source::holds_modules(&entry.path())
        })
}

/// The modules of the project's own that imports look for and that are not here, since git ignores them.
fn ignored(
    root: &Path,
    source: &Source,
    code: &RuntimeSource,
    ignores: &Ignores,
) -> BTreeMap<(ModuleId, usize), IgnoredModule> {
    let of = |external: &ExternalImport| {
        let module = source.module(external.module)?;
        let path = match module.language {
            // The folder of the module that imports is known to the collection, which could not follow the dots.
            Language::Python if external.dotted.starts_with('.') => return None,
            Language::Python
                if distributions::standard(&external.package, None) != Standard::No =>
            {
                return None;
            }
            Language::Python => below(root, &code.code_root, &external.dotted.replace('.', "/"))?,
            Language::TypeScript if external.package.starts_with('.') => {
                let folder = module
                    .path
                    .rsplit_once('/')
                    .map_or("", |(folder, _)| folder);
                below(root, folder, &external.package)?
            }
            Language::TypeScript => return None,
        };
        let full = root.join(&path);
        let ends = match module.language {
            Language::Python => [".py", "/__init__.py"],
            Language::TypeScript => [".ts", ".js"],
        };
        let mut files = ends.iter().map(|end| {
            let mut file = full.clone().into_os_string();
            file.push(end);
            file
        });
        let (rules, pattern) = files.find_map(|file| ignores.ignoring(Path::new(&file)))?;
        let ignored = IgnoredModule {
            path,
            pattern,
            rules,
        };
        Some(((external.module, external.import), ignored))
    };
    code.external.iter().filter_map(of).collect()
}

fn uses(
    project: &Project,
    manifests: &AgentManifests,
    package: Option<&Package>,
    source: &Source,
    code: Option<&RuntimeSource>,
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
    // What a step copies into the folder ships with it.
    let copied = code.map(|code| code.copied.as_slice()).unwrap_or_default();
    let originals = copied
        .iter()
        .map(CopiedModule::original)
        .filter(|folder| project.root.join(folder).is_dir());
    for folder in std::iter::once(folder.clone()).chain(originals) {
        let full = project.root.join(&folder);
        let entries = super::project::walk(&full, kind, "Dockerfile", project.within());
        let scan = source::find_uses(entries, &folder, &wanted);
        wanted.retain(|name| !scan.found.contains_key(name));
        facts.uses.extend(scan.found);
        let left = scan
            .imports
            .iter()
            .filter(|(full, package)| is_unanswered(full, package, &declared));
        facts
            .unanswered
            .extend(left.map(|(_, package)| package.clone()));
        facts.unread.extend(scan.unread);
        facts.beyond = facts.beyond.take().or(scan.beyond);
        facts.files += scan.files;
    }
    for module in copied {
        facts.unanswered.remove(&module.name);
    }
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const LOCK: &str = r#"
version = 1

[[package]]
name = "One"
version = "1.0"
source = { registry = "https://pypi.org/simple" }
dependencies = [{ name = "two", extra = ["x"], marker = "python_full_version < '3.13'" }]
wheels = [{ url = "https://files.example.org/one-1.0%2Bcpu-py3-none-any.whl", hash = "sha256:00", size = 1_024 }]

[package.optional-dependencies]
more = [{ name = "three" }]

[[package]]
name = "two"
version = "2.0"
source = { editable = "." }
"#;

    #[test]
    fn wheels_that_stand_one_a_line_are_those_of_the_document() {
        let lines = [
            r#"    { url = "https://files.example.org/a/one-1.0%2Bcpu-py3-none-any.whl", hash = "sha256:00", size = 12, upload-time = "2026-01-02T03:04:05Z" },"#,
            r#"    { path = "../wheels/one-1.0-py3-none-any.whl", hash = "sha256:00" },"#,
            r#"    { filename = "one-1.0-cp313-cp313-manylinux_2_28_aarch64.whl" },"#,
            r#"    { url = "https://files.example.org/one.whl#egg", size = 0 },"#,
        ];
        let others = [
            r#"    { url = "https://files.example.org/\u0061.whl" },"#,
            r#"    { url = 'https://files.example.org/a.whl', size = 1_024 },"#,
            r#"    { hash = "sha256:00", size = 0x10, url = "https://files.example.org/a.whl" },"#,
            r#"    { url = "https://files.example.org/a.whl", zstd = { size = 1 } },"#,
            "    # none",
        ];
        let lock = |lines: &[&str]| {
            let lines = lines.join("\n");
            format!(
                "\n[[package]]\nname = \"one\"\nsource = {{ registry = \"x\" }}\nwheels = [\n{lines}\n]\n\n[package.metadata]\nrequires-dist = []\n"
            )
        };
        let whole = |text: &str| {
            let mut packages = BTreeMap::new();
            add_packages(text, None, &mut packages).unwrap();
            packages
        };
        let text = lock(&lines);
        assert_eq!(
            wheels_apart(&text).unwrap().0,
            whole(&text)["one"][0].wheels
        );
        assert_eq!(
            parse_lock("uv.lock", &text).read().unwrap().packages,
            whole(&text)
        );
        for other in others {
            let text = lock(&[lines[0], other]);
            assert!(wheels_apart(&text).is_none(), "{other}");
            assert_eq!(
                parse_lock("uv.lock", &text).read().unwrap().packages,
                whole(&text)
            );
        }
    }

    #[test]
    fn a_lock_is_read_package_by_package() {
        let lock = parse_lock("uv.lock", LOCK);
        let packages = &lock.read().unwrap().packages;
        let one = &packages["one"][0];
        assert_eq!((one.version.as_str(), one.registry), ("1.0", true));
        assert_eq!(one.edges[0].name, "two");
        assert_eq!(one.edges[0].extras, ["x"]);
        assert_eq!(one.extras["more"][0].name, "three");
        assert_eq!(one.wheels[0].file, "one-1.0+cpu-py3-none-any.whl");
        assert_eq!(one.wheels[0].size, Some(1024));
        assert!(!packages["two"][0].registry);
    }

    #[test]
    fn what_looks_like_a_package_inside_of_a_string_is_none() {
        let text = format!("{LOCK}note = \"\"\"\n[[package]]\nname = \"three\"\n\"\"\"\n");
        let lock = parse_lock("uv.lock", &text);
        let names: Vec<&String> = lock.read().unwrap().packages.keys().collect();
        assert_eq!(names, ["one", "two"]);
        let broken = parse_lock("uv.lock", &format!("{LOCK}version = \n"));
        assert!(
            matches!(broken, Known::Unread(why) if why.message.starts_with("uv.lock is no TOML: "))
        );
    }
}
