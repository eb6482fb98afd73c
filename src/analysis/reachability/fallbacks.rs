//! Handlers of imports that fail, where what is imported ships.

use crate::analysis::call_sites::Callers;
use crate::analysis::names::package;
use crate::model::distributions::{self, Standard};
use crate::model::source::ir::{ByteRange, Handler, Name, Try};
use crate::model::source::walk::{expressions, statements};
use crate::model::source::{Call, ExprKind, Import, Module, ModuleId, Stmt, StmtKind};

/// The bodies of handlers that do not run: they catch a failed import alone, every import that is tried surely succeeds, and nothing
/// else that is tried is known to import.
pub(super) fn off(callers: &Callers<'_>, module: ModuleId, tried: &Try) -> Vec<ByteRange> {
    let code = callers.code();
    let ships = code.facts.ships.get().filter(|ships| !ships.is_empty());
    let (Some(ships), Some(found)) = (ships, callers.source().module(module)) else {
        return Vec::new();
    };
    let mut handlers = tried
        .handlers
        .iter()
        .filter(|one| is_of_imports(one))
        .peekable();
    if handlers.peek().is_none() {
        return Vec::new();
    }
    let inside = imports(&tried.body);
    let certain = |at: &usize| ships.contains(&(module, *at));
    let body = statements(&tried.body);
    let raises = |stmt: &&Stmt| matches!(stmt.kind, StmtKind::Raise { .. });
    if inside.is_empty() || !inside.iter().all(certain) || body.iter().any(raises) {
        return Vec::new();
    }
    let packages = packages(found, &inside);
    let calls = expressions(&tried.body).into_iter();
    let mut calls = calls.filter_map(|expr| match &expr.kind {
        ExprKind::Call(call) => Some(&**call),
        _ => None,
    });
    let imports_nothing = |call: &Call| {
        let name = callers.source().outside_callee(module, call);
        name.is_some_and(|name| imports_nothing(name, &packages))
    };
    if !calls.all(imports_nothing) {
        return Vec::new();
    }
    // The same package by another name is for another release, and which one is there is not asked.
    let other = |handler: &&Handler| {
        let instead = imports(&handler.body);
        let instead = self::packages(found, &instead);
        !instead.iter().any(|package| packages.contains(package))
    };
    handlers
        .filter(other)
        .filter_map(|handler| super::span(&handler.body))
        .collect()
}

/// Whether a handler catches failed imports and nothing else.
fn is_of_imports(handler: &Handler) -> bool {
    let is = |name: &Name| matches!(&**name, "ImportError" | "ModuleNotFoundError");
    let mut types = handler.types.iter();
    !handler.types.is_empty() && types.all(|one| one.last_name().is_some_and(is))
}

/// The imports of a body, by their numbers in the module.
fn imports(body: &[Stmt]) -> Vec<usize> {
    let found = statements(body).into_iter();
    { found }
        .filter_map(|stmt| match &stmt.kind {
            StmtKind::Import(found) => Some(found.iter().copied()),
            _ => None,
        })
        .flatten()
        .collect()
}

/// The packages that imports name.
fn packages<'m>(module: &'m Module, imports: &[usize]) -> Vec<&'m str> {
    let named = |import: &'m Import| import.module.split('.').next().unwrap_or("");
    let imports = imports.iter().filter_map(|at| module.imports.get(*at));
    imports.map(named).collect()
}

/// Whether a function outside of the project is one of these packages, of the standard library, or built in, and does not import by a name.
fn imports_nothing(name: &str, packages: &[&str]) -> bool {
    let of = package(name);
    let imports = matches!(of, "importlib" | "__import__" | "exec" | "eval" | "runpy");
    let standard = || matches!(distributions::standard(of, None), Standard::Present);
    !imports && (packages.contains(&of) || !name.contains('.') || standard())
}
