//! What is put into the conversation of an agent after it was built: `agent.messages = history`, `agent.messages.append(message)`.

use crate::analysis::call_sites::{parameter, some_given};
use crate::analysis::names::{leaf, package};
use crate::analysis::outward::is_agent_package;
use crate::analysis::values::bound;
use crate::model::source::ir::StmtKind;
use crate::model::source::walk::{expressions, statements};
use crate::model::source::{Call, Expr, ExprKind, FnId, ModuleId, Source};

/// What is reached by what becomes part of an agent's conversation, in words.
pub(crate) const CONVERSATION: &str = "the conversation of an agent";

/// Members under which an agent keeps what was said.
const MEMBERS: [&str; 2] = ["messages", "chat_history"];

/// Methods that put something into a list.
const PUTS: [&str; 6] = ["append", "extend", "insert", "push", "unshift", "splice"];

/// The values that a function puts into the conversation of an agent, each with the place that it is put into.
pub(super) fn put(source: &Source, function: FnId) -> Vec<(&Expr, &Expr)> {
    let writes = |member: &&str| {
        let module = source.module(function.module);
        module.is_some_and(|module| module.may_write(member))
    };
    if !MEMBERS.iter().any(writes) {
        return Vec::new();
    }
    let body = source.body(function.module, Some(function));
    let mut found = Vec::new();
    for stmt in statements(body) {
        if let StmtKind::Assign(assign) = &stmt.kind
            && let Some(value) = &assign.value
        {
            found.extend(assign.targets.iter().filter_map(|to| assigned(to, value)));
        }
    }
    for expr in expressions(body) {
        match &expr.kind {
            ExprKind::Assign { target, value } => found.extend(assigned(target, value)),
            ExprKind::Call(call) => found.extend(given(call)),
            _ => {}
        }
    }
    found.retain(|(_, list)| is_conversation(source, function.module, list));
    found
}

/// A value with the member that it replaces, or a part of it: `agent.messages = …`, `agent.messages[:] = …`.
fn assigned<'s>(target: &'s Expr, value: &'s Expr) -> Option<(&'s Expr, &'s Expr)> {
    match &target.kind {
        ExprKind::Attribute { .. } => Some((value, target)),
        ExprKind::Subscript { base, .. } => Some((value, base)),
        _ => None,
    }
}

/// What a call puts into a list, each with the list.
fn given(call: &Call) -> impl Iterator<Item = (&Expr, &Expr)> {
    let list = match &call.callee.kind {
        ExprKind::Attribute { base, attr } if PUTS.contains(&&**attr) => Some(&**base),
        _ => None,
    };
    let values = list.into_iter().flat_map(|_| &call.args);
    values.filter_map(move |value| Some((value, list?)))
}

/// Whether an expression is the conversation of an agent, or a name of it.
fn is_conversation(source: &Source, module: ModuleId, list: &Expr) -> bool {
    let member = |list: &Expr| match &list.kind {
        ExprKind::Attribute { base, attr } => {
            MEMBERS.contains(&&**attr) && is_agent(source, module, base)
        }
        _ => false,
    };
    match list.as_name() {
        Some(name) => bound(source, module, name, list.range.start)
            .into_iter()
            .any(member),
        None => member(list),
    }
}

/// Whether a value is an agent: by what made it, by what callers give, and where nobody can tell, by its name.
fn is_agent(source: &Source, module: ModuleId, value: &Expr) -> bool {
    let made = |module: ModuleId, value: &Expr| {
        let made = source.type_of(module, value)?;
        Some(match made.class {
            Some(class) => source.bases(class).iter().any(|base| names_an_agent(base)),
            None => names_an_agent(&made.type_name),
        })
    };
    if let Some(known) = made(module, value) {
        return known;
    }
    let callers = parameter(source, module, value)
        .map(|(function, index)| some_given(source, function, index).0)
        .unwrap_or_default();
    let known: Vec<bool> = callers
        .into_iter()
        .filter_map(|(module, value)| made(module, value))
        .collect();
    match known.is_empty() {
        true => is_called_agent(value),
        false => known.contains(&true),
    }
}

/// Whether a class is one of an agent of a framework.
fn names_an_agent(class: &str) -> bool {
    is_agent_package(package(class)) && leaf(class).ends_with("Agent")
}

/// Whether a name, or the member or function that gives the value, is called `agent`.
fn is_called_agent(value: &Expr) -> bool {
    match &value.kind {
        ExprKind::Name(name) | ExprKind::Attribute { attr: name, .. } => {
            name.to_ascii_lowercase().ends_with("agent")
        }
        ExprKind::Call(call) => is_called_agent(&call.callee),
        ExprKind::Await(inner) => is_called_agent(inner),
        ExprKind::Subscript { base, .. } => {
            let last = base.last_name().map(|name| name.to_ascii_lowercase());
            last.is_some_and(|name| name.ends_with("agent") || name.ends_with("agents"))
        }
        _ => false,
    }
}
