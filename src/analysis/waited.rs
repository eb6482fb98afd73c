//! Whether a function waits for the work that it starts.

mod facts;
mod follow;

use std::cell::RefCell;

use rustc_hash::FxHashMap;

use self::facts::Facts;
use self::follow::Follower;
use crate::analysis::names::leaf;
use crate::model::source::ir::LoopKind;
use crate::model::source::walk::{Node, expressions, path_to, statements, walk};
use crate::model::source::{
    ByteRange, Expr, ExprKind, FnId, Function, ModuleId, Source, Stmt, StmtKind, UnaryOp,
};

/// What becomes of what a call gives: a task, a promise, a thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// Somebody looks at it, or may.
    Waited,
    /// It is dropped, or kept where nothing of this function looks at it.
    Dropped,
    /// The function gives it to its caller.
    Returned,
}

/// Finds out what becomes of what calls give.
pub(crate) struct Fates<'s> {
    facts: Facts<'s>,
    last_waits: RefCell<FxHashMap<FnId, Option<u32>>>,
}

impl<'s> Fates<'s> {
    pub(crate) fn new(source: &'s Source) -> Self {
        Self {
            facts: Facts::new(source),
            last_waits: RefCell::default(),
        }
    }

    /// What becomes of what a call gives. `comes_later` says that it comes out of the first `await` around it.
    pub(crate) fn of(
        &self,
        function: &'s Function,
        path: &[Node<'s>],
        expr: &Expr,
        comes_later: bool,
    ) -> Fate {
        let waits = self.last_wait(function);
        match waits.is_some_and(|start| start > expr.range.end) {
            true => Fate::Waited,
            false => Follower::new(&self.facts).outwards(function, path, expr.range, comes_later),
        }
    }

    /// Where a function last takes something from a queue or waits for an event: the answer ends with what was started before.
    pub(crate) fn last_wait(&self, function: &Function) -> Option<u32> {
        *{ self.last_waits.borrow_mut() }
            .entry(function.id)
            .or_insert_with(|| last_wait(self.facts.source, function))
    }
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

/// Whether the name that what a call gives is kept under is awaited in the same body, or asked for the result (`future.result()`).
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
    let awaited = |expr: &Expr| match &expr.kind {
        ExprKind::Await(inner) => inner.as_name() == kept,
        ExprKind::Call(call) => matches!(&call.callee.kind, ExprKind::Attribute { base, attr }
            if &**attr == "result" && base.as_name() == kept),
        _ => false,
    };
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

/// Whether a body starts a thread.
pub(crate) fn starts(body: &[Stmt]) -> bool {
    expressions(body).into_iter().any(|expr| {
        matches!(&expr.kind, ExprKind::Call(call)
            if matches!(&call.callee.kind, ExprKind::Attribute { attr, .. } if &**attr == "start"))
    })
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

/// Where a function last takes something from a queue or waits for an event.
fn last_wait(source: &Source, function: &Function) -> Option<u32> {
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
