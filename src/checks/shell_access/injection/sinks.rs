//! Where a text becomes a command: shells, program lists, evaluated code, commands sent to a session's VM.

use crate::checks::callers::values::{At, bound, entries, option};
use crate::model::source::ir::Call;
use crate::model::source::resolve::leaf;
use crate::model::source::walk;
use crate::model::source::{Expr, ExprKind, FnId, Module, ModuleId, Source};

/// What an unchecked text can do there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Danger {
    /// A shell reads it: metacharacters run more commands.
    Shell,
    /// It is code.
    Code,
    /// It is the program.
    Program,
    /// It is an argument that a program may take as an option.
    Option,
}

/// A place that runs something.
#[derive(Clone, Debug)]
pub(super) struct Sink<'a> {
    /// What is called, as a message names it.
    pub(super) what: String,
    /// The module and function.
    pub(super) module: ModuleId,
    pub(super) function: Option<FnId>,
    /// The call.
    pub(super) expr: &'a Expr,
    /// What must not be variable, and why.
    pub(super) parts: Vec<(At<'a>, Danger)>,
}

/// Python functions that give their first argument to a shell.
const SHELLS: [&str; 12] = [
    "os.system",
    "os.popen",
    "subprocess.getoutput",
    "subprocess.getstatusoutput",
    "asyncio.create_subprocess_shell",
    "asyncio.subprocess.create_subprocess_shell",
    "anyio.run_process",
    "child_process.exec",
    "child_process.execSync",
    "child_process.promises.exec",
    "execa.execaCommand",
    "execa.execaCommandSync",
];
/// Functions that run a list of words, or a shell where they are told so.
const RUNNERS: [&str; 16] = [
    "subprocess.run",
    "subprocess.call",
    "subprocess.check_call",
    "subprocess.check_output",
    "subprocess.Popen",
    "asyncio.create_subprocess_exec",
    "asyncio.subprocess.create_subprocess_exec",
    "child_process.spawn",
    "child_process.spawnSync",
    "child_process.execFile",
    "child_process.execFileSync",
    "execa.execa",
    "execa.execaSync",
    "cross-spawn",
    "os.execvp",
    "os.execv",
];
/// Functions that evaluate code.
const EVALUATORS: [&str; 12] = [
    "exec",
    "eval",
    "builtins.exec",
    "builtins.eval",
    "Function",
    "vm.runInThisContext",
    "vm.runInNewContext",
    "vm.runInContext",
    "vm.Script",
    "vm2.VM.run",
    "pty.spawn",
    "code.interact",
];
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

/// The sinks of a module.
pub(super) fn of_module<'a>(source: &'a Source, module: &'a Module) -> Vec<Sink<'a>> {
    module
        .calls()
        .into_iter()
        .filter_map(|(function, expr)| read(source, module, function, expr))
        .collect()
}

fn read<'a>(
    source: &'a Source,
    module: &'a Module,
    function: Option<FnId>,
    expr: &'a Expr,
) -> Option<Sink<'a>> {
    let call = expr.as_call()?;
    let name = source.callee_name(module.id, expr)?;
    let name = promisified(source, module, call, &name);
    let at = |expr| At::new(module.id, expr);
    let first = call
        .args
        .first()
        .or_else(|| call.option("args").or_else(|| call.option("cmd")));
    let parts: Vec<(At<'a>, Danger)> = if SHELLS.contains(&name.as_str()) {
        vec![(at(first?), Danger::Shell)]
    } else if EVALUATORS.contains(&name.as_str()) {
        call.args
            .iter()
            .take(if name == "Function" { 8 } else { 1 })
            .map(|arg| (at(arg), Danger::Code))
            .collect()
    } else if RUNNERS.contains(&name.as_str()) {
        let first = first?;
        let shell = option(source, module.id, call, "shell").is_some_and(|value| {
            !matches!(value.expr.kind, ExprKind::Bool(false) | ExprKind::None)
        });
        if shell {
            let words = call.args.iter().take(2).map(|arg| (at(arg), Danger::Shell));
            let words: Vec<_> = words.collect();
            if words.is_empty() {
                vec![(at(first), Danger::Shell)]
            } else {
                words
            }
        } else {
            words(source, call, at(first), &name)
        }
    } else if remote_shell(&name) {
        vec![(at(first?), Danger::Shell)]
    } else {
        return None;
    };
    Some(Sink {
        what: leaf_of(&name),
        module: module.id,
        function,
        expr,
        parts,
    })
}

/// `const run = promisify(exec)`: what is called is `exec`.
fn promisified(source: &Source, module: &Module, call: &Call, name: &str) -> String {
    if !matches!(name, "util.promisify.__call__" | "promisify.__call__") {
        return name.strip_prefix("node:").unwrap_or(name).to_owned();
    }
    source
        .type_of(module.id, &call.callee)
        .and_then(|made| {
            let inner = made.call?.args.first()?;
            source.canonical(made.module, inner)
        })
        .unwrap_or_default()
}

/// A command given to another machine's shell: paramiko, fabric, asyncssh, the AgentCore SDK's shell.
fn remote_shell(name: &str) -> bool {
    matches!(
        name,
        "paramiko.SSHClient.exec_command"
            | "paramiko.client.SSHClient.exec_command"
            | "fabric.Connection.run"
            | "invoke.run"
    ) || name.ends_with("AgentCoreRuntimeClient.open_shell.send")
}

fn leaf_of(name: &str) -> String {
    match name.rsplit_once('.') {
        Some((owner, last)) => format!("{}.{last}", leaf(owner)),
        None => name.to_owned(),
    }
}

/// What is dangerous among the words of a program.
fn words<'a>(
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
        ExprKind::Format(parts) => matches!(
            parts.first(),
            Some(crate::model::source::ir::FormatPart::Expr(_))
        ),
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

/// The command of a call that runs one in a session's VM: `body={"command": …}`, or the JSON of the HTTP form.
pub(super) fn command<'a>(source: &'a Source, module: ModuleId, call: &'a Call) -> Option<At<'a>> {
    if let Some(command) = option(source, module, call, "command") {
        return Some(command);
    }
    ["body", "json", "data", "content"].iter().find_map(|name| {
        let body = option(source, module, call, name)?;
        let found = entries(source, body);
        found
            .into_iter()
            .rev()
            .find(|(key, _)| key == "command")
            .map(|(_, value)| value)
    })
}
