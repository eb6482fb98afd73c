//! Reads the tests in the tree and keeps what they exercise, not their trees.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use ignore::WalkBuilder;
use rayon::prelude::*;

use super::project::{inside, read_text_up_to};
use super::source::{language_of, parse_alone};
use crate::model::json::Node;
use crate::model::project::Project;
use crate::model::site::{Site, SourceText};
use crate::model::source::{
    ByteRange, EntrypointKind, Expr, ExprKind, FnId, Function, Module, Source, StmtKind, walk,
};
use crate::model::tests::{TestFacts, TestSite};

/// Test files that are read; a project of this service has far fewer.
const MOST_FILES: usize = 5000;
/// Largest script that is looked through, in bytes.
const LARGEST_SCRIPT: u64 = 1024 * 1024;
/// Sites that are kept of one file.
const MOST_OF_A_FILE: usize = 5;
/// Calls that write to memory, and that read long-term memory, in Python and the AWS SDKs.
const WRITES: [&str; 9] = [
    "create_event",
    "save_turn",
    "save_conversation",
    "add_turns",
    "createEvent",
    "CreateEventCommand",
    "batch_create_memory_records",
    "BatchCreateMemoryRecordsCommand",
    "process_turn",
];
const READS: [&str; 9] = [
    "retrieve_memories",
    "retrieve_memory_records",
    "search_long_term_memories",
    "list_memory_records",
    "list_long_term_memory_records",
    "RetrieveMemoryRecordsCommand",
    "ListMemoryRecordsCommand",
    "retrieve_memories_for_llm",
    "process_turn_with_llm",
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
}

/// Reads the tests of the project.
pub fn collect(project: &Project, source: &Source) -> TestFacts {
    let entries = entries(source);
    let mut facts = TestFacts {
        datasets: datasets(project),
        ..TestFacts::default()
    };
    let files = list(&project.root);
    let pool = rayon::ThreadPoolBuilder::new().stack_size(64 << 20).build();
    let Ok(pool) = pool else { return facts };
    let found: Vec<Found> = pool.install(|| {
        files
            .par_iter()
            .map(|(shown, path)| read(path, shown, &entries))
            .collect()
    });
    for file in found {
        facts.files += usize::from(file.is_test);
        facts.invocations.extend(file.invocations);
        facts.failures.extend(file.failures);
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
            let (Some(function), Some(module)) = (
                entry.function.and_then(|id| source.function(id)),
                source.module(entry.module),
            ) else {
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

fn list(root: &Path) -> BTreeMap<String, PathBuf> {
    let walk = WalkBuilder::new(root)
        .hidden(false)
        .ignore(false)
        .git_global(false)
        .git_exclude(false)
        .require_git(false)
        .follow_links(false)
        .filter_entry(|entry| {
            let name = entry.file_name().to_str().unwrap_or_default();
            entry.depth() == 0
                || !entry.file_type().is_some_and(|kind| kind.is_dir())
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
        })
        .build();
    walk.filter_map(Result::ok)
        .filter(|entry| entry.file_type().is_some_and(|kind| kind.is_file()))
        .filter_map(|entry| {
            let shown = entry
                .path()
                .strip_prefix(root)
                .ok()?
                .to_str()?
                .replace('\\', "/");
            let wanted = (is_test(&shown) && language_of(&shown).is_some()) || is_script(&shown);
            wanted.then(|| (shown, entry.into_path()))
        })
        .take(MOST_FILES)
        .collect()
}

fn read(path: &Path, shown: &str, entries: &[Entry]) -> Found {
    if language_of(shown).is_none() {
        return script(path, shown);
    }
    let (module, notes) = parse_alone(path, shown);
    let mut found = Found {
        is_test: true,
        unread: notes.first().map(|note| format!("{shown}: {note}")),
        ..Found::default()
    };
    let imported = imported(&module);
    for (function, expr) in module.all_expressions() {
        let Some(call) = expr
            .as_call()
            .filter(|_| matches!(expr.kind, ExprKind::Call(_)))
        else {
            continue;
        };
        let leaf = leaf(&call.callee);
        if let Some(site) = invocation(&module, expr, leaf, entries, &imported) {
            found.invocations.push(site);
        }
        if let Some(what) = failure(expr, leaf) {
            found.failures.push(site(&module, expr.range, what));
        } else if matches!(
            leaf,
            "raises" | "assertRaises" | "assertRaisesRegex" | "toThrow" | "toThrowError"
        ) {
            found.raises.push(module.site(expr.range));
        }
        let _ = function;
    }
    found.failures.extend(assigned(&module));
    found.failures.extend(doubles(&module));
    found.cross_session.extend(sessions(&module));
    found.invocations.truncate(MOST_OF_A_FILE);
    found.failures.truncate(MOST_OF_A_FILE);
    found.raises.truncate(MOST_OF_A_FILE);
    found
}

fn site(module: &Module, range: ByteRange, what: impl Into<String>) -> TestSite {
    TestSite {
        site: module.site(range),
        what: what.into(),
        runtimes: Vec::new(),
    }
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

/// The last name of what is called.
fn leaf(callee: &Expr) -> &str {
    match &callee.kind {
        ExprKind::Name(name) => name,
        ExprKind::Attribute { attr, .. } => attr,
        _ => "",
    }
}

/// The last names of all modules that a test imports or loads, by any means.
fn imported(module: &Module) -> BTreeSet<String> {
    let last = |name: &str| -> String {
        let name = name.rsplit('/').next().unwrap_or(name);
        let name = ["py", "ts", "js", "mjs"]
            .iter()
            .find_map(|extension| name.strip_suffix(&format!(".{extension}")))
            .unwrap_or(name);
        name.rsplit('.').next().unwrap_or(name).to_owned()
    };
    let mut names = BTreeSet::new();
    for import in &module.imports {
        names.insert(last(&import.module));
        names.extend(import.name.as_ref().map(|name| last(name)));
    }
    for (_, expr) in module.all_expressions() {
        if let ExprKind::Str(text) = &expr.kind
            && text.len() < 200
            && !text.contains(char::is_whitespace)
        {
            names.insert(last(text));
        }
    }
    names
}

/// A call that invokes an agent with an input: the entrypoint itself, its HTTP route, the service's API.
fn invocation(
    module: &Module,
    expr: &Expr,
    leaf: &str,
    entries: &[Entry],
    imported: &BTreeSet<String>,
) -> Option<TestSite> {
    let call = expr.as_call()?;
    let given = !call.args.is_empty() || !call.keywords.is_empty();
    let runtimes: Vec<String> = entries
        .iter()
        .filter(|entry| entry.function == leaf && imported.contains(&entry.module))
        .map(|entry| entry.runtime.clone())
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect();
    if given && !runtimes.is_empty() {
        let what = format!("calls the entrypoint {leaf}");
        return Some(TestSite {
            runtimes,
            ..site(module, expr.range, what)
        });
    }
    let strings = || {
        call.args
            .iter()
            .chain(call.keywords.iter().map(|word| &word.value))
    };
    let holds = |word: &str| {
        strings().any(|argument| {
            walk::sub_expressions(argument)
                .into_iter()
                .any(|part| match &part.kind {
                    ExprKind::Str(text) => text.contains(word),
                    _ => {
                        module.text(part.range).contains(word)
                            && matches!(part.kind, ExprKind::Format(_))
                    }
                })
        })
    };
    if matches!(leaf, "post" | "request" | "fetch" | "urlopen" | "inject") && holds("/invocations")
    {
        return Some(site(module, expr.range, "posts to /invocations"));
    }
    let invokes = matches!(
        leaf,
        "invoke_agent_runtime"
            | "invokeAgentRuntime"
            | "InvokeAgentRuntimeCommand"
            | "invoke_harness"
            | "InvokeHarnessCommand"
    );
    let named = [
        "agentRuntimeArn",
        "harnessArn",
        "payload",
        "runtimeSessionId",
    ];
    let by_name = named.iter().any(|name| call.option(name).is_some())
        || call.keywords.iter().any(|word| word.name.is_none());
    if invokes && by_name {
        return Some(site(module, expr.range, "invokes the deployed runtime"));
    }
    let runs = matches!(
        leaf,
        "run"
            | "check_output"
            | "check_call"
            | "Popen"
            | "execSync"
            | "spawnSync"
            | "spawn"
            | "exec"
    );
    (runs && holds("agentcore") && holds("invoke"))
        .then(|| site(module, expr.range, "runs `agentcore invoke`"))
}

/// Whether an expression is an exception: its class, an instance, or a list with one.
fn is_exception(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Name(name) => named_exception(name),
        ExprKind::Attribute { attr, .. } => named_exception(attr),
        ExprKind::Call(call) => named_exception(leaf(&call.callee)),
        ExprKind::List(items) | ExprKind::Tuple(items) => items.iter().any(is_exception),
        _ => false,
    }
}

fn named_exception(name: &str) -> bool {
    name.ends_with("Error")
        || name.ends_with("Exception")
        || name.ends_with("Timeout")
        || name.ends_with("error")
}

/// A double that fails.
fn failure(expr: &Expr, leaf: &str) -> Option<String> {
    let call = expr.as_call()?;
    if call.option("side_effect").is_some_and(is_exception) {
        return Some("a double raises".to_owned());
    }
    if leaf.starts_with("mockRejectedValue") {
        return Some("a double rejects".to_owned());
    }
    let stub = leaf.starts_with("add_client_error") || leaf == "rejects" || leaf == "throws";
    if stub {
        return Some("a stub answers with an error".to_owned());
    }
    let status = call
        .option("status_code")
        .or_else(|| call.option("status"))
        .and_then(Expr::as_number);
    (status.is_some_and(|status| status >= 500.0 || (status - 429.0).abs() < 0.5)
        && matches!(
            leaf,
            "Response" | "respond" | "add" | "add_response" | "reply" | "HttpResponse"
        ))
    .then(|| "a stub answers with an HTTP error".to_owned())
}

/// `double.side_effect = SomeError(…)`.
fn assigned(module: &Module) -> Vec<TestSite> {
    let mut found = Vec::new();
    for body in bodies(module) {
        for stmt in walk::statements(body) {
            let StmtKind::Assign(assign) = &stmt.kind else {
                continue;
            };
            let effect = assign.targets.iter().any(|target| {
                matches!(&target.kind, ExprKind::Attribute { attr, .. } if &**attr == "side_effect")
            });
            if effect
                && assign
                    .value
                    .as_ref()
                    .is_some_and(|value| is_exception(value))
            {
                found.push(site(module, stmt.range, "a double raises"));
            }
        }
    }
    found
}

fn bodies(module: &Module) -> Vec<&[crate::model::source::Stmt]> {
    let mut all = vec![module.body.as_slice()];
    all.extend(
        module
            .functions
            .iter()
            .map(|function| function.body.as_slice()),
    );
    all
}

/// Functions inside tests, and methods of doubles, that do nothing but raise.
fn doubles(module: &Module) -> Vec<TestSite> {
    let is_double = |function: &&Function| {
        let test = function.name.starts_with("test") || function.name.starts_with("assert");
        let method = function.class.is_some_and(|class| {
            module
                .classes
                .get(class.index as usize)
                .is_some_and(|class| !class.name.starts_with("Test"))
        });
        !test && (function.parent.is_some() || method || fake(&function.name))
    };
    let raises = |function: &Function| {
        let last = function
            .body
            .iter()
            .rev()
            .find(|stmt| !matches!(stmt.kind, StmtKind::Nothing))?;
        match &last.kind {
            StmtKind::Raise {
                value: Some(value), ..
            } => {
                let name = match &value.kind {
                    ExprKind::Call(call) => leaf(&call.callee),
                    _ => leaf(value),
                };
                let real = !matches!(
                    name,
                    "AssertionError"
                        | "NotImplementedError"
                        | "StopIteration"
                        | "KeyError"
                        | "SkipTest"
                );
                real.then_some(last.range)
            }
            _ => None,
        }
    };
    module
        .functions
        .iter()
        .filter(is_double)
        .filter_map(|function| Some(site(module, raises(function)?, "a double raises")))
        .collect()
}

fn fake(name: &str) -> bool {
    let name = name.trim_start_matches('_').to_ascii_lowercase();
    [
        "fake", "stub", "mock", "boom", "broken", "failing", "raise", "explode", "fail",
    ]
    .iter()
    .any(|word| name.starts_with(word))
}

/// Tests that write memory (or invoke the agent) in one session and read in another.
fn sessions(module: &Module) -> Vec<TestSite> {
    let mut by_function: BTreeMap<Option<FnId>, (BTreeSet<String>, bool, bool, ByteRange)> =
        BTreeMap::new();
    for (function, expr) in module.all_expressions() {
        let Some(call) = expr
            .as_call()
            .filter(|_| matches!(expr.kind, ExprKind::Call(_)))
        else {
            continue;
        };
        let entry = by_function
            .entry(function)
            .or_insert_with(|| (BTreeSet::new(), false, false, expr.range));
        let name = leaf(&call.callee);
        let invokes = name.contains("invoke") || name == "post";
        entry.1 |= WRITES.contains(&name) || invokes;
        entry.2 |= READS.contains(&name) || invokes;
        for option in [
            "session_id",
            "sessionId",
            "runtimeSessionId",
            "runtime_session_id",
            "session",
        ] {
            if let Some(value) = call.option(option) {
                entry.0.insert(module.text(value.range).to_owned());
            }
        }
        for argument in &call.args {
            for part in walk::sub_expressions(argument) {
                for key in ["session_id", "sessionId", "runtimeSessionId"] {
                    if let Some(value) = part.entry(key) {
                        entry.0.insert(module.text(value.range).to_owned());
                    }
                }
            }
        }
    }
    by_function
        .into_values()
        .filter(|(ids, writes, reads, _)| ids.len() >= 2 && *writes && *reads)
        .map(|(ids, _, _, range)| {
            let ids: Vec<String> = ids.into_iter().take(3).collect();
            site(
                module,
                range,
                format!("uses the sessions {}", ids.join(", ")),
            )
        })
        .collect()
}
