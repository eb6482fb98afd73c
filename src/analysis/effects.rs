//! What a function of the project does: loops in time, and state that it writes.

use crate::analysis::agent_code::AgentCode;
use crate::analysis::api::{Tag, api};
use crate::analysis::exceptions::is_log;
use crate::analysis::names::leaf;
use crate::model::source::ir::LoopKind;
use crate::model::source::walk::{Node, expressions, statements, sub_expressions, walk};
use crate::model::source::{
    Call, Expr, ExprKind, FnId, Function, Language, ModuleId, Source, Stmt, StmtKind, UnaryOp,
};

/// Whether a function goes round for ever, waiting a time between two turns.
pub(crate) fn loops_in_time(source: &Source, function: FnId) -> bool {
    source.reach(function).into_iter().any(|id| {
        let mut found = false;
        walk(source.body(id.module, Some(id)), &mut |_, node| {
            if let Node::Stmt(stmt) = node
                && let StmtKind::Loop(looped) = &stmt.kind
                && endless(looped.kind, looped.iter.as_deref())
            {
                let test = looped.iter.as_deref();
                found |= pauses(source, id.module, &looped.body, test)
                    && acts(source, id.module, &looped.body);
            }
            !found
        });
        found
    })
}

/// Whether a function goes round for ever with nothing but time between two turns: `while (true)`, or a timer that starts it again.
/// A loop with a test of its own may wait for something to become ready.
pub(crate) fn never_ends(source: &Source, function: FnId) -> bool {
    source.reach(function).into_iter().any(|id| {
        let Some(found) = source.function(id) else {
            return false;
        };
        let body = source.body(id.module, Some(id));
        found.is_async && turns_for_ever(source, id.module, body) || starts_again(source, id, body)
    })
}

fn turns_for_ever(source: &Source, module: ModuleId, body: &[Stmt]) -> bool {
    statements(body).into_iter().any(|stmt| {
        let StmtKind::Loop(looped) = &stmt.kind else {
            return false;
        };
        let test = looped.iter.as_deref();
        let always = match looped.kind {
            LoopKind::While | LoopKind::DoWhile => test.is_some_and(|test| {
                matches!(test.kind, ExprKind::Bool(true)) || test.as_number() == Some(1.0)
            }),
            LoopKind::CStyle => test.is_none(),
            LoopKind::AsyncFor | LoopKind::For => endless(looped.kind, test),
            LoopKind::ForIn => false,
        };
        // What ends it from inside is a condition too.
        let ends = statements(&looped.body)
            .into_iter()
            .any(|inner| matches!(inner.kind, StmtKind::Break | StmtKind::Return(_)));
        let waits = pauses(source, module, &looped.body, test);
        always && !ends && waits && acts(source, module, &looped.body)
    })
}

/// `setTimeout(tick, 60_000)` in `tick`.
fn starts_again(source: &Source, id: FnId, body: &[Stmt]) -> bool {
    acts(source, id.module, body)
        && expressions(body).into_iter().any(|expr| {
            let Some(call) = expr.as_call() else {
                return false;
            };
            let timer = call.written_name() == "setTimeout";
            let again = call.args.first().filter(|_| timer);
            let again = again.and_then(|again| source.function_value(id.module, again));
            again.is_some_and(|again| {
                again == id
                    || expressions(source.body(again.module, Some(again)))
                        .into_iter()
                        .any(|inner| source.callee(again.module, inner) == Some(id))
            })
        })
}

/// Whether the program that a worker runs works at intervals: `new Worker(new URL("./poll.js", import.meta.url))`.
pub(crate) fn worker_loops(code: &AgentCode<'_>, module: ModuleId, expr: &Expr) -> bool {
    let source = code.source;
    let Some(from) = source.module(module) else {
        return false;
    };
    let named = sub_expressions(expr).into_iter().find_map(|inner| {
        let text = inner.as_str()?;
        let name = text.rsplit('/').next()?.rsplit_once('.')?.0;
        (!name.is_empty()).then(|| name.to_owned())
    });
    let Some(name) = named else { return false };
    let folder = from.path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut modules = source.modules.iter();
    let worker = modules.find(|module| {
        module.language == Language::TypeScript
            && module.path.starts_with(folder)
            && module
                .path
                .rsplit('/')
                .next()
                .and_then(|file| file.rsplit_once('.'))
                .is_some_and(|(stem, _)| stem == name)
    });
    let Some(worker) = worker else { return false };
    let body = &worker.body;
    turns_for_ever(source, worker.id, body)
        || expressions(body).into_iter().any(|inner| {
            let Some(call) = inner.as_call() else {
                return false;
            };
            match source.callee(worker.id, inner) {
                Some(callee) => never_ends(source, callee),
                None => {
                    let name = source.callee_name(worker.id, inner);
                    let known = name.and_then(|name| api(Language::TypeScript, name));
                    known.is_some_and(|known| known.is(Tag::Interval))
                        && call
                            .args
                            .first()
                            .and_then(|first| source.function_value(worker.id, first))
                            .is_none_or(|callback| does_something(source, callback))
                }
            }
        })
}

fn endless(kind: LoopKind, iter: Option<&Expr>) -> bool {
    match kind {
        LoopKind::While | LoopKind::DoWhile | LoopKind::CStyle => true,
        LoopKind::For | LoopKind::AsyncFor => iter.and_then(Expr::as_call).is_some_and(|call| {
            matches!(
                call.written_name(),
                "count" | "cycle" | "setInterval" | "repeat"
            )
        }),
        LoopKind::ForIn => false,
    }
}

/// Whether a loop waits a time between two turns, in its body or in its test: `while not stop.wait(30)`.
fn pauses(source: &Source, module: ModuleId, body: &[Stmt], test: Option<&Expr>) -> bool {
    let tested = test.into_iter().flat_map(sub_expressions);
    expressions(body)
        .into_iter()
        .chain(tested)
        .any(|expr| waits_at(source, module, expr))
}

/// A call that waits a time, or for an event with a limit of time.
fn is_waiting(expr: &Expr) -> bool {
    let Some(call) = expr.as_call() else {
        return false;
    };
    match call.written_name() {
        "sleep" | "sleep_until" | "delay" | "setTimeout" | "wait_for" | "run_pending" => true,
        "wait" => !call.args.is_empty() || call.option("timeout").is_some(),
        _ => false,
    }
}

/// A call that waits by itself or by a timer inside: `new Promise((done) => setTimeout(done, 5000))`, or a function of the project
/// that does nothing else.
fn waits_at(source: &Source, module: ModuleId, expr: &Expr) -> bool {
    if is_waiting(expr) {
        return true;
    }
    let Some(call) = expr.as_call() else {
        return false;
    };
    if promises_time(source, module, call) {
        return true;
    }
    // The function may be written as a value: `const pause = (ms) => new Promise(…)`.
    source.callee(module, expr).is_some_and(|callee| {
        let body = expressions(source.body(callee.module, Some(callee)));
        let mut calls = body
            .iter()
            .filter_map(|inner| Some((inner, inner.as_call()?)));
        let mut any = false;
        let all = calls.all(|(inner, call)| {
            any = true;
            is_waiting(inner) || promises_time(source, callee.module, call)
        });
        any && all
    })
}

/// `new Promise((done) => setTimeout(done, 5000))`
fn promises_time(source: &Source, module: ModuleId, call: &Call) -> bool {
    call.is_new
        && call.written_name() == "Promise"
        && call
            .args
            .first()
            .and_then(|first| source.function_value(module, first))
            .is_some_and(|inner| {
                expressions(source.body(inner.module, Some(inner)))
                    .into_iter()
                    .any(is_waiting)
            })
}

/// Whether a body does more than wait and log.
fn acts(source: &Source, module: ModuleId, body: &[Stmt]) -> bool {
    let assigns = statements(body)
        .into_iter()
        .any(|stmt| matches!(stmt.kind, StmtKind::Assign(_)));
    assigns
        || expressions(body).into_iter().any(|expr| match &expr.kind {
            ExprKind::Assign { .. } => true,
            ExprKind::Unary { op, .. } => matches!(
                op,
                UnaryOp::Increment | UnaryOp::Decrement | UnaryOp::Delete
            ),
            ExprKind::Call(_) => {
                !waits_at(source, module, expr) && !is_log(source, module, expr, 0)
            }
            _ => false,
        })
}

/// Whether a callback does more than log.
pub(crate) fn does_something(source: &Source, function: FnId) -> bool {
    acts(
        source,
        function.module,
        source.body(function.module, Some(function)),
    )
}

/// Whether a function, or one that it calls, puts something where others find it: a name of the module, a member, an element.
pub(crate) fn writes_state(source: &Source, function: FnId) -> bool {
    source.reach(function).into_iter().any(|id| {
        let (Some(module), Some(found)) = (source.module(id.module), source.function(id)) else {
            return false;
        };
        let scope = module.scopes.get(id.index as usize + 1);
        statements(&found.body).into_iter().any(|stmt| {
            let StmtKind::Assign(assign) = &stmt.kind else {
                return false;
            };
            assign.targets.iter().any(|target| match &target.kind {
                ExprKind::Name(name) => !scope.is_some_and(|scope| scope.names.contains_key(name)),
                ExprKind::Attribute { base, .. } | ExprKind::Subscript { base, .. } => {
                    base.as_name().is_some_and(|name| {
                        matches!(name, "self" | "this" | "app" | "state")
                            || !scope.is_some_and(|scope| scope.names.contains_key(name))
                    }) || matches!(base.kind, ExprKind::Attribute { .. })
                }
                _ => false,
            })
        }) || expressions(&found.body).into_iter().any(|expr| {
            // `ready = model` as the value of an arrow function, and `CACHE.update(…)`.
            match &expr.kind {
                ExprKind::Assign { target, .. } => target
                    .as_name()
                    .is_none_or(|name| !scope.is_some_and(|scope| scope.names.contains_key(name))),
                ExprKind::Call(call) => match &call.callee.kind {
                    ExprKind::Attribute { base, attr } => {
                        matches!(
                            &**attr,
                            "update" | "append" | "set" | "setdefault" | "extend" | "push"
                        ) && base.as_name().is_some_and(|name| {
                            !scope.is_some_and(|scope| scope.names.contains_key(name))
                        })
                    }
                    _ => false,
                },
                _ => false,
            }
        })
    })
}

/// The function of the project that a thread, a task or a timer runs.
pub(crate) fn target(source: &Source, module: ModuleId, expr: &Expr) -> Option<FnId> {
    let expr = crate::analysis::startup::expr_at(source, module, expr.range)?;
    let call = expr.as_call()?;
    let of_call = |at: ModuleId, call| target_of(source, at, call);
    if let Some(found) = of_call(module, call) {
        return Some(found);
    }
    // `Thread(target=…).start()`, `t.start()`.
    let made = source.receiver(module, call)?;
    // `class Refresh(Thread): def run(self): …`
    if let Some(run) = made
        .class
        .and_then(|class| source.class(class)?.method("run"))
    {
        return Some(run);
    }
    of_call(made.module, made.call?)
}

fn target_of(source: &Source, module: ModuleId, call: &Call) -> Option<FnId> {
    let keywords = ["target", "function", "func"];
    let named = keywords.iter().find_map(|name| {
        let keyword = call
            .keywords
            .iter()
            .find(|keyword| keyword.name.as_deref() == Some(name))?;
        source.function_value(module, &keyword.value)
    });
    named.or_else(|| {
        call.args.iter().find_map(|arg| match &arg.kind {
            // `create_task(refresh())`
            ExprKind::Call(_) => source.callee(module, arg),
            ExprKind::Name(_) | ExprKind::Attribute { .. } | ExprKind::Lambda(_) => {
                source.function_value(module, arg)
            }
            _ => None,
        })
    })
}

/// Whether every answer of a ping handler is the same, whatever the state is.
pub(crate) fn is_constant(source: &Source, function: &Function) -> bool {
    source.reach(function.id).into_iter().all(|id| {
        let Some(module) = source.module(id.module) else {
            return false;
        };
        let body = source.body(id.module, Some(id));
        let decides = statements(body).into_iter().any(|stmt| {
            matches!(
                stmt.kind,
                StmtKind::If(_)
                    | StmtKind::Try(_)
                    | StmtKind::Loop(_)
                    | StmtKind::Switch(_)
                    | StmtKind::Raise { .. }
                    | StmtKind::Assert { .. }
            )
        });
        !decides
            && expressions(body).into_iter().all(|expr| match &expr.kind {
                ExprKind::Conditional(_)
                | ExprKind::BoolOp { .. }
                | ExprKind::Compare(_)
                | ExprKind::Subscript { .. } => false,
                // Waiting for something is a gate too.
                ExprKind::Await(_) => false,
                ExprKind::Name(name) => !is_state(module, name),
                ExprKind::Call(_) => {
                    let name = source.callee_name(id.module, expr).unwrap_or_default();
                    !matches!(
                        leaf(name),
                        "is_set" | "wait" | "get_current_ping_status" | "done" | "get"
                    )
                }
                _ => true,
            })
    })
}

/// Whether a name of the module is bound more than once: it holds a state.
fn is_state(module: &crate::model::source::Module, name: &str) -> bool {
    let bindings = module
        .scopes
        .first()
        .and_then(|scope| scope.names.get(name));
    bindings.is_some_and(|bindings| bindings.len() > 1)
}
