//! What is written out in code: numbers and texts, and whole addresses and hosts where something is likely to be reached by them.

use crate::analysis::agent_code::AgentCode;
use crate::analysis::call_sites::Callers;
use crate::analysis::environment::read;
use crate::model::source::walk::{Node, statements, walk, walk_node};
use crate::model::source::{Expr, ExprKind, FnId, Module, Source, StmtKind};

/// Parts of names that hold an address.
const ADDRESSES: [&str; 18] = [
    "url",
    "uri",
    "host",
    "server",
    "endpoint",
    "addr",
    "base",
    "node",
    "broker",
    "dsn",
    "api",
    "gateway",
    "proxy",
    "origin",
    "service",
    "link",
    "webhook",
    "connection",
];
/// What a name must hold for a text without a scheme to count as a host: code names hosts in block lists too.
const HOSTS: [&str; 9] = [
    "host", "server", "endpoint", "addr", "url", "uri", "node", "broker", "dsn",
];
/// Names whose value only looks like an address: it identifies something.
const IDENTIFIERS: [&str; 7] = [
    "$id",
    "$schema",
    "@context",
    "xmlns",
    "namespace",
    "schemaurl",
    "schema_url",
];
/// Functions and methods that open nothing by the text that they are given.
const INERT: [&str; 30] = [
    "print",
    "debug",
    "info",
    "warning",
    "warn",
    "error",
    "exception",
    "log",
    "startswith",
    "startsWith",
    "endswith",
    "endsWith",
    "includes",
    "replace",
    "replaceAll",
    "split",
    "strip",
    "append",
    "push",
    "add",
    "compile",
    "match",
    "dumps",
    "stringify",
    "len",
    "uuid5",
    "uuid3",
    "register_namespace",
    "bind",
    "QName",
];

/// Longest text that is a value, and no prose.
const SHORT: usize = 255;

/// Whether a number, or a short text, that stands anywhere in the modules that run fits.
pub(crate) fn any_literal(code: &AgentCode<'_>, fits: impl Fn(&str) -> bool) -> bool {
    code.modules().any(|module| {
        let mut expressions = module.all_expressions().into_iter();
        expressions.any(|(_, expr)| match &expr.kind {
            ExprKind::Number(number) => fits(number),
            ExprKind::Str(text) => text.len() <= SHORT && fits(text),
            _ => false,
        })
    })
}

/// The whole addresses of a module that reach a call, or stand under a name that is one of an address. `http` identifiers of
/// schemas and namespaces are none.
pub(crate) fn addresses<'a>(source: &'a Source, module: &'a Module) -> Vec<(&'a Expr, &'a str)> {
    let mut found = Vec::new();
    if !module.may_write("://") {
        return found;
    }
    let mut visit = |path: &[Node<'a>], node: Node<'a>, function: Option<FnId>| {
        if let Node::Expr(expr) = node
            && let ExprKind::Str(text) = &expr.kind
            && let Some((scheme, _)) = text.split_once("://")
            && !text.contains(char::is_whitespace)
        {
            let web = matches!(scheme, "http" | "https");
            if reaches(source, module, path, expr, function, web) {
                found.push((expr, &**text));
            }
        }
        true
    };
    walk(&module.body, &mut |path, node| visit(path, node, None));
    for class in &module.classes {
        walk(&class.body, &mut |path, node| visit(path, node, None));
    }
    for function in &module.functions {
        walk(&function.body, &mut |path, node| {
            visit(path, node, Some(function.id))
        });
        for param in &function.params {
            if let Some(default) = param.default.as_deref()
                && named(&param.name)
            {
                walk_node(Node::Expr(default), &mut |path, node| {
                    path.is_empty() && visit(path, node, Some(function.id))
                });
            }
        }
    }
    found
}

/// Whether a name is one of an address.
fn named(name: &str) -> bool {
    let lower = name.to_lowercase();
    !IDENTIFIERS.iter().any(|word| lower.contains(word))
        && ADDRESSES.iter().any(|word| lower.contains(word))
}

/// Whether what stands at the end of a path is given to a call or kept under the name of an address; what is no web address is
/// one of a service wherever it is kept.
fn reaches(
    source: &Source,
    module: &Module,
    path: &[Node<'_>],
    expr: &Expr,
    function: Option<FnId>,
    web: bool,
) -> bool {
    let kept = |name: &str| named(name) || !web && !identifies(name);
    let mut inner = expr.range;
    for node in path.iter().rev() {
        match node {
            Node::Expr(outer) => match &outer.kind {
                ExprKind::Call(call) => {
                    if call.callee.range.contains(inner) {
                        // `"http://…".format(…)`.
                        inner = outer.range;
                        continue;
                    }
                    let keyword = call
                        .keywords
                        .iter()
                        .find(|keyword| keyword.value.range.contains(inner));
                    if let Some(name) = keyword.and_then(|keyword| keyword.name.as_deref()) {
                        return kept(name);
                    }
                    let name = call.written_name();
                    return !INERT.contains(&name) && !identifies(name);
                }
                ExprKind::Dict(entries) => {
                    let entry = entries
                        .iter()
                        .find(|entry| entry.value.range.contains(inner));
                    let key = entry
                        .and_then(|entry| entry.key.as_ref())
                        .and_then(|key| source.string(module.id, key));
                    match key {
                        Some(key) if kept(&key) => return true,
                        Some(key) if identifies(&key) => return false,
                        // A table of addresses: what it is kept under says.
                        _ => inner = outer.range,
                    }
                }
                ExprKind::Compare(_) => return false,
                _ => inner = outer.range,
            },
            Node::Stmt(stmt) => {
                return match &stmt.kind {
                    StmtKind::Assign(assign) => {
                        assign.targets.iter().any(|target| match &target.kind {
                            ExprKind::Name(name) | ExprKind::Attribute { attr: name, .. } => {
                                kept(name)
                            }
                            ExprKind::Subscript { index, .. } => index.as_str().is_some_and(kept),
                            _ => false,
                        })
                    }
                    StmtKind::Return(_) => function
                        .and_then(|id| module.function(id))
                        .is_some_and(|function| kept(&function.name)),
                    _ => false,
                };
            }
            Node::Handler(_) | Node::Case(_) => return false,
        }
    }
    // A default of a parameter, whose name was looked at.
    path.is_empty()
}

/// The literal texts of a module that stand alone, or in a list, under a name that is one of a host: keywords, keys, defaults of
/// variables, and then what is assigned. `10.0.0.0/8` is a range, not a host.
pub(crate) fn hosts<'a>(callers: &Callers<'a>, module: &'a Module) -> Vec<(&'a Expr, &'a str)> {
    let mut found = Vec::new();
    module.each_expression(&mut |_, expr| hosts_given(callers, module, expr, &mut found));
    let bodies = std::iter::once(&module.body)
        .chain(module.functions.iter().map(|function| &function.body))
        .chain(module.classes.iter().map(|class| &class.body));
    for stmt in bodies.flat_map(|body| statements(body)) {
        if let StmtKind::Assign(assign) = &stmt.kind
            && let (Some(target), Some(value)) = (assign.targets.first(), assign.value.as_deref())
            && let Some(name) = target.last_name()
        {
            host(name, value, &mut found);
        }
    }
    found
}

/// The hosts that stand in a call or a mapping, each under its name.
fn hosts_given<'a>(
    callers: &Callers<'a>,
    module: &'a Module,
    expr: &'a Expr,
    found: &mut Vec<(&'a Expr, &'a str)>,
) {
    match &expr.kind {
        ExprKind::Call(call) => {
            for keyword in &call.keywords {
                if let Some(name) = keyword.name.as_deref() {
                    host(name, &keyword.value, found);
                }
            }
            if let Some(read) = read(callers, module.id, expr)
                && let Some(default) = read.default
            {
                for name in read.names(callers.source()) {
                    host(&name, default, found);
                }
            }
        }
        ExprKind::Dict(entries) => {
            for entry in entries {
                if let Some(name) = entry.key.as_ref().and_then(Expr::as_str) {
                    host(name, &entry.value, found);
                }
            }
        }
        _ => {}
    }
}

/// A text without a path, under a name that is one of a host.
fn host<'a>(name: &str, value: &'a Expr, found: &mut Vec<(&'a Expr, &'a str)>) {
    let lower = name.to_lowercase();
    if !HOSTS.iter().any(|word| lower.contains(word)) {
        return;
    }
    let values = match &value.kind {
        ExprKind::List(items) | ExprKind::Tuple(items) => &**items,
        _ => std::slice::from_ref(value),
    };
    let texts = values
        .iter()
        .filter_map(|value| Some((value, value.as_str()?)));
    found.extend(texts.filter(|(_, text)| !text.contains('/')));
}

fn identifies(name: &str) -> bool {
    let lower = name.to_lowercase();
    IDENTIFIERS.iter().any(|word| lower.contains(word))
}
