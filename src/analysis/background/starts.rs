//! The calls that start work, by the language.

use std::cell::OnceCell;

use crate::analysis::call_sites::parameter;
use crate::analysis::names::{leaf, package};
use crate::analysis::runners::{Runner, runs_in_a_context};
use crate::analysis::waited::{Fate, Fates, cancels, closes, joins, starts};
use crate::model::source::ir::LoopKind;
use crate::model::source::walk::{Node, expressions, statements, sub_expressions};
use crate::model::source::{
    Call, Class, Expr, ExprKind, FnId, Function, ModuleId, Source, Stmt, StmtKind,
};

/// A call that starts work.
pub(super) struct Start<'a> {
    /// How, in words.
    pub how: &'static str,
    /// What runs.
    pub work: Option<Ran<'a>>,
    /// What becomes of what the call gives.
    pub fate: Fate,
    /// It is work only if what runs gives a promise.
    pub promise: bool,
    /// A thread that ends with the process.
    pub daemon: bool,
    /// Another program, which may be work or a server.
    pub program: bool,
}

/// What is run.
pub(super) enum Ran<'a> {
    /// A function of the project.
    Known(FnId),
    /// What this value is.
    Value(&'a Expr),
}

impl<'a> Start<'a> {
    fn new(how: &'static str, work: Option<&'a Expr>, fate: Fate) -> Self {
        Self {
            how,
            work: work.map(Ran::Value),
            fate,
            promise: false,
            daemon: false,
            program: false,
        }
    }
}

/// What is found out once of a function that launches work.
pub(super) struct Around<'c, 'a> {
    source: &'a Source,
    function: &'a Function,
    fates: &'c Fates<'a>,
    joins: OnceCell<bool>,
    starts: OnceCell<bool>,
    daemon: OnceCell<bool>,
}

impl<'c, 'a> Around<'c, 'a> {
    pub(super) fn new(source: &'a Source, function: &'a Function, fates: &'c Fates<'a>) -> Self {
        Self {
            source,
            function,
            fates,
            joins: OnceCell::new(),
            starts: OnceCell::new(),
            daemon: OnceCell::new(),
        }
    }

    /// Whether a thread ends with the process: `daemon=True`, or `thread.daemon = True` in the function.
    pub(super) fn is_daemon(&self, call: &Call) -> bool {
        let set = |stmt: &Stmt| {
            matches!(&stmt.kind, StmtKind::Assign(assign)
                if assign.targets.iter().any(|target| matches!(&target.kind, ExprKind::Attribute { attr, .. } if &**attr == "daemon"))
                    && matches!(assign.value.as_deref().map(|value| &value.kind), Some(ExprKind::Bool(true))))
        };
        match call.option("daemon") {
            Some(given) => matches!(given.kind, ExprKind::Bool(true)),
            None => *self
                .daemon
                .get_or_init(|| statements(&self.function.body).into_iter().any(set)),
        }
    }

    /// What becomes of what a call of the function gives.
    fn fate(&self, path: &[Node<'a>], expr: &Expr) -> Fate {
        self.fates.of(self.function, path, expr, false)
    }
}

/// What makes a thread or a process that runs what it is given, or the method `run` of a class that derives from it.
const THREADS: [&str; 4] = [
    "threading.Thread",
    "multiprocessing.Process",
    "multiprocessing.context.Process",
    "threading.Timer",
];
/// Programs that run a script, and how scripts end.
const INTERPRETERS: [&str; 4] = ["python", "python3", "node", "bash"];
const SCRIPTS: [&str; 5] = [".py", ".js", ".mjs", ".cjs", ".sh"];
const LOOPS: [&str; 3] = [
    "asyncio.get_event_loop",
    "asyncio.get_running_loop",
    "asyncio.new_event_loop",
];

pub(super) fn python<'a>(
    around: &Around<'_, 'a>,
    path: &[Node<'a>],
    expr: &'a Expr,
    call: &'a Call,
) -> Option<Start<'a>> {
    let (source, function) = (around.source, around.function);
    let module = function.id.module;
    let name = source.callee_name(module, expr).unwrap_or_default();
    let first = call.args.first();
    let kept = || around.fate(path, expr);
    if THREADS.contains(&name) {
        let given = call
            .option("target")
            .or_else(|| call.option("function"))
            .or_else(|| call.args.get(1));
        let given = match given.is_some_and(runs_in_a_context) {
            true => Runner::given(call).or(given),
            false => given,
        };
        let fate = thread(around, path, expr, name)?;
        return Some(Start::new("a thread", given, fate));
    }
    match name {
        "_thread.start_new_thread" => Some(Start::new("a thread", first, Fate::Dropped)),
        "fastapi.BackgroundTasks.add_task"
        | "starlette.background.BackgroundTasks.add_task"
        | "starlette.background.BackgroundTask"
        | "fastapi.background.BackgroundTask" => Some(Start::new(
            "a background task of the web framework",
            first,
            Fate::Dropped,
        )),
        "asyncio.create_task" | "asyncio.ensure_future" | "asyncio.run_coroutine_threadsafe" => {
            Some(Start::new("an asyncio task", first, kept()))
        }
        "subprocess.Popen" => {
            let command = words(call.argument(0, "args"));
            let script = match command {
                [program, script, ..] => is_script(source, module, program, script),
                _ => false,
            };
            // A script of an interpreter is work; other programs may be servers that the session uses.
            let other = command
                .first()
                .is_some_and(|program| program.as_str().is_some());
            (is_left(path) && (script || other)).then(|| Start {
                program: !script,
                ..Start::new("a process", None, kept())
            })
        }
        _ => method(around, path, expr, call, name)
            .or_else(|| workflow(around, path, expr, call))
            .or_else(|| derived_thread(around, path, expr, call)),
    }
}

/// The words of a command that is given as a list.
fn words(command: Option<&Expr>) -> &[Expr] {
    match command.map(|given| &given.kind) {
        Some(ExprKind::List(words) | ExprKind::Tuple(words)) => words,
        _ => &[],
    }
}

/// Whether a process runs a script of an interpreter.
fn is_script(source: &Source, module: ModuleId, program: &Expr, script: &Expr) -> bool {
    let interpreter = match program.as_str() {
        Some(name) => INTERPRETERS.contains(&name),
        None => matches!(
            source.canonical(module, program).as_deref(),
            Some("sys.executable" | "process.execPath")
        ),
    };
    let is_job = |name: &str| {
        let name = name.to_lowercase();
        SCRIPTS.iter().any(|end| name.ends_with(end)) && !name.contains("serve")
    };
    interpreter && script.as_str().is_some_and(is_job)
}

/// Whether a job of a scheduler runs once: no trigger is given, or that of a date.
fn runs_once(call: &Call) -> bool {
    let trigger = call.argument(1, "trigger");
    trigger.is_none_or(|trigger| trigger.as_str() == Some("date"))
}

/// Whether what a call gives is dropped, or kept under a name: what an object or a table keeps is looked at later.
fn is_left(path: &[Node<'_>]) -> bool {
    let Some(Node::Stmt(stmt)) = path.last() else {
        return false;
    };
    match &stmt.kind {
        StmtKind::Expr(_) => true,
        StmtKind::Assign(assign) => assign
            .targets
            .iter()
            .all(|target| target.as_name().is_some()),
        _ => false,
    }
}

/// What becomes of a thread that a call makes; none where nothing starts it.
fn thread<'a>(
    around: &Around<'_, 'a>,
    path: &[Node<'a>],
    expr: &'a Expr,
    name: &str,
) -> Option<Fate> {
    let (source, function) = (around.source, around.function);
    let starts = *around.starts.get_or_init(|| starts(&function.body));
    if !starts {
        return None;
    }
    let joins = *around.joins.get_or_init(|| joins(function));
    let wait = around.fates.last_wait(function);
    let bounded = joins
        || wait.is_some_and(|start| start > expr.range.end)
        || name == "threading.Timer" && cancels(source, function, path, expr);
    Some(match bounded {
        true => Fate::Waited,
        false if around.fate(path, expr) == Fate::Returned => Fate::Returned,
        false => Fate::Dropped,
    })
}

/// The class of a thread that a call makes which derives from one of the library's, and that one's name.
fn derived<'a>(
    source: &'a Source,
    module: ModuleId,
    call: &'a Call,
) -> Option<(&'a Class, &'static str)> {
    if !call.written_name().starts_with(char::is_uppercase) {
        return None;
    }
    let class = source.callee_class(module, call)?;
    let bases = source.bases(class);
    let base = THREADS
        .into_iter()
        .find(|name| bases.iter().any(|base| **base == **name))?;
    Some((source.class(class)?, base))
}

/// The method that runs in the thread which a call makes of a class of the project.
pub(crate) fn run_of_thread(
    source: &Source,
    module: ModuleId,
    expr: &Expr,
    call: &Call,
) -> Option<FnId> {
    let (_, base) = derived(source, module, call)?;
    // Another process has no context either, and no token of its own.
    base.starts_with("threading.")
        .then(|| source.member_function(module, expr, "run"))?
}

/// A thread of a class of the project that derives from one: its method `run` runs.
fn derived_thread<'a>(
    around: &Around<'_, 'a>,
    path: &[Node<'a>],
    expr: &'a Expr,
    call: &'a Call,
) -> Option<Start<'a>> {
    let (source, function) = (around.source, around.function);
    let module = function.id.module;
    let (class, base) = derived(source, module, call)?;
    let made = class.method("__init__").and_then(|id| source.function(id));
    let begins = made.is_some_and(|made| starts(&made.body));
    // A class of the project may have methods of its own that end its thread.
    let kept = matches!(path.last(), Some(Node::Stmt(_)));
    let fate = match thread(around, path, expr, base) {
        _ if kept && around.fate(path, expr) == Fate::Waited => Fate::Waited,
        Some(fate) => fate,
        None if begins => Fate::Dropped,
        None => return None,
    };
    let daemon = made.is_some_and(|made| {
        let inner = expressions(&made.body).into_iter();
        { inner }.any(|expr| {
            let given = expr.as_call().and_then(|call| call.option("daemon"));
            given.is_some_and(|given| matches!(given.kind, ExprKind::Bool(true)))
        })
    });
    Some(Start {
        work: source.member_function(module, expr, "run").map(Ran::Known),
        daemon,
        ..Start::new("a thread", None, fate)
    })
}

/// Agents of LlamaIndex whose `run` begins at once, as that of every workflow does.
const WORKFLOWS: [&str; 5] = [
    "Workflow",
    "AgentWorkflow",
    "FunctionAgent",
    "ReActAgent",
    "CodeActAgent",
];

/// The run of a workflow of LlamaIndex, which goes on by itself: what it gives is awaited or its events are read.
fn workflow<'a>(
    around: &Around<'_, 'a>,
    path: &[Node<'a>],
    expr: &'a Expr,
    call: &'a Call,
) -> Option<Start<'a>> {
    let (source, function) = (around.source, around.function);
    if call.written_name() != "run" {
        return None;
    }
    let made = source.receiver(function.id.module, call)?;
    let begins = |name: &str| {
        matches!(package(name), "llama_index" | "workflows") && WORKFLOWS.contains(&leaf(name))
    };
    let derives = |class| source.bases(class).iter().any(|base| begins(base));
    if !begins(&made.type_name) && !made.class.is_some_and(derives) {
        return None;
    }
    let fate = around.fate(path, expr);
    Some(Start::new("a run of a workflow", None, fate))
}

/// A method of a loop, an executor or a scheduler that starts what it is given.
fn method<'a>(
    around: &Around<'_, 'a>,
    path: &[Node<'a>],
    expr: &'a Expr,
    call: &'a Call,
    name: &str,
) -> Option<Start<'a>> {
    let function = around.function;
    let ExprKind::Attribute { base, attr } = &call.callee.kind else {
        return None;
    };
    let on_loop = LOOPS.iter().any(|start| name.starts_with(start));
    let (first, second) = (call.args.first(), call.args.get(1));
    let kept = || around.fate(path, expr);
    match &**attr {
        "create_task" if on_loop => Some(Start::new("an asyncio task", first, kept())),
        "run_in_executor" if on_loop => Some(Start::new("an executor", second, kept())),
        // A timer that only sets an event or cancels something is no work.
        "call_later" | "call_at" if on_loop => {
            let timer = Start::new("a timer of the event loop", second, kept());
            Some(Start {
                promise: true,
                ..timer
            })
        }
        "call_soon" | "call_soon_threadsafe" if on_loop => {
            let timer = Start::new("a callback of the event loop", first, kept());
            Some(Start {
                promise: true,
                ..timer
            })
        }
        "submit" if name.contains("PoolExecutor") => {
            let fate = match closes(function, base, expr.range) {
                true => Fate::Waited,
                false => kept(),
            };
            Some(Start::new("an executor", first, fate))
        }
        // What runs again and again serves the process, as a refresh of what it keeps does.
        "add_job" if name.starts_with("apscheduler.") && runs_once(call) => Some(Start::new(
            "a job of the scheduler",
            call.argument(0, "func"),
            Fate::Dropped,
        )),
        _ => None,
    }
}

pub(super) fn typescript<'a>(
    around: &Around<'_, 'a>,
    path: &[Node<'a>],
    expr: &'a Expr,
    call: &'a Call,
) -> Option<Start<'a>> {
    let (source, function) = (around.source, around.function);
    let module = function.id.module;
    let name = source.callee_name(module, expr).unwrap_or_default();
    if matches!(
        name,
        "setTimeout"
            | "setImmediate"
            | "timers.setTimeout"
            | "timers.setImmediate"
            | "process.nextTick"
            | "queueMicrotask"
    ) {
        // A timer that only ends a wait or aborts a request is no work.
        let target = started(source, module, call.args.first()?)?;
        let timer = Start::new("a timer", call.args.first(), Fate::Dropped);
        return promises(source, target).map(|_| timer);
    }
    if name == "worker_threads.Worker" {
        let ends = expressions(&function.body)
            .into_iter()
            .any(|expr| matches!(&expr.kind, ExprKind::Attribute { attr, .. } if matches!(&**attr, "on" | "once")));
        return (!ends).then(|| Start::new("a worker thread", None, Fate::Dropped));
    }
    if leaf(name) == "spawn" && name.contains("child_process") {
        return detached_process(around, path, expr, call);
    }
    // `work().then(next)`: what goes on with the request is waited for.
    let answered = path.iter().any(|node| match node {
        Node::Expr(outer) => outer.as_call().is_some_and(|chained| {
            matches!(&chained.callee.kind, ExprKind::Attribute { attr, .. } if matches!(&**attr, "then" | "finally"))
                && chained.args.iter().any(|callback| answers(source, module, callback))
        }),
        _ => false,
    });
    if answered {
        return None;
    }
    promise(around, path, expr, call, name)
}

/// A process of its own that is left to itself: `spawn("node", ["job.js"], { detached: true }).unref()`.
fn detached_process<'a>(
    around: &Around<'_, 'a>,
    path: &[Node<'a>],
    expr: &'a Expr,
    call: &'a Call,
) -> Option<Start<'a>> {
    let (source, function) = (around.source, around.function);
    let detached = call.option("detached")?;
    let (program, script) = (call.args.first()?, words(call.args.get(1)).first()?);
    let alone = matches!(detached.kind, ExprKind::Bool(true))
        && is_script(source, function.id.module, program, script);
    alone.then(|| {
        let fate = around.fate(path, expr);
        Start::new("a process", None, fate)
    })
}

/// A promise that a call gives.
fn promise<'a>(
    around: &Around<'_, 'a>,
    path: &[Node<'a>],
    expr: &'a Expr,
    call: &'a Call,
    name: &str,
) -> Option<Start<'a>> {
    let (source, function) = (around.source, around.function);
    let module = function.id.module;
    let kept = || around.fate(path, expr);
    let known = |target: FnId, fate: Fate| Start {
        work: Some(Ran::Known(target)),
        ..Start::new("a promise", None, fate)
    };
    if matches!(
        name,
        "Promise.all" | "Promise.allSettled" | "Promise.race" | "Promise.any"
    ) {
        let target = call
            .args
            .iter()
            .flat_map(sub_expressions)
            .find_map(|inner| promised(source, module, inner))?;
        return Some(known(target, kept()));
    }
    // `job()` of a function that is given `job`.
    let given = call
        .callee
        .as_name()
        .and_then(|_| parameter(source, module, &call.callee));
    if given.is_some_and(|(of, _)| of == function.id) {
        return Some(Start {
            promise: true,
            ..Start::new("a promise", Some(&call.callee), kept())
        });
    }
    let is_async = |id: &FnId| {
        let found = source.function(*id);
        found.is_some_and(|found| found.is_async && !found.is_generator)
    };
    // `items.forEach(async (item) => { … })` waits for none of them.
    if call.written_name() == "forEach" {
        // Some streams give a promise that waits for all of them.
        if !matches!(
            path.last(),
            Some(Node::Stmt(Stmt {
                kind: StmtKind::Expr(_),
                ..
            }))
        ) {
            return None;
        }
        let each = source.function_value(module, call.args.first()?);
        let each = each.filter(|each| is_async(each) && !ends_at_once(source, *each));
        return each.map(|each| known(each, Fate::Dropped));
    }
    let target = source.callee(module, expr).filter(is_async)?;
    Some(known(target, kept()))
}

/// The async function of the project that an expression calls, or that it is where it is given to what calls it.
fn promised(source: &Source, module: ModuleId, expr: &Expr) -> Option<FnId> {
    let id = match &expr.kind {
        ExprKind::Call(_) => source.callee(module, expr)?,
        ExprKind::Lambda(id) => *id,
        _ => return None,
    };
    promises(source, id)
}

/// Whether a callback of a promise goes on with the request: the response waits for it.
pub(crate) fn answers(source: &Source, module: ModuleId, callback: &Expr) -> bool {
    const ANSWERS: [&str; 5] = ["next", "resolve", "reject", "res", "reply"];
    let Some(function) = source.function_value(module, callback) else {
        return callback
            .as_name()
            .is_some_and(|name| ANSWERS.contains(&name));
    };
    let Some(module) = source.module(function.module) else {
        return false;
    };
    let Some(range) = module.function(function).map(|function| function.range) else {
        return false;
    };
    // The callback itself, and the functions in it.
    let inside = module
        .functions
        .iter()
        .filter(|inner| range.contains(inner.range));
    inside
        .flat_map(|inner| expressions(&inner.body))
        .any(|expr| expr.as_name().is_some_and(|name| ANSWERS.contains(&name)))
}

/// The project's function that a value given to a launcher runs: a function, a lambda, a call of a coroutine, a partial.
pub(super) fn started<'a>(source: &'a Source, module: ModuleId, value: &'a Expr) -> Option<FnId> {
    match &value.kind {
        ExprKind::Call(_) => source
            .callee(module, value)
            .or_else(|| source.function_value(module, value)),
        _ => source.function_value(module, value),
    }
}

/// Whether an async function waits for nothing: when it is called it runs to its end.
pub(super) fn ends_at_once(source: &Source, id: FnId) -> bool {
    let Some(function) = source.function(id).filter(|found| found.is_async) else {
        return false;
    };
    let waits = |expr: &Expr| matches!(expr.kind, ExprKind::Await(_));
    let streams = |stmt: &Stmt| match &stmt.kind {
        StmtKind::Loop(looped) => looped.kind == LoopKind::AsyncFor,
        _ => false,
    };
    !expressions(&function.body).into_iter().any(waits)
        && !statements(&function.body).into_iter().any(streams)
}

/// The async function that a function is or runs: it gives a promise, or starts one.
pub(super) fn promises(source: &Source, target: FnId) -> Option<FnId> {
    let is_async = |id: &FnId| source.function(*id).is_some_and(|found| found.is_async);
    let inner = || source.runs(target.module, Some(target)).into_iter();
    is_async(&target)
        .then_some(target)
        .or_else(|| inner().find(is_async))
}
