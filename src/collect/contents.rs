//! One pass over the text of every file of the project: hard-coded secrets, and which source files mention AgentCore. Each file
//! is read once, on all cores, and let go again, so memory grows with the largest file and not with the tree.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use walkdir::{DirEntry, WalkDir};

use super::project::{Ignores, walk as walk_package};
use super::source::{
    is_caller_candidate, is_invoking_script, language_of, mentions_agentcore, mentions_commands,
    stack,
};
use super::{around, own_resources, role_grants};

use crate::model::background::Background;
use crate::model::files::{Around, Contents, Package, PackageKind, SecretSite};
use crate::model::project::Project;
use crate::model::site::{Site, SourceText};
use crate::secrets::names::{harmless_under, secret_like_name};
use crate::secrets::{self, Hit, is_binary};
use crate::text::holds;

/// Files above this are data, not text that people write. In bytes.
const LARGEST: u64 = 64 * 1024 * 1024;
/// What is read of a file at first, in bytes.
const BLOCK: usize = 8192;
/// Secrets that are kept of one file: a dump of a thousand keys is one finding, not a thousand.
const MOST_OF_A_FILE: usize = 50;
/// Length of a value, in bytes, from which it is covered wherever it is quoted.
const SHORTEST: usize = 12;
/// Folders of tools and dependencies; what ships is read all the same.
const LEFT_OUT: [&str; 14] = [
    ".git",
    ".hg",
    ".svn",
    "node_modules",
    ".venv",
    "venv",
    "__pycache__",
    "site-packages",
    "cdk.out",
    ".tox",
    ".nox",
    ".mypy_cache",
    ".ruff_cache",
    ".pytest_cache",
];

/// What one file gave.
#[derive(Default)]
struct Found {
    secrets: Vec<SecretSite>,
    values: Vec<String>,
    source: bool,
    caller: bool,
    commands: bool,
    script: bool,
    entrypoint: Option<u32>,
    own_resources: Vec<u32>,
    environment_words: BTreeSet<String>,
    role_grants: Vec<u32>,
    lambda_caller: bool,
    unread: Option<String>,
}

/// Reads the files of the project: what git does not ignore, and what ships. `background` says what goes first.
pub fn collect(
    project: &Project,
    packages: &[Package],
    ignores: &Ignores,
    background: &Background,
) -> Contents {
    let mut listed = list(project, packages, ignores);
    let (around, beside) = around::files(project, ignores, is_wanted);
    for file in beside {
        let listed = listed.entry(file.shown);
        listed.or_insert_with(|| Listed::beside(file.path));
    }
    let files: Vec<(String, Listed)> = listed.into_iter().collect();
    let found = background.map(&files, |(shown, listed)| read(listed, shown));
    let mut contents = Contents {
        files: files.len(),
        around,
        ..Contents::default()
    };
    if around == Around::TooLarge {
        contents
            .unread
            .push("the repository around the project is too large to be searched".to_owned());
    }
    for ((shown, listed), file) in files.iter().zip(found) {
        contents.secrets.extend(file.secrets);
        contents.values.extend(file.values);
        contents.unread.extend(file.unread);
        if file.caller {
            contents.callers.push(shown.clone());
        }
        contents.environment_words.extend(file.environment_words);
        if file.lambda_caller {
            contents.lambda_callers.push(shown.clone());
        }
        if file.commands {
            contents.commands.push(shown.clone());
        }
        if !file.own_resources.is_empty() {
            contents
                .own_resources
                .insert(shown.clone(), file.own_resources);
        }
        if !file.role_grants.is_empty() {
            contents.role_grants.insert(shown.clone(), file.role_grants);
        }
        if let Some(line) = file.entrypoint {
            contents.entrypoints.insert(shown.clone(), line);
        }
        if file.script {
            contents.scripts.push(shown.clone());
        }
        if file.source {
            let sources = match listed.beside {
                true => &mut contents.sources_around,
                false => &mut contents.sources,
            };
            sources.insert(shown.clone());
        }
    }
    contents.role_grants.extend(role_grants::beside(project));
    contents
}

/// A file to be read.
struct Listed {
    path: PathBuf,
    /// It ships with an agent.
    ships: bool,
    /// git ignores it: it is made by a build out of files that are read themselves.
    made: bool,
    /// It lies outside of the project's folder.
    beside: bool,
}

impl Listed {
    fn beside(path: PathBuf) -> Self {
        Self {
            path,
            ships: false,
            made: false,
            beside: true,
        }
    }
}

/// The files by their path relative to the project root.
fn list(project: &Project, packages: &[Package], ignores: &Ignores) -> BTreeMap<String, Listed> {
    let keeps = |entry: &DirEntry| {
        let is_dir = entry.file_type().is_dir();
        wanted(entry) && (entry.depth() == 0 || !ignores.ignores(entry.path(), is_dir))
    };
    let walk = WalkDir::new(&project.root).into_iter().filter_entry(keeps);
    let mut found = BTreeMap::new();
    for entry in walk.filter_map(Result::ok) {
        if entry.file_type().is_file()
            && let Ok(relative) = entry.path().strip_prefix(&project.root)
        {
            found.insert(
                relative.to_string_lossy().replace('\\', "/"),
                Listed {
                    path: entry.into_path(),
                    ships: false,
                    made: false,
                    beside: false,
                },
            );
        }
    }
    for package in packages
        .iter()
        .filter(|package| package.kind != PackageKind::Bundle)
    {
        let Some(folder) = &package.folder else {
            continue;
        };
        let prefix = if folder == "." {
            String::new()
        } else {
            format!("{folder}/")
        };
        let full = project.root.join(folder);
        // Of a folder beside the project nothing is listed yet.
        let listed_apart = folder.starts_with("..");
        for entry in walk_package(&full, package.kind, "Dockerfile", project.within()) {
            let shown = format!("{prefix}{}", entry.relative);
            let made = match listed_apart {
                true => ignores.cover(&entry.path) || !is_own(&full, &entry.path),
                false => !found.contains_key(&shown),
            };
            found.insert(
                shown,
                Listed {
                    path: entry.path,
                    ships: true,
                    made,
                    beside: false,
                },
            );
        }
    }
    found
}

/// Whether code invokes Lambda functions through an AWS SDK.
fn invokes_lambda(text: &str) -> bool {
    holds(text, "FunctionName")
        && (holds(text, ".invoke(") || holds(text, "InvokeCommand") || holds(text, "invoke_async("))
}

fn wanted(entry: &DirEntry) -> bool {
    entry.depth() == 0 || !entry.file_type().is_dir() || is_wanted(entry.path())
}

/// Whether no folder between `top` and the file is a tool's or a dependency's.
fn is_own(top: &Path, file: &Path) -> bool {
    let folders = file.ancestors().skip(1);
    folders.take_while(|folder| *folder != top).all(is_wanted)
}

/// Whether a folder is one of the project's own, and of no tool and no dependency.
fn is_wanted(folder: &Path) -> bool {
    let name = folder.file_name().and_then(|name| name.to_str());
    let left_out = name.is_some_and(|name| LEFT_OUT.contains(&name));
    !left_out && !folder.join("pyvenv.cfg").exists()
}

fn read(listed: &Listed, shown: &str) -> Found {
    let Listed {
        path,
        ships,
        made,
        beside,
    } = listed;
    let unread = |reason: String| Found {
        unread: Some(format!("{shown}: {reason}")),
        ..Found::default()
    };
    let opened = std::fs::File::open(path).and_then(|file| Ok((file.metadata()?, file)));
    let (about, file) = match opened {
        Ok(opened) => opened,
        Err(error) => return unread(error.to_string()),
    };
    if !about.is_file() || about.len() == 0 {
        return Found::default();
    }
    // The first block tells text from data, so that a large binary is not read to its end.
    let size = usize::try_from(about.len()).unwrap_or(usize::MAX);
    // Room for one byte more: the read that finds the end needs it.
    let mut bytes = Vec::with_capacity(size.min(BLOCK) + 1);
    let mut file = file.take(LARGEST);
    if let Err(error) = file.by_ref().take(BLOCK as u64).read_to_end(&mut bytes) {
        return unread(error.to_string());
    }
    if is_binary(&bytes) {
        return Found::default();
    }
    if about.len() > LARGEST {
        return unread(format!(
            "{} bytes, larger than the {LARGEST} bytes that are searched",
            about.len()
        ));
    }
    if bytes.len() == BLOCK {
        bytes.reserve_exact(size.saturating_sub(BLOCK) + 1);
        if let Err(error) = file.read_to_end(&mut bytes) {
            return unread(error.to_string());
        }
    }
    // What a build copies is judged where it comes from.
    let source = is_caller_candidate(shown) && !made;
    let caller = source && mentions_agentcore(&bytes);
    // What the project itself is made of is sought in its own folder.
    let own = !beside;
    let commands = own && source && mentions_commands(&bytes);
    let script = source && is_invoking_script(shown, &bytes);
    let text = match String::from_utf8(bytes) {
        Ok(text) => text,
        // Keys and tokens are ASCII: what else stands in the file does not matter.
        Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
    };
    let entrypoint = (own && source).then(|| entrypoint(&text)).flatten();
    let (own_resources, role_grants) = match own {
        true => (
            own_resources::lines(shown, &text),
            role_grants::lines(shown, &text),
        ),
        false => Default::default(),
    };
    let environment_words = match sets_environments(shown, &text) {
        true => stack::words(&text).collect(),
        false => BTreeSet::new(),
    };
    let lambda_caller = source && invokes_lambda(&text);
    let hits = secrets::scan(shown, &text, &secrets::Options::default());
    // A short value may be any word.
    let value = |hit: &Hit| {
        text.get(hit.range.clone())
            .filter(|value| value.len() >= SHORTEST)
    };
    let values = hits
        .iter()
        .take(MOST_OF_A_FILE)
        .filter_map(value)
        .map(str::to_owned)
        .chain(script.then(|| exported(shown, &text)).into_iter().flatten())
        .collect();
    let secrets = if hits.is_empty() {
        Vec::new()
    } else {
        sites(shown, text, hits, *ships)
    };
    Found {
        secrets,
        values,
        source,
        caller,
        commands,
        script: own && script,
        entrypoint,
        own_resources,
        environment_words,
        role_grants,
        lambda_caller,
        unread: None,
    }
}

/// Whether a file may set environment variables of a runtime: infrastructure code, a script that deploys or edits the configuration.
fn sets_environments(path: &str, text: &str) -> bool {
    const KINDS: [&str; 16] = [
        ".tf",
        ".tofu",
        ".tfvars",
        ".json",
        ".yaml",
        ".yml",
        ".template",
        ".ts",
        ".mts",
        ".js",
        ".mjs",
        ".cjs",
        ".py",
        ".sh",
        ".toml",
        "Makefile",
    ];
    const TOLD_BY: [&str; 5] = [
        "environmentVariables",
        "environment_variables",
        "EnvironmentVariables",
        "envVars",
        "bedrockagentcore_agent_runtime",
    ];
    let configuration =
        path == "agentcore/agentcore.json" || path.ends_with("/agentcore/agentcore.json");
    !configuration
        && KINDS.iter().any(|kind| path.ends_with(kind))
        && TOLD_BY.iter().any(|word| holds(text, word))
}

/// What a script gives to variables with a secret's name.
fn exported(shown: &str, text: &str) -> Vec<String> {
    // In a program what is not quoted is an expression: the name of what holds the value.
    let is_program = language_of(shown).is_some();
    let value = |line: &str| {
        let line = line.trim_start();
        let (name, value) = line
            .strip_prefix("export ")
            .unwrap_or(line)
            .split_once('=')?;
        let value = value.trim();
        if is_program && !value.starts_with(['"', '\'']) {
            return None;
        }
        let value = value.trim_matches(['"', '\'']);
        let written = value.len() >= SHORTEST && !value.contains(['$', '`', ' ', '(', '[']);
        (written && secret_like_name(name) && !harmless_under(name, value))
            .then(|| value.to_owned())
    };
    text.lines()
        .filter_map(value)
        .take(MOST_OF_A_FILE)
        .collect()
}

/// The line where a file registers an entrypoint of AgentCore.
fn entrypoint(text: &str) -> Option<u32> {
    if !holds(text, "BedrockAgentCoreApp") {
        return None;
    }
    let registers = |line: &str| {
        let code = line.trim();
        code.starts_with('@') && code.trim_end_matches("()").ends_with(".entrypoint")
            || code.contains("new BedrockAgentCoreApp(") && !code.starts_with(['/', '*'])
    };
    (1u32..)
        .zip(text.lines())
        .find(|(_, line)| registers(line))
        .map(|(number, _)| number)
}

fn sites(shown: &str, text: String, hits: Vec<Hit>, ships: bool) -> Vec<SecretSite> {
    let source = SourceText::new(shown, text);
    hits.into_iter()
        .take(MOST_OF_A_FILE)
        .map(|hit| SecretSite {
            site: masked(&source, &hit),
            kind: hit.kind.id,
            title: hit.kind.title,
            masked: hit.masked,
            context: hit.context,
            confidence: hit.confidence,
            ships,
        })
        .collect()
}

/// The place of a secret with its text masked, in the excerpt and in the line.
fn masked(source: &SourceText, hit: &Hit) -> Site {
    let site = source.site(hit.range.clone());
    Site {
        excerpt: Arc::from(hit.masked.as_str()),
        line_text: Arc::from(hit.masked_line.as_str()),
        ..site
    }
}
