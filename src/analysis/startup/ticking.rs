//! Caches whose entries age by the monotonic clock, filled at startup: after a restore their entries look fresh for ever.

use super::fate::Ground;
use super::index::{around, is_written};
use super::values::Made;
use super::{Place, Startup};
use crate::analysis::api::{Api, api};
use crate::model::source::{Call, Expr, ExprKind, FnId, Language, ModuleId, Source};

/// The row of the table that says what such an entry is.
const ENTRY: &str = "cachetools.TTLCache.entry";

/// What startup code puts into caches with a monotonic timer.
pub(super) fn filled<'a>(ground: &Ground<'_, 'a>, startup: &Startup<'_, 'a>) -> Vec<Made> {
    let source = ground.callers.source();
    let Some(entry) = api(Language::Python, ENTRY) else {
        return Vec::new();
    };
    let mut found: Vec<Made> = Vec::new();
    // `CACHE["rates"] = load()`
    for (module, expr, from) in &startup.attributes {
        let ExprKind::Subscript { base, .. } = &expr.kind else {
            continue;
        };
        let Some(place) = source.module(*module) else {
            continue;
        };
        let (_, path) = around(place, expr.range);
        if is_written(&path, expr.range) && is_monotonic(source, *module, base) {
            found.push(made(
                ground,
                entry,
                *module,
                base,
                (*module, expr.range),
                *from,
            ));
        }
    }
    for call in &startup.calls {
        let place = (call.module, call.expr.range);
        if let Some(callee) = call.callee {
            // `@cached(TTLCache(1, 300))` on a function that startup code calls.
            if caches(source, callee)
                && let Some(read) = ground.cached(callee)
            {
                let mut value = base(entry, place, call.from);
                value.fate.read = Some(read);
                value.fate.kept = source
                    .function(callee)
                    .map(|function| ((callee.module, function.header), function.name.to_string()));
                found.push(value);
            }
            continue;
        }
        // `CACHE.update(load())`
        let Some(Call { callee, .. }) = call.expr.as_call() else {
            continue;
        };
        if let ExprKind::Attribute { base, attr } = &callee.kind
            && matches!(&**attr, "update" | "setdefault" | "__setitem__")
            && is_monotonic(source, call.module, base)
        {
            found.push(made(ground, entry, call.module, base, place, call.from));
        }
    }
    found
}

fn base(api: &'static Api, place: Place, from: Option<Place>) -> Made {
    Made {
        api,
        name: ENTRY.to_owned(),
        place,
        from,
        fate: super::Fate::default(),
        entering: false,
        held: false,
    }
}

fn made<'a>(
    ground: &Ground<'_, 'a>,
    api: &'static Api,
    module: ModuleId,
    cache: &'a Expr,
    place: Place,
    from: Option<Place>,
) -> Made {
    Made {
        fate: ground.follow_object(module, cache),
        ..base(api, place, from)
    }
}

/// Whether an expression is a cache whose entries age by the monotonic clock.
fn is_monotonic(source: &Source, module: ModuleId, expr: &Expr) -> bool {
    let Some(made) = source.type_of(module, expr) else {
        return false;
    };
    is_ttl(&made.type_name)
        && made
            .call
            .is_some_and(|call| ticks(source, made.module, call))
}

fn is_ttl(name: &str) -> bool {
    matches!(
        name,
        "cachetools.TTLCache" | "cachetools.TLRUCache" | "cachetools.func.ttl_cache"
    )
}

/// Whether the timer of a cache is the monotonic clock, which is the default.
fn ticks(source: &Source, module: ModuleId, call: &Call) -> bool {
    let timer = call.option("timer").or_else(|| call.args.get(2));
    timer.is_none_or(|timer| {
        let name = source.canonical(module, timer).unwrap_or_default();
        matches!(
            &*name,
            "time.monotonic" | "time.perf_counter" | "time.process_time"
        )
    })
}

/// Whether what a function answers is kept in such a cache.
fn caches(source: &Source, id: FnId) -> bool {
    let Some(function) = source.function(id) else {
        return false;
    };
    function.decorators.iter().any(|decorator| {
        let target = decorator.as_call().map_or(decorator, |call| &call.callee);
        let name = source.canonical(id.module, target).unwrap_or_default();
        if is_ttl(&name) {
            return decorator
                .as_call()
                .is_none_or(|call| ticks(source, id.module, call));
        }
        let cached = matches!(&*name, "cachetools.cached" | "cachetools.cachedmethod");
        cached
            && decorator.as_call().is_some_and(|call| {
                let cache = call.args.first().or_else(|| call.option("cache"));
                cache.is_some_and(|cache| is_monotonic(source, id.module, cache))
            })
    })
}
