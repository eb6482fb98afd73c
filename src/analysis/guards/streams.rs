//! Where a stream runs: not where it is made, but where it is iterated.

use crate::model::source::ir::{ByteRange, LoopKind, Stmt, StmtKind};
use crate::model::source::walk::{Node, path_to, statements};
use crate::model::source::{Conditional, Expr, ExprKind};

/// Where what a lazy call makes is run: `Some(range)` of the place, None where it is handed on and runs after the function has
/// returned.
pub(crate) fn consumed_at(body: &[Stmt], call: ByteRange) -> Option<ByteRange> {
    let path = path_to(body, call);
    for (index, node) in path.iter().enumerate() {
        match node {
            Node::Stmt(Stmt {
                kind: StmtKind::Loop(looped),
                ..
            }) if looped.kind != LoopKind::While
                && looped
                    .iter
                    .as_ref()
                    .is_some_and(|iter| iter.range.contains(call)) =>
            {
                return Some(call);
            }
            Node::Stmt(Stmt {
                kind: StmtKind::With(with),
                ..
            }) if with
                .items
                .iter()
                .any(|item| item.context.range.contains(call)) =>
            {
                return Some(call);
            }
            Node::Stmt(Stmt {
                kind: StmtKind::Assign(assign),
                ..
            }) => {
                let name = assign.targets.first().and_then(Expr::as_name);
                return match name {
                    Some(name) => kept_in(body, name, call),
                    None => Some(call),
                };
            }
            Node::Stmt(Stmt {
                kind: StmtKind::Return(Some(value)),
                ..
            }) => {
                // `return [x async for x in stream()]`, `return list(stream())` run here.
                let runs_here = path[index + 1..].iter().any(|inner| runs_now(inner, call));
                return (runs_here || !passes_on(value, call)).then_some(call);
            }
            Node::Expr(Expr {
                kind: ExprKind::Yield { from: true, .. } | ExprKind::Comprehension(_),
                ..
            }) => return Some(call),
            _ => {}
        }
    }
    Some(call)
}

fn runs_now(node: &Node<'_>, call: ByteRange) -> bool {
    match node {
        Node::Expr(Expr {
            kind: ExprKind::Comprehension(_) | ExprKind::Yield { from: true, .. },
            ..
        }) => true,
        Node::Expr(Expr {
            kind: ExprKind::Call(outer),
            range,
        }) if *range != call => {
            let (ExprKind::Name(name) | ExprKind::Attribute { attr: name, .. }) =
                &outer.callee.kind
            else {
                return false;
            };
            matches!(
                &**name,
                "list"
                    | "tuple"
                    | "sum"
                    | "join"
                    | "sorted"
                    | "dict"
                    | "set"
                    | "anext"
                    | "next"
                    | "gather"
                    | "fromAsync"
                    | "from"
                    | "run"
            )
        }
        _ => false,
    }
}

/// Whether a returned expression hands on what the call made: the call itself, or the call as an argument of a response.
fn passes_on(value: &Expr, call: ByteRange) -> bool {
    match &value.kind {
        ExprKind::Call(outer) => {
            value.range == call
                || outer
                    .args
                    .iter()
                    .chain(outer.keywords.iter().map(|keyword| &keyword.value))
                    .any(|arg| passes_on(arg, call))
        }
        ExprKind::Attribute { base, .. } => passes_on(base, call),
        ExprKind::Conditional(parts) => {
            let Conditional { body, orelse, .. } = &**parts;
            passes_on(body, call) || passes_on(orelse, call)
        }
        ExprKind::Await(_) => false,
        _ => value.range == call,
    }
}

/// Where a value kept in a name is iterated; None where it is only returned.
fn kept_in(body: &[Stmt], name: &str, made: ByteRange) -> Option<ByteRange> {
    let mut returned = false;
    for stmt in statements(body) {
        match &stmt.kind {
            StmtKind::Loop(looped) => {
                if let Some(iter) = looped.iter.as_deref().filter(|iter| rooted_in(iter, name)) {
                    return Some(iter.range);
                }
            }
            StmtKind::Return(Some(value)) => {
                returned |= rooted_in(value, name)
                    || value
                        .as_call()
                        .is_some_and(|call| call.args.iter().any(|arg| rooted_in(arg, name)));
            }
            StmtKind::Expr(value) => {
                if let ExprKind::Yield {
                    from: true,
                    value: Some(inner),
                } = &value.kind
                    && rooted_in(inner, name)
                {
                    return Some(inner.range);
                }
            }
            _ => {}
        }
    }
    (!returned).then_some(made)
}

fn rooted_in(expr: &Expr, name: &str) -> bool {
    match &expr.kind {
        ExprKind::Name(found) => &**found == name,
        ExprKind::Attribute { base, .. } | ExprKind::Subscript { base, .. } => {
            rooted_in(base, name)
        }
        ExprKind::Call(call) => {
            rooted_in(&call.callee, name)
                || call.args.first().is_some_and(|arg| {
                    matches!(&call.callee.kind, ExprKind::Name(_)) && rooted_in(arg, name)
                })
        }
        ExprKind::Await(inner) => rooted_in(inner, name),
        _ => false,
    }
}
