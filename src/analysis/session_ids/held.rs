//! Whether code holds a session id against the user before it is used.

use crate::analysis::clients::Call;
use crate::analysis::exceptions::is_log;
use crate::analysis::provenance::Part;
use crate::model::source::ir::ByteRange;
use crate::model::source::walk::{Node, statements, walk};
use crate::model::source::{Call as CallExpr, Expr, ExprKind, FnId, Source, Stmt, StmtKind};

/// Words for the user, or for what the session belongs to.
const USER: [&str; 8] = [
    "claims",
    ".sub",
    "\"sub\"",
    "'sub'",
    "user",
    "owner",
    "principal",
    "tenant",
];
/// Words of the call of the runtime itself, which names the id and the user and holds nothing against anything.
const INVOKES: [&str; 3] = ["invokeagentruntime", "invokeharness", "payload"];
/// Methods that read a value, with what to give where it is absent.
const READS: [&str; 6] = ["get", "pop", "setdefault", "getattr", "header", "param"];
/// How the names of functions begin that note something down.
const NOTES: [&str; 18] = [
    "put", "save", "store", "insert", "create", "add", "append", "push", "set", "write", "record",
    "track", "emit", "send", "publish", "log", "debug", "info",
];

/// Whether a function holds the id against the user: a call or comparison that names both.
pub(super) fn is_checked(
    source: &Source,
    function: FnId,
    part: &Part<'_>,
    invoked: &Call<'_>,
) -> bool {
    let Some(module) = source.module(function.module) else {
        return false;
    };
    let Some(name) = part.path.last().filter(|name| *name != "[]") else {
        return false;
    };
    let plain = |text: &str| text.to_ascii_lowercase().replace('_', "");
    let name = plain(name);
    let mut checked = false;
    let body = source.body(function.module, Some(function));
    let dropped = dropped(body);
    walk(body, &mut |_, node| {
        let Node::Expr(expr) = node else { return true };
        if checked || !matches!(expr.kind, ExprKind::Compare(_) | ExprKind::Call(_)) {
            return true;
        }
        let text = plain(module.text(expr.range));
        // A field that is called after the user names both only where the user stands beside it: `sign(body["user"])` does not.
        let beside = text.replacen(&name, "", 1);
        let user = USER.iter().any(|word| beside.contains(word));
        let invokes = INVOKES.iter().any(|word| text.contains(word));
        if !user || invokes || !text.contains(&name) || text.len() >= 400 {
            return true;
        }
        // What a call does is the costly question.
        checked = match &expr.kind {
            ExprKind::Call(call) => {
                call.args.len() + call.keywords.len() >= 2
                    && !only_keeps(source, function, expr, call)
                    && (!dropped.contains(&expr.range) || may_refuse(source, function, expr, call))
                    && !leads_to(source, function, expr, invoked)
            }
            _ => true,
        };
        true
    });
    checked
}

/// The calls of a body whose result nobody looks at.
fn dropped(body: &[Stmt]) -> Vec<ByteRange> {
    let value = |stmt: &Stmt| match &stmt.kind {
        StmtKind::Expr(value) => match &value.kind {
            ExprKind::Await(inner) => Some(inner.range),
            _ => Some(value.range),
        },
        _ => None,
    };
    statements(body).into_iter().filter_map(value).collect()
}

/// Whether a call whose result nobody looks at may refuse all the same: it is named so, or the function raises.
fn may_refuse(source: &Source, function: FnId, expr: &Expr, call: &CallExpr) -> bool {
    let name = call.written_name();
    let plain = name.to_ascii_lowercase();
    let named = [
        "check", "verif", "ensure", "assert", "require", "valid", "authoriz", "own", "belong",
        "guard", "allow", "permit", "enforce", "must",
    ];
    if is_conditional(source, function, expr) || named.iter().any(|word| plain.contains(word)) {
        return true;
    }
    let Some(callee) = source.callee(function.module, expr) else {
        return false;
    };
    statements(source.body(callee.module, Some(callee)))
        .iter()
        .any(|stmt| matches!(stmt.kind, StmtKind::Raise { .. }))
}

/// Whether a call is a step on the way to the invocation: it hands the id on, and holds it against nothing.
fn leads_to(source: &Source, function: FnId, expr: &Expr, invoked: &Call<'_>) -> bool {
    let (Some(first), Some(last)) = (source.callee(function.module, expr), invoked.function) else {
        return false;
    };
    source.reach(first).contains(&last)
}

/// Whether a call that names both the id and the user compares nothing: it reads a value with a default, logs, or notes both down.
fn only_keeps(source: &Source, function: FnId, expr: &Expr, call: &CallExpr) -> bool {
    let written = call.written_name();
    let notes = NOTES.iter().any(|verb| {
        let rest = written.trim_start_matches('_').strip_prefix(verb);
        // `put`, `put_item`, `putItem`, and not `settle`.
        rest.is_some_and(|rest| !rest.starts_with(|next: char| next.is_ascii_lowercase()))
    });
    READS.contains(&written)
        || is_log(source, function.module, expr, 0)
        || notes && !is_conditional(source, function, expr)
}

/// Whether a call writes on a condition: one that holds only where the owner is the user is a test, and raises where it does not.
fn is_conditional(source: &Source, function: FnId, expr: &Expr) -> bool {
    source.module(function.module).is_some_and(|module| {
        let text = module.text(expr.range).to_ascii_lowercase();
        text.contains("condition")
    })
}
