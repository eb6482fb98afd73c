//! Code that is written to a file and run from there: what is written is code, whatever the file is called.
//!
//! The file of a write and the file of a run are the same where their paths come to the same: the same text, the same temporary
//! file, the same name.

use std::collections::BTreeMap;

use super::sinks::{Danger, EVALUATORS, RUNNERS, SHELLS, Sink, leaf_of};
use crate::analysis::call_sites::{parameter, some_given};
use crate::analysis::clients::places::Places;
use crate::analysis::limits;
use crate::analysis::names::leaf;
use crate::analysis::values::At;
use crate::model::source::ir::FormatPart;
use crate::model::source::module::BindingKind;
use crate::model::source::walk::sub_expressions;
use crate::model::source::{Call, Expr, ExprKind, FnId, Module, ModuleId, Source};

/// Programs that run the file that is named behind them.
const INTERPRETERS: [&str; 17] = [
    "python", "python3", "pypy", "pypy3", "node", "deno", "bun", "tsx", "ts-node", "bash", "sh",
    "zsh", "ruby", "perl", "php", "Rscript", "uv",
];
/// Functions that run or load the file that they are given, and where its path stands among the arguments.
const LOADERS: [(&str, usize); 7] = [
    ("runpy.run_path", 0),
    ("importlib.util.spec_from_file_location", 1),
    ("importlib.machinery.SourceFileLoader", 1),
    ("imp.load_source", 1),
    ("execfile", 0),
    ("importlib.import_module", 0),
    ("runpy.run_module", 0),
];
/// Functions that write what they are given to a file: where the path and the content stand.
const WRITERS: [(&str, usize, usize); 9] = [
    ("fs.writeFileSync", 0, 1),
    ("fs.writeFile", 0, 1),
    ("fs.appendFileSync", 0, 1),
    ("fs.promises.writeFile", 0, 1),
    ("fs/promises.writeFile", 0, 1),
    ("fs-extra.outputFile", 0, 1),
    ("Bun.write", 0, 1),
    ("Deno.writeTextFile", 0, 1),
    ("Deno.writeTextFileSync", 0, 1),
];

/// A write for each file that something runs.
pub(super) fn of<'a>(places: &Places<'a>, source: &'a Source) -> Vec<Sink<'a>> {
    let modules: Vec<&Module> = places
        .modules
        .iter()
        .filter_map(|id| source.module(*id))
        .collect();
    let mut run: BTreeMap<String, String> = BTreeMap::new();
    for module in &modules {
        for (_, expr) in module.calls() {
            for (path, by) in runs(source, module, expr) {
                let keys = match is_whole(expr, path, &by) {
                    true => key(source, module.id, path).into_iter().collect(),
                    false => keys(source, module.id, path, true),
                };
                for key in keys {
                    run.entry(key).or_insert_with(|| by.clone());
                }
            }
        }
    }
    let mut found = Vec::new();
    if run.is_empty() {
        return found;
    }
    for module in &modules {
        for (function, expr) in module.calls() {
            let Some((path, content)) = written(source, module, expr) else {
                continue;
            };
            let keys = keys(source, module.id, path, false);
            let by = keys
                .iter()
                .find_map(|key| run.get(key).or_else(|| run.get(&imported(key)?)));
            if let Some(by) = by {
                found.push(Sink {
                    what: format!("a file that {by} runs"),
                    module: module.id,
                    function,
                    expr,
                    parts: vec![(At::new(module.id, content), Danger::Code)],
                });
            }
        }
    }
    found
}

/// What a module is called that a file holds: `=generated` for `=/tmp/generated.py`.
fn imported(key: &str) -> Option<String> {
    let name = key.strip_prefix('=')?.strip_suffix(".py")?;
    Some(format!("={}", name.rsplit('/').next()?))
}

/// The files that a call runs, and the name of what runs them.
fn runs<'a>(source: &'a Source, module: &'a Module, expr: &'a Expr) -> Vec<(&'a Expr, String)> {
    let Some(call) = expr.as_call() else {
        return Vec::new();
    };
    // `await import(path)`, `require(path)`
    if let Some(word @ ("import" | "require")) = call.callee.as_name() {
        let first = call.args.first();
        return first
            .map(|path| (path, word.to_owned()))
            .into_iter()
            .collect();
    }
    let Some(name) = source.callee_name(module.id, expr) else {
        return Vec::new();
    };
    let name = name.strip_prefix("node:").unwrap_or(name);
    let by = leaf_of(name);
    if let Some((_, at)) = LOADERS.iter().find(|(known, _)| *known == name) {
        let named = ["location", "path", "path_name", "mod_name"];
        let path = call
            .args
            .get(*at)
            .or_else(|| named.iter().find_map(|name| call.option(name)));
        return path.map(|path| (path, by)).into_iter().collect();
    }
    if EVALUATORS.contains(&name) {
        // `exec(open(path).read())`
        let inner = call.args.first().map(sub_expressions).unwrap_or_default();
        return inner
            .into_iter()
            .filter(|inner| is_read(inner))
            .map(|path| (path, by.clone()))
            .collect();
    }
    if !RUNNERS.contains(&name) && !SHELLS.contains(&name) {
        return Vec::new();
    }
    let first = call.args.first().or_else(|| call.option("args"));
    let Some(first) = first else {
        return Vec::new();
    };
    let (at, first) = match source.meaning(module.id, first) {
        crate::analysis::names::Meaning::Value(at, value) => (at, value),
        _ => (module.id, first),
    };
    let script = match &first.kind {
        ExprKind::List(words) | ExprKind::Tuple(words) => script(source, at, words.iter()),
        ExprKind::Format(parts) => in_text(parts),
        ExprKind::BinOp { left, right, .. } => {
            let names = left.as_str().is_some_and(ends_in_interpreter);
            names.then_some(&**right)
        }
        // `spawn("python3", [path])`, `create_subprocess_exec(sys.executable, path)`
        _ => {
            let rest = call.args.iter().skip(1).flat_map(|arg| match &arg.kind {
                ExprKind::List(words) => words.iter().collect(),
                ExprKind::Dict(_) => Vec::new(),
                _ => vec![arg],
            });
            script(source, at, std::iter::once(first).chain(rest))
        }
    };
    script.map(|path| (path, by)).into_iter().collect()
}

/// Whether an expression opens or reads a file: `open(path)`, `path.read_text()`.
fn is_read(expr: &Expr) -> bool {
    let Some(call) = expr.as_call() else {
        return false;
    };
    match &call.callee.kind {
        ExprKind::Name(name) => &**name == "open",
        ExprKind::Attribute { attr, .. } => {
            matches!(&**attr, "read_text" | "read_bytes" | "readFileSync")
        }
        _ => false,
    }
}

/// The word of a command that is the script: the first one behind the interpreter that is no option.
fn script<'a>(
    source: &'a Source,
    module: ModuleId,
    words: impl Iterator<Item = &'a Expr>,
) -> Option<&'a Expr> {
    let mut words = words.peekable();
    let program = words.next()?;
    let is = |expr: &'a Expr| {
        let text = source.string(module, expr);
        let name = source.canonical(module, expr);
        name.is_some_and(|name| matches!(&*name, "sys.executable" | "process.execPath"))
            || text.is_some_and(|text| is_interpreter(&text))
    };
    if !is(program) {
        // The file itself, where no text says that it is a program that is there already.
        return source.string(module, program).is_none().then_some(program);
    }
    for word in words {
        match source.string(module, word) {
            Some(text) if matches!(&*text, "-m" | "-c" | "-e" | "--eval") => return None,
            Some(text) if text.starts_with('-') || text == "run" || is_interpreter(&text) => {}
            _ => return Some(word),
        }
    }
    None
}

fn is_interpreter(text: &str) -> bool {
    let name = text.rsplit('/').next().unwrap_or(text);
    INTERPRETERS.contains(&name) || name.starts_with("python3.")
}

fn ends_in_interpreter(text: &str) -> bool {
    let before = text.trim_end_matches(['"', '\'']);
    let mut words = before.split_whitespace().rev();
    before.ends_with(' ')
        && words
            .find(|word| !word.starts_with('-'))
            .is_some_and(is_interpreter)
}

/// The path in ``f"python {path}"``.
fn in_text(parts: &[FormatPart]) -> Option<&Expr> {
    parts.windows(2).find_map(|pair| match pair {
        [FormatPart::Text(text), FormatPart::Expr(path)] if ends_in_interpreter(text) => Some(path),
        _ => None,
    })
}

/// The path and the content of a call that writes a file.
fn written<'a>(
    source: &'a Source,
    module: &'a Module,
    expr: &'a Expr,
) -> Option<(&'a Expr, &'a Expr)> {
    let call = expr.as_call()?;
    let name = source.callee_name(module.id, expr).unwrap_or_default();
    let name = name.strip_prefix("node:").unwrap_or(name);
    if let Some((_, path, content)) = WRITERS.iter().find(|(known, ..)| *known == name) {
        return Some((call.args.get(*path)?, call.args.get(*content)?));
    }
    if name == "os.write" {
        return Some((call.args.first()?, call.args.get(1)?));
    }
    let ExprKind::Attribute { base, attr } = &call.callee.kind else {
        return None;
    };
    let writes = matches!(
        &**attr,
        "write_text" | "write_bytes" | "write" | "writelines"
    );
    let content = call.args.first().or_else(|| call.option("data"));
    writes.then_some((&**base, content?))
}

/// What tells whether two expressions stand for the same file: of a parameter also what the callers of the function give for it. Of a file
/// that is run, all of them count; of one that is written, a few.
fn keys(source: &Source, module: ModuleId, expr: &Expr, run: bool) -> Vec<String> {
    let mut found = Vec::new();
    let mut open = vec![(module, expr)];
    for _ in 0..MOST_PLACES {
        let Some((module, expr)) = open.pop() else {
            return found;
        };
        found.extend(key(source, module, expr));
        let given = parameter(source, module, unwrapped(expr));
        if let Some((function, index)) =
            given.filter(|(function, _)| run || is_rare(source, *function))
        {
            let (given, more) = some_given(source, function, index);
            open.extend(given);
            if more && run {
                limits::reached(limits::CALLERS, module, expr.range);
            }
        }
    }
    if !open.is_empty() && run {
        limits::reached(limits::CALLERS, module, expr.range);
    }
    found
}

/// Whether a path is the whole command of a call, which a helper for all commands is given: no file is meant by it.
fn is_whole(call: &Expr, path: &Expr, by: &str) -> bool {
    let first = call.as_call().and_then(|call| call.args.first());
    let loads = LOADERS.iter().any(|(known, _)| leaf_of(known) == by);
    !loads && by != "import" && by != "require" && first.is_some_and(|first| first.is(path))
}

/// Whether few calls are of the function's name: one that writes for everybody says nothing of one file.
fn is_rare(source: &Source, function: FnId) -> bool {
    source
        .function(function)
        .is_some_and(|about| source.calls_named(&about.name).nth(8).is_none())
}

/// Most expressions that are looked at for the path of one file.
const MOST_PLACES: usize = 64;

/// The path in `Path(path)`, `str(path)`, `open(path)`.
fn unwrapped(expr: &Expr) -> &Expr {
    match &expr.kind {
        ExprKind::Call(call) => match (&call.callee.kind, &*call.args) {
            (ExprKind::Name(name), [path, ..])
                if matches!(&**name, "open" | "str" | "Path" | "String") =>
            {
                path
            }
            (ExprKind::Attribute { base, attr }, _) if &**attr == "open" => unwrapped(base),
            _ => expr,
        },
        _ => expr,
    }
}

/// What tells whether two expressions stand for the same file.
fn key(source: &Source, module: ModuleId, expr: &Expr) -> Option<String> {
    let _step = limits::follow("file", limits::CALLERS, module, expr)?;
    if let Some(text) = source.string(module, expr) {
        return Some(format!("={}", text.trim_start_matches("./")));
    }
    let place = source.module(module)?;
    match &expr.kind {
        ExprKind::Await(inner) => key(source, module, inner),
        ExprKind::Attribute { base, attr } if &**attr == "name" => key(source, module, base),
        ExprKind::Call(call) => of_call(source, place, expr, call),
        ExprKind::Name(name) => {
            let bound = place.bindings_around(name, expr.range.start);
            let (function, bindings) = bound?;
            let value = bindings
                .iter()
                .rev()
                .find_map(|binding| match &binding.kind {
                    BindingKind::Value { value, .. } | BindingKind::With(value) => Some(value),
                    _ => None,
                });
            let found = match value {
                Some(value) if !value.range.contains(expr.range) => key(source, module, value),
                _ => None,
            };
            found.or_else(|| {
                let scope = function.map_or(0, |function| function.id.index + 1);
                Some(format!("name {} {scope} {name}", module.0))
            })
        }
        // What is put together is the same where it is written the same.
        ExprKind::BinOp { .. } | ExprKind::Format(_) | ExprKind::Attribute { .. } => {
            let text: String = place.text(expr.range).split_whitespace().collect();
            Some(format!("text {} {text}", module.0))
        }
        _ => None,
    }
}

fn of_call(source: &Source, place: &Module, expr: &Expr, call: &Call) -> Option<String> {
    let name = source.callee_name(place.id, expr).unwrap_or_default();
    match (leaf(name), &*call.args) {
        (
            "open" | "str" | "Path" | "PurePath" | "fspath" | "abspath" | "realpath" | "String"
            | "resolve",
            [path, ..],
        ) if call.args.len() == 1 || leaf(name) == "open" => {
            return key(source, place.id, path);
        }
        ("NamedTemporaryFile" | "mkstemp" | "mktemp" | "TemporaryFile", _) => {
            return Some(format!("temporary {} {}", place.id.0, expr.range.start));
        }
        _ => {}
    }
    if let ExprKind::Attribute { base, attr } = &call.callee.kind
        && matches!(
            &**attr,
            "resolve"
                | "absolute"
                | "as_posix"
                | "expanduser"
                | "open"
                | "read"
                | "read_text"
                | "read_bytes"
        )
    {
        return key(source, place.id, base);
    }
    let text: String = place.text(expr.range).split_whitespace().collect();
    Some(format!("text {} {text}", place.id.0))
}
