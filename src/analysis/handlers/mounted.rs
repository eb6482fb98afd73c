//! Routers that an application includes: routes of any other serve nobody, though a package imports them.

use std::collections::HashSet;

use super::decorator;
use crate::analysis::names::{Meaning, leaf, package};
use crate::model::source::ir::{Call, Expr, ExprKind, StmtKind};
use crate::model::source::module::Module;
use crate::model::source::walk::statements;
use crate::model::source::{Entrypoint, EntrypointKind, ModuleId, Source};

/// Methods that put a router into an application or into another router.
const INCLUDES: [&str; 4] = [
    "include_router",
    "register_blueprint",
    "mount",
    "register_router",
];

/// Leaves out the routes of routers that nothing in these modules uses.
pub(super) fn retain_served(source: &Source, modules: &[ModuleId], found: &mut Vec<Entrypoint>) {
    let routers: Vec<Option<usize>> = found
        .iter()
        .map(|entry| registered_on(source, entry))
        .collect();
    if routers.iter().all(Option::is_none) {
        return;
    }
    let mut used = HashSet::new();
    for module in modules.iter().filter_map(|id| source.module(*id)) {
        if !uses(source, module, &mut used) {
            return;
        }
    }
    let mut routers = routers.into_iter();
    found.retain(|_| {
        let router = routers.next().flatten();
        router.is_none_or(|router| used.contains(&router))
    });
}

/// The router on which a decorator registers a route, by the address of the call that made it.
fn registered_on(source: &Source, entry: &Entrypoint) -> Option<usize> {
    if !matches!(
        entry.kind,
        EntrypointKind::Route | EntrypointKind::WebSocket
    ) {
        return None;
    }
    let (_, decorator) = decorator(source, entry)?;
    let target = decorator.as_call().map_or(decorator, |call| &call.callee);
    let ExprKind::Attribute { base, .. } = &target.kind else {
        return None;
    };
    router(source, entry.module, base)
}

/// The router that an expression is, by the address of the call that made it.
fn router(source: &Source, module: ModuleId, expr: &Expr) -> Option<usize> {
    let Meaning::Instance(made) = source.meaning(module, expr) else {
        return None;
    };
    let kind = (package(&made.type_name), leaf(&made.type_name));
    let known = matches!(
        kind,
        ("fastapi", "APIRouter") | ("flask" | "quart" | "sanic", "Blueprint")
    );
    let call: &Call = made.call.filter(|_| known)?;
    Some(std::ptr::from_ref(call) as usize)
}

/// Gathers the routers that a module gives to something; false where what it includes cannot be told.
fn uses(source: &Source, module: &Module, used: &mut HashSet<usize>) -> bool {
    let mut known = true;
    let mut given = |value: &Expr| {
        if matches!(value.kind, ExprKind::Name(_) | ExprKind::Attribute { .. }) {
            let router = router(source, module.id, value);
            used.extend(router);
            return router.is_some();
        }
        false
    };
    module.each_expression(&mut |_, expr| match &expr.kind {
        ExprKind::Call(call) => {
            let mut any = false;
            for value in call.args.iter().chain(call.keywords.iter().map(|keyword| &keyword.value)) {
                any |= given(value);
            }
            let includes = matches!(&call.callee.kind, ExprKind::Attribute { attr, .. } if INCLUDES.contains(&&**attr));
            let foreign = |value: &Expr| {
                matches!(source.meaning(module.id, value), Meaning::Instance(made) if !matches!(leaf(&made.type_name), "APIRouter" | "Blueprint"))
            };
            known &= !includes || any || call.args.iter().any(foreign);
        }
        ExprKind::List(items) | ExprKind::Tuple(items) | ExprKind::Set(items) => {
            items.iter().for_each(|item| {
                given(item);
            });
        }
        ExprKind::Dict(entries) => entries.iter().for_each(|entry| {
            given(&entry.value);
        }),
        // `app.router.routes.extend(router.routes)`
        ExprKind::Attribute { base, attr } if &**attr == "routes" => {
            given(base);
        }
        _ => {}
    });
    for function in &module.functions {
        for stmt in statements(&function.body) {
            if let StmtKind::Return(Some(value)) = &stmt.kind {
                given(value);
            }
        }
    }
    known
}
