//! Reads the tests in the tree and keeps what they exercise, not their trees.

mod exercise;
mod reach;

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::{Path, PathBuf};

use aho_corasick::AhoCorasick;
use walkdir::{DirEntry, WalkDir};

use crate::collect::project::Ignores;
use rayon::prelude::*;

use self::exercise::{assigned, doubles, failure, imported, invocation, leaf, sessions, site};
use self::reach::{TestFile, exercising};
use super::project::{inside, read_text_up_to};
use super::source::{language_of, parse_alone};
use crate::model::files::Contents;
use crate::model::json::Node;
use crate::model::project::Project;
use crate::model::site::{Site, SourceText};
use crate::model::source::{EntrypointKind, ExprKind, FnId, Function, Module, Source, walk};
use crate::model::tests::{TestFacts, TestSite};
use crate::pool;

/// Test files that are read; a project of this service has far fewer.
const MOST_FILES: usize = 5000;
/// Largest script that is looked through, in bytes.
const LARGEST_SCRIPT: u64 = 1024 * 1024;
/// Sites that are kept of one file.
const MOST_OF_A_FILE: usize = 5;
/// Test files that are parsed whatever they hold. Where there are more, those of dependencies are among them, and one is parsed only
/// where it names code that runs, or a way to invoke it.
const MOST_PARSED: usize = 500;
/// Ways to invoke an agent and to use its memory, as they are written.
const INVOKES: [&str; 9] = [
    "/invocations",
    "agentcore",
    "invoke_agent_runtime",
    "invokeAgentRuntime",
    "InvokeAgentRuntime",
    "invoke_harness",
    "InvokeHarness",
    "create_event",
    "CreateEventCommand",
];
/// An entrypoint that a test may call, or a function that it hands its payload on to: the runtime, the module's last name, the function.
struct Entry {
    runtime: String,
    module: String,
    function: String,
}

/// What one file gave.
#[derive(Default)]
struct Found {
    invocations: Vec<TestSite>,
    failures: Vec<TestSite>,
    raises: Vec<Site>,
    cross_session: Vec<TestSite>,
    unread: Option<String>,
    is_test: bool,
    /// What a test imports and names.
    names: BTreeSet<String>,
}

/// Reads the tests of the project.
pub fn collect(
    project: &Project,
    ignores: &Ignores,
    source: &Source,
    contents: &Contents,
) -> TestFacts {
    let entries = entries(source);
    let mut facts = TestFacts {
        datasets: datasets(project),
        ..TestFacts::default()
    };
    let mut files = list(&project.root, ignores);
    // A script that a person runs may invoke the agent too; what runs in it does not.
    let runs = |path: &str| {
        let reachable = source
            .runtimes
            .iter()
            .flat_map(|runtime| &runtime.reachable);
        reachable
            .filter_map(|id| source.module(*id))
            .any(|module| &*module.path == path)
    };
    for path in contents.scripts.iter().filter(|path| !runs(path)) {
        files
            .entry(path.clone())
            .or_insert_with(|| project.root.join(path));
    }
    let running = reach::Running::of(source);
    let words = (files.len() > MOST_PARSED)
        .then(|| AhoCorasick::new(INVOKES.into_iter().chain(running.last_names())).ok())
        .flatten();
    let Some(pool) = pool::deep() else {
        return facts;
    };
    let found: Vec<Found> = pool.install(|| {
        files
            .par_iter()
            .map(|(shown, path)| match &words {
                Some(words) if is_test(shown) && !names_any(path, shown, words) => Found {
                    is_test: language_of(shown).is_some(),
                    ..Found::default()
                },
                _ => read(path, shown, &entries),
            })
            .collect()
    });
    let tests: Vec<TestFile> = files
        .keys()
        .zip(&found)
        .map(|(path, file)| TestFile {
            path: path.clone(),
            names: file.names.clone(),
            invokes: !file.invocations.is_empty(),
        })
        .collect();
    // No test can be told to reach code that was not read.
    let exercising =
        pool.install(|| exercising(&project.root, &running, &contents.sources, &tests));
    for (file, exercises) in found.into_iter().zip(exercising) {
        let (failures, elsewhere) = match exercises {
            true => (file.failures, Vec::new()),
            false => (Vec::new(), file.failures),
        };
        facts.elsewhere.extend(elsewhere);
        facts.failures.extend(failures);
        facts.files += usize::from(file.is_test);
        facts.invocations.extend(file.invocations);
        facts.raises.extend(file.raises);
        facts.cross_session.extend(file.cross_session);
        facts.unread.extend(file.unread);
    }
    facts
}

fn entries(source: &Source) -> Vec<Entry> {
    let mut all = Vec::new();
    for runtime in &source.runtimes {
        for entry in &runtime.entrypoints {
            if matches!(entry.kind, EntrypointKind::Ping | EntrypointKind::AgentTool) {
                continue;
            }
            // A test imports the function from where it stands.
            let Some(function) = entry.function.and_then(|id| source.function(id)) else {
                continue;
            };
            let Some(module) = source.module(function.id.module) else {
                continue;
            };
            all.extend(entry_of(&runtime.runtime, module, function));
            let given: BTreeSet<&str> = entry
                .payload
                .iter()
                .filter_map(|index| function.params.get(*index))
                .map(|param| &*param.name)
                .collect();
            for expr in walk::expressions(&function.body) {
                let Some(call) = expr.as_call() else { continue };
                let hands_on = call
                    .args
                    .iter()
                    .chain(call.keywords.iter().map(|word| &word.value))
                    .any(|argument| argument.as_name().is_some_and(|name| given.contains(name)));
                let callee = source.callee(module.id, expr).filter(|_| hands_on);
                if let Some(id) = callee {
                    // A neighbour that hands the same function what it is given is the entrypoint by another name.
                    all.extend(neighbours(source, &runtime.runtime, module, id));
                }
                if let Some(id) = callee
                    && let (Some(callee), Some(module)) =
                        (source.function(id), source.module(id.module))
                {
                    all.extend(entry_of(&runtime.runtime, module, callee));
                }
            }
        }
    }
    all
}

/// Functions of the entrypoint's module that hand one of their parameters on to a function.
fn neighbours(source: &Source, runtime: &str, module: &Module, to: FnId) -> Vec<Entry> {
    let mut found = Vec::new();
    for (function, expr) in module.calls() {
        let Some(function) = function.and_then(|id| module.function(id)) else {
            continue;
        };
        if function.parent.is_some() || function.class.is_some() {
            continue;
        }
        let given = |name: &str| function.params.iter().any(|param| &*param.name == name);
        let hands_on = expr.as_call().is_some_and(|call| {
            call.args
                .iter()
                .chain(call.keywords.iter().map(|word| &word.value))
                .any(|argument| argument.as_name().is_some_and(given))
        });
        if hands_on && source.callee(module.id, expr) == Some(to) {
            found.extend(entry_of(runtime, module, function));
        }
    }
    found
}

fn entry_of(runtime: &str, module: &Module, function: &Function) -> Option<Entry> {
    let stem = module.path.rsplit('/').next()?.split('.').next()?;
    (!function.name.is_empty()).then(|| Entry {
        runtime: runtime.to_owned(),
        module: stem.to_owned(),
        function: function.name.to_string(),
    })
}

/// `datasets[].config.managed.location`, with the size of the file.
fn datasets(project: &Project) -> BTreeMap<String, Option<u64>> {
    let size = |node: &Node| {
        let location = node.path(&["config", "managed", "location"])?.as_str()?;
        let path = inside(&project.root, location)?;
        let about = std::fs::metadata(project.root.join(path)).ok()?;
        Some(if about.is_file() { about.len() } else { 1 })
    };
    project
        .datasets
        .iter()
        .map(|dataset| (dataset.name.clone(), size(&dataset.node)))
        .collect()
}

/// Whether a path is a test by its name or folder.
fn is_test(path: &str) -> bool {
    let (folders, name) = path.rsplit_once('/').unwrap_or(("", path));
    name.starts_with("test_")
        || name == "conftest.py"
        || name.contains("_test.")
        || name.contains(".test.")
        || name.contains(".spec.")
        || folders.split('/').any(|folder| {
            matches!(
                folder,
                "test" | "tests" | "__tests__" | "e2e" | "integration"
            )
        })
}

/// Scripts that may invoke an agent.
fn is_script(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.ends_with(".sh")
        || matches!(
            name,
            "Makefile" | "justfile" | "Taskfile.yml" | "package.json" | "Jenkinsfile"
        )
        || (path.starts_with(".github/") && (name.ends_with(".yml") || name.ends_with(".yaml")))
        || name == ".gitlab-ci.yml"
}

fn list(root: &Path, ignores: &Ignores) -> BTreeMap<String, PathBuf> {
    let keeps = |entry: &DirEntry| {
        let is_dir = entry.file_type().is_dir();
        if entry.depth() > 0 && ignores.ignores(entry.path(), is_dir) {
            return false;
        }
        let name = entry.file_name().to_str().unwrap_or_default();
        entry.depth() == 0
            || !is_dir
            || !(matches!(
                name,
                "node_modules"
                    | ".venv"
                    | "venv"
                    | "site-packages"
                    | "__pycache__"
                    | ".git"
                    | "cdk.out"
                    | "dist"
                    | "build"
                    | ".tox"
                    | ".nox"
                    | ".cache"
                    | "cdk"
                    | "staging"
            ) || entry.path().join("pyvenv.cfg").exists())
    };
    let walk = WalkDir::new(root).into_iter().filter_entry(keeps);
    let mut records = Vec::new();
    let mut files: Vec<(String, PathBuf)> = walk
        .filter_map(Result::ok)
        .filter(|entry| entry.file_type().is_file())
        .filter_map(|entry| {
            let shown = entry
                .path()
                .strip_prefix(root)
                .ok()?
                .to_str()?
                .replace('\\', "/");
            if shown.ends_with(".dist-info/RECORD") {
                records.push((shown, entry.into_path()));
                return None;
            }
            let wanted = (is_test(&shown) && language_of(&shown).is_some()) || is_script(&shown);
            wanted.then(|| (shown, entry.into_path()))
        })
        .collect();
    let installed = installed(&records);
    files.retain(|(shown, _)| !installed.contains(shown));
    files.sort_unstable();
    files.into_iter().take(MOST_FILES).collect()
}

/// The files of distributions that were installed into a folder of the project (`pip install --target`): what they bring of tests
/// exercises them, not the agent. Each `RECORD` has a line a file, its path first
/// (<https://packaging.python.org/en/latest/specifications/recording-installed-packages/>).
fn installed(records: &[(String, PathBuf)]) -> HashSet<String> {
    let mut files = HashSet::new();
    for (shown, path) in records {
        let folder = shown.rsplitn(3, '/').nth(2).unwrap_or("");
        let Ok(text) = read_text_up_to(path, shown, LARGEST_SCRIPT) else {
            continue;
        };
        for line in text.lines() {
            let file = line.split(',').next().unwrap_or(line).trim_matches('"');
            if file.is_empty() || file.starts_with("..") {
                continue;
            }
            files.insert(match folder {
                "" => file.to_owned(),
                folder => format!("{folder}/{file}"),
            });
        }
    }
    files
}

/// Whether a file names a way to invoke an agent, or as a word of its own a module that runs; true where it cannot be read, so that
/// the reader says why.
fn names_any(path: &Path, shown: &str, words: &AhoCorasick) -> bool {
    if shown.ends_with("conftest.py") {
        return true;
    }
    let Ok(text) = read_text_up_to(path, shown, LARGEST_SCRIPT) else {
        return true;
    };
    let bytes = text.as_bytes();
    let edge =
        |byte: Option<&u8>| byte.is_none_or(|byte| !byte.is_ascii_alphanumeric() && *byte != b'_');
    words.find_overlapping_iter(&*text).any(|hit| {
        if hit.pattern().as_usize() < INVOKES.len() {
            return true;
        }
        let before = hit.start().checked_sub(1).and_then(|at| bytes.get(at));
        edge(before) && edge(bytes.get(hit.end()))
    })
}

fn read(path: &Path, shown: &str, entries: &[Entry]) -> Found {
    if language_of(shown).is_none() {
        return script(path, shown);
    }
    let (module, notes) = parse_alone(path, shown);
    // A service of the project's own that calls the agent is no test of it.
    if !is_test(shown) && serves(&module) {
        return Found::default();
    }
    if !is_test(shown) {
        return Found {
            invocations: invocations(&module, entries),
            ..Found::default()
        };
    }
    let mut found = Found {
        is_test: true,
        names: reach::names(&module),
        invocations: invocations(&module, entries),
        unread: notes.first().map(|note| format!("{shown}: {note}")),
        ..Found::default()
    };
    for (_, expr) in module.all_expressions() {
        let Some(call) = expr
            .as_call()
            .filter(|_| matches!(expr.kind, ExprKind::Call(_)))
        else {
            continue;
        };
        let leaf = leaf(&call.callee);
        if let Some(what) = failure(expr, leaf) {
            found.failures.push(site(&module, expr.range, what));
        } else if matches!(
            leaf,
            "raises" | "assertRaises" | "assertRaisesRegex" | "toThrow" | "toThrowError"
        ) {
            found.raises.push(module.site(expr.range));
        }
    }
    found.failures.extend(assigned(&module));
    found.failures.extend(doubles(&module));
    found.cross_session.extend(sessions(&module));
    found.failures.truncate(MOST_OF_A_FILE);
    found.raises.truncate(MOST_OF_A_FILE);
    found
}

/// Whether a file serves others: it registers routes, or starts a web server.
fn serves(module: &Module) -> bool {
    let decorated = module.functions.iter().any(|function| {
        function.decorators.iter().any(|decorator| {
            let target = decorator.as_call().map_or(decorator, |call| &call.callee);
            matches!(
                leaf(target),
                "get" | "post" | "put" | "patch" | "delete" | "route" | "websocket" | "entrypoint"
            )
        })
    });
    decorated
        || module.all_expressions().into_iter().any(|(_, expr)| {
            expr.as_call().is_some_and(|call| match &call.callee.kind {
                ExprKind::Attribute { base, attr } => {
                    matches!(&**attr, "listen" | "serve_forever")
                        || &**attr == "run"
                            && base
                                .as_name()
                                .is_some_and(|base| matches!(base, "uvicorn" | "hypercorn" | "web"))
                }
                _ => false,
            })
        })
}

/// Where a file invokes an agent.
fn invocations(module: &Module, entries: &[Entry]) -> Vec<TestSite> {
    let imported = imported(module);
    let mut found: Vec<TestSite> = module
        .all_expressions()
        .into_iter()
        .filter(|(_, expr)| matches!(expr.kind, ExprKind::Call(_)))
        .filter_map(|(_, expr)| {
            let leaf = leaf(&expr.as_call()?.callee);
            invocation(module, expr, leaf, entries, &imported)
        })
        .collect();
    found.truncate(MOST_OF_A_FILE);
    found
}

fn script(path: &Path, shown: &str) -> Found {
    let mut found = Found::default();
    let Ok(text) = read_text_up_to(path, shown, LARGEST_SCRIPT) else {
        return found;
    };
    let source = SourceText::new(shown, text.as_str());
    let (mut offset, mut curl) = (0, false);
    for line in text.split_inclusive('\n') {
        let start = offset;
        offset += line.len();
        let code = line.trim_start();
        let shown_only = ["#", "echo", "printf", "@echo", "//"]
            .iter()
            .any(|word| code.starts_with(word));
        // A command may go over several lines; `/invocations` is also part of an API Gateway's address of a Lambda.
        curl = (curl && !line.trim().is_empty()) || code.contains("curl");
        let hit = [
            "agentcore invoke",
            "agentcore run eval",
            "/invocations",
            "invoke-agent-runtime",
        ]
        .into_iter()
        .find(|word| code.contains(word) && !shown_only)
        .filter(|word| *word != "/invocations" || (curl && !code.contains("lambda:path")));
        curl &= line.trim_end().ends_with('\\');
        if let Some(word) = hit {
            let lead = line.len() - code.len();
            found.invocations.push(TestSite {
                site: source.site(start + lead..start + lead + code.trim_end().len()),
                what: format!("a script runs `{word}`"),
                runtimes: Vec::new(),
            });
        }
    }
    found.invocations.truncate(MOST_OF_A_FILE);
    found
}
