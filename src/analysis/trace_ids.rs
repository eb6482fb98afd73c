//! Who draws the ids of spans and traces in Python: the provider that code makes, generators of the project, `random`.

use std::collections::BTreeSet;

use crate::analysis::agent_code::AgentCode;
use crate::analysis::names::leaf;
use crate::model::source::walk::{expressions, sub_expressions};
use crate::model::source::{Class, EntrypointKind, Expr, FnId, ModuleId, Source};

/// Base classes of generators.
const BASES: [&str; 3] = ["IdGenerator", "RandomIdGenerator", "AwsXRayIdGenerator"];
/// The two methods of a generator.
const METHODS: [&str; 2] = ["generate_span_id", "generate_trace_id"];

/// The tracer provider that code makes itself, or that `StrandsTelemetry()` makes where it is given none
/// (<https://github.com/strands-agents/sdk-python/blob/main/src/strands/telemetry/config.py>).
pub(crate) fn provider<'a>(code: &AgentCode<'a>) -> Option<(ModuleId, &'a Expr)> {
    code.calls().find_map(|(module, _, expr)| {
        let name = code.source.callee_name(module.id, expr)?;
        let makes = match leaf(name) {
            "TracerProvider" => name.starts_with("opentelemetry."),
            "StrandsTelemetry" => {
                let given = expr.as_call()?.argument(0, "tracer_provider");
                name.starts_with("strands.") && given.is_none()
            }
            _ => false,
        };
        makes.then_some((module.id, expr))
    })
}

/// The generator of the project, both of whose methods ask the operating system for entropy, and that something makes.
pub(crate) fn os_generator<'a>(code: &AgentCode<'a>) -> Option<(ModuleId, &'a Class)> {
    let source = code.source;
    let mut made = BTreeSet::new();
    for (module, _, expr) in code.calls() {
        made.extend(source.type_of(module.id, expr).and_then(|made| made.class));
    }
    code.modules().find_map(|module| {
        let mut classes = module.classes.iter();
        let class = classes
            .find(|class| asks_the_system_for_ids(source, class) && made.contains(&class.id))?;
        Some((module.id, class))
    })
}

/// Whether a class is a generator, both of whose methods ask the operating system.
fn asks_the_system_for_ids(source: &Source, class: &Class) -> bool {
    let bases = source.bases(class.id);
    let method = |name: &&str| {
        let method = class.method(name);
        method.is_some_and(|method| runs_on_entropy(source, method))
    };
    bases.iter().any(|base| BASES.contains(&leaf(base))) && METHODS.iter().all(method)
}

/// Whether a function, or what it reaches, asks the operating system for entropy.
fn runs_on_entropy(source: &Source, function: FnId) -> bool {
    source.reach(function).into_iter().any(|id| {
        let body = source.body(id.module, Some(id));
        expressions(body)
            .into_iter()
            .any(|expr| asks_the_system(source, id.module, expr))
    })
}

/// Whether an expression asks the operating system for entropy.
fn asks_the_system(source: &Source, module: ModuleId, expr: &Expr) -> bool {
    let name = source.callee_name(module, expr);
    name.is_some_and(|name| {
        matches!(name, "os.urandom" | "os.getrandom" | "uuid.uuid4")
            || name.starts_with("secrets.")
            || name.starts_with("random.SystemRandom")
    })
}

/// The call that seeds `random` anew, from the operating system, in code that handles requests.
pub(crate) fn reseeded<'a>(code: &AgentCode<'a>) -> Option<(ModuleId, &'a Expr)> {
    let source = code.source;
    let handled = handling(code);
    code.calls().find_map(|(module, function, expr)| {
        let seeds = source.callee_name(module.id, expr) == Some("random.seed");
        let fresh = match expr.as_call()?.args.first() {
            None => true,
            Some(seed) => sub_expressions(seed)
                .into_iter()
                .any(|inner| asks_the_system(source, module.id, inner)),
        };
        let handles = function.is_some_and(|id| handled.contains(&id));
        (seeds && fresh && handles).then_some((module.id, expr))
    })
}

/// The functions that run for requests, pings left out.
fn handling(code: &AgentCode<'_>) -> BTreeSet<FnId> {
    let entries = code.code.entrypoints.iter();
    entries
        .filter(|entry| entry.kind != EntrypointKind::Ping)
        .filter_map(|entry| entry.function)
        .flat_map(|id| code.source.reach(id))
        .collect()
}
