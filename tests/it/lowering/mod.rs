//! The program's tree of a file beside that of its language's own parser: CPython's `ast`, and `typescript` from npm. Both say which
//! functions, classes, calls, imports and names stand where, and must say the same.
//!
//! `AGENTCORE_HARDEN_PYTHON` names an interpreter (3.12 or later), `AGENTCORE_HARDEN_TYPESCRIPT` a `node_modules` that holds
//! `typescript`; without them nothing is compared. `AGENTCORE_HARDEN_SAMPLE` is how many files are compared (all with 0), and
//! `AGENTCORE_HARDEN_SOURCES` another folder to take them from.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;

use agentcore_harden::collect::source::{language_of, parse_alone};
use agentcore_harden::model::source::module::ParamKind;
use agentcore_harden::model::source::{Expr, ExprKind, Function, Language, Module};

/// Differences that are shown.
const SHOWN: usize = 40;

fn range(found: agentcore_harden::model::source::ByteRange) -> String {
    format!("{}..{}", found.start, found.end)
}

/// What kind of function, as both scripts say it.
fn kinds(function: &Function) -> String {
    let kinds = [
        ("async", function.is_async),
        ("generator", function.is_generator),
    ];
    let is = kinds.iter().filter(|(_, is)| *is).map(|(kind, _)| *kind);
    is.collect::<Vec<_>>().join(" ")
}

/// What the tree says, in the words of `python.py`.
fn python(module: &Module) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for function in &module.functions {
        let params: Vec<String> = function
            .params
            .iter()
            .map(|param| {
                let star = match param.kind {
                    ParamKind::Rest => "*",
                    ParamKind::Keywords => "**",
                    ParamKind::Normal | ParamKind::KeywordOnly => "",
                };
                format!("{star}{}", param.name)
            })
            .collect();
        found.insert(format!(
            "function {} {}({}) {}",
            range(function.range),
            function.name,
            params.join(", "),
            kinds(function)
        ));
    }
    for class in &module.classes {
        found.insert(format!(
            "class {} {} {}",
            range(class.range),
            class.name,
            class.bases.len()
        ));
    }
    for import in module.imports.iter().filter(|import| !import.dynamic) {
        let name = match (&import.name, &import.alias) {
            _ if import.star => "*".to_owned(),
            (Some(name), Some(alias)) => format!("{name} {alias}"),
            (_, alias) => format!("- {}", alias.as_deref().unwrap_or_default()),
        };
        found.insert(format!(
            "import {} {} {name}",
            range(import.range),
            import.module
        ));
    }
    for (_, expr) in module.all_expressions() {
        let at = range(expr.range);
        match &expr.kind {
            ExprKind::Call(call) => {
                let names = call.keywords.iter();
                let names = names.map(|keyword| keyword.name.as_deref().unwrap_or("**"));
                let names: Vec<&str> = names.collect();
                found.insert(format!("call {at} {} {}", call.args.len(), names.join(",")));
            }
            ExprKind::Name(name) => {
                found.insert(format!("name {at} {name}"));
            }
            ExprKind::Attribute { attr, .. } => {
                found.insert(format!("attribute {at} {attr}"));
            }
            ExprKind::Str(text) => {
                found.insert(format!("text {at} {}", text.chars().count()));
            }
            _ => {}
        }
    }
    found
}

/// What the tree says, in the words of `typescript.js`.
fn typescript(module: &Module) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for function in &module.functions {
        found.insert(format!(
            "function ..{} {} {}",
            function.range.end,
            function.params.len(),
            kinds(function)
        ));
    }
    for class in &module.classes {
        found.insert(format!("class ..{}", class.range.end));
    }
    for import in module.imports.iter().filter(|import| !import.dynamic) {
        found.insert(format!(
            "import {} {} {}",
            import.module,
            import.name.as_deref().unwrap_or("-"),
            import.alias.as_deref().unwrap_or("-")
        ));
    }
    for (_, expr) in module.all_expressions() {
        if let ExprKind::Call(call) = &expr.kind {
            let last = match &call.callee.kind {
                ExprKind::Name(name) if **name != *"import" => name,
                ExprKind::Attribute { attr, .. } => attr,
                _ => "",
            };
            let made = if call.is_new { "new" } else { "call" };
            let at = range(expr.range);
            found.insert(format!("{made} {at} {last} {}", call.args.len()));
        } else if let ExprKind::Str(text) = &expr.kind
            && is_written(module, expr)
        {
            let units = text.encode_utf16().count();
            found.insert(format!("text {} {units}", range(expr.range)));
        }
    }
    found
}

/// Whether a text is a literal in quotes, not a name that became one.
fn is_written(module: &Module, expr: &Expr) -> bool {
    let written = module.text(expr.range);
    // Half a surrogate pair has no place in UTF-8.
    let halved = expr.as_str().is_some_and(|text| text.contains('\u{fffd}'));
    written.starts_with(['"', '\'']) && !halved
}

fn files(folder: &Path, wanted: Language, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let (path, kind) = (entry.path(), entry.file_type().unwrap());
        if kind.is_dir() {
            files(&path, wanted, found);
        } else if kind.is_file() && language_of(&path.to_string_lossy()) == Some(wanted) {
            found.push(path);
        }
    }
}

/// Files from everywhere in a folder, the same ones each time.
fn sample(folder: &Path, wanted: Language) -> Vec<PathBuf> {
    let folder = match std::env::var_os("AGENTCORE_HARDEN_SOURCES") {
        Some(other) => PathBuf::from(other),
        None => folder.to_owned(),
    };
    let mut all = Vec::new();
    files(&folder, wanted, &mut all);
    // A path is handed over as a line.
    all.retain(|path| path.to_str().is_some_and(|text| !text.contains('\n')));
    all.sort();
    let most = std::env::var("AGENTCORE_HARDEN_SAMPLE").map_or(800, |text| text.parse().unwrap());
    let step = match most {
        0 => 1,
        most => all.len().div_ceil(most).max(1),
    };
    all.into_iter().step_by(step).collect()
}

/// Compares the trees of files; a parser that says null of a file refuses it.
fn compare(files: &[PathBuf], parser: &mut Command, facts: fn(&Module) -> BTreeSet<String>) {
    let mut running = parser
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = running.stdin.take().unwrap();
    let lines: String = files.iter().fold(String::new(), |mut all, path| {
        writeln!(all, "{}", path.display()).unwrap();
        all
    });
    let writer = thread::spawn(move || input.write_all(lines.as_bytes()));
    let output = running.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    assert!(output.status.success(), "the other parser failed");
    let output = String::from_utf8(output.stdout).unwrap();
    let said: Vec<&str> = output.lines().collect();
    assert_eq!(said.len(), files.len(), "a line for each file");
    let (mut compared, mut different) = (0, 0);
    let mut shown = Vec::new();
    for (path, line) in files.iter().zip(said) {
        let theirs: Option<BTreeSet<String>> = serde_json::from_str(line).unwrap();
        let (module, notes) = parse_alone(path, &path.to_string_lossy());
        let Some(theirs) = theirs else { continue };
        // What is refused is said to be: too large, nested too deep.
        let refusals = ["not parsed", "levels deep", "over the 5 MB"];
        if notes
            .iter()
            .any(|note| refusals.iter().any(|words| note.contains(words)))
        {
            continue;
        }
        compared += 1;
        let ours = facts(&module);
        if ours == theirs {
            continue;
        }
        different += 1;
        let text = &*module.source.text;
        let one = |kind: &str, fact: &String| {
            let end = fact
                .split("..")
                .nth(1)
                .and_then(|rest| rest.split(' ').next());
            let end: usize = end.and_then(|end| end.parse().ok()).unwrap_or(0);
            let line = text.get(..end).map_or(0, |before| before.lines().count());
            format!("{}:{line}: {kind} {fact}", path.display())
        };
        shown.extend(
            notes
                .iter()
                .map(|note| format!("{}: {note}", path.display())),
        );
        shown.extend(
            theirs
                .difference(&ours)
                .take(4)
                .map(|fact| one("without", fact)),
        );
        shown.extend(
            ours.difference(&theirs)
                .take(4)
                .map(|fact| one("with", fact)),
        );
    }
    println!(
        "{compared} of {} files compared, {different} differ",
        files.len()
    );
    assert!(compared > 0, "nothing was compared");
    let rest = shown.len().saturating_sub(SHOWN);
    shown.truncate(SHOWN);
    assert_eq!(different, 0, "{}\nand {rest} more", shown.join("\n"));
}

#[test]
fn python_stands_where_the_interpreter_sees_it() {
    let Some(python_binary) = std::env::var_os("AGENTCORE_HARDEN_PYTHON") else {
        return;
    };
    let script = "import sys, sysconfig; print(sys.version_info >= (3, 12)); print(sysconfig.get_path('stdlib'))";
    let about = Command::new(&python_binary)
        .args(["-c", script])
        .output()
        .unwrap();
    let about = String::from_utf8(about.stdout).unwrap();
    // Before, what stands in an f-string had no place.
    let Some(("True", library)) = about.trim().split_once('\n') else {
        println!("not compared: {about}");
        return;
    };
    let files = sample(Path::new(library), Language::Python);
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/lowering/python.py");
    compare(
        &files,
        Command::new(&python_binary).args(["-W", "ignore", script]),
        python,
    );
}

#[test]
fn typescript_stands_where_its_compiler_sees_it() {
    let Some(modules) = std::env::var_os("AGENTCORE_HARDEN_TYPESCRIPT") else {
        return;
    };
    let files = sample(Path::new(&modules), Language::TypeScript);
    let script = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/it/lowering/typescript.js"
    );
    compare(
        &files,
        Command::new("node").arg(script).arg(&modules),
        typescript,
    );
}
