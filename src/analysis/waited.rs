//! Whether a function waits for the work that it starts.

use crate::analysis::background::answers;
use crate::analysis::names::leaf;
use crate::model::source::ir::LoopKind;
use crate::model::source::walk::{Node, expressions, path_to, statements, walk};
use crate::model::source::{
    ByteRange, Expr, ExprKind, Function, ModuleId, Source, Stmt, StmtKind, UnaryOp,
};

/// Whether nobody waits for what a call gives: it is dropped, or kept where nothing of this function looks at it.
pub(crate) fn detached<'a>(
    source: &Source,
    function: &'a Function,
    path: &[Node<'a>],
    expr: &Expr,
) -> bool {
    if waits(source, function, expr.range) {
        return false;
    }
    for node in path.iter().rev() {
        match node {
            Node::Stmt(stmt) => {
                return match &stmt.kind {
                    StmtKind::Expr(_) => true,
                    StmtKind::Assign(assign) => assign
                        .targets
                        .iter()
                        .all(|target| dropped(source, function, target)),
                    _ => false,
                };
            }
            // Wrapped calls of the promise itself (`.catch`), `void`, a set that keeps a reference.
            Node::Expr(outer) => match &outer.kind {
                ExprKind::Unary {
                    op: UnaryOp::Void, ..
                } => {}
                ExprKind::Attribute { attr, .. }
                    if matches!(&**attr, "add_done_callback" | "then" | "catch" | "finally") => {}
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

/// Whether nobody waits for a promise, and nobody is given what it rejects with: `fetch(url);`, `void save(x);`,
/// `work().then(next);`.
pub(crate) fn floats(body: &[Stmt], range: ByteRange) -> bool {
    for node in path_to(body, range).iter().rev() {
        match node {
            Node::Expr(outer) if outer.range == range => {}
            Node::Expr(outer) => match &outer.kind {
                ExprKind::Unary {
                    op: UnaryOp::Void, ..
                } => {}
                ExprKind::Attribute { base, attr }
                    if matches!(&**attr, "then" | "finally") && base.range.contains(range) => {}
                ExprKind::Call(call) => match &call.callee.kind {
                    ExprKind::Attribute { base, attr } if base.range.contains(range) => {
                        let rejection = &**attr == "then" && call.args.len() > 1;
                        if rejection || !matches!(&**attr, "then" | "finally") {
                            return false;
                        }
                    }
                    _ => return false,
                },
                _ => return false,
            },
            Node::Stmt(stmt) => return matches!(stmt.kind, StmtKind::Expr(_)),
            Node::Handler(_) | Node::Case(_) => return false,
        }
    }
    false
}

/// Whether the name that what a call gives is kept under is awaited in the same body.
pub(crate) fn awaited_by_name(source: &Source, module: ModuleId, call: ByteRange) -> bool {
    let body = body_around(source, module, call);
    let kept = statements(body)
        .into_iter()
        .find_map(|stmt| match &stmt.kind {
            StmtKind::Assign(assign) if assign.value.as_deref()?.range == call => {
                assign.targets.first()?.as_name()
            }
            _ => None,
        });
    let awaited =
        |expr: &Expr| matches!(&expr.kind, ExprKind::Await(inner) if inner.as_name() == kept);
    kept.is_some() && expressions(body).into_iter().any(awaited)
}

/// Whether a call is a statement by itself, so that nothing holds what it gives.
pub(crate) fn stands_alone(source: &Source, module: ModuleId, call: ByteRange) -> bool {
    statements(body_around(source, module, call))
        .into_iter()
        .any(|stmt| matches!(&stmt.kind, StmtKind::Expr(expr) if expr.range == call))
}

/// The body that a place stands in: a function's, or the module's.
fn body_around(source: &Source, module: ModuleId, range: ByteRange) -> &[Stmt] {
    let place = source.module(module);
    let function = place.and_then(|place| place.function_at(range.start));
    source.body(module, function.map(|function| function.id))
}

/// Whether what is kept under a name is never waited for in this function.
fn dropped(source: &Source, function: &Function, target: &Expr) -> bool {
    let Some(name) = target.as_name() else {
        // `self.task = …`, `tasks[id] = …`: kept for somebody else.
        return matches!(
            target.kind,
            ExprKind::Attribute { .. } | ExprKind::Subscript { .. }
        ) && !mentioned(source, function, target);
    };
    if nested(source, function)
        .into_iter()
        .any(|inner| names(inner, name))
    {
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
                // `p.catch(() => {})` waits for nothing, where its own promise is dropped.
                ExprKind::Attribute { attr, .. }
                    if matches!(&**attr, "then" | "catch" | "finally") =>
                {
                    waited |= !chain_dropped(source, function, path);
                }
                ExprKind::Attribute { attr, .. } => {
                    waited |= !matches!(
                        &**attr,
                        "add_done_callback" | "set_name" | "get_name" | "start" | "daemon" | "name"
                    );
                }
                ExprKind::Call(call) => match &call.callee.kind {
                    ExprKind::Attribute { base, attr }
                        if matches!(&**attr, "add" | "append" | "push" | "discard") =>
                    {
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
    !waited
        && !kept
            .into_iter()
            .any(|container| looked_at(function, container))
}

/// Whether a chain of a promise's methods ends in nothing, and none of its callbacks goes on with the request.
fn chain_dropped(source: &Source, function: &Function, path: &[Node<'_>]) -> bool {
    for node in path.iter().rev() {
        match node {
            Node::Expr(Expr {
                kind:
                    ExprKind::Attribute { .. }
                    | ExprKind::Unary {
                        op: UnaryOp::Void, ..
                    },
                ..
            }) => {}
            Node::Expr(Expr {
                kind: ExprKind::Call(call),
                ..
            }) => {
                let goes_on = call
                    .args
                    .iter()
                    .any(|callback| answers(source, function.id.module, callback));
                if goes_on {
                    return false;
                }
            }
            Node::Stmt(stmt) => return matches!(stmt.kind, StmtKind::Expr(_)),
            _ => return false,
        }
    }
    false
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

/// Whether what is kept in an attribute is looked at again in the function, or waited for anywhere in the module.
fn mentioned(source: &Source, function: &Function, target: &Expr) -> bool {
    let ExprKind::Attribute { attr: wanted, .. } = &target.kind else {
        return false;
    };
    let same = |expr: &Expr| {
        expr.range != target.range
            && matches!(&expr.kind, ExprKind::Attribute { attr, .. } if attr == wanted)
    };
    let waited = |expr: &Expr| match &expr.kind {
        ExprKind::Await(inner) => same(inner),
        ExprKind::Call(call) => call.args.iter().any(|arg| match &arg.kind {
            ExprKind::List(items) => items.iter().any(same),
            _ => same(arg),
        }),
        _ => false,
    };
    let here = expressions(&function.body).into_iter().any(same);
    here || source.module(function.id.module).is_some_and(|module| {
        module
            .functions
            .iter()
            .any(|other| expressions(&other.body).into_iter().any(waited))
    })
}

pub(crate) fn starts(function: &Function) -> bool {
    calls_method(function, "start")
}

/// Whether the function waits for its threads.
pub(crate) fn joins(function: &Function) -> bool {
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

/// Whether the timer that a call makes is cancelled however the function is left: in a `finally` behind it, or by an exit stack.
pub(crate) fn cancels(
    source: &Source,
    function: &Function,
    path: &[Node<'_>],
    made: &Expr,
) -> bool {
    let kept = path.iter().rev().find_map(|node| match node {
        Node::Stmt(stmt) => Some(match &stmt.kind {
            StmtKind::Assign(assign) if assign.value.as_deref().is_some_and(|it| it.is(made)) => {
                assign.targets.first()
            }
            _ => None,
        }),
        _ => None,
    });
    let Some(target) = kept.flatten() else {
        return false;
    };
    let same = |expr: &Expr| match (&expr.kind, &target.kind) {
        (ExprKind::Name(one), ExprKind::Name(other)) => one == other,
        (
            ExprKind::Attribute { base, attr },
            ExprKind::Attribute {
                base: holder,
                attr: wanted,
            },
        ) => attr == wanted && base.as_name().is_some() && base.as_name() == holder.as_name(),
        _ => false,
    };
    let is_cancel = |expr: &Expr| matches!(&expr.kind, ExprKind::Attribute { base, attr } if &**attr == "cancel" && same(base));
    let called = |body: &[Stmt]| {
        expressions(body)
            .into_iter()
            .any(|expr| expr.as_call().is_some_and(|call| is_cancel(&call.callee)))
    };
    let mut ends = false;
    walk(&function.body, &mut |_, node| {
        match node {
            Node::Stmt(Stmt {
                kind: StmtKind::Try(tried),
                ..
            }) => {
                let behind = |stmt: &Stmt| stmt.range.start > made.range.end;
                ends |= tried.finally.first().is_some_and(behind) && called(&tried.finally);
            }
            // `stack.callback(timer.cancel)`
            Node::Expr(expr) if expr.range.start > made.range.end => {
                if let Some(call) = expr.as_call()
                    && let ExprKind::Attribute { base, attr } = &call.callee.kind
                    && matches!(&**attr, "callback" | "push_async_callback")
                    && call.args.first().is_some_and(is_cancel)
                {
                    let stack = source.type_of(function.id.module, base);
                    ends |= stack.is_some_and(|made| made.type_name.ends_with("ExitStack"));
                }
            }
            _ => {}
        }
        true
    });
    ends
}

fn calls_method(function: &Function, name: &str) -> bool {
    expressions(&function.body).into_iter().any(|expr| {
        matches!(&expr.kind, ExprKind::Call(call)
            if matches!(&call.callee.kind, ExprKind::Attribute { attr, .. } if &**attr == name))
    })
}

/// Whether the function, after the launch, takes what the work gives from a queue or waits for its event: the answer ends with it.
fn waits(source: &Source, function: &Function, launch: ByteRange) -> bool {
    last_wait(source, function).is_some_and(|start| start > launch.end)
}

/// Where a function last takes something from a queue or waits for an event.
pub(crate) fn last_wait(source: &Source, function: &Function) -> Option<u32> {
    let module = function.id.module;
    let mut found: Option<u32> = None;
    walk(&function.body, &mut |_, node| {
        let waits = match node {
            Node::Expr(expr) if matches!(expr.kind, ExprKind::Call(_)) => {
                source.callee_name(module, expr).is_some_and(|name| {
                    let last = leaf(name);
                    name.contains("Queue.") && matches!(last, "get" | "join")
                        || name.contains("Event.") && last == "wait"
                })
            }
            Node::Stmt(stmt) => match &stmt.kind {
                StmtKind::Loop(looped) if looped.kind == LoopKind::AsyncFor => looped
                    .iter
                    .as_deref()
                    .and_then(|iter| source.type_of(module, iter))
                    .is_some_and(|made| made.type_name.contains("Queue")),
                _ => false,
            },
            _ => false,
        };
        if waits {
            found = found.max(Some(node.range().start));
        }
        true
    });
    found
}

/// Whether the executor is closed, and so waited for, in this function: `with ThreadPoolExecutor() as pool`, `pool.shutdown()`.
pub(crate) fn closes(function: &Function, executor: &Expr, launch: ByteRange) -> bool {
    let Some(name) = executor.as_name() else {
        return false;
    };
    let mut found = false;
    walk(&function.body, &mut |_, node| {
        match node {
            Node::Stmt(stmt) => {
                if let StmtKind::With(with) = &stmt.kind {
                    let bound = with
                        .items
                        .iter()
                        .any(|item| item.target.as_ref().and_then(Expr::as_name) == Some(name));
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
