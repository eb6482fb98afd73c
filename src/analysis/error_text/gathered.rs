//! Exceptions among results: what `asyncio.gather(…, return_exceptions=True)` gives, and what makes text of them.

use std::collections::BTreeSet;

use super::seeds::is_instance;
use crate::analysis::agent_code::AgentCode;
use crate::analysis::exceptions;
use crate::analysis::guards::gives_exceptions;
use crate::analysis::names::{Meaning, leaf, package};
use crate::analysis::values::bound;
use crate::model::source::ir::{ByteRange, StmtKind};
use crate::model::source::walk::{expressions, statements};
use crate::model::source::{Call, Expr, ExprKind, FnId, Function, ModuleId, Source};

/// The calls whose results may be exceptions, without those that are sorted out in a way that the flow does not follow.
pub(super) fn gathers(code: &AgentCode<'_>) -> BTreeSet<(ModuleId, ByteRange)> {
    let source = code.source;
    let mut found = BTreeSet::new();
    for (id, expr) in source.calls_named("gather") {
        let Some(call) = expr.as_call().filter(|call| gives_exceptions(call)) else {
            continue;
        };
        let is_asyncio = |name: &str| package(name) == "asyncio";
        if !source.callee_name(id, expr).is_some_and(is_asyncio) {
            continue;
        }
        let function = source
            .module(id)
            .and_then(|module| module.function_at(expr.range.start));
        if function.is_some_and(|function| {
            !is_sorted_elsewhere(source, function)
                && call.args.iter().any(|arg| may_raise(source, id, arg))
        }) {
            found.insert((id, expr.range));
        }
    }
    found
}

/// Whether a function replaces results in their list, collects the exceptions, or tells them apart by patterns.
fn is_sorted_elsewhere(source: &Source, function: &Function) -> bool {
    let id = function.id.module;
    let replaces = |target: &Expr| match &target.kind {
        ExprKind::Subscript { index, .. } => index.as_str().is_none(),
        _ => false,
    };
    let by_statement = statements(&function.body)
        .into_iter()
        .any(|stmt| match &stmt.kind {
            StmtKind::Assign(assign) => assign.targets.iter().any(replaces),
            StmtKind::Switch(switch) => switch.cases.iter().any(|case| {
                let pattern = case.pattern.as_ref().and_then(Expr::as_call);
                pattern.is_some_and(|pattern| is_exception(source, id, &pattern.callee))
            }),
            _ => false,
        });
    by_statement
        || expressions(&function.body)
            .into_iter()
            .any(|expr| match &expr.kind {
                ExprKind::Comprehension(list) => list
                    .generators
                    .iter()
                    .flat_map(|generator| &generator.ifs)
                    .any(|test| {
                        let asked = is_instance(test);
                        asked.is_some_and(|(_, kinds)| {
                            kinds.into_iter().any(|kind| is_exception(source, id, kind))
                        })
                    }),
                _ => false,
            })
}

/// Whether what is waited for may raise: not a function of the project that catches all and raises nothing again.
fn may_raise(source: &Source, id: ModuleId, given: &Expr) -> bool {
    let awaited = match &given.kind {
        ExprKind::Starred(inner) => {
            let lists = match inner.as_name() {
                Some(name) => bound(source, id, name, inner.range.start),
                None => vec![&**inner],
            };
            return lists.is_empty()
                || lists.into_iter().any(|list| match &list.kind {
                    ExprKind::Comprehension(list) => may_raise(source, id, &list.element),
                    ExprKind::List(items) | ExprKind::Tuple(items) if !items.is_empty() => {
                        items.iter().any(|item| may_raise(source, id, item))
                    }
                    _ => true,
                });
        }
        ExprKind::Call(call) if matches!(call.written_name(), "create_task" | "ensure_future") => {
            call.args.first().unwrap_or(given)
        }
        _ => given,
    };
    let callee = source.callee(id, awaited);
    callee.is_none_or(|callee| !catches_all(source, callee))
}

/// Whether all that a function calls stands in a `try` that catches whatever goes wrong.
fn catches_all(source: &Source, id: FnId) -> bool {
    let Some(module) = source.module(id.module) else {
        return false;
    };
    let calls = |body| {
        let mut inside = expressions(body).into_iter();
        inside.any(|expr| expr.as_call().is_some())
    };
    let body = source.body(id.module, Some(id));
    body.iter().all(|stmt| match &stmt.kind {
        StmtKind::Try(tried) => {
            let broad = |handler| exceptions::is_broad(source, module, handler);
            tried.handlers.iter().any(broad)
                && tried
                    .handlers
                    .iter()
                    .all(|handler| !exceptions::conduct(source, module, &handler.body).may_raise)
        }
        _ => !calls(std::slice::from_ref(stmt)) && !matches!(stmt.kind, StmtKind::Raise { .. }),
    })
}

/// Whether an expression names a class of exceptions.
fn is_exception(source: &Source, module: ModuleId, kind: &Expr) -> bool {
    let by_name = |name: &str| {
        let last = leaf(name);
        [
            "Error",
            "Exception",
            "Exit",
            "Interrupt",
            "Group",
            "Warning",
        ]
        .iter()
        .any(|end| last.ends_with(end))
    };
    match source.meaning(module, kind) {
        Meaning::Class(class) => source.bases(class).iter().any(|base| by_name(base)),
        _ => {
            let name = source.canonical(module, kind);
            name.as_deref()
                .or_else(|| kind.last_name().map(|name| &**name))
                .is_none_or(by_name)
        }
    }
}

/// The value of which a test says that it is no exception when it comes out so: `not isinstance(x, Exception)`,
/// `isinstance(x, dict)`, `hasattr(x, "text")`.
pub(super) fn is_result<'e>(
    source: &Source,
    module: ModuleId,
    test: &'e Expr,
    truth: bool,
) -> Option<&'e Expr> {
    if let Some(call) = test.as_call()
        && let (Some("hasattr"), [value, _]) = (call.callee.as_name(), &*call.args)
    {
        return truth.then_some(value);
    }
    let (value, kinds) = is_instance(test)?;
    let mut kinds = kinds.into_iter();
    let sorted = match truth {
        true => kinds.all(|kind| !is_exception(source, module, kind)),
        false => kinds.any(|kind| exceptions::broad_type(source, module, kind)),
    };
    sorted.then_some(value)
}

/// Whether an expression makes text of the values in it.
pub(super) fn makes_text(source: &Source, module: ModuleId, expr: &Expr) -> bool {
    let is_text = |name: &Expr| matches!(name.as_name(), Some("str" | "repr" | "ascii" | "format"));
    match &expr.kind {
        ExprKind::Format(_) => true,
        // `"%s" % result`
        ExprKind::BinOp { left, .. } => left.as_str().is_some(),
        ExprKind::Call(_) if source.callee(module, expr).is_some() => false,
        ExprKind::Call(call) => match &call.callee.kind {
            ExprKind::Name(name) if &**name == "map" => call.args.first().is_some_and(is_text),
            ExprKind::Name(_) => is_text(&call.callee) || dumps_as_text(call, is_text),
            ExprKind::Attribute { base, attr } => {
                &**attr == "format" && base.as_str().is_some() || dumps_as_text(call, is_text)
            }
            _ => false,
        },
        _ => false,
    }
}

/// `json.dumps(results, default=str)`
fn dumps_as_text(call: &Call, is_text: impl Fn(&Expr) -> bool) -> bool {
    call.written_name() == "dumps" && call.option("default").is_some_and(is_text)
}

/// Whether a call gives the values again that it is given, or those of the container that it is a method of.
pub(super) fn gives_again(call: &Call) -> bool {
    match &call.callee.kind {
        ExprKind::Name(name) => matches!(
            &**name,
            "list"
                | "tuple"
                | "set"
                | "dict"
                | "zip"
                | "enumerate"
                | "sorted"
                | "reversed"
                | "next"
                | "iter"
        ),
        ExprKind::Attribute { attr, .. } => {
            is_of_container(attr) || matches!(&**attr, "wait_for" | "shield")
        }
        _ => false,
    }
}

/// Whether a method of a container gives what is in it.
pub(super) fn is_of_container(method: &str) -> bool {
    matches!(method, "items" | "values" | "copy" | "pop")
}
