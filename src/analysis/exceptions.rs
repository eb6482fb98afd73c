//! What an exception handler does: log, raise again, answer, record, or nothing.

use crate::analysis::names::leaf;
use crate::model::source::ir::{Handler, Stmt, StmtKind};
use crate::model::source::walk::{Node, expressions, sub_expressions, walk, walk_node};
use crate::model::source::{Call, Expr, ExprKind, FnId, Language, Module, ModuleId, Source};

/// What a handler does with the exception.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Conduct {
    /// It writes to a log (`print` and a helper that logs count).
    pub logs: bool,
    /// Every way through it raises: the same exception or another.
    pub raises: bool,
    /// It raises on some way.
    pub may_raise: bool,
    /// What it raises is an answer that the framework understands: `HTTPException`, `ToolError`, `McpError`.
    pub raises_answer: bool,
    /// It gives or sends something to whoever called, or goes on to what does.
    pub answers: bool,
}

/// Whether a handler catches whatever goes wrong.
pub(crate) fn is_broad(source: &Source, module: &Module, handler: &Handler) -> bool {
    if module.language == Language::TypeScript || handler.types.is_empty() {
        return true;
    }
    handler
        .types
        .iter()
        .any(|caught| broad_type(source, module.id, caught))
}

/// Whether an expression in `except …` names `Exception` or `BaseException`, alone or in a tuple.
pub(crate) fn broad_type(source: &Source, module: ModuleId, caught: &Expr) -> bool {
    if let ExprKind::Tuple(items) = &caught.kind {
        return items.iter().any(|item| broad_type(source, module, item));
    }
    source
        .canonical(module, caught)
        .is_some_and(|name| matches!(leaf(&name), "Exception" | "BaseException" | "Throwable"))
}

/// What a handler's body does.
pub(crate) fn conduct(source: &Source, module: &Module, body: &[Stmt]) -> Conduct {
    let mut found = Conduct {
        logs: logs(source, module.id, body),
        raises: ends_in_raise(module.language, body),
        ..Conduct::default()
    };
    walk(body, &mut |path, node| {
        if let Node::Stmt(Stmt {
            kind: StmtKind::Raise { value, .. },
            ..
        }) = node
        {
            // What a nested handler raises belongs to the nested `try`.
            let nested = path.iter().any(|outer| matches!(outer, Node::Handler(_)));
            found.may_raise |= !nested;
            found.raises_answer |= value
                .as_ref()
                .is_some_and(|value| is_answering_exception(source, module.id, value));
        }
        true
    });
    // `abort(500)` raises for the framework; `reject(error)` hands it on.
    found.answers = !found.raises || found.raises_answer;
    found
}

/// Whether every way through a body raises.
fn ends_in_raise(language: Language, body: &[Stmt]) -> bool {
    body.iter().any(|stmt| match &stmt.kind {
        StmtKind::Raise { .. } => true,
        StmtKind::Expr(value) | StmtKind::Return(Some(value)) => {
            language == Language::TypeScript && hands_on(value)
        }
        StmtKind::If(branch) => {
            !branch.orelse.is_empty()
                && ends_in_raise(language, &branch.body)
                && ends_in_raise(language, &branch.orelse)
        }
        StmtKind::Block(body) => ends_in_raise(language, body),
        StmtKind::With(with) => ends_in_raise(language, &with.body),
        StmtKind::Try(tried) => {
            ends_in_raise(language, &tried.finally)
                || ends_in_raise(language, &tried.body)
                    && tried
                        .handlers
                        .iter()
                        .all(|handler| ends_in_raise(language, &handler.body))
        }
        _ => false,
    })
}

/// `next(error)` of Express: the error middleware gets it, as if it had been raised.
fn hands_on(value: &Expr) -> bool {
    value.as_call().is_some_and(|call| {
        call.callee.as_name() == Some("next")
            && call
                .args
                .first()
                .is_some_and(|given| given.as_str().is_none())
    })
}

/// Exceptions that a framework turns into an answer of its own.
const ANSWERING: &[&str] = &[
    "HTTPException",
    "HTTPError",
    "RequestValidationError",
    "ToolError",
    "ResourceError",
    "McpError",
    "MCPError",
    "ServerError",
    "JSONRPCError",
    "A2AError",
    "WebSocketException",
    "createError",
    "HttpError",
    "Boom",
    "TRPCError",
    "BadRequestError",
    "InternalServerError",
    "ServiceError",
];

/// Whether what is raised is an answer: `HTTPException(500, "…")`, `ToolError("…")`, Flask's `abort(…)`.
pub(crate) fn is_answering_exception(source: &Source, module: ModuleId, value: &Expr) -> bool {
    let Some(call) = value.as_call() else {
        return false;
    };
    let name = source
        .callee_name(module, value)
        .or_else(|| match &call.callee.kind {
            ExprKind::Name(name) => Some(&**name),
            ExprKind::Attribute { attr, .. } => Some(&**attr),
            _ => None,
        })
        .unwrap_or_default();
    // A class of the project counts by what it inherits.
    if let crate::analysis::names::Meaning::Class(class) = source.meaning(module, &call.callee) {
        return source
            .bases(class)
            .iter()
            .any(|base| ANSWERING.contains(&leaf(base)));
    }
    ANSWERING.contains(&leaf(name)) && !name.starts_with("requests.") && !name.starts_with("urllib")
}

/// Whether something in a body writes to a log.
pub(crate) fn logs(source: &Source, module: ModuleId, body: &[Stmt]) -> bool {
    let mut found = false;
    walk(body, &mut |_, node| {
        if let Node::Expr(expr) = node
            && is_log(source, module, expr, 2)
        {
            found = true;
        }
        !found
    });
    found
}

/// Words of an answer that says that the request failed.
const FAILED: [&str; 10] = [
    "error",
    "errors",
    "err",
    "fail",
    "failed",
    "failure",
    "failures",
    "sorry",
    "exception",
    "500",
];

/// Whether a handler ends what was asked for with an error: it raises, or the last that it does is to answer in words of a failure. What
/// goes on with another value does not.
pub(crate) fn ends_in_an_error(module: &Module, handler: &Handler) -> bool {
    let mut body = handler.body.as_slice();
    // `res.status(500).end(); return;`
    if let [before @ .., last] = body
        && matches!(last.kind, StmtKind::Return(None))
    {
        body = before;
    }
    let Some(last) = body.last() else {
        return false;
    };
    if sends_a_failure(module, body) {
        return true;
    }
    let answer = match &last.kind {
        StmtKind::Raise { .. } => return true,
        StmtKind::Return(Some(value)) | StmtKind::Expr(value) => value,
        _ => return false,
    };
    let returns = matches!(last.kind, StmtKind::Return(_));
    let sends = expressions(std::slice::from_ref(last))
        .iter()
        .any(|expr| matches!(expr.kind, ExprKind::Yield { .. }));
    (returns || sends)
        && words(module.text(answer.range))
            .iter()
            .any(|word| FAILED.contains(&word.as_str()))
}

/// Whether the last that a body does is to send an answer whose status says that the server failed: `res.status(500).json(…)`,
/// `res.sendStatus(500)`, `res.statusCode = 500; res.end()`.
fn sends_a_failure(module: &Module, body: &[Stmt]) -> bool {
    const SET: [&str; 4] = ["status", "sendStatus", "writeHead", "code"];
    const SEND: [&str; 4] = ["end", "send", "json", "write"];
    fn is_failure(value: &Expr) -> bool {
        value.as_number().is_some_and(|number| number >= 500.0)
    }
    let sets = |expr: &Expr| {
        let Some(call) = expr.as_call() else {
            return false;
        };
        matches!(&call.callee.kind, ExprKind::Attribute { attr, .. } if SET.contains(&&**attr))
            && call.args.first().is_some_and(is_failure)
    };
    let assigns = |stmt: &Stmt| match &stmt.kind {
        StmtKind::Assign(assign) => {
            let mut targets = assign.targets.iter();
            assign.value.as_deref().is_some_and(is_failure)
                && targets.any(|target| {
                    target
                        .last_name()
                        .is_some_and(|name| &**name == "statusCode")
                })
        }
        StmtKind::Expr(value) => sets(value),
        _ => false,
    };
    let Some((last, before)) = body.split_last() else {
        return false;
    };
    let value = match &last.kind {
        StmtKind::Expr(value) => value,
        // What was answered before is no answer of the handler.
        StmtKind::If(branch) if module.text(branch.test.range).contains("headersSent") => {
            return sends_a_failure(module, &branch.body);
        }
        _ => return false,
    };
    let sends = value.as_call().is_some_and(|call| {
        matches!(&call.callee.kind, ExprKind::Attribute { attr, .. } if SEND.contains(&&**attr))
    });
    sub_expressions(value).into_iter().any(sets) || sends && before.iter().any(assigns)
}

const LOG_METHODS: &[&str] = &[
    "debug",
    "info",
    "warning",
    "warn",
    "error",
    "exception",
    "critical",
    "fatal",
    "log",
    "trace",
    "notice",
    "success",
    "verbose",
    "aerror",
    "aexception",
    "awarning",
    "ainfo",
    "appendKeys",
];
/// Names that log or report whatever they belong to.
const REPORTS: &[&str] = &[
    "print_exc",
    "print_exception",
    "print_tb",
    "print_stack",
    "record_exception",
    "recordException",
    "capture_exception",
    "captureException",
    "capture_message",
    "captureMessage",
    "notice_error",
    "noticeError",
    "set_status",
    "setStatus",
];

/// Whether a call logs: a logger's method, `print`, `console.error`, `traceback.print_exc`, a tracer's `record_exception`, or a
/// function of the project that does (followed `depth` calls deep).
pub(crate) fn is_log(source: &Source, module: ModuleId, expr: &Expr, depth: u8) -> bool {
    let ExprKind::Call(call) = &expr.kind else {
        return false;
    };
    let name = source.callee_name(module, expr).unwrap_or_default();
    let last = leaf(name);
    if matches!(
        name,
        "print"
            | "click.echo"
            | "typer.echo"
            | "warnings.warn"
            | "sys.stderr.write"
            | "sys.stdout.write"
            | "process.stderr.write"
            | "process.stdout.write"
            | "rich.print"
            | "pprint.pprint"
    ) || REPORTS.contains(&last)
        || name.starts_with("logging.") && LOG_METHODS.contains(&last)
    {
        return true;
    }
    if let ExprKind::Attribute { base, attr } = &call.callee.kind {
        if REPORTS.contains(&&**attr) {
            return true;
        }
        if LOG_METHODS.contains(&&**attr) && (says_log(base) || says_log_name(name)) {
            return true;
        }
    }
    if depth > 0
        && let Some(function) = source.callee(module, expr)
    {
        return function_logs(source, function, depth - 1);
    }
    // A helper that cannot be followed says it by its name.
    source.callee(module, expr).is_none() && named_as_report(call)
}

fn function_logs(source: &Source, function: FnId, depth: u8) -> bool {
    let mut found = false;
    walk(
        source.body(function.module, Some(function)),
        &mut |_, node| {
            if let Node::Expr(expr) = node
                && is_log(source, function.module, expr, depth)
            {
                found = true;
            }
            !found
        },
    );
    found
}

fn says_log_name(name: &str) -> bool {
    let lower = name.to_lowercase();
    [
        "logg",
        "loguru",
        "structlog",
        "console",
        "winston",
        "pino",
        ".log.",
        "lambda_powertools",
    ]
    .iter()
    .any(|word| lower.contains(word))
        || lower.starts_with("log.")
}

/// Whether the receiver of a method is a logger by its name: `log`, `self._logger`, `req.log`, `app.logger`, `console`.
fn says_log(base: &Expr) -> bool {
    let word = match &base.kind {
        ExprKind::Name(name) => name.to_lowercase(),
        ExprKind::Attribute { attr, .. } => attr.to_lowercase(),
        ExprKind::Call(call) => match &call.callee.kind {
            ExprKind::Name(name) => name.to_lowercase(),
            ExprKind::Attribute { base, attr } => {
                return attr.to_lowercase().contains("log") || says_log(base);
            }
            _ => return false,
        },
        ExprKind::Await(inner) => return says_log(inner),
        _ => return false,
    };
    let word = word.trim_matches('_');
    matches!(word, "log" | "console" | "logging" | "debug")
        || word.contains("logger")
        || word.ends_with("_log")
}

fn named_as_report(call: &Call) -> bool {
    let (ExprKind::Name(name) | ExprKind::Attribute { attr: name, .. }) = &call.callee.kind else {
        return false;
    };
    words(name).iter().any(|word| {
        matches!(
            &**word,
            "log"
                | "logs"
                | "logger"
                | "report"
                | "notify"
                | "alert"
                | "audit"
                | "sentry"
                | "logging"
                | "warn"
        )
    })
}

/// The words of a name, lower case: `logError` and `log_error` are `log`, `error`.
pub(crate) fn words(name: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut last_lower = false;
    for char in name.chars() {
        if !char.is_alphanumeric() {
            found.push(String::new());
            last_lower = false;
            continue;
        }
        if char.is_uppercase() && last_lower || found.is_empty() {
            found.push(String::new());
        }
        last_lower = char.is_lowercase() || char.is_ascii_digit();
        if let Some(word) = found.last_mut() {
            word.extend(char.to_lowercase());
        }
    }
    found.retain(|word| !word.is_empty());
    found
}

/// Names that a handler's binding gives to the exception (a pattern in `catch ({ message })` gives several).
pub(crate) fn bound_names(handler: &Handler) -> Vec<String> {
    let Some(binding) = &handler.binding else {
        return Vec::new();
    };
    sub_expressions(binding)
        .into_iter()
        .filter_map(|expr| expr.as_name().map(str::to_owned))
        .collect()
}

/// Whether the exception is used for more than asking its type: given to a call, kept, returned.
pub(crate) fn uses_exception(handler: &Handler) -> bool {
    let names = bound_names(handler);
    if names.is_empty() {
        return false;
    }
    let mut used = false;
    for stmt in &handler.body {
        walk_node(Node::Stmt(stmt), &mut |_, node| {
            if let Node::Stmt(Stmt {
                kind: StmtKind::If(branch),
                ..
            }) = node
            {
                // What is only asked in a condition is not kept.
                for inner in branch.body.iter().chain(&branch.orelse) {
                    used |= mentions(Node::Stmt(inner), &names);
                }
                return false;
            }
            if let Node::Expr(expr) = node {
                used |= expr
                    .as_name()
                    .is_some_and(|name| names.iter().any(|known| known == name));
            }
            !used
        });
    }
    used
}

fn mentions(node: Node<'_>, names: &[String]) -> bool {
    let mut found = false;
    walk_node(node, &mut |_, node| {
        if let Node::Expr(expr) = node {
            let name = expr.as_name();
            found |= name.is_some_and(|name| names.iter().any(|known| known == name));
        }
        !found
    });
    found
}
