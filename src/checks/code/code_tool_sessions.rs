//! `code-tool-sessions`: Tool sessions are ended whatever happens.

use std::collections::BTreeSet;

use crate::analysis::agent_code::{self, AgentCode};
use crate::analysis::call_sites::Callers;
use crate::analysis::limits;
use crate::analysis::names::{leaf, package};
use crate::checks::{Category, Check, Need};
use crate::context::Context;
use crate::model::finding::{Fix, Outcome, Severity};
use crate::model::source::ir::Name;
use crate::model::source::module::BindingKind;
use crate::model::source::walk::{expressions, statements};
use crate::model::source::{Call, Expr, ExprKind, FnId, Module, ModuleId, Stmt, StmtKind};

pub(super) static CHECK: Check = Check {
    id: "code-tool-sessions",
    title: "Tool sessions are ended whatever happens",
    category: Category::Code,
    severity: Severity::Medium,
    needs: &[Need::Code],
    page: include_str!("code_tool_sessions.md"),
    references: &[
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/browser-tool.html",
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/code-interpreter-tool.html",
    ],
    run,
};

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

fn run(context: &Context) -> Vec<Outcome> {
    crate::checks::agents::each(context, judge)
}

/// How a session ends.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum End {
    Never,
    /// Only where nothing fails in between.
    WithoutFailure,
    Always,
}

fn judge(code: &AgentCode<'_>) -> Outcome {
    let mut found = Vec::new();
    let (mut count, mut kept) = (0, 0);
    let mut filed = false;
    let callers = Callers::new(code);
    for (module, function, expr) in code.calls() {
        let Some(call) = expr.as_call() else { continue };
        let Some(what) = begins(code, module, expr, call) else {
            continue;
        };
        count += 1;
        if is_of_the_process(module, function, call)
            || what.starts_with("MCP") && function.is_some_and(|id| is_run_once(&callers, id))
        {
            count -= 1;
            kept += 1;
            continue;
        }
        let note = match end(&callers, module, function, expr, MOST_HANDS) {
            End::Always => continue,
            End::Never => format!("{what} begins a session that nothing here ends"),
            End::WithoutFailure => {
                format!(
                    "{what} begins a session that goes on where anything fails before it is ended"
                )
            }
        };
        if found.is_empty() {
            filed = is_filed(code, module, function, call);
        }
        found.push(agent_code::evidence(code.source, module.id, expr.range).note(note));
    }
    let name = &code.runtime.name;
    let Some(first) = found.first() else {
        let message = match count {
            0 if kept > 0 => format!(
                "runtime {name} keeps {kept} MCP client(s) for the life of its process, and begins no other session of a tool itself"
            ),
            0 => format!(
                "runtime {name} begins no session of a tool itself ({})",
                code.scope()
            ),
            _ => format!(
                "runtime {name} ends the {count} session(s) of tools that it begins, whatever happens"
            ),
        };
        return Outcome::pass(code.resource(), message);
    };
    let cost = match (first.note.starts_with("MCP"), filed) {
        (true, true) => {
            "each key that a client is kept under holds a connection and its thread until the process ends"
        }
        (true, false) => "each call leaves a connection and its thread behind",
        (false, _) => "it is paid for, and counts against the quota, until its own timeout",
    };
    let message = format!("runtime {name}: {}; {cost}", first.note);
    Outcome::fail(code.resource(), message).evidences(found).fix(
        Fix::new("End it in a context manager or `finally`").note(
            "Python: `with browser_session(region) as browser:`, `with code_session(region) as interpreter:`, `with MCPClient(…) as client:`, or stop() in a `finally`. TypeScript: stop in `finally`, or `await using`",
        ),
    )
}

/// Whether what is started is kept under a key: `clients[session_id] = client`, `clients.set(id, client)`.
fn is_filed(code: &AgentCode<'_>, module: &Module, function: Option<FnId>, call: &Call) -> bool {
    let ExprKind::Attribute { base, .. } = &call.callee.kind else {
        return false;
    };
    let same = |value: &Expr| value.as_name().is_some() && value.as_name() == base.as_name();
    // `clients[id].start()`
    if matches!(base.kind, ExprKind::Subscript { .. }) {
        return true;
    }
    let body = code.source.body(module.id, function);
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
                matches!(&put.callee.kind, ExprKind::Attribute { attr, .. } if matches!(&**attr, "set" | "setdefault"))
                    && put.args.get(1).is_some_and(same)
            })
        })
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

/// What begins a session, in words.
fn begins(code: &AgentCode<'_>, module: &Module, expr: &Expr, call: &Call) -> Option<String> {
    let written = match &call.callee.kind {
        ExprKind::Name(name) => &**name,
        ExprKind::Attribute { attr, .. } => &**attr,
        _ => return None,
    };
    if BEGIN.contains(&written) && code.source.callee(module.id, expr).is_none() {
        return Some(written.to_owned());
    }
    let name = code.source.callee_name(module.id, expr);
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
    let made = code.source.type_of(module.id, base)?;
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

fn end(
    callers: &Callers<'_>,
    module: &Module,
    function: Option<FnId>,
    expr: &Expr,
    hands: u8,
) -> End {
    let code = callers.code();
    let body = code.source.body(module.id, function);
    let ends = |body: &[Stmt]| {
        expressions(body).into_iter().any(|inner| {
            inner.as_call().is_some_and(|call| match &call.callee.kind {
                ExprKind::Attribute { attr, .. } => END.contains(&&**attr),
                ExprKind::Name(name) => END.contains(&&**name),
                _ => false,
            })
        })
    };
    let mut plain = ends(body);
    for stmt in statements(body) {
        match &stmt.kind {
            StmtKind::With(with) => {
                let managed = with
                    .items
                    .iter()
                    .any(|item| item.context.range.contains(expr.range));
                if managed {
                    return End::Always;
                }
            }
            StmtKind::Try(tried) if ends(&tried.finally) => return End::Always,
            // Whoever gets it ends it.
            StmtKind::Return(Some(value)) if value.range.contains(expr.range) => {
                return End::Always;
            }
            _ => {}
        }
    }
    // A stack of context managers, or a class or a program that ends it at its own end.
    let around = expressions(body).into_iter().any(|inner| {
        inner.as_call().is_some_and(|call| {
            matches!(&call.callee.kind, ExprKind::Attribute { attr, .. } if matches!(&**attr, "enter_context" | "enter_async_context" | "register" | "callback" | "push"))
        })
    });
    if around {
        return End::Always;
    }
    let class = function
        .and_then(|id| code.source.function(id))
        .and_then(|function| code.source.class(function.class?));
    if let Some(class) = class {
        let closes = class.methods.iter().any(|(name, id)| {
            let own = Some(*id) != function && ends(code.source.body(module.id, Some(*id)));
            let named = ["stop", "close", "exit", "clean", "dispose", "shutdown"];
            own && named.iter().any(|part| name.contains(part))
                && is_used(code, module, name, &class.methods)
        });
        if closes {
            return End::Always;
        }
    }
    if function.is_none() {
        // A session of the whole process ends with it, where something ends it at all.
        plain |= module.functions.iter().any(|function| ends(&function.body));
        return if plain { End::Always } else { End::Never };
    }
    if !plain
        && let Some(end) = function.and_then(|id| handed_over(callers, module, id, expr, hands))
    {
        return end;
    }
    if plain {
        End::WithoutFailure
    } else {
        End::Never
    }
}
