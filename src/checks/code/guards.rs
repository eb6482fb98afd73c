//! What catches an exception that is raised at a place: the `try` statements around it, `.catch`, context managers, decorators,
//! and the error handlers that a web framework is given.

use crate::checks::agent_code::AgentCode;
use crate::model::source::ir::{ByteRange, LoopKind, Stmt, StmtKind};
use crate::model::source::resolve::{Meaning, leaf};
use crate::model::source::walk::{
    Node, TryPart, enclosing_tries, expressions, path_to, statements,
};
use crate::model::source::{Call, Expr, ExprKind, FnId, Function, ModuleId, Source};

use super::handlers::{self, Conduct};

/// Something that catches whatever is raised inside it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Guard {
    /// What it does with the exception.
    pub conduct: Conduct,
    /// Its module.
    pub module: ModuleId,
    /// Its place.
    pub range: ByteRange,
}

/// What becomes of an exception.
#[derive(Clone, Copy, Debug)]
pub(super) enum Fate {
    /// Caught, logged and answered.
    Handled,
    /// Answered by this handler, and logged nowhere.
    Unlogged(Guard),
    /// This handler raises it again, and nothing around it answers.
    RaisedAgain(Guard),
    /// Nothing broad is around.
    Uncaught,
}

/// What becomes of an exception that goes through these guards, innermost first.
pub(super) fn fate(inside_out: impl Iterator<Item = Guard>) -> Fate {
    let (mut logged, mut again) = (false, None);
    for guard in inside_out {
        logged |= guard.conduct.logs;
        if guard.conduct.answers {
            return if logged {
                Fate::Handled
            } else {
                Fate::Unlogged(guard)
            };
        }
        again = again.or(Some(guard));
    }
    again.map_or(Fate::Uncaught, Fate::RaisedAgain)
}

/// What is around a place within its own function, innermost first.
pub(super) fn around(
    source: &Source,
    module: ModuleId,
    function: Option<FnId>,
    range: ByteRange,
) -> Vec<Guard> {
    let Some(found) = source.module(module) else {
        return Vec::new();
    };
    let body = source.body(module, function);
    let mut guards: Vec<Guard> = Vec::new();
    for (tried, part) in enclosing_tries(body, range) {
        if part != TryPart::Body {
            continue;
        }
        let broad = tried
            .handlers
            .iter()
            .find(|handler| handlers::is_broad(source, found, handler));
        guards.extend(broad.map(|handler| Guard {
            conduct: handlers::conduct(source, found, &handler.body),
            module,
            range: handler.range,
        }));
    }
    for node in path_to(body, range) {
        match node {
            Node::Expr(Expr {
                kind: ExprKind::Call(call),
                ..
            }) => {
                guards.extend(caught_by_promise(source, module, call, range));
            }
            Node::Stmt(Stmt {
                kind: StmtKind::With(with),
                ..
            }) => {
                let inside = with.body.iter().any(|stmt| stmt.range.contains(range));
                if inside {
                    guards.extend(
                        with.items
                            .iter()
                            .filter_map(|item| manager(source, module, &item.context)),
                    );
                }
            }
            _ => {}
        }
    }
    guards.sort_by_key(|guard| std::cmp::Reverse(guard.range.start));
    guards
}

/// `promise.catch(handler)`, `promise.then(onDone, onFailed)` with the place inside `promise`.
fn caught_by_promise(
    source: &Source,
    module: ModuleId,
    call: &Call,
    range: ByteRange,
) -> Option<Guard> {
    let ExprKind::Attribute { base, attr } = &call.callee.kind else {
        return None;
    };
    let handler = match &**attr {
        "catch" => call.args.first()?,
        "then" => call.args.get(1)?,
        _ => return None,
    };
    if !base.range.contains(range) {
        return None;
    }
    let function = source.function_value(module, handler)?;
    Some(Guard {
        conduct: handlers::conduct(
            source,
            source.module(function.module)?,
            source.body(function.module, Some(function)),
        ),
        module: function.module,
        range: source.function(function)?.header,
    })
}

/// A context manager of the project that handles what is raised in its body.
fn manager(source: &Source, module: ModuleId, context: &Expr) -> Option<Guard> {
    if let Meaning::Instance(instance) = source.meaning(module, context)
        && let Some(class) = instance.class.and_then(|class| source.class(class))
    {
        let exit = class
            .method("__exit__")
            .or_else(|| class.method("__aexit__"))?;
        let body = source.body(exit.module, Some(exit));
        let gives_true = statements(body).iter().any(|stmt| match &stmt.kind {
            StmtKind::Return(Some(value)) => {
                !matches!(value.kind, ExprKind::Bool(false) | ExprKind::None)
            }
            _ => false,
        });
        let conduct = Conduct {
            logs: handlers::logs(source, exit.module, body),
            raises: !gives_true,
            answers: gives_true,
            ..Conduct::default()
        };
        return Some(Guard {
            conduct,
            module: exit.module,
            range: source.function(exit)?.header,
        });
    }
    let maker = source.callee(module, context)?;
    let function = source.function(maker)?;
    let at = expressions(&function.body)
        .into_iter()
        .find(|expr| matches!(expr.kind, ExprKind::Yield { .. }))?;
    around(source, maker.module, Some(maker), at.range)
        .into_iter()
        .next()
}

/// The guards that a function's decorators of the project put around it, innermost first.
pub(super) fn decorators(source: &Source, function: &Function) -> Vec<Guard> {
    let mut found = Vec::new();
    for decorator in function.decorators.iter().rev() {
        let target = decorator.as_call().map_or(decorator, |call| &call.callee);
        let Some(made) = source.function_value(function.id.module, target) else {
            continue;
        };
        found.extend(wrapper_guards(source, made));
    }
    found
}

/// What a decorator's inner functions put around the call of what they wrap.
fn wrapper_guards(source: &Source, decorator: FnId) -> Vec<Guard> {
    let Some(module) = source.module(decorator.module) else {
        return Vec::new();
    };
    let inner = module
        .functions
        .iter()
        .filter(|function| is_inside(source, function, decorator));
    let mut found = Vec::new();
    for function in inner {
        // The wrapped function is a parameter of the decorator, or of a function in it.
        let wrapped = |name: &str| {
            let mut outer = function.parent;
            while let Some(id) = outer {
                let Some(parent) = source.function(id) else {
                    return false;
                };
                if parent.params.iter().any(|param| &*param.name == name) {
                    return true;
                }
                outer = parent.parent;
            }
            false
        };
        for expr in expressions(&function.body) {
            if let ExprKind::Call(call) = &expr.kind
                && call.callee.as_name().is_some_and(wrapped)
            {
                found.extend(around(
                    source,
                    decorator.module,
                    Some(function.id),
                    expr.range,
                ));
            }
        }
    }
    found
}

/// Whether a function stands inside another.
pub(super) fn is_inside(source: &Source, function: &Function, outer: FnId) -> bool {
    let mut at = function.parent;
    while let Some(id) = at {
        if id == outer {
            return true;
        }
        at = source.function(id).and_then(|parent| parent.parent);
    }
    false
}

/// A function that a framework calls with an exception, and the parameter that holds it.
pub(super) struct ErrorHandler {
    /// The function.
    pub function: FnId,
    /// Index of the exception among its parameters.
    pub exception: usize,
    /// Whether it is for every exception.
    pub broad: bool,
}

/// The error handlers that web frameworks are given: `@app.exception_handler(Exception)`, `app.use((err, req, res, next) => …)`,
/// `setErrorHandler`, `onError`.
pub(super) fn error_handlers(code: &AgentCode<'_>) -> Vec<ErrorHandler> {
    let source = code.source;
    let mut found = Vec::new();
    for module in code.modules() {
        for function in &module.functions {
            for decorator in &function.decorators {
                let Some(call) = decorator.as_call() else {
                    continue;
                };
                let ExprKind::Attribute { attr, .. } = &call.callee.kind else {
                    continue;
                };
                let index = match &**attr {
                    "exception_handler" => 1,
                    "errorhandler" | "app_errorhandler" => 0,
                    _ => continue,
                };
                let broad = call
                    .args
                    .first()
                    .is_some_and(|caught| catches_all(source, module.id, caught));
                found.push(ErrorHandler {
                    function: function.id,
                    exception: index,
                    broad,
                });
            }
        }
        for (_, expr) in module.calls() {
            let Some(call) = expr.as_call() else { continue };
            registered(source, module.id, call, &mut found);
        }
    }
    found
}

fn catches_all(source: &Source, module: ModuleId, caught: &Expr) -> bool {
    handlers::broad_type(source, module, caught)
        || caught.as_number().is_some_and(|status| status == 500.0)
}

fn registered(source: &Source, module: ModuleId, call: &Call, found: &mut Vec<ErrorHandler>) {
    for map in call
        .keywords
        .iter()
        .filter(|keyword| keyword.name.as_deref() == Some("exception_handlers"))
    {
        if let ExprKind::Dict(entries) = &map.value.kind {
            for entry in entries {
                let broad = entry
                    .key
                    .as_ref()
                    .is_some_and(|key| catches_all(source, module, key));
                let function = source.function_value(module, &entry.value);
                found.extend(function.map(|function| ErrorHandler {
                    function,
                    exception: 1,
                    broad,
                }));
            }
        }
    }
    let ExprKind::Attribute { attr, .. } = &call.callee.kind else {
        return;
    };
    let given = |index: usize| {
        call.args
            .get(index)
            .and_then(|arg| source.function_value(module, arg))
    };
    match &**attr {
        "add_exception_handler" | "register_error_handler" => {
            let broad = call
                .args
                .first()
                .is_some_and(|caught| catches_all(source, module, caught));
            let index = usize::from(&**attr == "add_exception_handler");
            found.extend(given(1).map(|function| ErrorHandler {
                function,
                exception: index,
                broad,
            }));
        }
        "setErrorHandler" | "onError" => {
            found.extend(given(0).map(|function| ErrorHandler {
                function,
                exception: 0,
                broad: true,
            }));
        }
        "use" => {
            let last = call.args.len().checked_sub(1).and_then(given);
            let four = last.filter(|id| {
                source
                    .function(*id)
                    .is_some_and(|function| function.params.len() == 4)
            });
            found.extend(four.map(|function| ErrorHandler {
                function,
                exception: 0,
                broad: true,
            }));
        }
        _ => {}
    }
}

/// What a web framework puts around every route: broad error handlers and middleware.
pub(super) fn web(code: &AgentCode<'_>) -> Vec<Guard> {
    let source = code.source;
    let mut found: Vec<Guard> = error_handlers(code)
        .into_iter()
        .filter(|handler| handler.broad)
        .filter_map(|handler| {
            let function = source.function(handler.function)?;
            Some(Guard {
                conduct: handlers::conduct(
                    source,
                    source.module(handler.function.module)?,
                    &function.body,
                ),
                module: handler.function.module,
                range: function.header,
            })
        })
        .collect();
    for module in code.modules() {
        for function in &module.functions {
            let next = function
                .params
                .iter()
                .find(|param| matches!(&*param.name, "call_next" | "next"));
            let Some(next) = next else { continue };
            for expr in expressions(&function.body) {
                if let ExprKind::Call(call) = &expr.kind
                    && call.callee.as_name() == Some(&*next.name)
                {
                    found.extend(around(source, module.id, Some(function.id), expr.range));
                }
            }
        }
    }
    found
}

/// Whether a middleware that logs and answers every error of an MCP server is installed.
pub(super) fn mcp(code: &AgentCode<'_>) -> Vec<Guard> {
    let handled = |expr: &Expr, module: ModuleId| {
        code.source
            .callee_name(module, expr)
            .is_some_and(|name| leaf(&name) == "ErrorHandlingMiddleware")
    };
    let conduct = Conduct {
        logs: true,
        answers: true,
        ..Conduct::default()
    };
    let calls = code
        .calls()
        .filter(|(module, _, expr)| handled(expr, module.id));
    calls
        .map(|(module, _, expr)| Guard {
            conduct,
            module: module.id,
            range: expr.range,
        })
        .collect()
}

/// Where what a lazy call makes is run: `Some(range)` of the place, None where it is handed on and runs after the function has
/// returned.
pub(super) fn consumed_at(body: &[Stmt], call: ByteRange) -> Option<ByteRange> {
    let path = path_to(body, call);
    for (index, node) in path.iter().enumerate() {
        match node {
            Node::Stmt(Stmt {
                kind: StmtKind::Loop(looped),
                ..
            }) => {
                if looped
                    .iter
                    .as_ref()
                    .is_some_and(|iter| iter.range.contains(call))
                    && looped.kind != LoopKind::While
                {
                    return Some(call);
                }
            }
            Node::Stmt(Stmt {
                kind: StmtKind::With(with),
                ..
            }) => {
                if with
                    .items
                    .iter()
                    .any(|item| item.context.range.contains(call))
                {
                    return Some(call);
                }
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
        ExprKind::Conditional { body, orelse, .. } => {
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
