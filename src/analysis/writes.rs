//! What a module assigns or deletes.

use std::collections::BTreeSet;

use crate::model::source::ir::{Assign, StmtKind};
use crate::model::source::walk::{Node, walk};
use crate::model::source::{ByteRange, Expr, ExprKind, Language, ModuleId, Source, Stmt};

/// Ranges that are written or deleted, not read.
pub(crate) fn targets(source: &Source, module: ModuleId) -> BTreeSet<ByteRange> {
    let mut found = BTreeSet::new();
    for (_, target, _) in writes(source, module) {
        found.insert(target.range);
    }
    found
}

/// The module, what it assigns or deletes, and the value where there is one.
type Write<'a> = (ModuleId, &'a Expr, Option<&'a Expr>);

/// What a module assigns or deletes.
pub(crate) fn writes(source: &Source, module: ModuleId) -> Vec<Write<'_>> {
    let mut found = Vec::new();
    let Some(place) = source.module(module) else {
        return found;
    };
    // An assignment inside an expression is Python's `:=` or any of TypeScript's: most Python has none, and its expressions are not
    // walked.
    let inside = place.language == Language::TypeScript || place.source.text.contains(":=");
    let bodies = std::iter::once(&place.body)
        .chain(place.functions.iter().map(|function| &function.body))
        .chain(place.classes.iter().map(|class| &class.body));
    for body in bodies {
        walk(body, &mut |_, node| {
            match node {
                Node::Stmt(stmt) => written_by(module, stmt, &mut found),
                Node::Expr(Expr {
                    kind: ExprKind::Assign { target, value },
                    ..
                }) => found.push((module, &**target, Some(&**value))),
                _ => {}
            }
            inside || !matches!(node, Node::Expr(_))
        });
    }
    found
}

/// What a statement assigns or deletes.
fn written_by<'a>(module: ModuleId, stmt: &'a Stmt, found: &mut Vec<Write<'a>>) {
    match &stmt.kind {
        StmtKind::Assign(assign) => {
            let Assign { targets, value, .. } = &**assign;
            for target in targets {
                found.push((module, target, value.as_deref()));
            }
        }
        StmtKind::Delete(targets) => {
            found.extend(targets.iter().map(|target| (module, target, None)));
        }
        // `os.environ.setdefault("X", …)`, `os.environ.pop("X", None)` for their effect: what they give is not taken.
        StmtKind::Expr(expr) => {
            if let ExprKind::Call(call) = &expr.kind
                && let ExprKind::Attribute { attr, .. } = &call.callee.kind
            {
                match &**attr {
                    "setdefault" => found.push((module, expr, call.args.get(1))),
                    "pop" => found.push((module, expr, None)),
                    _ => {}
                }
            }
        }
        _ => {}
    }
}
