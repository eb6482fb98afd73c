//! The words of a program that is run without a shell.

use super::argv::{Place, Word, lists};
use super::sinks::{Danger, Sink, leaf_of};
use crate::analysis::clients::places::Places;
use crate::analysis::starts;
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
/// Programs that run the rest of their words as a program.
const WRAPPERS: [&str; 6] = ["sudo", "env", "nohup", "time", "nice", "xargs"];
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
        || name == "cross-spawn"
        || exec;
    let mut parts = vec![first];
    if separate {
        let rest = call.args.iter().skip(1);
        let rest = rest.filter(|arg| exec || !matches!(arg.kind, ExprKind::Dict(_)));
        parts.extend(rest.take(if exec { usize::MAX } else { 1 }));
    }
    let what = leaf_of(name);
    lists(source, places, place, &parts, separate)
        .into_iter()
        .flat_map(|list| split(place, &what, judge(source, &list)))
        .collect()
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

fn judge<'a>(source: &Source, list: &[Word<'a>]) -> Vec<(Word<'a>, Danger)> {
    let mut found = Vec::new();
    let literal = |word: &Word<'a>| source.string(word.at.module, word.at.expr);
    let mut program = 0;
    while list
        .get(program)
        .and_then(literal)
        .is_some_and(|word| WRAPPERS.contains(&word.as_str()))
    {
        program += 1;
    }
    let Some(first) = list.get(program) else {
        return found;
    };
    found.push((*first, Danger::Program));
    let name = literal(first).unwrap_or_default();
    let name = name.rsplit('/').next().unwrap_or("").to_owned();
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
        let shell = SHELL_PROGRAMS.contains(&name.as_str())
            && (before.starts_with('-') && before.contains('c')
                || before.eq_ignore_ascii_case("/c"));
        let code =
            (name.starts_with("python") || name == "perl" || name == "ruby" || name == "node")
                && matches!(before.as_str(), "-c" | "-e" | "--eval");
        if shell || name == "ssh" && index > program + 1 {
            found.push((*word, Danger::Shell));
        } else if code {
            found.push((*word, Danger::Code));
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
