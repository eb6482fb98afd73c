//! Whether a handler keeps what happened to itself.

mod swallowed;

pub(crate) use self::swallowed::{Swallowed, handled};

use crate::model::source::ir::{Handler, LoopKind, Stmt, StmtKind, Try};
use crate::model::source::walk::{Node, expressions, statements};
use crate::model::source::{Call, Conditional, Expr, ExprKind, Language, Module, Source, UnaryOp};

use crate::analysis::exceptions;

/// How a handler swallows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Silence {
    /// It does nothing with the exception.
    Dropped,
    /// It puts another value in the place of the result.
    Fallback,
    /// It is bare, though it does something.
    Bare,
}

/// How a handler swallows, if it does.
fn silence<'a>(
    source: &'a Source,
    module: &'a Module,
    path: &[Node<'a>],
    tried: &'a Try,
    handler: &'a Handler,
) -> Option<Silence> {
    if !exceptions::is_broad(source, module, handler) {
        return None;
    }
    let conduct = exceptions::conduct(source, module, &handler.body);
    let bare = module.language == Language::Python && handler.types.is_empty();
    if conduct.raises {
        return None;
    }
    let told = conduct.logs
        || conduct.may_raise
        || tells(module, tried, handler)
        || told_after(source, module, path)
        || raised_after(module, path, tried, handler);
    if told {
        return bare.then_some(Silence::Bare);
    }
    if only_imports(&tried.body)
        || is_cleanup(&tried.body) && !bare
        || narrow_by_nature(module, tried)
        || !bare && awaits_cancelled(module, path, tried)
    {
        return None;
    }
    let drops = handler.body.iter().all(does_nothing);
    Some(if drops {
        Silence::Dropped
    } else {
        Silence::Fallback
    })
}

fn does_nothing(stmt: &Stmt) -> bool {
    match &stmt.kind {
        StmtKind::Nothing | StmtKind::Continue | StmtKind::Break | StmtKind::Return(None) => true,
        StmtKind::Return(Some(value)) => matches!(value.kind, ExprKind::None),
        // A docstring or `...`.
        StmtKind::Expr(value) => !matches!(
            value.kind,
            ExprKind::Call(_)
                | ExprKind::Await(_)
                | ExprKind::Yield { .. }
                | ExprKind::Assign { .. }
        ),
        StmtKind::Block(body) => body.iter().all(does_nothing),
        _ => false,
    }
}

/// Whether the handler returns or records that something failed.
fn tells(module: &Module, tried: &Try, handler: &Handler) -> bool {
    if exceptions::uses_exception(handler) {
        return true;
    }
    // `return False` says that something failed where success is `True`; beside `return bool(rows)` it is an answer, unless the
    // function asks whether something can be done (`is_json`).
    let asks = module
        .function_at(handler.range.start)
        .is_some_and(|function| {
            let words = exceptions::words(&function.name);
            let first = words.first().map_or("", String::as_str);
            matches!(
                first,
                "is" | "has" | "can" | "should" | "check" | "validate" | "verify" | "test"
            )
        });
    let answers = !asks && statements(&tried.body).iter().any(|stmt| {
        matches!(&stmt.kind, StmtKind::Return(Some(value)) if !matches!(value.kind, ExprKind::Bool(_)))
    });
    for stmt in statements(&handler.body) {
        match &stmt.kind {
            StmtKind::Return(Some(value)) if answers && matches!(value.kind, ExprKind::Bool(_)) => {
            }
            StmtKind::Return(Some(value)) if tells_failure(module, value) => return true,
            StmtKind::Assign(assign) => {
                let flag = assign
                    .value
                    .as_deref()
                    .is_some_and(|value| matches!(value.kind, ExprKind::Bool(_)));
                if flag || assign.augmented.is_some() || speaks_of_failure(module.text(stmt.range))
                {
                    return true;
                }
            }
            StmtKind::Expr(value)
                if is_answer(value) || speaks_of_failure(module.text(value.range)) =>
            {
                return true;
            }
            _ => {}
        }
    }
    expressions(&handler.body)
        .iter()
        .any(|expr| matches!(expr.kind, ExprKind::Yield { .. }))
}

/// A value that says to whoever called that something failed.
fn tells_failure(module: &Module, value: &Expr) -> bool {
    match &value.kind {
        ExprKind::Bool(_) | ExprKind::Format(_) => true,
        ExprKind::Str(text) => !text.is_empty(),
        ExprKind::Dict(entries) => !entries.is_empty(),
        ExprKind::Tuple(items) => items.iter().any(|item| tells_failure(module, item)),
        ExprKind::Number(text) => matches!(&**text, "1" | "500" | "502" | "503"),
        ExprKind::Unary {
            op: UnaryOp::Minus, ..
        } => true,
        ExprKind::Call(call) => {
            let (ExprKind::Name(name) | ExprKind::Attribute { attr: name, .. }) = &call.callee.kind
            else {
                return false;
            };
            // A response or result is made; a builtin container is empty.
            is_answer(value)
                || name.starts_with(|first: char| first.is_ascii_uppercase())
                    && !call.args.is_empty() | !call.keywords.is_empty()
                || speaks_of_failure(module.text(value.range))
        }
        ExprKind::Await(inner) => tells_failure(module, inner),
        ExprKind::Conditional(parts) => {
            let Conditional { body, orelse, .. } = &**parts;
            tells_failure(module, body) || tells_failure(module, orelse)
        }
        ExprKind::Name(_) | ExprKind::Attribute { .. } => {
            speaks_of_failure(module.text(value.range))
        }
        ExprKind::List(items) => items.iter().any(|item| tells_failure(module, item)),
        _ => false,
    }
}

/// `res.status(500).json(…)`, `ws.send(…)`, `reject(…)`, `sys.exit(1)`.
fn is_answer(value: &Expr) -> bool {
    let Some(call) = value.as_call() else {
        return false;
    };
    let (ExprKind::Name(name) | ExprKind::Attribute { attr: name, .. }) = &call.callee.kind else {
        return false;
    };
    matches!(
        &**name,
        "send"
            | "send_json"
            | "send_text"
            | "json"
            | "jsonify"
            | "end"
            | "reject"
            | "next"
            | "exit"
            | "_exit"
            | "abort"
            | "write"
            | "enqueue_event"
            | "put"
            | "put_nowait"
            | "set_exception"
    )
}

/// Whether words of a statement say failure.
fn speaks_of_failure(text: &str) -> bool {
    const WORDS: &[&str] = &[
        "error",
        "err",
        "errors",
        "fail",
        "failed",
        "failure",
        "failures",
        "exception",
        "success",
        "ok",
        "status",
        "invalid",
        "unavailable",
        "unhealthy",
        "degraded",
        "reason",
        "warning",
        "warnings",
        "issue",
        "issues",
        "skipped",
        "rejected",
        "problem",
        "dead",
        "down",
        "metric",
        "metrics",
        "counter",
        "inc",
        "increment",
    ];
    exceptions::words(text)
        .iter()
        .any(|word| WORDS.contains(&&**word))
}

/// A loop that tries again, and tells when it gives up: what follows it raises, logs or returns a failure.
fn told_after(source: &Source, module: &Module, path: &[Node<'_>]) -> bool {
    let position = path.iter().rposition(|node| {
        matches!(
            node,
            Node::Stmt(Stmt {
                kind: StmtKind::Loop(_),
                ..
            })
        )
    });
    let Some(position) = position else {
        return false;
    };
    let Node::Stmt(Stmt {
        kind: StmtKind::Loop(looped),
        range,
    }) = path[position]
    else {
        return false;
    };
    if looped.kind == LoopKind::While && looped.iter.as_deref().is_none() {
        return false;
    }
    // Attempts are counted; going through items and leaving out those that fail is no retry.
    let counts = looped.iter.as_deref().is_some_and(|iter| {
        let text = module.text(iter.range);
        text.contains("range(")
            || text.contains("attempt")
            || text.contains("retr")
            || text.contains("tries")
    });
    if !counts {
        return false;
    }
    let function = module.function_at(range.start);
    let body = function.map_or(module.body.as_slice(), |function| function.body.as_slice());
    let after: Vec<&Stmt> = statements(body)
        .into_iter()
        .filter(|stmt| stmt.range.start >= range.end)
        .collect();
    after
        .iter()
        .chain(looped.orelse.iter().collect::<Vec<_>>().iter())
        .any(|stmt| match &stmt.kind {
            StmtKind::Raise { .. } => true,
            StmtKind::Return(Some(value)) => tells_failure(module, value),
            StmtKind::Expr(value) => exceptions::is_log(source, module.id, value, 1),
            _ => false,
        })
}

/// The statements before and after a `try` in the list that it stands in; none where it stands in no body.
fn beside<'a>(
    module: &'a Module,
    path: &[Node<'a>],
    tried: &'a Try,
    at: u32,
) -> Option<(&'a [Stmt], &'a [Stmt])> {
    let split = |list: &'a [Stmt]| {
        let is = |stmt: &Stmt| matches!(&stmt.kind, StmtKind::Try(inner) if std::ptr::eq(&raw const **inner, tried));
        let place = list.iter().position(is)?;
        Some((list.get(..place)?, list.get(place + 1..)?))
    };
    let around = path.iter().rev().find(|node| match node {
        Node::Stmt(stmt) => {
            !matches!(&stmt.kind, StmtKind::Try(inner) if std::ptr::eq(&raw const **inner, tried))
        }
        _ => true,
    });
    let Some(around) = around else {
        let classes = module.classes.iter().map(|class| class.body.as_slice());
        let function = module.function_at(at);
        return function
            .map(|function| function.body.as_slice())
            .into_iter()
            .chain([module.body.as_slice()])
            .chain(classes)
            .find_map(split);
    };
    match around {
        Node::Handler(handler) => split(&handler.body),
        Node::Case(case) => split(&case.body),
        Node::Stmt(stmt) => match &stmt.kind {
            StmtKind::If(branch) => split(&branch.body).or_else(|| split(&branch.orelse)),
            StmtKind::Loop(looped) => split(&looped.body).or_else(|| split(&looped.orelse)),
            StmtKind::Try(outer) => [&outer.body, &outer.orelse, &outer.finally]
                .into_iter()
                .find_map(|list| split(list)),
            StmtKind::With(with) => split(&with.body),
            StmtKind::Block(body) => split(body),
            _ => None,
        },
        Node::Expr(_) => None,
    }
}

/// Whether an exception follows in any case once the handler is done: what was looked for inside of the `try` was only to
/// make its message better.
fn raised_after<'a>(
    module: &'a Module,
    path: &[Node<'a>],
    tried: &'a Try,
    handler: &Handler,
) -> bool {
    let leaves = |stmt: &&Stmt| {
        matches!(
            stmt.kind,
            StmtKind::Return(_) | StmtKind::Continue | StmtKind::Break
        )
    };
    let Some((_, after)) = beside(module, path, tried, handler.range.start) else {
        return false;
    };
    let step = |stmt: &&Stmt| {
        matches!(
            stmt.kind,
            StmtKind::Assign(_) | StmtKind::Expr(_) | StmtKind::Nothing
        )
    };
    let next = after.iter().find(|stmt| !step(stmt));
    next.is_some_and(|stmt| matches!(stmt.kind, StmtKind::Raise { .. }))
        && !statements(&handler.body).iter().any(leaves)
        && !statements(&tried.finally).iter().any(leaves)
}

/// Functions that wait for the tasks that they are given.
const WAITS: [&str; 4] = ["gather", "wait_for", "wait", "shield"];

/// Whether a `try` does nothing but wait for tasks that were cancelled just before: how they end does not matter any more.
fn awaits_cancelled<'a>(module: &'a Module, path: &[Node<'a>], tried: &'a Try) -> bool {
    let Some(first) = tried.body.first() else {
        return false;
    };
    let Some((before, _)) = beside(module, path, tried, first.range.start) else {
        return false;
    };
    let mut cancelled: Vec<&str> = Vec::new();
    for stmt in before.iter().rev() {
        let stmt = match &stmt.kind {
            // `if not task.done(): task.cancel()`.
            StmtKind::If(branch) => match branch.body.as_slice() {
                [one] if branch.orelse.is_empty() => one,
                _ => break,
            },
            _ => stmt,
        };
        match cancels(stmt) {
            Some(task) => cancelled.push(module.text(task.range)),
            None => break,
        }
    }
    for stmt in &tried.body {
        if let Some(task) = cancels(stmt) {
            cancelled.push(module.text(task.range));
            continue;
        }
        let StmtKind::Expr(value) = &stmt.kind else {
            return false;
        };
        let ExprKind::Await(waited) = &value.kind else {
            return false;
        };
        let is = |expr: &Expr| cancelled.contains(&module.text(expr.range));
        let all = match &waited.kind {
            ExprKind::Call(call) => match call.written_name() {
                "wait_for" | "shield" => call.args.first().is_some_and(is),
                name => WAITS.contains(&name) && !call.args.is_empty() && call.args.iter().all(is),
            },
            _ => is(waited),
        };
        if !all {
            return false;
        }
    }
    true
}

/// The task that a statement cancels: `task.cancel()`.
fn cancels(stmt: &Stmt) -> Option<&Expr> {
    let StmtKind::Expr(value) = &stmt.kind else {
        return None;
    };
    let ExprKind::Call(call) = &value.kind else {
        return None;
    };
    match &call.callee.kind {
        ExprKind::Attribute { base, attr } if &**attr == "cancel" => Some(base),
        _ => None,
    }
}

/// `try: import x` and nothing else: the missing name tells.
fn only_imports(body: &[Stmt]) -> bool {
    !body.is_empty()
        && body
            .iter()
            .all(|stmt| matches!(stmt.kind, StmtKind::Import(_) | StmtKind::Nothing))
}

/// Names of calls that give something up for good: whether it works does not matter any more.
const CLEANUP: &[&str] = &[
    "close",
    "aclose",
    "close_nowait",
    "stop",
    "shutdown",
    "cleanup",
    "disconnect",
    "unlink",
    "rmtree",
    "rm",
    "remove",
    "terminate",
    "kill",
    "cancel",
    "release",
    "detach",
    "destroy",
    "dispose",
    "__exit__",
    "__aexit__",
    "end",
    "wait_closed",
    "clearTimeout",
    "clearInterval",
    "abort",
    "rollback",
    "reset",
    "flush",
    "force_flush",
    "rmSync",
    "unlinkSync",
    "exit_stack",
    "join",
];

/// Whether a body does nothing but give something up.
fn is_cleanup(body: &[Stmt]) -> bool {
    !body.is_empty()
        && body.iter().all(|stmt| match &stmt.kind {
            StmtKind::Expr(value) => is_cleanup_call(value),
            StmtKind::If(branch) => branch.orelse.is_empty() && is_cleanup(&branch.body),
            StmtKind::Block(body) => is_cleanup(body),
            _ => false,
        })
}

/// Whether an expression is such a call.
fn is_cleanup_call(value: &Expr) -> bool {
    let Some(call) = value.as_call() else {
        return false;
    };
    let (ExprKind::Name(name) | ExprKind::Attribute { attr: name, .. }) = &call.callee.kind else {
        return false;
    };
    CLEANUP.contains(&&**name)
}

/// An empty value in the place of a result.
fn is_empty_value(value: &Expr) -> bool {
    match &value.kind {
        ExprKind::None => true,
        ExprKind::Str(text) => text.is_empty(),
        ExprKind::Dict(entries) => entries.is_empty(),
        ExprKind::List(items) | ExprKind::Tuple(items) | ExprKind::Other(items) => items.is_empty(),
        _ => false,
    }
}

/// Methods of a text that throw nothing.
const OF_TEXT: [&str; 18] = [
    "at",
    "charAt",
    "endsWith",
    "includes",
    "indexOf",
    "lastIndexOf",
    "match",
    "padEnd",
    "padStart",
    "replace",
    "replaceAll",
    "slice",
    "split",
    "startsWith",
    "substring",
    "toLowerCase",
    "toUpperCase",
    "trimEnd",
];

/// JavaScript cannot say what it catches: a `try` around one parse that gives another value catches just what that parse throws.
fn narrow_by_nature(module: &Module, tried: &Try) -> bool {
    if module.language != Language::TypeScript {
        return false;
    }
    const PARSES: &[&str] = &[
        "parse",
        "URL",
        "decodeURIComponent",
        "decodeURI",
        "atob",
        "BigInt",
        "RegExp",
        "from",
        "toString",
        "stringify",
        "accessSync",
        "statSync",
        "access",
        "stat",
        "existsSync",
        "Intl",
        "DateTimeFormat",
        "Date",
        "toISOString",
        "resolve",
        "trim",
        "String",
        "Number",
        "Boolean",
        "isArray",
    ];
    let inner = expressions(&tried.body);
    let waits_for_text = inner.iter().any(|expr| match &expr.kind {
        ExprKind::Await(waited) => waited.as_call().is_some_and(is_of_text),
        _ => false,
    });
    let calls = inner.iter().filter_map(|expr| match &expr.kind {
        ExprKind::Call(call) => Some(&**call),
        _ => None,
    });
    let mut rest = calls.filter(|call| !is_of_text(call)).peekable();
    rest.peek().is_some()
        && !waits_for_text
        && steps(&tried.body) <= 2
        && rest.all(|call| match &call.callee.kind {
            // `await request.json()`; `response.json(answer)` is an answer.
            ExprKind::Attribute { attr, .. } if &**attr == "json" => call.args.is_empty(),
            ExprKind::Name(name) | ExprKind::Attribute { attr: name, .. } => {
                PARSES.contains(&&**name)
            }
            _ => false,
        })
}

/// Whether a call is such a method.
fn is_of_text(call: &Call) -> bool {
    match &call.callee.kind {
        ExprKind::Attribute { attr, .. } => OF_TEXT.contains(&&**attr),
        _ => false,
    }
}

/// How many statements a body has beside its constants.
fn steps(body: &[Stmt]) -> usize {
    let step = |stmt: &Stmt| match &stmt.kind {
        StmtKind::Assign(assign) => usize::from(!assign.constant),
        StmtKind::Block(inner) => steps(inner),
        _ => 1,
    };
    body.iter().map(step).sum()
}
