//! The words of a program that is run without a shell.

use super::argv::{Place, Word, lists};
use super::sinks::{Danger, Sink, leaf_of};
use crate::analysis::clients::entries::option;
use crate::analysis::clients::places::Places;
use crate::analysis::names::leaf;
use crate::analysis::starts;
use crate::analysis::values::At;
use crate::model::source::ir::FormatPart;
use crate::model::source::{Expr, ExprKind, Source};

const SHELL_PROGRAMS: [&str; 8] = [
    "sh",
    "bash",
    "zsh",
    "dash",
    "ksh",
    "cmd",
    "powershell",
    "pwsh",
];
/// Programs that run code which they are given as a word or on their standard input.
const LANGUAGES: [&str; 8] = [
    "python", "node", "perl", "ruby", "php", "deno", "bun", "lua",
];
/// Programs that run the rest of their words as a program.
const WRAPPERS: [&str; 14] = [
    "sudo", "doas", "env", "nohup", "time", "timeout", "nice", "ionice", "xargs", "stdbuf",
    "setsid", "setpriv", "chroot", "unshare",
];
/// Options whose next word is their value, whatever it starts with.
const VALUED: [&str; 19] = [
    "-i", "-o", "-f", "-e", "-m", "-n", "-u", "-p", "-t", "-b", "-C", "-d", "-D", "-s", "-k", "-w",
    "-x", "-H", "-X",
];
/// Long options that take no value.
const FLAGS: [&str; 16] = [
    "--verbose",
    "--quiet",
    "--force",
    "--recursive",
    "--sparse",
    "--json",
    "--yes",
    "--all",
    "--silent",
    "--dry-run",
    "--long",
    "--ignore-case",
    "--line-number",
    "--count",
    "--follow",
    "--raw",
];

/// What is dangerous among the words of a program, where they stand: one sink at the call that runs it, and one at each call
/// that gives a helper the words.
pub(super) fn words<'a>(
    places: &Places<'a>,
    source: &'a Source,
    place: Place<'a>,
    first: &'a Expr,
    name: &str,
) -> Vec<Sink<'a>> {
    let Some(call) = place.expr.as_call() else {
        return Vec::new();
    };
    let exec = name.ends_with("create_subprocess_exec");
    let separate = name.starts_with("child_process.")
        || name.starts_with("execa.")
        || name.starts_with("cross-spawn")
        || name.starts_with("node-pty.")
        || exec;
    let (parts, separate) = match replaces(name, &call.args) {
        Some(parts) => (parts, true),
        None => {
            let rest = call.args.iter().skip(1);
            let rest = rest.filter(|arg| exec || !matches!(arg.kind, ExprKind::Dict(_)));
            let most = match (separate, exec) {
                (false, _) => 0,
                (true, false) => 1,
                (true, true) => usize::MAX,
            };
            (
                std::iter::once(first).chain(rest.take(most)).collect(),
                separate,
            )
        }
    };
    let what = leaf_of(name);
    lists(source, places, place, &parts, separate)
        .into_iter()
        .flat_map(|list| split(place, &what, judge(source, &list)))
        .collect()
}

/// The program and its words of `os.execl(path, word, …)`, `os.spawnv(mode, path, words)`, `loop.subprocess_exec(protocol, word, …)`;
/// None for other functions. The name that the program is given for itself stands among the words.
fn replaces<'a>(name: &str, args: &'a [Expr]) -> Option<Vec<&'a Expr>> {
    let (behind, function) = match name.strip_prefix("os.") {
        Some("posix_spawn" | "posix_spawnp") => (0, "execv"),
        Some(function) => match function.strip_prefix("exec") {
            Some(_) => (0, function),
            None => (1, function.strip_prefix("spawn").map(|_| function)?),
        },
        None => (1, name.ends_with(".subprocess_exec").then_some("execl")?),
    };
    let words = args.get(behind..)?;
    let form = function
        .trim_start_matches("exec")
        .trim_start_matches("spawn");
    let words = match (form.starts_with('l'), form.ends_with('e')) {
        // The environment stands last.
        (true, true) => words.split_last().map(|(_, words)| words)?,
        (true, false) => words,
        (false, _) => words.get(..2)?,
    };
    Some(words.iter().collect())
}

/// The words that an interpreter runs as code among those of a list that a container's client is given:
/// `container.exec_run(["sh", "-c", command])`, `stream(…, command=["/bin/sh", "-c", command])`.
pub(super) fn in_a_container<'a>(
    places: &Places<'a>,
    source: &'a Source,
    place: Place<'a>,
) -> Option<Vec<Sink<'a>>> {
    let call = place.expr.as_call()?;
    let name = call.callee.last_name()?;
    let given = match &**name {
        "exec_run" | "exec_create" => call
            .args
            .iter()
            .find(|arg| matches!(arg.kind, ExprKind::List(_)))
            .or_else(|| call.option("cmd")),
        "exec" | "createContainer" => {
            option(source, place.module, call, "Cmd").map(|given| given.expr)
        }
        "stream" => call.option("command"),
        _ => None,
    };
    let list = given.filter(|given| matches!(given.kind, ExprKind::List(_)))?;
    let what = leaf(name).to_owned();
    let found = lists(source, places, place, &[list], false).into_iter();
    let found = found.map(|list| {
        let mut parts = judge(source, &list);
        parts.retain(|(_, danger)| matches!(danger, Danger::Shell | Danger::Code));
        parts
    });
    Some(found.flat_map(|parts| split(place, &what, parts)).collect())
}

/// The sinks that the words of one run are: those of a helper's caller stand at that call.
fn split<'a>(place: Place<'a>, what: &str, parts: Vec<(Word<'a>, Danger)>) -> Vec<Sink<'a>> {
    let mut found: Vec<Sink<'a>> = Vec::new();
    let own = Sink {
        what: what.to_owned(),
        module: place.module,
        function: place.function,
        expr: place.expr,
        parts: Vec::new(),
    };
    found.push(own);
    for (word, danger) in parts {
        let at = word.place;
        let same =
            |sink: &&mut Sink<'a>| sink.module == at.module && sink.expr.range == at.expr.range;
        match found.iter_mut().find(same) {
            Some(sink) => sink.parts.push((word.at, danger)),
            None => found.push(Sink {
                what: what.to_owned(),
                module: at.module,
                function: at.function,
                expr: at.expr,
                parts: vec![(word.at, danger)],
            }),
        }
    }
    found
}

/// The last part of a program's path.
fn program_of(word: &str) -> &str {
    word.rsplit('/').next().unwrap_or(word)
}

pub(super) fn is_shell(program: &str) -> bool {
    SHELL_PROGRAMS.contains(&program)
}

fn is_language(program: &str) -> bool {
    LANGUAGES.iter().any(|language| {
        // `python3.13`
        let version = program.strip_prefix(language);
        version.is_some_and(|version| version.chars().all(|c| c.is_ascii_digit() || c == '.'))
    })
}

/// The text of a word; of what the interpreter that runs says of itself, its name.
fn literal(source: &Source, at: At<'_>) -> Option<String> {
    source.string(at.module, at.expr).or_else(|| {
        let name = source.canonical(at.module, at.expr)?;
        match name.strip_prefix("node:").unwrap_or(&name) {
            "sys.executable" => Some("python".to_owned()),
            "process.execPath" | "process.argv0" => Some("node".to_owned()),
            _ => None,
        }
    })
}

/// Where the program stands: behind what wraps it, with the options and values of that.
fn program_index(words: &[Option<String>]) -> usize {
    let wraps = |word: &Option<String>| {
        word.as_deref()
            .is_some_and(|word| WRAPPERS.contains(&program_of(word)))
    };
    let mut at = 0;
    while words.get(at).is_some_and(wraps) {
        at += 1;
        // `timeout 30 bash -c …`, `env A=b bash …`, `sudo -u agent sh …`: a program that is known stands behind.
        let rest = words.get(at..).unwrap_or_default();
        let known = rest.iter().position(|word| {
            word.as_deref()
                .map(program_of)
                .is_some_and(|word| is_shell(word) || is_language(word) || WRAPPERS.contains(&word))
        });
        let fixed = |word: &Option<String>| {
            word.as_deref().is_some_and(|word| {
                word.starts_with('-')
                    || word.contains('=')
                    || word.starts_with(|c: char| c.is_ascii_digit())
            })
        };
        at += known.unwrap_or_else(|| rest.iter().take_while(|word| fixed(word)).count());
    }
    at
}

/// What a program makes of its standard input: the words of a run say that it reads its code from there.
pub(super) fn reads_code(source: &Source, list: &[At<'_>]) -> Option<Danger> {
    let words: Vec<Option<String>> = list.iter().map(|at| literal(source, *at)).collect();
    let at = program_index(&words);
    let program = words.get(at)?.as_deref().map(program_of)?;
    let rest = words.get(at + 1..).unwrap_or_default();
    let from_input = rest.iter().all(|word| {
        let word = word.as_deref().unwrap_or("file");
        let holds_code = matches!(word, "-m" | "-e" | "-r" | "--eval")
            || !word.starts_with("--") && word.contains('c');
        word == "/dev/stdin" || word.starts_with('-') && !holds_code
    });
    if !from_input {
        return None;
    }
    match program {
        program if is_shell(program) => Some(Danger::Shell),
        program if is_language(program) => Some(Danger::Code),
        _ => None,
    }
}

fn judge<'a>(source: &Source, list: &[Word<'a>]) -> Vec<(Word<'a>, Danger)> {
    let mut found = Vec::new();
    let literal = |word: &Word<'a>| literal(source, word.at);
    let words: Vec<Option<String>> = list.iter().map(literal).collect();
    let program = program_index(&words);
    let Some(first) = list.get(program) else {
        return found;
    };
    found.push((*first, Danger::Program));
    let name = literal(first).unwrap_or_default();
    let name = program_of(&name).to_owned();
    let mut guarded = false;
    for (index, word) in list.iter().enumerate().skip(program + 1) {
        let before = list
            .get(index.wrapping_sub(1))
            .and_then(literal)
            .unwrap_or_default();
        let text = literal(word);
        if text.as_deref() == Some("--") {
            guarded = true;
        }
        // `docker exec web sh -c …`: a program that another one runs, wherever it stands.
        let inner = words
            .get(program + 1..index)
            .unwrap_or_default()
            .iter()
            .rev()
            .map_while(|word| word.as_deref())
            .find(|word| !word.starts_with('-'))
            .map(program_of)
            .unwrap_or_default();
        let runs = |is: fn(&str) -> bool| is(&name) || is(inner);
        let shell = runs(is_shell)
            && (before.starts_with('-') && !before.starts_with("--") && before.contains('c')
                || before.eq_ignore_ascii_case("/c"));
        let code = runs(is_language) && matches!(before.as_str(), "-c" | "-e" | "-r" | "--eval");
        if shell || name == "ssh" && index > program + 1 {
            found.push((*word, Danger::Shell));
            // What follows the script are its own arguments.
            guarded |= shell;
        } else if code {
            found.push((*word, Danger::Code));
            guarded = true;
        } else if !guarded
            && bare(word.at.expr)
            && !takes_value(&before)
            && !starts::is_fixed(source, word.at)
        {
            found.push((*word, Danger::Option));
        }
    }
    found
}

fn takes_value(before: &str) -> bool {
    VALUED.contains(&before)
        || before.starts_with("--")
            && before.len() > 2
            && !before.contains('=')
            && !FLAGS.contains(&before)
            && !before.starts_with("--no-")
}

/// Whether the whole word is the variable: a prefix before it makes an option impossible.
fn bare(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Name(_) | ExprKind::Attribute { .. } | ExprKind::Subscript { .. } => true,
        ExprKind::Await(inner) | ExprKind::Starred(inner) => bare(inner),
        ExprKind::BoolOp { values, .. } => values.iter().any(bare),
        ExprKind::Format(parts) => matches!(parts.first(), Some(FormatPart::Expr(_))),
        ExprKind::Call(call) => match &call.callee.kind {
            ExprKind::Name(name) => matches!(&**name, "str" | "String"),
            ExprKind::Attribute { attr, .. } => matches!(
                &**attr,
                "get" | "strip" | "lower" | "trim" | "toString" | "split" | "upper"
            ),
            _ => false,
        },
        _ => false,
    }
}
