//! Sessions of AgentCore's tools and of MCP servers that code begins, and what ends them.

use std::collections::BTreeSet;

use crate::analysis::agent_code::AgentCode;
use crate::analysis::call_sites::Callers;
use crate::analysis::limits;
use crate::analysis::names::{leaf, package};
use crate::model::source::ir::Name;
use crate::model::source::module::BindingKind;
use crate::model::source::walk::{expressions, statements};
use crate::model::source::{Call, Expr, ExprKind, FnId, Module, ModuleId, Source, Stmt, StmtKind};

/// Operations that begin a session at AWS, and the classes whose `start` does.
const BEGIN: [&str; 6] = [
    "start_browser_session",
    "start_code_interpreter_session",
    "StartBrowserSessionCommand",
    "StartCodeInterpreterSessionCommand",
    "startBrowserSession",
    "startCodeInterpreterSession",
];
const CLASSES: [&str; 5] = [
    "BrowserClient",
    "CodeInterpreter",
    "CodeInterpreterClient",
    "MCPClient",
    "MCPServerStdio",
];
/// Helpers that are context managers.
const MANAGERS: [&str; 2] = ["browser_session", "code_session"];
/// What ends one.
const END: [&str; 12] = [
    "stop",
    "close",
    "aclose",
    "disconnect",
    "cleanup",
    "__exit__",
    "stop_browser_session",
    "stop_code_interpreter_session",
    "StopBrowserSessionCommand",
    "StopCodeInterpreterSessionCommand",
    "enter_context",
    "enter_async_context",
];

/// What begins a session, in words.
pub(crate) fn begins(source: &Source, module: &Module, expr: &Expr, call: &Call) -> Option<String> {
    let written = call.written_name();
    if BEGIN.contains(&written) && source.callee(module.id, expr).is_none() {
        return Some(written.to_owned());
    }
    let name = source.callee_name(module.id, expr);
    if MANAGERS.contains(&written) && name.is_some_and(|name| package(name) == "bedrock_agentcore")
    {
        return Some(written.to_owned());
    }
    let ExprKind::Attribute { base, .. } = &call.callee.kind else {
        return None;
    };
    if !matches!(written, "start" | "__enter__" | "startSession") {
        return None;
    }
    let made = source.type_of(module.id, base)?;
    let class = leaf(&made.type_name);
    (CLASSES.contains(&class)
        && matches!(
            package(&made.type_name),
            "bedrock_agentcore"
                | "bedrock-agentcore"
                | "strands"
                | "agents"
                | "@strands-agents/sdk"
        ))
    .then(|| format!("{class}.{written}()"))
}

/// Whether a session that was begun is an MCP client's, which the process keeps and which ends with it.
pub(crate) fn is_kept_by_process(
    callers: &Callers<'_>,
    module: &Module,
    function: Option<FnId>,
    call: &Call,
    what: &str,
) -> bool {
    is_of_the_process(module, function, call)
        || what.starts_with("MCP") && function.is_some_and(|id| is_run_once(callers, id))
}

/// Whether modules call a function as they are loaded, and nothing else does: what it starts ends with the process.
fn is_run_once(callers: &Callers<'_>, function: FnId) -> bool {
    let sites = callers.sites(function);
    let at_startup = |module: ModuleId, start: u32| {
        let module = callers.source().module(module);
        module.is_some_and(|module| module.function_at(start).is_none())
    };
    !sites.is_empty()
        && sites
            .iter()
            .all(|site| at_startup(site.module, site.range.start))
}

/// Whether it starts an MCP client that a global name keeps: it serves every request and ends with the process.
fn is_of_the_process(module: &Module, function: Option<FnId>, call: &Call) -> bool {
    let ExprKind::Attribute { base, attr } = &call.callee.kind else {
        return false;
    };
    let Some(name) = base.as_name() else {
        return false;
    };
    let binds = |scope: usize| {
        let scope = module.scopes.get(scope);
        scope.is_some_and(|scope| scope.names.contains_key(name))
    };
    let own = function.is_some_and(|id| binds(id.index as usize + 1));
    // A browser or an interpreter is a machine at AWS, which goes on without the process.
    matches!(&**attr, "start" | "__enter__") && binds(0) && !own && keeps_mcp(module, name)
}

/// Whether what a module binds to a global name is an MCP client wherever its class is seen.
fn keeps_mcp(module: &Module, name: &str) -> bool {
    let text = |expr: &Expr| module.text(expr.range).to_ascii_lowercase();
    let bindings = module
        .scopes
        .iter()
        .filter_map(|scope| scope.names.get(name));
    let values = bindings
        .flatten()
        .filter_map(|binding| match &binding.kind {
            BindingKind::Value { value, .. } => Some(value),
            _ => None,
        });
    let mut made = values.filter(|value| !matches!(value.kind, ExprKind::None));
    made.all(|value| text(value).contains("mcp"))
}

/// Whether what is started is kept under a key: `clients[session_id] = client`, `clients.set(id, client)`.
pub(crate) fn is_filed(
    source: &Source,
    module: &Module,
    function: Option<FnId>,
    call: &Call,
) -> bool {
    let ExprKind::Attribute { base, .. } = &call.callee.kind else {
        return false;
    };
    let same = |value: &Expr| value.as_name().is_some() && value.as_name() == base.as_name();
    // `clients[id].start()`
    if matches!(base.kind, ExprKind::Subscript { .. }) {
        return true;
    }
    let body = source.body(module.id, function);
    let assigned = statements(body).into_iter().any(|stmt| match &stmt.kind {
        StmtKind::Assign(assign) => {
            let files = |target: &Expr| matches!(target.kind, ExprKind::Subscript { .. });
            let value = assign.value.as_deref();
            assign.targets.iter().any(files)
                && (value.is_some_and(same) || assign.targets.iter().any(same))
        }
        _ => false,
    });
    assigned
        || expressions(body).into_iter().any(|expr| {
            expr.as_call().is_some_and(|put| {
                matches!(put.callee.kind, ExprKind::Attribute { .. })
                    && matches!(put.written_name(), "set" | "setdefault")
                    && put.args.get(1).is_some_and(same)
            })
        })
}

/// How a session ends.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum End {
    /// Nothing ends it.
    Never,
    /// Only where nothing fails in between.
    WithoutFailure,
    /// Whatever happens.
    Always,
}

/// How the session ends that a call begins.
pub(crate) fn end_of(
    callers: &Callers<'_>,
    module: &Module,
    function: Option<FnId>,
    expr: &Expr,
) -> End {
    end(callers, module, function, expr, MOST_HANDS)
}

fn end(
    callers: &Callers<'_>,
    module: &Module,
    function: Option<FnId>,
    expr: &Expr,
    hands: u8,
) -> End {
    let code = callers.code();
    let body = code.source.body(module.id, function);
    if is_ended_here(body, expr)
        || is_ended_by_a_stack(body)
        || function.is_some_and(|id| is_ended_by_class(code, module, id))
    {
        return End::Always;
    }
    let plain = ends(body);
    let Some(id) = function else {
        // A session of the whole process ends with it, where something ends it at all.
        let mut functions = module.functions.iter();
        return match plain || functions.any(|function| ends(&function.body)) {
            true => End::Always,
            false => End::Never,
        };
    };
    if plain {
        return End::WithoutFailure;
    }
    handed_over(callers, module, id, expr, hands).unwrap_or(End::Never)
}

/// Whether code ends a session.
fn ends(body: &[Stmt]) -> bool {
    let mut inner = expressions(body).into_iter().filter_map(Expr::as_call);
    inner.any(|call| END.contains(&call.written_name()))
}

/// Whether a context manager or a `finally` ends it, or whoever it is returned to.
fn is_ended_here(body: &[Stmt], expr: &Expr) -> bool {
    statements(body).into_iter().any(|stmt| match &stmt.kind {
        StmtKind::With(with) => {
            let mut items = with.items.iter();
            items.any(|item| item.context.range.contains(expr.range))
        }
        StmtKind::Try(tried) => ends(&tried.finally),
        StmtKind::Return(Some(value)) => value.range.contains(expr.range),
        _ => false,
    })
}

/// Whether something is registered with a stack of context managers, or for the end of the program.
fn is_ended_by_a_stack(body: &[Stmt]) -> bool {
    let mut inner = expressions(body).into_iter().filter_map(Expr::as_call);
    inner.any(|call| {
        matches!(call.callee.kind, ExprKind::Attribute { .. })
            && matches!(
                call.written_name(),
                "enter_context" | "enter_async_context" | "register" | "callback" | "push"
            )
    })
}

/// Whether the class of a method ends it at its own end.
fn is_ended_by_class(code: &AgentCode<'_>, module: &Module, function: FnId) -> bool {
    let own = code.source.function(function);
    let class = own.and_then(|own| code.source.class(own.class?));
    let closing = ["stop", "close", "exit", "clean", "dispose", "shutdown"];
    class.is_some_and(|class| {
        class.methods.iter().any(|(name, id)| {
            *id != function
                && ends(code.source.body(module.id, Some(*id)))
                && closing.iter().any(|part| name.contains(part))
                && is_used(code, module, name, &class.methods)
        })
    })
}

/// Whether a method that ends a session is called by something beside the class: by its name, or by `with` and the like.
fn is_used(code: &AgentCode<'_>, module: &Module, name: &str, own: &[(Name, FnId)]) -> bool {
    if name.starts_with("__") || name.starts_with('[') {
        return true;
    }
    code.modules().any(|other| {
        other.all_expressions().into_iter().any(|(function, expr)| {
            let named = match &expr.kind {
                ExprKind::Attribute { attr, .. } => **attr == *name,
                ExprKind::Str(text) => **text == *name,
                _ => false,
            };
            // One closing method may call another; who calls that is what counts.
            let inside = other.id == module.id
                && function.is_some_and(|id| own.iter().any(|(_, method)| *method == id));
            named && !inside && function.is_none_or(|id| code.may_run(id))
        })
    })
}

/// Most functions that hand on what was begun.
const MOST_HANDS: u8 = 4;

/// How a session ends whose client a function returns, alone or beside something else: as its callers end it.
fn handed_over(
    callers: &Callers<'_>,
    module: &Module,
    function: FnId,
    expr: &Expr,
    hands: u8,
) -> Option<End> {
    let body = callers.source().body(module.id, Some(function));
    let mut names: BTreeSet<&str> = BTreeSet::new();
    if let Some(ExprKind::Attribute { base, .. }) = expr.as_call().map(|call| &call.callee.kind) {
        names.extend(base.as_name());
    }
    for stmt in statements(body) {
        if let StmtKind::Assign(assign) = &stmt.kind
            && assign
                .value
                .as_ref()
                .is_some_and(|value| value.range.contains(expr.range))
        {
            names.extend(assign.targets.iter().flat_map(named));
        }
    }
    // What a global name keeps is no caller's to end.
    names.retain(|name| {
        let scope = module.scopes.get(function.index as usize + 1);
        scope.is_some_and(|scope| scope.names.contains_key(name))
    });
    let returned = statements(body).into_iter().any(|stmt| {
        matches!(&stmt.kind, StmtKind::Return(Some(value)) if named(value).iter().any(|name| names.contains(name)))
    });
    if !returned {
        return None;
    }
    let Some(hands) = hands.checked_sub(1) else {
        limits::reached(limits::CALLERS, module.id, expr.range);
        return Some(End::Always);
    };
    let uses = callers.of(function);
    let ends = uses.iter().filter(|used| used.called).filter_map(|used| {
        let module = callers.source().module(used.module)?;
        let around = module.function_at(used.expr.range.start);
        let around = around.map(|function| function.id);
        Some(end(callers, module, around, used.expr, hands))
    });
    Some(ends.min().unwrap_or(End::Always))
}

/// The names that an expression is, or that stand in it side by side.
fn named(expr: &Expr) -> Vec<&str> {
    match &expr.kind {
        ExprKind::Name(name) => vec![&**name],
        ExprKind::Tuple(items) | ExprKind::List(items) => {
            items.iter().filter_map(Expr::as_name).collect()
        }
        ExprKind::Dict(entries) => {
            let values = entries.iter().map(|entry| &entry.value);
            values.filter_map(Expr::as_name).collect()
        }
        _ => Vec::new(),
    }
}
