//! Work that a handler starts and does not wait for.

use std::collections::BTreeSet;

use crate::checks::agent_code::AgentCode;
use crate::model::source::ir::LoopKind;
use crate::model::source::resolve::leaf;
use crate::model::source::walk::{Node, expressions, walk};
use crate::model::source::{
    ByteRange, Call, EntrypointKind, Expr, ExprKind, FnId, Function, Language, ModuleId, Source,
    StmtKind,
};

/// Work that outlives the function that starts it.
#[derive(Clone, Debug)]
pub(super) struct Launch {
    /// The module.
    pub module: ModuleId,
    /// The function that starts it.
    pub function: FnId,
    /// The call.
    pub range: ByteRange,
    /// What runs, where it is the project's own function.
    pub target: Option<FnId>,
    /// How, in words.
    pub how: &'static str,
}

/// Functions that run while a caller waits for an answer.
pub(super) fn answering(code: &AgentCode<'_>) -> BTreeSet<FnId> {
    let mut found = BTreeSet::new();
    for entry in &code.code.entrypoints {
        let answers = !matches!(entry.kind, EntrypointKind::Ping | EntrypointKind::AsyncTask);
        if let Some(function) = entry.function.filter(|_| answers) {
            found.extend(code.source.reach(function));
        }
    }
    found
}

/// Work that these functions start and leave running.
pub(super) fn launches(source: &Source, functions: &BTreeSet<FnId>) -> Vec<Launch> {
    let mut found = Vec::new();
    for function in functions.iter().filter_map(|id| source.function(*id)) {
        let module = function.id.module;
        let Some(language) = source.module(module).map(|module| module.language) else {
            continue;
        };
        walk(&function.body, &mut |path, node| {
            if let Node::Expr(expr) = node
                && let ExprKind::Call(call) = &expr.kind
                && let Some((how, target)) = match language {
                    Language::Python => python(source, function, path, expr, call),
                    Language::TypeScript => typescript(source, function, path, expr, call),
                }
            {
                found.push(Launch {
                    module,
                    function: function.id,
                    range: expr.range,
                    target,
                    how,
                });
            }
            true
        });
    }
    found
}

type Started = Option<(&'static str, Option<FnId>)>;

fn python<'a>(
    source: &'a Source,
    function: &'a Function,
    path: &[Node<'a>],
    expr: &'a Expr,
    call: &'a Call,
) -> Started {
    let module = function.id.module;
    let name = source.callee_name(module, expr)?;
    let target = |value: Option<&'a Expr>| value.and_then(|value| started(source, module, value));
    match &*name {
        "threading.Thread" | "multiprocessing.Process" | "threading.Timer" => {
            let index = if name == "threading.Timer" { 1 } else { 9 };
            let given = call.option("target").or_else(|| call.option("function")).or_else(|| call.args.get(index));
            let bounded = joins(function) || waits(source, function, expr.range);
            (starts(function) && !bounded).then_some(("a thread", target(given)))
        }
        "_thread.start_new_thread" => Some(("a thread", target(call.args.first()))),
        "fastapi.BackgroundTasks.add_task" | "starlette.background.BackgroundTasks.add_task" => {
            Some(("a background task of the web framework", target(call.args.first())))
        }
        "starlette.background.BackgroundTask" | "fastapi.background.BackgroundTask" => {
            Some(("a background task of the web framework", target(call.args.first())))
        }
        "asyncio.create_task" | "asyncio.ensure_future" | "asyncio.run_coroutine_threadsafe" => {
            detached(source, function, path, expr).then(|| ("an asyncio task", target(call.args.first())))
        }
        _ => {
            let ExprKind::Attribute { base, attr } = &call.callee.kind else {
                return None;
            };
            let looped = ["asyncio.get_event_loop", "asyncio.get_running_loop", "asyncio.new_event_loop"];
            let on_loop = looped.iter().any(|start| name.starts_with(start));
            match &**attr {
                "create_task" if on_loop => detached(source, function, path, expr)
                    .then(|| ("an asyncio task", target(call.args.first()))),
                "run_in_executor" if on_loop => detached(source, function, path, expr)
                    .then(|| ("an executor", target(call.args.get(1)))),
                "submit" if name.contains("PoolExecutor") => {
                    let closes = closes(function, base, expr.range);
                    (!closes && detached(source, function, path, expr))
                        .then(|| ("an executor", target(call.args.first())))
                }
                _ => None,
            }
        }
    }
}

fn typescript<'a>(
    source: &'a Source,
    function: &'a Function,
    path: &[Node<'a>],
    expr: &'a Expr,
    call: &'a Call,
) -> Started {
    let module = function.id.module;
    let name = source.callee_name(module, expr).unwrap_or_default();
    if matches!(&*name, "setTimeout" | "setImmediate" | "timers.setTimeout" | "timers.setImmediate") {
        let target = started(source, module, call.args.first()?)?;
        // A timer that only ends a wait or aborts a request is no work.
        return works(source, target).then_some(("a timer", Some(target)));
    }
    if name == "worker_threads.Worker" {
        let ends = expressions(&function.body)
            .into_iter()
            .any(|expr| matches!(&expr.kind, ExprKind::Attribute { attr, .. } if matches!(&**attr, "on" | "once")));
        return (!ends).then_some(("a worker thread", None));
    }
    // `work().catch(log)`: the promise is what `work` gives.
    let mut inner = expr;
    while let ExprKind::Call(chained) = &inner.kind
        && let ExprKind::Attribute { base, attr } = &chained.callee.kind
        && matches!(&**attr, "then" | "catch" | "finally")
    {
        inner = base;
    }
    let target = source.callee(module, inner)?;
    let promised = source.function(target)?.is_async && !source.function(target)?.is_generator;
    (promised && detached(source, function, path, expr)).then_some(("a promise", Some(target)))
}

/// The project's function that a value given to a launcher runs: a function, a lambda, a call of a coroutine, a partial.
fn started<'a>(source: &'a Source, module: ModuleId, value: &'a Expr) -> Option<FnId> {
    match &value.kind {
        ExprKind::Call(_) => source.callee(module, value).or_else(|| source.function_value(module, value)),
        _ => source.function_value(module, value),
    }
}

/// Whether a callback of a timer waits for something itself.
fn works(source: &Source, target: FnId) -> bool {
    source.function(target).is_some_and(|function| function.is_async)
        || source.runs(target.module, Some(target)).into_iter().any(|inner| {
            source.function(inner).is_some_and(|function| function.is_async)
        })
}

/// Whether nobody waits for what a call gives: it is dropped, or kept where nothing of this function looks at it.
fn detached<'a>(source: &Source, function: &'a Function, path: &[Node<'a>], expr: &Expr) -> bool {
    if waits(source, function, expr.range) {
        return false;
    }
    for node in path.iter().rev() {
        match node {
            Node::Stmt(stmt) => {
                return match &stmt.kind {
                    StmtKind::Expr(_) => true,
                    StmtKind::Assign(assign) => assign.targets.iter().all(|target| dropped(source, function, target)),
                    _ => false,
                };
            }
            // Wrapped calls of the promise itself (`.catch`), `void`, a set that keeps a reference.
            Node::Expr(outer) => match &outer.kind {
                ExprKind::Unary { op: "void", .. } => {}
                ExprKind::Attribute { attr, .. } if matches!(&**attr, "add_done_callback" | "then" | "catch" | "finally") => {}
                ExprKind::Call(call) => match &call.callee.kind {
                    ExprKind::Attribute { base, attr } => match &**attr {
                        "then" | "catch" | "finally" | "add_done_callback" => {}
                        "add" | "append" | "push" => return !looked_at(function, base),
                        _ => return false,
                    },
                    _ => return false,
                },
                _ => return false,
            },
            Node::Handler(_) | Node::Case(_) => return false,
        }
    }
    false
}

/// Whether what is kept under a name is never waited for in this function.
fn dropped(source: &Source, function: &Function, target: &Expr) -> bool {
    let Some(name) = target.as_name() else {
        // `self.task = …`, `tasks[id] = …`: kept for somebody else.
        return matches!(target.kind, ExprKind::Attribute { .. } | ExprKind::Subscript { .. })
            && !mentioned(function, target);
    };
    if nested(source, function).into_iter().any(|inner| names(inner, name)) {
        return false;
    }
    let mut kept = Vec::new();
    let mut waited = false;
    walk(&function.body, &mut |path, node| {
        let Node::Expr(expr) = node else { return true };
        if expr.as_name() != Some(name) || expr.range == target.range {
            return true;
        }
        match path.last() {
            Some(Node::Expr(outer)) => match &outer.kind {
                ExprKind::Attribute { attr, .. } => {
                    waited |= !matches!(&**attr, "add_done_callback" | "set_name" | "get_name" | "start" | "daemon" | "name");
                }
                ExprKind::Call(call) => match &call.callee.kind {
                    ExprKind::Attribute { base, attr } if matches!(&**attr, "add" | "append" | "push" | "discard") => {
                        kept.push(&**base);
                    }
                    _ => waited = true,
                },
                _ => waited = true,
            },
            Some(Node::Stmt(stmt)) => waited |= !matches!(stmt.kind, StmtKind::Assign(_)),
            _ => waited = true,
        }
        true
    });
    !waited && !kept.into_iter().any(|container| looked_at(function, container))
}

/// Functions defined inside of a function: they see its names.
fn nested<'a>(source: &'a Source, function: &Function) -> Vec<&'a Function> {
    let Some(module) = source.module(function.id.module) else {
        return Vec::new();
    };
    let inside = |inner: &&Function| {
        inner.id != function.id && function.body_range.contains(inner.body_range)
    };
    module.functions.iter().filter(inside).collect()
}

fn names(function: &Function, name: &str) -> bool {
    expressions(&function.body)
        .into_iter()
        .any(|expr| expr.as_name() == Some(name))
}

/// Whether a container that tasks are put in is waited for: anything but putting in and taking out.
fn looked_at(function: &Function, container: &Expr) -> bool {
    let Some(name) = container.as_name() else {
        return false;
    };
    let mut found = false;
    walk(&function.body, &mut |path, node| {
        if let Node::Expr(expr) = node
            && expr.as_name() == Some(name)
        {
            found |= match path.last() {
                Some(Node::Expr(Expr {
                    kind: ExprKind::Attribute { attr, .. },
                    ..
                })) => !matches!(&**attr, "add" | "append" | "push" | "discard" | "remove"),
                Some(Node::Stmt(stmt)) => !matches!(stmt.kind, StmtKind::Assign(_)),
                _ => true,
            };
        }
        true
    });
    found
}

/// Whether an attribute or element is looked at again in the function.
fn mentioned(function: &Function, target: &Expr) -> bool {
    let attribute = |expr: &Expr| match &expr.kind {
        ExprKind::Attribute { attr, .. } => Some(attr.to_string()),
        _ => None,
    };
    let wanted = attribute(target);
    expressions(&function.body).into_iter().any(|expr| {
        expr.range != target.range && wanted.is_some() && attribute(expr) == wanted
    })
}

fn starts(function: &Function) -> bool {
    calls_method(function, "start")
}

/// Whether the function waits for its threads.
fn joins(function: &Function) -> bool {
    expressions(&function.body).into_iter().any(|expr| {
        let Some(call) = expr.as_call() else {
            return false;
        };
        match &call.callee.kind {
            ExprKind::Attribute { base, attr } if &**attr == "join" => {
                let text = matches!(base.kind, ExprKind::Str(_) | ExprKind::Format(_));
                let given = call.args.first();
                !text && given.is_none_or(|given| matches!(given.kind, ExprKind::Number(_)))
            }
            ExprKind::Attribute { attr, .. } => &**attr == "is_alive",
            _ => false,
        }
    })
}

fn calls_method(function: &Function, name: &str) -> bool {
    expressions(&function.body).into_iter().any(|expr| {
        matches!(&expr.kind, ExprKind::Call(call)
            if matches!(&call.callee.kind, ExprKind::Attribute { attr, .. } if &**attr == name))
    })
}

/// Whether the function, after the launch, takes what the work gives from a queue or waits for its event: the answer ends with it.
fn waits(source: &Source, function: &Function, launch: ByteRange) -> bool {
    let module = function.id.module;
    let mut found = false;
    walk(&function.body, &mut |_, node| {
        match node {
            Node::Expr(expr) if expr.range.start > launch.end && matches!(expr.kind, ExprKind::Call(_)) => {
                if let Some(name) = source.callee_name(module, expr) {
                    let last = leaf(&name);
                    found |= name.contains("Queue.") && matches!(last, "get" | "join")
                        || name.contains("Event.") && last == "wait";
                }
            }
            Node::Stmt(stmt) if stmt.range.start > launch.end => {
                if let StmtKind::Loop(looped) = &stmt.kind
                    && looped.kind == LoopKind::AsyncFor
                    && let Some(iter) = looped.iter.as_deref()
                    && let Some(made) = source.type_of(module, iter)
                {
                    found |= made.type_name.contains("Queue");
                }
            }
            _ => {}
        }
        true
    });
    found
}

/// Whether the executor is closed, and so waited for, in this function: `with ThreadPoolExecutor() as pool`, `pool.shutdown()`.
fn closes(function: &Function, executor: &Expr, launch: ByteRange) -> bool {
    let Some(name) = executor.as_name() else {
        return false;
    };
    let mut found = false;
    walk(&function.body, &mut |_, node| {
        match node {
            Node::Stmt(stmt) => {
                if let StmtKind::With(with) = &stmt.kind {
                    let bound = with.items.iter().any(|item| {
                        item.target.as_ref().and_then(Expr::as_name) == Some(name)
                    });
                    found |= bound && stmt.range.contains(launch);
                }
            }
            Node::Expr(expr) => {
                if let Some(call) = expr.as_call()
                    && let ExprKind::Attribute { base, attr } = &call.callee.kind
                    && &**attr == "shutdown"
                    && base.as_name() == Some(name)
                {
                    let waits = call.argument(0, "wait");
                    found |= !waits.is_some_and(|wait| matches!(wait.kind, ExprKind::Bool(false)));
                }
            }
            _ => {}
        }
        true
    });
    found
}
