//! The words of a program that is run without a shell.

use super::sinks::Danger;
use crate::checks::callers::values::{At, bound};
use crate::model::source::ir::{Call, FormatPart};
use crate::model::source::walk;
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

/// What is dangerous among the words of a program.
pub(super) fn words<'a>(
    source: &'a Source,
    call: &'a Call,
    first: At<'a>,
    name: &str,
) -> Vec<(At<'a>, Danger)> {
    let separate = name.starts_with("child_process.")
        || name.starts_with("execa.")
        || name == "cross-spawn"
        || name.ends_with("create_subprocess_exec");
    let mut list = Vec::new();
    if separate {
        list.push(first);
        for arg in call.args.iter().skip(1) {
            if name.ends_with("create_subprocess_exec") {
                flatten(source, At::new(first.module, arg), 0, &mut list);
            } else if !matches!(arg.kind, ExprKind::Dict(_)) {
                flatten(source, At::new(first.module, arg), 0, &mut list);
                break;
            }
        }
    } else {
        flatten(source, first, 0, &mut list);
    }
    judge(source, &list)
}

/// The words of a list, as far as they can be seen.
fn flatten<'a>(source: &'a Source, at: At<'a>, depth: u32, out: &mut Vec<At<'a>>) {
    if depth > 5 || out.len() > 100 {
        return;
    }
    let next = |expr: &'a Expr, out: &mut Vec<At<'a>>| {
        flatten(source, At::new(at.module, expr), depth + 1, out);
    };
    match &at.expr.kind {
        ExprKind::List(items) | ExprKind::Tuple(items) => {
            for item in items {
                match &item.kind {
                    ExprKind::Starred(inner) => next(inner, out),
                    _ => out.push(At::new(at.module, item)),
                }
            }
        }
        ExprKind::Starred(inner) => next(inner, out),
        ExprKind::BinOp {
            op: "+",
            left,
            right,
        } => {
            next(left, out);
            next(right, out);
        }
        ExprKind::Name(name) => {
            let values = bound(source, at.module, name, at.expr.range.start);
            let lists: Vec<&Expr> = values
                .iter()
                .copied()
                .filter(|value| {
                    matches!(
                        value.kind,
                        ExprKind::List(_) | ExprKind::Tuple(_) | ExprKind::BinOp { .. }
                    ) && !value.range.contains(at.expr.range)
                })
                .collect();
            if lists.is_empty() {
                out.push(at);
                return;
            }
            lists.into_iter().for_each(|value| next(value, out));
            appended(source, at, name, depth, out);
        }
        _ => out.push(at),
    }
}

fn appended<'a>(source: &'a Source, at: At<'a>, name: &str, depth: u32, out: &mut Vec<At<'a>>) {
    let Some(module) = source.module(at.module) else {
        return;
    };
    let function = module
        .function_at(at.expr.range.start)
        .map(|function| function.id);
    for expr in walk::expressions(source.body(at.module, function)) {
        if let ExprKind::Call(call) = &expr.kind
            && let ExprKind::Attribute { base, attr } = &call.callee.kind
            && base.as_name() == Some(name)
        {
            match &**attr {
                "append" | "push" => {
                    out.extend(call.args.iter().map(|arg| At::new(at.module, arg)));
                }
                "extend" => call.args.iter().for_each(|arg| {
                    flatten(source, At::new(at.module, arg), depth + 1, out);
                }),
                _ => {}
            }
        }
    }
}

fn judge<'a>(source: &Source, list: &[At<'a>]) -> Vec<(At<'a>, Danger)> {
    let mut found = Vec::new();
    let literal = |at: &At<'a>| source.string(at.module, at.expr);
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
        } else if !guarded && bare(word.expr) && !takes_value(&before) {
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
