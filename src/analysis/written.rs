//! What is written out in code: numbers and texts, and whole addresses where something is likely to be reached by them.

use crate::analysis::agent_code::AgentCode;
use crate::model::source::walk::{Node, walk, walk_node};
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

fn identifies(name: &str) -> bool {
    let lower = name.to_lowercase();
    IDENTIFIERS.iter().any(|word| lower.contains(word))
}
