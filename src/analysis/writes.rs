//! What a module assigns or deletes.

use std::collections::BTreeSet;

use crate::analysis::agent_code::AgentCode;
use crate::model::source::ir::{Assign, StmtKind};
use crate::model::source::walk::{Node, statements, walk};
use crate::model::source::{ByteRange, Expr, ExprKind, Language, Module, ModuleId, Source, Stmt};

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

/// Whether code empties what a member of that name holds, or puts something else in its place: `agent.messages = []`,
/// `del agent.messages[:]`, `agent.messages.clear()`.
pub(crate) fn renews_member(code: &AgentCode<'_>, name: &str) -> bool {
    code.modules().any(|module| {
        let mut expressions = module.all_expressions().into_iter();
        statements_of(module).any(|stmt| renews_by_statement(stmt, name))
            || expressions.any(|(_, expr)| renews_by_expression(expr, name))
    })
}

/// Every statement of a module's body and of its functions.
fn statements_of(module: &Module) -> impl Iterator<Item = &Stmt> {
    let bodies = module.functions.iter().map(|function| &function.body);
    bodies
        .chain([&module.body])
        .flat_map(|body| statements(body))
}

fn renews_by_statement(stmt: &Stmt, name: &str) -> bool {
    let is_part = |target: &Expr| matches!(&target.kind, ExprKind::Subscript { base, .. } if is_member(base, name));
    match &stmt.kind {
        StmtKind::Assign(assign) => {
            let mut targets = assign.targets.iter();
            targets.any(|target| is_part(target) || is_member(target, name))
        }
        StmtKind::Delete(gone) => gone.iter().any(is_part),
        _ => false,
    }
}

fn renews_by_expression(expr: &Expr, name: &str) -> bool {
    match &expr.kind {
        ExprKind::Call(call) => {
            matches!(&call.callee.kind, ExprKind::Attribute { base, attr }
                if matches!(&**attr, "clear" | "splice") && is_member(base, name))
        }
        ExprKind::Assign { target, .. } => match &target.kind {
            // `agent.messages.length = 0`
            ExprKind::Attribute { base, .. } => is_member(target, name) || is_member(base, name),
            _ => false,
        },
        _ => false,
    }
}

fn is_member(expr: &Expr, name: &str) -> bool {
    matches!(&expr.kind, ExprKind::Attribute { attr, .. } if &**attr == name)
}
