//! Where a text becomes a command: shells, program lists, evaluated code, commands sent to a session's VM.

use super::argv::Place;
use super::input;
use super::words::{in_a_container, is_shell, words};
use crate::analysis::clients::entries::{entries, option};
use crate::analysis::clients::places::Places;
use crate::analysis::made;
use crate::analysis::names::leaf;
use crate::analysis::tested::Facts;
use crate::analysis::values::At;
use crate::model::source::ir::Call;
use crate::model::source::{Expr, ExprKind, FnId, Module, ModuleId, Source};

/// What an unchecked text can do there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Danger {
    /// A shell reads it: metacharacters run more commands.
    Shell,
    /// It is code.
    Code,
    /// It is an expression over the columns of a data frame, which can call functions.
    Expression,
    /// It is the program.
    Program,
    /// It is an argument that a program may take as an option.
    Option,
}

impl Danger {
    /// All of them, the worst first.
    pub(super) const ALL: [Self; 5] = [
        Self::Shell,
        Self::Code,
        Self::Expression,
        Self::Program,
        Self::Option,
    ];

    /// How a text gets there, in words.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Shell => "as a shell command",
            Self::Code => "as code",
            Self::Expression => "as an expression that can call functions",
            Self::Program => "as the program",
            Self::Option => "as an argument that can be an option",
        }
    }

    /// Whether what is known of a text leaves nothing to fear.
    pub(super) fn is_met_by(self, facts: &Facts) -> bool {
        let known = facts.one_of || facts.member;
        let plain = facts.flag || facts.typed && facts.number;
        match self {
            Self::Shell => known || plain || facts.safe || facts.no_meta,
            Self::Code => known || plain || facts.safe || facts.wordless,
            // A pattern over the whole of it is written against calls.
            Self::Expression => known || plain || facts.formatted || facts.safe || facts.wordless,
            // A harmless name is still a program of the caller's choice.
            Self::Program => known,
            Self::Option => known || plain || facts.safe || facts.no_meta || facts.no_dash,
        }
    }
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
pub(super) const SHELLS: [&str; 17] = [
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
    "pexpect.run",
    "pexpect.spawn",
    "pexpect.spawnu",
    "shelljs.exec",
    "ssh2.Client.exec",
];
/// Functions that run a list of words, or a shell where they are told so.
pub(super) const RUNNERS: [&str; 37] = [
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
    "cross-spawn.sync",
    "cross-spawn.spawn",
    "node-pty.spawn",
    "Bun.spawn",
    "Bun.spawnSync",
    "os.execl",
    "os.execle",
    "os.execlp",
    "os.execlpe",
    "os.execv",
    "os.execve",
    "os.execvp",
    "os.execvpe",
    "os.spawnl",
    "os.spawnle",
    "os.spawnlp",
    "os.spawnlpe",
    "os.spawnv",
    "os.spawnve",
    "os.spawnvp",
    "os.spawnvpe",
    "os.posix_spawn",
    "os.posix_spawnp",
];
/// Functions that evaluate code.
pub(super) const EVALUATORS: [&str; 15] = [
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
    "pandas.eval",
    "langchain_experimental.utilities.PythonREPL.run",
    "langchain_experimental.utilities.python.PythonREPL.run",
];

/// Methods of a data frame that evaluate an expression, in which `@name.member(…)` calls whatever is in scope.
const FRAME_EVALUATORS: [&str; 2] = ["query", "eval"];

/// What a function evaluates that is given text; None for one that evaluates none.
fn evaluates(name: &str) -> Option<Danger> {
    match EVALUATORS.contains(&name) {
        true => Some(Danger::Code),
        false => of_a_frame(name).then_some(Danger::Expression),
    }
}

/// `pandas.DataFrame.query`, `pandas.read_csv.eval`: a method of what pandas made.
fn of_a_frame(name: &str) -> bool {
    let method = name
        .strip_prefix("pandas.")
        .and_then(|rest| rest.rsplit_once('.'));
    method.is_some_and(|(_, method)| FRAME_EVALUATORS.contains(&method))
}

/// Documents of Systems Manager whose parameter `commands` is a script of a shell.
const SCRIPTS: [&str; 2] = ["AWS-RunShellScript", "AWS-RunPowerShellScript"];

/// The commands that `ssm.send_command` runs on instances.
fn sent<'a>(source: &'a Source, module: ModuleId, call: &'a Call) -> Option<At<'a>> {
    let sends = call.callee.last_name().is_some_and(|name| {
        matches!(
            &**name,
            "send_command" | "SendCommandCommand" | "sendCommand"
        )
    });
    let document = option(source, module, call, "DocumentName").filter(|_| sends)?;
    let names = source.strings(document.module, document.expr);
    // An ARN ends with the name.
    names
        .iter()
        .any(|name| SCRIPTS.contains(&name.rsplit('/').next().unwrap_or(name)))
        .then_some(())?;
    let parameters = option(source, module, call, "Parameters")?;
    let found = entries(source, parameters).into_iter().rev();
    let mut commands = found.filter(|(key, _)| key == "commands");
    Some(commands.next().map_or(parameters, |(_, value)| value))
}

/// The sinks of a module.
pub(super) fn of_module<'a>(
    places: &Places<'a>,
    source: &'a Source,
    module: &'a Module,
) -> Vec<Vec<Sink<'a>>> {
    let calls = module.calls().chain(made::handed(module));
    calls
        .filter_map(|(function, expr)| read(places, source, module, function, expr))
        .collect()
}

/// Whether a function runs a list of words: `subprocess.run`, `loop.subprocess_exec`.
fn is_runner(name: &str) -> bool {
    RUNNERS.contains(&name) || name.ends_with(".subprocess_exec")
}

/// `loop.subprocess_shell(protocol, command)`
fn is_shell_of_a_loop(name: &str) -> bool {
    name.ends_with(".subprocess_shell")
}

/// `sh.bash("-c", script)`
fn is_shell_by_name(name: &str) -> bool {
    name.strip_prefix("sh.").is_some_and(is_shell)
}

/// Whether a call runs a command or evaluates code, whatever it is given.
pub(crate) fn is_command(source: &Source, module: &Module, expr: &Expr) -> bool {
    let (Some(call), Some(name)) = (expr.as_call(), source.callee_name(module.id, expr)) else {
        return false;
    };
    let name = promisified(source, module, call, name);
    SHELLS.contains(&name.as_str())
        || is_runner(&name)
        || evaluates(&name).is_some()
        || remote_shell(&name)
        || is_shell_of_a_loop(&name)
        || is_shell_by_name(&name)
        || sent(source, module.id, call).is_some()
}

/// The sinks of one call: more than one where its words come from callers.
fn read<'a>(
    places: &Places<'a>,
    source: &'a Source,
    module: &'a Module,
    function: Option<FnId>,
    expr: &'a Expr,
) -> Option<Vec<Sink<'a>>> {
    let call = expr.as_call()?;
    if let Some(commands) = sent(source, module.id, call) {
        return Some(vec![Sink {
            what: "ssm.send_command".to_owned(),
            module: module.id,
            function,
            expr,
            parts: vec![(commands, Danger::Shell)],
        }]);
    }
    if let Some(fed) = input::fed(source, module.id, function, expr) {
        return Some(vec![fed]);
    }
    let place = Place {
        module: module.id,
        function,
        expr,
    };
    if let Some(found) = in_a_container(places, source, place) {
        return Some(found);
    }
    let name = source.callee_name(module.id, expr)?;
    let name = promisified(source, module, call, name);
    let at = |expr| At::new(module.id, expr);
    let first = call
        .args
        .first()
        .or_else(|| call.option("args").or_else(|| call.option("cmd")));
    let parts: Vec<(At<'a>, Danger)> = if SHELLS.contains(&name.as_str()) {
        vec![(at(first?), Danger::Shell)]
    } else if name == "Function" {
        let args = call.args.iter().take(8);
        args.map(|arg| (at(arg), Danger::Code)).collect()
    } else if let Some(danger) = evaluates(&name) {
        let first = first.or_else(|| call.option("expr"));
        vec![(at(first?), danger)]
    } else if is_shell_of_a_loop(&name) {
        vec![(at(call.args.get(1)?), Danger::Shell)]
    } else if is_shell_by_name(&name) {
        let says = |arg: &Expr| arg.as_str().is_some_and(|arg| arg.starts_with('-'));
        call.args.first().filter(|first| says(first))?;
        let script = call.args.iter().find(|arg| !says(arg));
        vec![(at(script?), Danger::Shell)]
    } else if is_runner(&name) {
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
            let mut found = words(places, source, place, first, &name);
            found.extend(input::given(source, place, call, &name));
            return Some(found);
        }
    } else if remote_shell(&name) {
        vec![(at(first?), Danger::Shell)]
    } else {
        return None;
    };
    let what = match of_a_frame(&name) {
        true => format!("DataFrame.{}", leaf(&name)),
        false => leaf_of(&name),
    };
    Some(vec![Sink {
        what,
        module: module.id,
        function,
        expr,
        parts,
    }])
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
            | "asyncssh.connect.run"
            | "asyncssh.connect.create_process"
            | "asyncssh.SSHClientConnection.run"
            | "asyncssh.SSHClientConnection.create_process"
            | "node-ssh.NodeSSH.execCommand"
            | "node-ssh.NodeSSH.exec"
    ) || name.ends_with("AgentCoreRuntimeClient.open_shell.send")
}

/// The last two parts of a name; of `importlib.util`, all three.
pub(super) fn leaf_of(name: &str) -> String {
    match name.rsplit_once('.') {
        Some(("importlib.util", _)) => name.to_owned(),
        Some((owner, last)) => format!("{}.{last}", leaf(owner)),
        None => name.to_owned(),
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
