//! Exceptions that are kept as values: what `asyncio.gather(…, return_exceptions=True)` gives, and what a future holds until somebody
//! asks it.

use super::{Guard, settled};
use crate::analysis::exceptions::{self, Conduct};
use crate::analysis::waited::{Fate, Fates};
use crate::model::source::walk::{Node, expressions};
use crate::model::source::{
    ByteRange, Call, Expr, ExprKind, FnId, Language, ModuleId, Source, StmtKind,
};

/// Whether a call gives the exceptions of what it waits for, and raises none: `gather(…, return_exceptions=True)`.
pub(crate) fn gives_exceptions(call: &Call) -> bool {
    let given = call.option("return_exceptions");
    call.written_name() == "gather"
        && given.is_some_and(|given| matches!(given.kind, ExprKind::Bool(true)))
}

/// What handles the exceptions of a coroutine or a future that is kept under a name: a `gather` that gives them, or a callback where
/// nobody else looks at it.
pub(super) fn later(
    source: &Source,
    module: ModuleId,
    function: Option<FnId>,
    path: &[Node<'_>],
    range: ByteRange,
) -> Option<Guard> {
    let place = source.module(module)?;
    if place.language != Language::Python {
        return None;
    }
    let kept = kept(path, range)?;
    let handlers = ["gather", "add_done_callback"];
    let handlers = handlers.iter().flat_map(|name| source.calls_named(name));
    let handlers = handlers.filter(|(id, expr)| {
        let around = place.function_at(expr.range.start);
        *id == module && expr.range.start > range.end && around.map(|around| around.id) == function
    });
    let mut guards = handlers.filter_map(|(_, expr)| {
        let call = expr.as_call()?;
        let given = call.args.iter().find(|arg| is_named(arg, kept.name));
        if let Some(given) = given.filter(|_| gives_exceptions(call)) {
            return settled(source, module, call, given.range);
        }
        let ExprKind::Attribute { base, attr } = &call.callee.kind else {
            return None;
        };
        if &**attr != "add_done_callback" || base.as_name() != Some(kept.name) {
            return None;
        }
        let around = source.function(function?)?;
        let (above, made) = kept.made?;
        let fate = Fates::new(source).of(around, above, made, false);
        by_callback(source, module, call).filter(|_| fate == Fate::Dropped)
    });
    let found = guards.next()?;
    // Who waits for it gets its exception.
    let mut awaited = expressions(source.body(module, function)).into_iter();
    let raised = awaited
        .any(|expr| matches!(&expr.kind, ExprKind::Await(inner) if raises(inner, kept.name)));
    (!raised).then_some(found)
}

/// Whether a value is a name, or its elements.
fn is_named(value: &Expr, name: &str) -> bool {
    let value = match &value.kind {
        ExprKind::Starred(inner) => inner,
        _ => value,
    };
    value.as_name() == Some(name)
}

/// Whether awaiting a value raises what was kept under a name.
fn raises(awaited: &Expr, name: &str) -> bool {
    is_named(awaited, name)
        || awaited.as_call().is_some_and(|call| {
            !gives_exceptions(call) && call.args.iter().any(|arg| is_named(arg, name))
        })
}

/// What the value of a place is kept under.
struct Kept<'a, 'p> {
    name: &'a str,
    /// Of a name that it is assigned to, what it is assigned, and the nodes around that.
    made: Option<(&'p [Node<'a>], &'a Expr)>,
}

/// What the value of a place is kept under without being awaited: `task = …`, `tasks.append(…)`.
fn kept<'a, 'p>(path: &'p [Node<'a>], range: ByteRange) -> Option<Kept<'a, 'p>> {
    let at = path
        .iter()
        .rposition(|node| matches!(node, Node::Stmt(_)))?;
    let inner = path.get(at + 1..)?;
    let awaits = |node: &Node<'_>| {
        matches!(
            node,
            Node::Expr(Expr {
                kind: ExprKind::Await(_),
                ..
            })
        )
    };
    if inner.iter().any(awaits) {
        return None;
    }
    let Some(Node::Stmt(stmt)) = path.get(at) else {
        return None;
    };
    let Some(Node::Expr(first)) = inner.first() else {
        return None;
    };
    match &stmt.kind {
        StmtKind::Assign(assign) => {
            let name = assign.targets.first()?.as_name()?;
            let held = assign.value.as_deref()?;
            let made = path.get(..=at).map(|above| (above, *first));
            (held.range == first.range).then_some(Kept { name, made })
        }
        StmtKind::Expr(_) => {
            let call = first.as_call()?;
            let ExprKind::Attribute { base, attr } = &call.callee.kind else {
                return None;
            };
            let adds = matches!(&**attr, "append" | "add");
            let given = call.args.iter().any(|arg| arg.range.contains(range));
            let name = base.as_name().filter(|_| adds && given)?;
            Some(Kept { name, made: None })
        }
        _ => None,
    }
}

/// The callback of a future that nobody else looks at: what it holds is answered to nobody.
pub(super) fn by_callback(source: &Source, module: ModuleId, call: &Call) -> Option<Guard> {
    let callback = source.function_value(module, call.args.first()?)?;
    let body = source.body(callback.module, Some(callback));
    Some(Guard {
        conduct: Conduct {
            logs: exceptions::logs(source, callback.module, body),
            answers: true,
            ..Conduct::default()
        },
        module: callback.module,
        range: source.function(callback)?.header,
        ..Guard::default()
    })
}
