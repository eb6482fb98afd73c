//! The servers that an MCP client is given.

use super::address::Address;
use super::auth::{self, Auth};
use super::url::addresses;
use crate::analysis::call_sites::Callers;
use crate::analysis::limits;
use crate::analysis::names::{Meaning, leaf, package};
use crate::model::source::{Call, Expr, ExprKind, ModuleId};

/// The addresses of an MCP client's servers, with their authentication.
pub(super) fn servers<'a>(
    callers: &Callers<'a>,
    module: ModuleId,
    call: &'a Call,
) -> Vec<(Address, Option<Auth>)> {
    let mut urls: Vec<(ModuleId, &'a Expr)> = Vec::new();
    let arguments =
        call.args
            .iter()
            .take(1)
            .map(|arg| (true, arg))
            .chain(call.keywords.iter().map(|keyword| {
                let url = matches!(keyword.name.as_deref(), Some("url" | "server_url"));
                (url, &keyword.value)
            }));
    for (address, value) in arguments {
        let mut inside = Vec::new();
        nested(callers, module, value, &mut inside);
        if inside.is_empty() && address && !is_container(callers, module, value) {
            inside.push((module, value));
        }
        urls.extend(inside);
    }
    let auth = auth::of_request(callers, module, call, false);
    let mut found = Vec::new();
    for (at, url) in urls {
        let mut places = addresses(callers, at, url);
        if places.is_empty() {
            places.push(Address::default());
        }
        let best = places
            .iter()
            .find(|place| place.host().is_some())
            .unwrap_or(&places[0]);
        found.push((best.clone(), auth.clone()));
    }
    found
}

fn is_container<'a>(callers: &Callers<'a>, module: ModuleId, value: &'a Expr) -> bool {
    let dict = |value: &Expr| matches!(value.kind, ExprKind::Dict(_) | ExprKind::List(_));
    match callers.source().meaning(module, value) {
        Meaning::Value(_, value) => dict(value),
        Meaning::Instance(instance) => !is_plain(&instance.type_name),
        _ => false,
    }
}

/// Whether values of a type are plain: texts, numbers, addresses, what a variable of the environment holds, and what a method of a
/// text gives.
fn is_plain(name: &str) -> bool {
    const TYPES: [&str; 9] = [
        "str",
        "string",
        "String",
        "bytes",
        "int",
        "float",
        "bool",
        "Path",
        "SecretStr",
    ];
    let address = ["Url", "URL", "Uri", "URI", "Dsn"];
    let last = leaf(name);
    matches!(name, "os.getenv" | "os.environ.get")
        || TYPES.contains(&last)
        || TYPES.contains(&package(name))
        || address.iter().any(|end| last.ends_with(end))
        || matches!(last, "urljoin" | "urlunparse" | "urlunsplit")
}

/// Values under `url` keys of a literal, at any depth that configurations have.
fn nested<'a>(
    callers: &Callers<'a>,
    module: ModuleId,
    value: &'a Expr,
    found: &mut Vec<(ModuleId, &'a Expr)>,
) {
    let Some(_step) = limits::follow("servers", limits::CALLERS, module, value) else {
        return;
    };
    let (module, value) = match callers.source().meaning(module, value) {
        Meaning::Value(at, inner) => (at, inner),
        // `dict(crm={"url": …})`, `dict(url=…)`
        Meaning::Instance(instance) if instance.type_name == "dict" => {
            let Some(call) = instance.call else { return };
            let at = instance.module;
            for keyword in &call.keywords {
                entry(callers, at, keyword.name.as_deref(), &keyword.value, found);
            }
            if let Some(first) = call.args.first() {
                nested(callers, at, first, found);
            }
            return;
        }
        _ => (module, value),
    };
    let ExprKind::Dict(entries) = &value.kind else {
        return;
    };
    for one in entries {
        let key = one.key.as_ref().and_then(Expr::as_str);
        entry(callers, module, key, &one.value, found);
    }
}

fn entry<'a>(
    callers: &Callers<'a>,
    module: ModuleId,
    key: Option<&str>,
    value: &'a Expr,
    found: &mut Vec<(ModuleId, &'a Expr)>,
) {
    match key {
        Some("url" | "server_url" | "serverUrl") => found.push((module, value)),
        Some("headers" | "requestInit" | "env") => {}
        _ => nested(callers, module, value, found),
    }
}
