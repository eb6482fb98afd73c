//! Dependencies that are folders of the project: their code is the project's own, and it is read as such.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use globset::{GlobBuilder, GlobMatcher};

use super::manifest::{normalise, package_json, pyproject};
use super::project::{inside, read_text};
use crate::model::known::Known;
use crate::model::manifest::{AgentManifests, Dependency, LocalPackage};
use crate::model::source::Language;

/// Most packages of one agent that are looked for.
const MOST_PACKAGES: usize = 64;
/// Most folders of a workspace that are looked at for members.
const MOST_FOLDERS: usize = 4_000;
/// Most patterns of a workspace that are looked at.
const MOST_PATTERNS: usize = 100;
/// How deep below a workspace its members are looked for.
const DEEPEST: usize = 5;
/// Most entries of a folder that are looked at.
const MOST_ENTRIES: usize = 2_000;

/// Folders that hold no member of a workspace.
const SKIPPED: [&str; 8] = [
    "node_modules",
    "cdk.out",
    "dist",
    "build",
    "venv",
    "__pycache__",
    "site-packages",
    "target",
];

/// Folders and files of a package that are no module of it, where its manifest names none.
const BESIDE: [&str; 12] = [
    "tests", "test", "docs", "doc", "examples", "example", "scripts", "build", "dist", "setup",
    "conftest", "noxfile",
];

/// A folder that a manifest declares, before it was looked at.
struct Declared {
    name: String,
    language: Language,
    folder: Option<String>,
}

/// Whether a path that is installed names a folder: no archive, no address.
pub(super) fn is_folder_path(written: &str) -> bool {
    let archive = [
        ".whl", ".gz", ".tgz", ".zip", ".bz2", ".xz", ".egg", ".tar", ".git",
    ];
    let address = written.contains("://") && !written.starts_with("///");
    let address = address || written.starts_with("git+") || written.contains(['$', '{']);
    !written.is_empty() && !address && !archive.iter().any(|ending| written.ends_with(ending))
}

/// The packages that an agent's manifests declare as folders, and those that these declare in turn.
pub(super) fn collect(
    root: &Path,
    manifests: &AgentManifests,
    is_container: bool,
) -> Vec<LocalPackage> {
    let mut waiting = Vec::new();
    if let Some(found) = manifests.pyproject.read() {
        let mut wanted = found.dependencies.clone();
        if is_container {
            // An image may install groups and extras too.
            let more = found.groups.values().chain(found.extras.values());
            wanted.extend(more.flatten().cloned());
        }
        waiting.extend(of_pyproject(root, &found.folder, &wanted));
    }
    if let Some(requirements) = manifests.requirements.read().filter(|_| is_container) {
        let declared = requirements.folders.iter();
        waiting.extend(declared.map(|(last, folder)| Declared {
            name: normalise(last),
            language: Language::Python,
            folder: folder.clone(),
        }));
    }
    if let Some(package) = manifests.package_json.read() {
        let all = package.dependencies.iter().chain(&package.dev_dependencies);
        waiting.extend(of_package_json(root, folder_of(&package.path), all));
    }
    let mut found: Vec<LocalPackage> = Vec::new();
    let mut seen = BTreeSet::new();
    while let Some(declared) = waiting.pop() {
        let key = (declared.name.clone(), declared.folder.clone());
        if !seen.insert(key) {
            continue;
        }
        // What is beyond the bound is declared and not read: its code is reported as absent.
        let cut = found.len() >= MOST_PACKAGES;
        let folder = declared.folder.filter(|folder| !cut && stays(root, folder));
        let mut package = LocalPackage {
            name: declared.name,
            language: declared.language,
            folder: None,
            modules: BTreeMap::new(),
            dependencies: Vec::new(),
        };
        if let Some(folder) = folder {
            match package.language {
                Language::Python => waiting.extend(look_python(root, &folder, &mut package)),
                Language::TypeScript => waiting.extend(look_node(root, &folder, &mut package)),
            }
            package.folder = Some(folder);
        }
        found.push(package);
    }
    found.sort_by(|one, other| (&one.name, &one.folder).cmp(&(&other.name, &other.folder)));
    found
}

fn folder_of(path: &str) -> &str {
    path.rsplit_once('/').map_or(".", |(folder, _)| folder)
}

fn join(folder: &str, path: &str) -> String {
    match folder {
        "." => path.to_owned(),
        folder => format!("{folder}/{path}"),
    }
}

/// Whether a folder is there and lies in the project, links followed.
fn stays(root: &Path, folder: &str) -> bool {
    let (Ok(root), Ok(place)) = (root.canonicalize(), root.join(folder).canonicalize()) else {
        return false;
    };
    place.is_dir() && place.starts_with(root)
}

fn toml_of(root: &Path, folder: &str) -> Option<toml::Table> {
    let path = join(folder, "pyproject.toml");
    read_text(&root.join(&path), &path).ok()?.parse().ok()
}

fn within<'a>(table: &'a toml::Table, keys: &[&str]) -> Option<&'a toml::Value> {
    let (first, rest) = keys.split_first()?;
    let value = table.get(*first)?;
    match rest {
        [] => Some(value),
        rest => within(value.as_table()?, rest),
    }
}

/// The folders above a folder of the project, nearest first, itself included.
fn upwards(folder: &str) -> Vec<String> {
    let mut at = folder;
    let mut found = vec![at.to_owned()];
    while at != "." {
        at = folder_of(at);
        found.push(at.to_owned());
    }
    found
}

/// What the `pyproject.toml` of a folder declares as folders: uv's sources, Poetry's paths, `name @ file:…`.
fn of_pyproject(root: &Path, folder: &str, wanted: &[Dependency]) -> Vec<Declared> {
    let mut declared = Vec::new();
    let Some(table) = toml_of(root, folder) else {
        return declared;
    };
    let mut add = |name: &str, folder: Option<String>| {
        declared.push(Declared {
            name: normalise(name),
            language: Language::Python,
            folder,
        });
    };
    let is_wanted = |name: &str| {
        let name = normalise(name);
        wanted.iter().any(|one| one.name == name)
    };
    if let Some(poetry) =
        within(&table, &["tool", "poetry", "dependencies"]).and_then(toml::Value::as_table)
    {
        for (name, how) in poetry {
            let path = how.get("path").and_then(toml::Value::as_str);
            if let Some(path) = path.filter(|path| is_folder_path(path)) {
                add(name, inside(root, &join(folder, path)));
            }
        }
    }
    for one in wanted {
        let Some((_, address)) = one.written.split_once('@') else {
            continue;
        };
        let address = address.split(';').next().unwrap_or(address).trim();
        if let Some(path) = address
            .strip_prefix("file:")
            .filter(|path| is_folder_path(path))
        {
            add(
                &one.name,
                inside(root, &join(folder, path.trim_start_matches("//"))),
            );
        }
    }
    // A workspace's sources hold for its members.
    let workspace = upwards(folder).into_iter().find_map(|at| {
        let table = toml_of(root, &at)?;
        within(&table, &["tool", "uv", "workspace"])?;
        Some((at, table))
    });
    let mut members: Option<BTreeMap<String, String>> = None;
    let mut sources: BTreeMap<String, (String, toml::Value)> = BTreeMap::new();
    let above = workspace.iter().map(|(at, table)| (at.as_str(), table));
    for (at, table) in above.chain([(folder, &table)]) {
        let listed = within(table, &["tool", "uv", "sources"]).and_then(toml::Value::as_table);
        for (name, how) in listed.into_iter().flatten() {
            sources.insert(normalise(name), (at.to_owned(), how.clone()));
        }
    }
    for (name, (at, how)) in sources.iter().filter(|(name, _)| is_wanted(name)) {
        let each = match how {
            toml::Value::Array(all) => all.iter().collect(),
            one => vec![one],
        };
        for how in each {
            let path = how.get("path").and_then(toml::Value::as_str);
            if let Some(path) = path.filter(|path| is_folder_path(path)) {
                add(name, inside(root, &join(at, path)));
            }
            if how.get("workspace").and_then(toml::Value::as_bool) == Some(true) {
                let members = members.get_or_insert_with(|| match &workspace {
                    Some((at, table)) => python_members(root, at, table),
                    None => BTreeMap::new(),
                });
                add(name, members.get(name).cloned());
            }
        }
    }
    declared
}

fn strings(value: Option<&toml::Value>) -> Vec<String> {
    let list = value.and_then(toml::Value::as_array).into_iter().flatten();
    list.filter_map(|item| item.as_str().map(str::to_owned))
        .collect()
}

/// The members of uv's workspace, by name.
fn python_members(root: &Path, at: &str, table: &toml::Table) -> BTreeMap<String, String> {
    let patterns = strings(within(table, &["tool", "uv", "workspace", "members"]));
    let mut found = BTreeMap::new();
    let mut add = |folder: String, table: &toml::Table| {
        if let Some(name) = within(table, &["project", "name"]).and_then(toml::Value::as_str) {
            found.entry(normalise(name)).or_insert(folder);
        }
    };
    add(at.to_owned(), table);
    // Whoever is of the workspace says so: a member that was not found is known to be missing.
    let (folders, _) = matching(root, at, &patterns, "pyproject.toml");
    for folder in folders {
        if let Some(table) = toml_of(root, &folder) {
            add(folder, &table);
        }
    }
    found
}

/// The folders below one that match a pattern and hold a manifest, and whether there may be more than were looked at.
fn matching(root: &Path, at: &str, patterns: &[String], manifest: &str) -> (Vec<String>, bool) {
    let read = |pattern: &String| -> Option<GlobMatcher> {
        let pattern = pattern.trim_start_matches("./").trim_end_matches('/');
        let glob = GlobBuilder::new(pattern).literal_separator(true).build();
        Some(glob.ok()?.compile_matcher())
    };
    let mut cut = patterns.len() > MOST_PATTERNS;
    let patterns: Vec<GlobMatcher> = patterns
        .iter()
        .take(MOST_PATTERNS)
        .filter(|pattern| !pattern.starts_with('!'))
        .filter_map(read)
        .collect();
    if patterns.is_empty() {
        return (Vec::new(), cut);
    }
    let hidden = |name: &str| name.starts_with('.') || SKIPPED.contains(&name);
    let folders = walkdir::WalkDir::new(root.join(at))
        .min_depth(1)
        .max_depth(DEEPEST)
        .sort_by_file_name()
        .into_iter()
        .filter_entry(|entry| {
            entry.file_type().is_dir() && !hidden(&entry.file_name().to_string_lossy())
        })
        .filter_map(Result::ok);
    let mut found = Vec::new();
    for (number, entry) in folders.enumerate() {
        if number >= MOST_FOLDERS {
            cut = true;
            break;
        }
        let below = entry.path().strip_prefix(root.join(at));
        let Some(below) = below.ok().and_then(Path::to_str) else {
            continue;
        };
        let fits = patterns.iter().any(|pattern| pattern.is_match(below));
        if fits && entry.path().join(manifest).is_file() {
            found.push(join(at, below));
        }
    }
    (found, cut)
}

/// Reads what a Python package holds and needs; gives what it declares as folders in turn.
fn look_python(root: &Path, folder: &str, package: &mut LocalPackage) -> Vec<Declared> {
    let table = toml_of(root, folder).unwrap_or_default();
    if let Some(name) = within(&table, &["project", "name"]).and_then(toml::Value::as_str) {
        package.name = normalise(name);
    }
    let path = join(folder, "pyproject.toml");
    let text = read_text(&root.join(&path), &path).unwrap_or_default();
    if let Known::Read(found) = pyproject(root, &path, &text) {
        package.dependencies = found.dependencies;
    }
    // Where its build backend looks: the folders that it names, `src`, the folder itself.
    let mut bases: Vec<String> = Vec::new();
    let mut named: BTreeSet<String> = BTreeSet::new();
    let mut packages = strings(within(
        &table,
        &["tool", "hatch", "build", "targets", "wheel", "packages"],
    ));
    packages.extend(strings(within(&table, &["tool", "setuptools", "packages"])));
    let flit = within(&table, &["tool", "flit", "module", "name"]).and_then(toml::Value::as_str);
    packages.extend(flit.map(str::to_owned));
    for listed in &packages {
        let listed = listed.trim_start_matches("./").trim_end_matches('/');
        let (base, name) = listed.rsplit_once('/').unwrap_or(("", listed));
        bases.push(base.to_owned());
        named.insert(name.split('.').next().unwrap_or(name).to_owned());
    }
    let poetry = within(&table, &["tool", "poetry", "packages"]).and_then(toml::Value::as_array);
    for listed in poetry.into_iter().flatten() {
        let text = |key: &str| listed.get(key).and_then(toml::Value::as_str);
        if let Some(name) = text("include") {
            bases.push(text("from").unwrap_or_default().to_owned());
            named.insert(name.split('/').next().unwrap_or(name).to_owned());
        }
    }
    bases.extend(strings(within(
        &table,
        &["tool", "setuptools", "packages", "find", "where"],
    )));
    let package_dir = within(&table, &["tool", "setuptools", "package-dir"]);
    let package_dir = package_dir.and_then(|table| table.get("")?.as_str());
    bases.extend(package_dir.map(str::to_owned));
    bases.extend(["src".to_owned(), String::new()]);
    let conventional = package.name.replace('-', "_");
    for base in bases {
        let Some(base) = inside(root, &join(folder, &base)).filter(|base| stays(root, base)) else {
            continue;
        };
        for name in modules_in(root, &base, &conventional) {
            let beside = BESIDE.contains(&name.as_str()) && name != conventional;
            if !beside && (named.is_empty() || named.contains(&name)) {
                let base = if base == "." { "" } else { &base };
                package.modules.entry(name).or_insert(base.to_owned());
            }
        }
        // With a `src` folder, what stands beside it is no part of the package.
        if !package.modules.is_empty() {
            break;
        }
    }
    of_pyproject(root, folder, &package.dependencies)
}

/// The modules and packages that a folder holds.
fn modules_in(root: &Path, folder: &str, conventional: &str) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(root.join(folder)) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for entry in entries.filter_map(Result::ok).take(MOST_ENTRIES) {
        let Ok(name) = entry.file_name().into_string() else {
            continue;
        };
        let path = entry.path();
        match name.strip_suffix(".py") {
            Some(module) if path.is_file() => found.push(module.to_owned()),
            // A namespace package has no file that says so: its name does.
            _ if path.join("__init__.py").is_file() || name == conventional && path.is_dir() => {
                found.push(name);
            }
            _ => {}
        }
    }
    found.sort();
    found
}

/// What the `package.json` of a folder declares as folders: paths, `workspace:`, members of the workspace by name.
fn of_package_json<'d>(
    root: &Path,
    folder: &str,
    dependencies: impl Iterator<Item = &'d Dependency>,
) -> Vec<Declared> {
    let mut declared = Vec::new();
    let mut members: Option<(BTreeMap<String, String>, bool)> = None;
    for one in dependencies {
        let written = one.written.as_str();
        let path = ["file:", "link:", "portal:"]
            .iter()
            .find_map(|start| written.strip_prefix(start))
            .or_else(|| written.starts_with(['.', '/']).then_some(written));
        let place = match path {
            Some(path) if is_folder_path(path) => inside(root, &join(folder, path)),
            Some(_) => continue,
            None => {
                let (members, cut) = members.get_or_insert_with(|| node_members(root, folder));
                match members.get(&one.name) {
                    Some(place) => Some(place.clone()),
                    // Beyond the bound any dependency may be a member, whose code is then reported as absent.
                    None if *cut || written.starts_with("workspace:") => None,
                    None => continue,
                }
            }
        };
        declared.push(Declared {
            name: one.name.clone(),
            language: Language::TypeScript,
            folder: place,
        });
    }
    declared
}

fn json_of(root: &Path, path: &str) -> Option<serde_json::Value> {
    let text = read_text(&root.join(path), path).ok()?;
    serde_json::from_str(&text).ok()
}

/// The members of the workspace of npm, pnpm, yarn or bun that a folder is of, by name, and whether there may be more.
fn node_members(root: &Path, folder: &str) -> (BTreeMap<String, String>, bool) {
    let texts = |value: &serde_json::Value| -> Vec<String> {
        let list = value.as_array().into_iter().flatten();
        list.filter_map(|item| item.as_str().map(str::to_owned))
            .collect()
    };
    let workspace = upwards(folder).into_iter().find_map(|at| {
        let yaml = join(&at, "pnpm-workspace.yaml");
        if let Ok(text) = read_text(&root.join(&yaml), &yaml) {
            let items = text.lines().filter_map(|line| {
                let item = line.trim().strip_prefix('-')?.trim();
                Some(item.trim_matches(['"', '\'']).to_owned())
            });
            return Some((at, items.collect()));
        }
        let manifest = json_of(root, &join(&at, "package.json"))?;
        let listed = manifest.get("workspaces")?;
        Some((at, texts(listed.get("packages").unwrap_or(listed))))
    });
    let Some((at, patterns)) = workspace else {
        return (BTreeMap::new(), false);
    };
    let mut found = BTreeMap::new();
    let (folders, cut) = matching(root, &at, &patterns, "package.json");
    for folder in folders {
        let manifest = json_of(root, &join(&folder, "package.json"));
        let name = manifest.and_then(|manifest| Some(manifest.get("name")?.as_str()?.to_owned()));
        if let Some(name) = name {
            found.entry(name).or_insert(folder);
        }
    }
    (found, cut)
}

/// Reads what a package of Node needs; gives what it declares as folders in turn.
fn look_node(root: &Path, folder: &str, package: &mut LocalPackage) -> Vec<Declared> {
    let path = join(folder, "package.json");
    let text = read_text(&root.join(&path), &path).unwrap_or_default();
    if let Known::Read(found) = package_json(&path, &text) {
        package.dependencies = found.dependencies;
    }
    of_package_json(root, folder, package.dependencies.iter())
}
