//! What code puts into its own environment: `os.environ["X"] = value`, `process.env.X = value`, `os.environ.update(loaded)`.

use super::is_environ;
use crate::analysis::call_sites::Callers;
use crate::analysis::writes::writes;
use crate::model::source::{ByteRange, Expr, ExprKind, Module};

/// Something that code puts into its environment, and where.
pub(crate) struct Put<'a> {
    pub(crate) range: ByteRange,
    pub(crate) what: What<'a>,
}

/// What is put in.
pub(crate) enum What<'a> {
    /// A variable whose name an expression gives, and its value.
    Keyed(&'a Expr, &'a Expr),
    /// A variable by its name, and its value.
    Named(&'a str, &'a Expr),
    /// Every entry of an object.
    All(&'a Expr),
}

/// What a module puts in. Of members (`process.env.X`) only those are looked at whose name is `wanted`.
pub(crate) fn puts<'a>(
    callers: &Callers<'a>,
    module: &'a Module,
    wanted: impl Fn(&str) -> bool,
) -> Vec<Put<'a>> {
    let mut found = Vec::new();
    for (at, target, value) in writes(callers.source(), module.id) {
        let Some(value) = value else { continue };
        let what = match &target.kind {
            ExprKind::Subscript { base, index } if is_environ(callers, at, base) => {
                What::Keyed(index, value)
            }
            ExprKind::Attribute { base, attr } if wanted(attr) && is_environ(callers, at, base) => {
                What::Named(attr, value)
            }
            _ => continue,
        };
        found.push(Put {
            range: target.range,
            what,
        });
    }
    for (_, expr) in module.calls() {
        let put = |what| Put {
            range: expr.range,
            what,
        };
        found.extend(put_by(callers, module, expr).into_iter().map(put));
    }
    found
}

/// What a call puts in: `os.environ.update(…)`, `os.environ.setdefault("X", …)`, `os.putenv("X", …)`, `Object.assign(process.env, …)`.
fn put_by<'a>(callers: &Callers<'a>, module: &'a Module, expr: &'a Expr) -> Vec<What<'a>> {
    let Some(call) = expr.as_call() else {
        return Vec::new();
    };
    let of_environ = || match &call.callee.kind {
        ExprKind::Attribute { base, .. } => is_environ(callers, module.id, base),
        _ => false,
    };
    match (call.written_name(), &*call.args) {
        ("setdefault", [name, value]) if of_environ() => vec![What::Keyed(name, value)],
        ("putenv", [name, value])
            if callers.source().callee_name(module.id, expr) == Some("os.putenv") =>
        {
            vec![What::Keyed(name, value)]
        }
        ("update", objects) if of_environ() => {
            let named = call.keywords.iter().map(|keyword| match &keyword.name {
                Some(name) => What::Named(name, &keyword.value),
                None => What::All(&keyword.value),
            });
            objects.iter().map(What::All).chain(named).collect()
        }
        ("assign", [to, objects @ ..]) if is_environ(callers, module.id, to) => {
            objects.iter().map(What::All).collect()
        }
        _ => Vec::new(),
    }
}
