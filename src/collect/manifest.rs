//! Reads the manifests beside each agent's code: `pyproject.toml`, `requirements.txt`, `package.json`, the Dockerfile.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::project::{FileError, Ignores, above, below, code_folder, read_text};
use super::{dockerfile, json, local_packages};
pub use crate::model::distributions::normalise;
use crate::model::json::Node;
use crate::model::known::{Known, ReasonCode, Unread};
use crate::model::manifest::{
    AgentManifests, Dependency, Dockerfile, MissingSource, PackageJson, PyProject, Requirements,
};
use crate::model::project::{Agent, Project};
use crate::model::site::{Site, SourceText};

/// How many requirements files one may include, in total: a cycle or a hostile chain ends here.
const MOST_INCLUDES: usize = 32;

/// The manifests of every runtime and harness, by the agent's resource (`runtime NAME`).
pub fn collect(project: &Project, ignores: &Ignores) -> BTreeMap<String, AgentManifests> {
    let of = |agent: Agent<'_>| {
        let found = of_agent(project, agent, ignores);
        (agent.resource().to_string(), found)
    };
    project.agents().map(of).collect()
}

fn of_agent(project: &Project, agent: Agent<'_>, ignores: &Ignores) -> AgentManifests {
    let root = &project.root;
    let mut starts = None;
    let (location, context, dockerfile) = match agent {
        Agent::Runtime(runtime) => {
            let text = |value: &Option<crate::model::site::Sited<String>>| {
                value.as_ref().map(|text| text.value.clone())
            };
            let location = text(&runtime.code_location);
            let context = text(&runtime.build_context).or_else(|| location.clone());
            let container = runtime
                .build
                .as_ref()
                .is_some_and(|build| build.value == "Container");
            // A container may hold a whole workspace: Node looks from the file that runs upwards.
            starts = text(&runtime.entrypoint).filter(|_| container);
            (
                location,
                context,
                container
                    .then(|| text(&runtime.dockerfile).unwrap_or_else(|| "Dockerfile".to_owned())),
            )
        }
        Agent::Harness(harness) => {
            let folder = harness.path.as_ref().map(|path| path.value.clone());
            let file = harness
                .document
                .read()
                .and_then(|document| document.string(&document.root, "dockerfile"));
            (folder.clone(), folder, file.map(|file| file.value))
        }
    };
    let location = location.and_then(|written| code_folder(project, &written));
    let context = context.and_then(|written| code_folder(project, &written));
    let runs = starts.zip(location.as_deref()).and_then(|(file, folder)| {
        let file = below(root, folder, &file)?;
        Some(
            file.rsplit_once('/')
                .map_or(".", |(above, _)| above)
                .to_owned(),
        )
    });
    let runs = runs.or_else(|| location.clone());
    let container_build = dockerfile.is_some();
    let dockerfile = match (&context, dockerfile) {
        (Some(folder), Some(file)) => container(root, folder, &file, ignores),
        _ => Known::Absent,
    };
    // What the image has under a manifest's name may be another file of the build context.
    let renamed = |name: &str| {
        let source = dockerfile.read()?.renamed(name)?;
        below(root, context.as_deref()?, source)
    };
    let pyproject = |path: &str, text: &str| pyproject(root, path, text);
    let mut manifests = AgentManifests {
        pyproject: match renamed("pyproject.toml") {
            Some(path) => of_path(root, &path, pyproject),
            None => nearest(root, location.as_deref(), "pyproject.toml", pyproject),
        },
        requirements: match (renamed("requirements.txt"), &context) {
            (Some(path), _) => requirements(root, &path),
            (None, Some(folder)) => requirements(root, &join(folder, "requirements.txt")),
            (None, None) => Known::Absent,
        },
        package_json: match renamed("package.json") {
            Some(path) => of_path(root, &path, package_json),
            None => nearest(root, runs.as_deref(), "package.json", package_json),
        },
        dockerfile,
        local: Vec::new(),
    };
    manifests.local = local_packages::collect(root, &manifests, container_build);
    manifests
}

fn join(folder: &str, file: &str) -> String {
    if folder == "." {
        file.to_owned()
    } else {
        format!("{folder}/{file}")
    }
}

/// Text of a file that may be absent.
fn text_of(root: &Path, path: &str) -> Known<String> {
    match read_text(&root.join(path), path) {
        Ok(text) => Known::Read(text),
        Err(FileError::Missing { .. }) => Known::Absent,
        Err(error) => Known::Unread(Unread::new(ReasonCode::Denied, error.to_string())),
    }
}

/// Reads one file.
fn of_path<T>(root: &Path, path: &str, read: impl Fn(&str, &str) -> Known<T>) -> Known<T> {
    match text_of(root, path) {
        Known::Read(text) => read(path, &text),
        Known::Unread(reason) => Known::Unread(reason),
        Known::Absent => Known::Absent,
    }
}

/// Looks for a file in a folder and then in those above it, up to the project root, as the packager does.
fn nearest<T>(
    root: &Path,
    folder: Option<&str>,
    file: &str,
    read: impl Fn(&str, &str) -> Known<T>,
) -> Known<T> {
    let mut folder = folder;
    while let Some(at) = folder {
        match of_path(root, &join(at, file), &read) {
            Known::Absent => folder = above(at),
            found => return found,
        }
    }
    Known::Absent
}

/// Longest name that an index holds, in characters, with room to spare.
const LONGEST_NAME: usize = 256;

/// The dependency that a PEP 508 requirement names.
fn requirement(written: &str, site: Site) -> Option<Dependency> {
    let name = match crate::model::requirement::parse(written) {
        Some(requirement) => requirement.name.to_string(),
        // A spelling that only its own tool knows still begins with the name.
        None => written
            .chars()
            .take(LONGEST_NAME)
            .take_while(|c| c.is_ascii_alphanumeric() || "-_.".contains(*c))
            .collect(),
    };
    (!name.is_empty()).then(|| Dependency {
        name: normalise(&name),
        written: written.to_owned(),
        site,
    })
}

struct Toml<'a> {
    source: &'a SourceText,
}

impl Toml<'_> {
    fn strings(&self, value: Option<&Spanned<DeValue<'_>>>) -> Vec<Dependency> {
        let items: Vec<_> = value
            .and_then(|value| value.get_ref().as_array())
            .map(|array| array.iter().collect())
            .unwrap_or_default();
        items
            .into_iter()
            .filter_map(|item| requirement(item.get_ref().as_str()?, self.source.site(item.span())))
            .collect()
    }

    /// Poetry's table: the keys are the names.
    fn keys(&self, value: Option<&Spanned<DeValue<'_>>>) -> Vec<Dependency> {
        let Some(table) = value.and_then(|value| value.get_ref().as_table()) else {
            return Vec::new();
        };
        let mut found: Vec<Dependency> = table
            .iter()
            .filter(|(key, _)| !key.get_ref().eq_ignore_ascii_case("python"))
            .map(|(key, value)| Dependency {
                name: normalise(key.get_ref()),
                written: key.get_ref().to_string(),
                site: self.source.site(key.span().start..value.span().end),
            })
            .collect();
        found.sort_by_key(|dependency| dependency.site.span);
        found
    }

    fn groups(&self, table: Option<&Spanned<DeValue<'_>>>) -> BTreeMap<String, Vec<Dependency>> {
        let Some(table) = table.and_then(|value| value.get_ref().as_table()) else {
            return BTreeMap::new();
        };
        table
            .iter()
            .map(|(name, list)| (name.get_ref().to_string(), self.strings(Some(list))))
            .collect()
    }
}

fn get<'t, 'i>(table: &'t DeTable<'i>, keys: &[&str]) -> Option<&'t Spanned<DeValue<'i>>> {
    let (first, rest) = keys.split_first()?;
    let value = table.get(*first)?;
    if rest.is_empty() {
        Some(value)
    } else {
        get(value.get_ref().as_table()?, rest)
    }
}

/// Reads a `pyproject.toml`.
pub(super) fn pyproject(root: &Path, path: &str, text: &str) -> Known<PyProject> {
    let parsed = match DeTable::parse(text) {
        Ok(parsed) => parsed,
        Err(error) => {
            let at = error
                .span()
                .map(|span| SourceText::new(path, text).position(span.start));
            let place = at
                .map(|(line, column)| format!(":{line}:{column}"))
                .unwrap_or_default();
            return Known::Unread(Unread::new(
                ReasonCode::Unsupported,
                format!("{path}{place}: not TOML: {}", error.message()),
            ));
        }
    };
    let table = parsed.get_ref();
    let source = SourceText::new(path, text);
    let toml = Toml { source: &source };
    let folder = path
        .rsplit_once('/')
        .map_or(".", |(folder, _)| folder)
        .to_owned();
    let listed = get(table, &["project", "dependencies"]);
    let is_dynamic = get(table, &["project", "dynamic"])
        .and_then(|value| value.get_ref().as_array())
        .is_some_and(|array| {
            array
                .iter()
                .any(|item| item.get_ref().as_str() == Some("dependencies"))
        });
    let poetry = get(table, &["tool", "poetry", "dependencies"]);
    let (mut dependencies, mut dynamic) = (toml.strings(listed), false);
    if listed.is_none() && poetry.is_some() {
        dependencies = toml.keys(poetry);
    } else if is_dynamic {
        match dynamic_files(root, &folder, table) {
            Some(found) => dependencies = found,
            None => dynamic = true,
        }
    }
    let mut groups = toml.groups(get(table, &["dependency-groups"]));
    if let Some(named) =
        get(table, &["tool", "poetry", "group"]).and_then(|value| value.get_ref().as_table())
    {
        groups.extend(named.iter().map(|(name, group)| {
            let inner = group
                .get_ref()
                .as_table()
                .and_then(|table| get(table, &["dependencies"]));
            (name.get_ref().to_string(), toml.keys(inner))
        }));
    }
    let anchor = listed
        .or(poetry)
        .or(get(table, &["project"]))
        .map_or_else(|| Site::file(path), |value| anchor(&source, text, value));
    Known::Read(PyProject {
        path: path.to_owned(),
        folder,
        anchor,
        dependencies,
        extras: toml.groups(get(table, &["project", "optional-dependencies"])),
        groups,
        standard: get(table, &["project"]).is_some(),
        dynamic,
    })
}

/// The line on which a value begins: an anchor that a reader finds, where the value itself may span many lines.
fn anchor(source: &SourceText, text: &str, value: &Spanned<DeValue<'_>>) -> Site {
    let at = value.span().start.min(text.len());
    let start = text
        .get(..at)
        .and_then(|before| before.rfind('\n'))
        .map_or(0, |at| at + 1);
    let end = text
        .get(at..)
        .and_then(|rest| rest.find('\n'))
        .map_or(text.len(), |length| at + length);
    source.site(start..end.max(start))
}

/// The files that setuptools reads `dependencies` from.
fn dynamic_files(root: &Path, folder: &str, table: &DeTable<'_>) -> Option<Vec<Dependency>> {
    let file = get(
        table,
        &["tool", "setuptools", "dynamic", "dependencies", "file"],
    )?;
    let names: Vec<String> = match file.get_ref() {
        DeValue::String(name) => vec![name.to_string()],
        other => other
            .as_array()?
            .iter()
            .filter_map(|item| item.get_ref().as_str().map(str::to_owned))
            .collect(),
    };
    let mut found = Vec::new();
    for name in names {
        let path = below(root, folder, &name)?;
        found.extend(requirements(root, &path).read()?.dependencies.clone());
    }
    Some(found)
}

/// A requirements file with those that it includes.
pub fn requirements_of(root: &Path, path: &str) -> Known<Requirements> {
    requirements(root, path)
}

fn requirements(root: &Path, path: &str) -> Known<Requirements> {
    let mut dependencies = Vec::new();
    let mut folders = Vec::new();
    let mut seen = BTreeSet::new();
    let mut waiting = vec![path.to_owned()];
    let mut first = true;
    while let Some(next) = waiting.pop() {
        if seen.len() >= MOST_INCLUDES || !seen.insert(next.clone()) {
            continue;
        }
        match text_of(root, &next) {
            Known::Read(text) => {
                let source = SourceText::new(next.as_str(), text.as_str());
                let folder = next.rsplit_once('/').map_or(".", |(folder, _)| folder);
                let Lines { includes, paths } =
                    requirement_lines(&source, &text, &mut dependencies);
                let place = |written: String| {
                    let last = written.trim_end_matches('/').rsplit('/').next();
                    let last = last.unwrap_or_default().to_owned();
                    (last, below(root, folder, &written))
                };
                folders.extend(paths.into_iter().map(place));
                waiting.extend(
                    includes
                        .into_iter()
                        .filter_map(|name| below(root, folder, &name)),
                );
            }
            Known::Absent if first => return Known::Absent,
            Known::Unread(reason) if first => return Known::Unread(reason),
            Known::Absent | Known::Unread(_) => {}
        }
        first = false;
    }
    Known::Read(Requirements {
        path: path.to_owned(),
        dependencies,
        folders,
    })
}

/// What stands in a requirements file beside names.
#[derive(Default)]
struct Lines {
    /// Files that it includes with `-r`.
    includes: Vec<String>,
    /// Folders that it installs.
    paths: Vec<String>,
}

/// The folder that a line of a requirements file installs: `-e ../lib`, `./lib[extra]`, `core @ file:../lib`.
fn folder_of_line(content: &str) -> Option<String> {
    let editable = ["--editable", "-e"]
        .iter()
        .find_map(|option| content.strip_prefix(option));
    let bare = match (editable, content.split_once('@')) {
        (Some(rest), _) => rest.trim_start_matches('=').trim(),
        (None, Some((_, address))) if address.trim_start().starts_with("file:") => address.trim(),
        (None, _) if content.starts_with(['.', '/']) || content.starts_with("file:") => content,
        (None, _) => return None,
    };
    let bare = bare.split(" ;").next().unwrap_or(bare);
    let bare = bare.strip_prefix("file:").unwrap_or(bare);
    let bare = bare.split('[').next().unwrap_or(bare).trim();
    local_packages::is_folder_path(bare).then(|| bare.to_owned())
}

/// Reads the entries of a requirements file.
fn requirement_lines(source: &SourceText, text: &str, into: &mut Vec<Dependency>) -> Lines {
    let mut lines = Lines::default();
    let mut offset = 0;
    for line in text.split_inclusive('\n') {
        let start = offset;
        offset += line.len();
        let content = line
            .split(" #")
            .next()
            .unwrap_or_default()
            .trim()
            .trim_end_matches('\\')
            .trim();
        if content.is_empty() || content.starts_with('#') {
            continue;
        }
        let option = content
            .strip_prefix("-r")
            .or_else(|| content.strip_prefix("--requirement"));
        if let Some(name) = option {
            let name = name.trim_start_matches('=').trim();
            lines.includes.push(name.to_owned());
            continue;
        }
        if let Some(path) = folder_of_line(content) {
            lines.paths.push(path);
        }
        if !content.starts_with(['-', '.', '/']) {
            let written = content.split(" --").next().unwrap_or(content).trim();
            let lead = line.len() - line.trim_start().len();
            into.extend(requirement(
                written,
                source.site(start + lead..start + lead + written.len()),
            ));
        }
    }
    lines
}

/// Reads a `package.json`.
pub(super) fn package_json(path: &str, text: &str) -> Known<PackageJson> {
    let document = match json::parse(path, text) {
        Ok(document) => document,
        Err(error) => {
            return Known::Unread(Unread::new(ReasonCode::Unsupported, error.to_string()));
        }
    };
    let list = |key: &str| -> Vec<Dependency> {
        let members = document
            .root
            .get(key)
            .map(Node::members)
            .unwrap_or_default();
        let dependency = |member: &crate::model::json::Member| Dependency {
            name: member.key.to_string(),
            written: member.node.as_str().unwrap_or_default().to_owned(),
            site: document.member_site(member),
        };
        members.iter().map(dependency).collect()
    };
    let anchor = document.root.member("dependencies").map_or_else(
        || Site::file(path),
        |member| document.source.site(member.key_range.clone()),
    );
    Known::Read(PackageJson {
        path: path.to_owned(),
        anchor,
        dependencies: list("dependencies"),
        dev_dependencies: list("devDependencies"),
    })
}

fn container(root: &Path, context: &str, file: &str, ignores: &Ignores) -> Known<Dockerfile> {
    let Some(path) = below(root, context, file) else {
        return Known::Unread(Unread::new(
            ReasonCode::Unsupported,
            "the Dockerfile lies outside of the project",
        ));
    };
    let text = match text_of(root, &path) {
        Known::Read(text) => text,
        Known::Absent => return Known::Absent,
        Known::Unread(reason) => return Known::Unread(reason),
    };
    let mut parsed = dockerfile::parse(&path, &text);
    parsed.missing = missing(root, context, &parsed, ignores);
    let words: Vec<String> = parsed
        .entry()
        .into_iter()
        .flat_map(|each| each.words())
        .collect();
    for word in words.into_iter().filter(|word| word.ends_with(".sh")) {
        // Where a COPY puts it is not followed: the script's own name, at its path or at the top of the context, is enough.
        let plain = word.trim_start_matches("./").trim_start_matches('/');
        let name = plain.rsplit('/').next().unwrap_or(plain);
        let script = [plain, name]
            .iter()
            .filter_map(|candidate| below(root, context, candidate))
            .find_map(|candidate| text_of(root, &candidate).read().cloned());
        if let Some(script) = script {
            parsed.scripts.insert(word, script);
        }
    }
    Known::Read(parsed)
}

/// What a Dockerfile copies out of the build context and what is not there.
fn missing(
    root: &Path,
    context: &str,
    parsed: &Dockerfile,
    ignores: &Ignores,
) -> Vec<MissingSource> {
    let built = parsed.built();
    let mut found = Vec::new();
    for each in &parsed.instructions {
        for written in each.sources() {
            let source = written.trim_matches('/');
            let Some(path) = below(root, context, source) else {
                continue;
            };
            let full = root.join(&path);
            if !is_gone(&full) {
                continue;
            }
            let folders = Path::new(context).ancestors().skip(1);
            let above = folders
                .map(|folder| folder.join(source))
                .find(|above| !is_gone(&root.join(above)));
            found.push(MissingSource {
                ignored: ignores.cover(&full) || ignores.cover(&full.join("any")),
                above: above.map(|above| above.to_string_lossy().into_owned()),
                built: each.stage.is_some_and(|stage| built.contains(&stage)),
                written,
                path,
                site: each.site.clone(),
            });
        }
    }
    found
}

fn is_gone(path: &Path) -> bool {
    std::fs::symlink_metadata(path).is_err_and(|error| {
        matches!(
            error.kind(),
            std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory
        )
    })
}
