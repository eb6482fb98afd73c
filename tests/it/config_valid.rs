//! `config-valid` says of a document what `agentcore validate` of CLI 0.30 says. `tests/config_valid/mutations.json` holds edits of
//! one project with the program's own verdicts; with `AGENTCORE_CLI` set to the program, each is asked again, and thousands
//! more are made and compared.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr
)]

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use agentcore_harden::audit::{self, Options};
use agentcore_harden::report::{CheckResult, Evidence, Status};
use serde_json::{Value, json};

/// The files of a project as texts, by path.
type Files = BTreeMap<String, String>;

const CONFIG: &str = "agentcore/agentcore.json";

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/config_valid")
}

/// The project that is edited: every kind of resource, and every file that it names.
fn base() -> Files {
    fn read(root: &Path, folder: &Path, files: &mut Files) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                read(root, &path, files);
            } else {
                let name = path
                    .strip_prefix(root)
                    .unwrap()
                    .to_string_lossy()
                    .into_owned();
                files.insert(name, fs::read_to_string(&path).unwrap());
            }
        }
    }
    let root = folder().join("project");
    let mut files = Files::new();
    read(&root, &root, &mut files);
    files
}

/// Applies one edit: `set` and `remove` by JSON pointer, `text` for a whole file, `delete` for a file.
fn edited(base: &Files, edit: &Value) -> Files {
    let mut files = base.clone();
    let file = edit["file"].as_str().unwrap_or(CONFIG).to_owned();
    if let Some(text) = edit["text"].as_str() {
        files.insert(file, text.to_owned());
        return files;
    }
    if edit["delete"] == json!(true) {
        files.remove(&file);
        return files;
    }
    let mut document: Value = serde_json::from_str(&files[&file]).unwrap();
    for (pointer, value) in edit["set"].as_object().into_iter().flatten() {
        put(&mut document, pointer, value.clone());
    }
    for pointer in edit["remove"].as_array().into_iter().flatten() {
        remove(&mut document, pointer.as_str().unwrap());
    }
    files.insert(file, serde_json::to_string_pretty(&document).unwrap());
    files
}

fn split(pointer: &str) -> (&str, String) {
    let (parent, last) = pointer.rsplit_once('/').unwrap();
    (parent, last.replace("~1", "/").replace("~0", "~"))
}

fn put(document: &mut Value, pointer: &str, value: Value) {
    if pointer.is_empty() {
        *document = value;
        return;
    }
    let (parent, last) = split(pointer);
    match document
        .pointer_mut(parent)
        .unwrap_or_else(|| panic!("no {parent}"))
    {
        Value::Object(map) => {
            map.insert(last, value);
        }
        Value::Array(items) if last == "-" => items.push(value),
        Value::Array(items) => items[last.parse::<usize>().unwrap()] = value,
        other => panic!("{pointer} in {other}"),
    }
}

fn remove(document: &mut Value, pointer: &str) {
    let (parent, last) = split(pointer);
    match document.pointer_mut(parent).unwrap() {
        Value::Object(map) => drop(map.remove(&last)),
        Value::Array(items) => drop(items.remove(last.parse().unwrap())),
        other => panic!("{pointer} in {other}"),
    }
}

fn write(files: &Files, root: &Path) {
    for (name, text) in files {
        let path = root.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

/// Brings a folder from one state to another, touching only what differs.
fn rewrite(files: &Files, written: &mut Files, root: &Path) {
    for name in written.keys().filter(|name| !files.contains_key(*name)) {
        fs::remove_file(root.join(name)).unwrap();
    }
    let changed = files
        .iter()
        .filter(|(name, text)| written.get(*name) != Some(text));
    write(
        &changed
            .map(|(name, text)| (name.clone(), text.clone()))
            .collect(),
        root,
    );
    *written = files.clone();
}

/// Our result; `Err` where the audit itself refuses the file.
fn judged(root: &Path) -> Result<CheckResult, String> {
    let options = Options {
        shown: ".".to_owned(),
        path_env: Some("".into()),
        ..Options::default()
    };
    let context = audit::collect(root, &options).map_err(|failure| failure.to_string())?;
    let mut results = audit::evaluate(&context, |check| check.id == "config-valid");
    assert_eq!(results.len(), 1);
    Ok(results.remove(0))
}

/// What we say on the part that `agentcore validate` looks at; what only the deploy meets is left out.
fn accepted(root: &Path) -> (bool, String) {
    match judged(root) {
        Ok(result) => {
            let ours = |evidence: &Evidence| only_ours(&evidence.note);
            let accepted = result.status == Status::Pass || result.evidence.iter().all(ours);
            (accepted, result.message)
        }
        Err(message) => (false, message),
    }
}

fn mutations() -> Vec<Value> {
    let text = fs::read_to_string(folder().join("mutations.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

#[test]
fn every_edit_gets_the_verdict_of_the_real_program() {
    let base = base();
    let mut faults = Vec::new();
    for edit in mutations() {
        let root = tempfile::tempdir().unwrap();
        write(&edited(&base, &edit), root.path());
        let (ours, message) = accepted(root.path());
        if ours != edit["valid"].as_bool().unwrap() {
            faults.push(format!("{}: {message}", edit["name"]));
        }
    }
    assert!(
        faults.is_empty(),
        "{} differ:\n{}",
        faults.len(),
        faults.join("\n")
    );
}

#[test]
fn every_fault_has_its_place() {
    let base = base();
    for edit in mutations()
        .iter()
        .filter(|edit| edit["valid"] == json!(false))
    {
        let root = tempfile::tempdir().unwrap();
        write(&edited(&base, edit), root.path());
        let Ok(result) = judged(root.path()) else {
            continue;
        };
        assert!(!result.evidence.is_empty(), "{}", edit["name"]);
        let placed = |evidence: &Evidence| {
            let site = evidence.site.as_ref().unwrap();
            site.span.is_some() || evidence.note.contains("exist") || evidence.note.contains(':')
        };
        assert!(
            result.evidence.iter().all(placed),
            "{}: {:?}",
            edit["name"],
            result.evidence
        );
        assert!(!result.fixes.is_empty(), "{}", edit["name"]);
    }
}

/// Asks the schemas of the installed program about many documents in one process.
fn asked(program: &Path, documents: &[Files]) -> Vec<(bool, String)> {
    let mut child = Command::new("node")
        .arg(folder().join("ask.cjs"))
        .arg(program)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let lines: Vec<u8> = documents
        .iter()
        .flat_map(|files| [serde_json::to_vec(files).unwrap(), b"\n".to_vec()].concat())
        .collect();
    let writer = std::thread::spawn(move || stdin.write_all(&lines).unwrap());
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str::<(bool, String)>(line).unwrap())
        .collect()
}

/// Every value of a document replaced, removed and joined by a stranger, one at a time.
fn variations(document: &Value) -> Vec<(String, Value)> {
    fn pointers(value: &Value, at: &str, all: &mut Vec<String>) {
        all.push(at.to_owned());
        let escape = |key: &str| key.replace('~', "~0").replace('/', "~1");
        match value {
            Value::Object(map) => map
                .iter()
                .for_each(|(key, value)| pointers(value, &format!("{at}/{}", escape(key)), all)),
            Value::Array(items) => items
                .iter()
                .enumerate()
                .for_each(|(i, value)| pointers(value, &format!("{at}/{i}"), all)),
            _ => {}
        }
    }
    let mut all = Vec::new();
    pointers(document, "", &mut all);
    let mut made = Vec::new();
    for pointer in &all {
        let value = document.pointer(pointer).unwrap();
        let mut replace = |what: &str, value: Value| {
            let mut copy = document.clone();
            put(&mut copy, pointer, value);
            made.push((format!("{pointer} {what}"), copy));
        };
        for stranger in [
            json!(null),
            json!(""),
            json!(" "),
            json!("x"),
            json!("a-b_c.d/e"),
            json!("é"),
            json!(0),
            json!(-1),
            json!(1.5),
            json!(1e17),
            json!(true),
            json!([]),
            json!({}),
            json!([1]),
            json!({"x": 1}),
        ] {
            replace(&format!("= {stranger}"), stranger);
        }
        match value {
            Value::String(text) => {
                replace("longer", json!(format!("{text}{}", "a".repeat(60))));
                replace("much longer", json!(format!("{text}{}", "a".repeat(5000))));
                replace("upper", json!(text.to_uppercase()));
                replace("lower", json!(text.to_lowercase()));
                replace("spaced", json!(format!(" {text} ")));
                replace("dashed", json!(format!("{text}-1")));
                replace("digit first", json!(format!("1{text}")));
                replace("line break", json!(format!("{text}\n")));
                replace("cut", json!(text.chars().skip(1).collect::<String>()));
            }
            Value::Number(number) => {
                let number = number.as_f64().unwrap();
                for other in [number + 1.0, number - 1.0, number * 1000.0, number + 0.5] {
                    replace("other", json!(other));
                }
                replace("text", json!(number.to_string()));
            }
            Value::Array(items) => {
                if let Some(first) = items.first() {
                    let twice = [items.clone(), vec![first.clone()]].concat();
                    replace("first twice", Value::Array(twice));
                    replace("many", Value::Array(vec![first.clone(); 60]));
                }
            }
            Value::Object(map) => {
                let mut copy = map.clone();
                copy.insert("stranger".to_owned(), json!("x"));
                replace("stranger", Value::Object(copy));
            }
            _ => {}
        }
        if !pointer.is_empty() {
            let mut copy = document.clone();
            remove(&mut copy, pointer);
            made.push((format!("{pointer} removed"), copy));
        }
    }
    made
}

/// Of so many variations one is compared; `AGENTCORE_OFFSET` says which.
const STRIDE: usize = 13;

/// The edits as the real program sees them now. `AGENTCORE_CLI` is the installed program; `AGENTCORE_PROJECTS` a folder of further
/// projects that are varied too.
#[test]
fn the_installed_program_agrees() {
    let Some(program) = std::env::var_os("AGENTCORE_CLI").map(PathBuf::from) else {
        return;
    };
    let offset = std::env::var("AGENTCORE_OFFSET").ok();
    let skipped = offset.map_or(0, |offset| offset.parse().unwrap());
    let base = base();
    let mut cases: Vec<(String, Files)> = mutations()
        .iter()
        .map(|edit| (edit["name"].to_string(), edited(&base, edit)))
        .collect();
    let kept = cases.len();
    let mut bases = vec![("base".to_owned(), base)];
    bases.extend(further());
    for (name, files) in &bases {
        cases.push((name.clone(), files.clone()));
        let documents = files.iter().filter(|(path, _)| {
            path.ends_with("agentcore.json")
                || path.ends_with("aws-targets.json")
                || path.ends_with("harness.json")
                || path.ends_with("deployed-state.json")
        });
        for (path, text) in documents {
            let document: Value = serde_json::from_str(text).unwrap();
            // All of them are gigabytes of documents: a stride that shares no factor with their pattern takes a fair part.
            let made = variations(&document)
                .into_iter()
                .skip(skipped)
                .step_by(STRIDE);
            for (what, document) in made {
                let mut files = files.clone();
                files.insert(path.clone(), document.to_string());
                cases.push((format!("{name} {path} {what}"), files));
            }
        }
    }
    let compare = |cases: &[(String, Files)]| {
        let documents: Vec<Files> = cases.iter().map(|(_, files)| files.clone()).collect();
        let theirs = asked(&program, &documents);
        assert_eq!(theirs.len(), cases.len());
        let root = tempfile::tempdir().unwrap();
        let mut written = Files::new();
        let (mut rejected, mut differ) = (0, Vec::new());
        for ((name, files), (valid, words)) in cases.iter().zip(&theirs) {
            rejected += usize::from(!valid);
            rewrite(files, &mut written, root.path());
            let (ours, message) = accepted(root.path());
            if ours != *valid {
                differ.push(format!(
                    "{name}\n   theirs {valid} {words}\n   ours {ours} {message}"
                ));
            }
        }
        (rejected, differ)
    };
    let compare = &compare;
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let (mut rejected, mut differ) = (0, Vec::new());
    std::thread::scope(|scope| {
        let parts = cases.chunks(cases.len().div_ceil(threads));
        let workers: Vec<_> = parts
            .map(|part| scope.spawn(move || compare(part)))
            .collect();
        for worker in workers {
            let (refused, found) = worker.join().unwrap();
            rejected += refused;
            differ.extend(found);
        }
    });
    eprintln!(
        "{} documents compared ({kept} kept edits), {rejected} of them refused, {} verdicts differ",
        cases.len(),
        differ.len()
    );
    assert!(differ.is_empty(), "{}", differ.join("\n"));
}

/// The words of faults that `agentcore validate` does not look for.
fn only_ours(note: &str) -> bool {
    let deploy = [
        "which does not exist",
        "the CLI substitutes nothing in the file",
        "the deploy cannot read",
        "must name a ",
        "becomes ",
        "which is not JSON",
        "is dropped",
        "is repeated here",
        "with those of the project, and 50 is the most",
        "gives its environment variables the same names",
        "which the deploy refuses",
        "the deploy resolves runtimes only",
        "names the runtime ",
        "makes names of data sources",
        "bundles Lambda functions in Python only",
        "was not looked at",
        "has no pyproject.toml",
        "policyEngineName names",
        "outboundAuth.credentialName names",
        "gateway names",
        "runtimeName names",
        "endpoint names",
    ];
    deploy.iter().any(|words| note.contains(words))
}

fn further() -> Vec<(String, Files)> {
    let Some(folder) = std::env::var_os("AGENTCORE_PROJECTS").map(PathBuf::from) else {
        return Vec::new();
    };
    let mut projects = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let root = entry.unwrap().path();
        let mut files = Files::new();
        let mut take = |name: String| {
            if let Ok(text) = fs::read_to_string(root.join(&name)) {
                files.insert(name, text);
            }
        };
        for name in [
            CONFIG,
            "agentcore/aws-targets.json",
            "agentcore/.cli/deployed-state.json",
        ] {
            take(name.to_owned());
        }
        for app in fs::read_dir(root.join("app")).into_iter().flatten() {
            take(format!(
                "app/{}/harness.json",
                app.unwrap().file_name().to_string_lossy()
            ));
        }
        if files.contains_key(CONFIG) {
            projects.push((
                root.file_name().unwrap().to_string_lossy().into_owned(),
                files,
            ));
        }
    }
    projects.sort();
    projects
}
