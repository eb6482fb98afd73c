//! How code uses memories: which namespaces of long-term records it reads, which memory a call is for, and where its id comes from.

use crate::analysis::call_sites::Callers;
use crate::analysis::clients::entries::option;
use crate::analysis::clients::text::{HOLE, text};
use crate::analysis::environment;
use crate::analysis::names::{Meaning, leaf};
use crate::analysis::values::{At, Domain, bound, eval, eval_each};
use crate::model::source::ir::FormatPart;
use crate::model::source::{Call, Expr, ExprKind, Module, ModuleId, Source};

/// Methods that read long-term records, with the place of the namespace among the positional arguments.
const READERS: [(&str, usize); 6] = [
    ("retrieve_memories", 1),
    ("search_long_term_memories", 1),
    ("list_long_term_memory_records", 0),
    ("retrieve_memory_records", usize::MAX),
    ("list_memory_records", usize::MAX),
    ("wait_for_memories", 1),
];
/// The command objects of the JavaScript SDK that do.
const COMMANDS: [&str; 2] = ["RetrieveMemoryRecordsCommand", "ListMemoryRecordsCommand"];
/// Options that name a namespace. The first two have to be it, part by part; the others may be its beginning.
const NAMESPACES: [&str; 4] = [
    "namespace",
    "namespace_prefix",
    "namespace_path",
    "namespacePath",
];
const EXACT: usize = 2;
/// Options that hold the id of a memory.
const IDS: [&str; 2] = ["memory_id", "memoryId"];

/// A namespace that code reads.
pub(crate) struct Read<'a> {
    /// The namespace.
    pub(crate) namespace: At<'a>,
    /// The call that reads it.
    pub(crate) call: At<'a>,
    /// Only records of exactly this namespace are found, not those below it.
    pub(crate) whole: bool,
}

/// The namespaces that the code of all runtimes reads.
pub(crate) fn reads(source: &Source) -> Vec<Read<'_>> {
    let runtimes = source.runtimes.iter();
    let mut modules: Vec<ModuleId> = runtimes
        .flat_map(|runtime| runtime.reachable.iter().copied())
        .collect();
    modules.sort_unstable();
    modules.dedup();
    let mut found = Vec::new();
    for module in modules.into_iter().filter_map(|id| source.module(id)) {
        for (_, expr) in module.calls() {
            let Some(call) = expr.as_call() else {
                continue;
            };
            let read = namespaces(source, module, expr, call).into_iter();
            found.extend(read.map(|(namespace, whole)| Read {
                namespace,
                call: At::new(module.id, expr),
                whole,
            }));
        }
    }
    found
}

/// The namespaces that a call reads.
fn namespaces<'a>(
    source: &'a Source,
    module: &'a Module,
    expr: &'a Expr,
    call: &'a Call,
) -> Vec<(At<'a>, bool)> {
    let Some(written) = call.callee.last_name() else {
        return Vec::new();
    };
    let reader = READERS.iter().find(|(name, _)| *name == &**written);
    let canonical = match reader {
        Some(_) => None,
        None => source.callee_name(module.id, expr),
    };
    let name = canonical.map_or(&**written, leaf);
    let get = |name: &str| option(source, module.id, call, name);
    if reader.is_some() || call.is_new && COMMANDS.contains(&name) {
        let named = NAMESPACES
            .iter()
            .enumerate()
            .find_map(|(index, name)| Some((get(name)?, index < EXACT)));
        let given = named.or_else(|| {
            let (_, place) = reader?;
            let arg = call.args.get(*place)?;
            Some((At::new(module.id, arg), true))
        });
        return given.into_iter().collect();
    }
    if name == "AgentCoreMemoryConfig"
        && let Some(config) = get("retrieval_config")
    {
        let keys = eval(&mut Keys { source }, config).into_iter();
        return keys.map(|key| (key, false)).collect();
    }
    Vec::new()
}

/// The keys of a mapping.
struct Keys<'a> {
    source: &'a Source,
}

impl<'a> Domain<'a> for Keys<'a> {
    type Known = Vec<At<'a>>;
    const QUESTION: &'static str = "keys";

    fn unknown(&mut self, _at: At<'a>) -> Vec<At<'a>> {
        Vec::new()
    }

    fn one_of(&mut self, at: At<'a>, ways: &[&'a Expr]) -> Vec<At<'a>> {
        eval_each(self, ways.iter().map(|way| at.to(way)))
    }

    fn other(&mut self, at: At<'a>) -> Vec<At<'a>> {
        if let ExprKind::Dict(entries) = &at.expr.kind {
            let own = entries.iter().filter_map(|entry| entry.key.as_ref());
            return own.map(|key| at.to(key)).collect();
        }
        let values = at.expr.as_name().map_or_else(Vec::new, |name| {
            bound(self.source, at.module, name, at.expr.range.start)
        });
        match self.source.meaning(at.module, at.expr) {
            Meaning::Value(module, value) if values.is_empty() && !value.is(at.expr) => {
                eval(self, At::new(module, value))
            }
            _ => eval_each(self, values.into_iter().map(|value| at.to(value))),
        }
    }
}

/// Whether each variable part of a namespace is surely one part: an actor's or a session's id, not a path.
pub(crate) fn is_plain(source: &Source, namespace: At<'_>) -> bool {
    let Some(module) = source.module(namespace.module) else {
        return false;
    };
    match &namespace.expr.kind {
        ExprKind::Str(_) => true,
        ExprKind::Format(parts) => parts.iter().all(|part| match part {
            FormatPart::Text(_) => true,
            FormatPart::Expr(inner) => {
                let text = module.text(inner.range).to_ascii_lowercase();
                ["actor", "user", "session", "customer", "sub", "strategy"]
                    .iter()
                    .any(|word| text.contains(word))
            }
        }),
        ExprKind::Name(name) => {
            let start = namespace.expr.range.start;
            let values = bound(source, namespace.module, name, start);
            !values.is_empty()
                && values.into_iter().all(|value| {
                    !matches!(value.kind, ExprKind::Name(_))
                        && is_plain(source, At::new(namespace.module, value))
                })
        }
        _ => false,
    }
}

/// The names of the memories that a call is for, upper case: those of `MEMORY_<NAME>_ID` in the id that it, or what made its client,
/// is given. Empty where the id tells none.
pub(crate) fn named(source: &Source, call: At<'_>) -> Vec<String> {
    let (module, Some(given)) = (call.module, call.expr.as_call()) else {
        return Vec::new();
    };
    let maker = match &given.callee.kind {
        ExprKind::Attribute { base, .. } => source
            .type_of(module, base)
            .and_then(|made| Some((made.module, made.call?))),
        _ => None,
    };
    let id = IDS.iter().find_map(|name| {
        option(source, module, given, name).or_else(|| {
            let (at, made) = maker?;
            option(source, at, made, name)
        })
    });
    let said = id.map_or_else(String::new, |id| text(source, id));
    let said = said.to_ascii_uppercase();
    // `MEMORY_ID` alone is a name of the project's own choice and tells nothing.
    said.split(HOLE)
        .filter_map(|word| word.strip_prefix("MEMORY_")?.strip_suffix("_ID"))
        .map(str::to_owned)
        .collect()
}

/// Whether a variable of the environment is about a memory by its name.
pub(crate) fn is_variable(name: &str) -> bool {
    name.split('_').any(|part| part == "MEMORY")
}

/// Whether an id of a memory is written in the code, or stands in for a variable that is about one.
pub(crate) fn has_written_id(callers: &Callers<'_>) -> bool {
    let source = callers.source();
    callers.code().modules().any(|module| {
        let mut found = false;
        module.each_expression(&mut |_, expr| {
            found |= gives_id(source, module.id, expr);
            found |= environment::read(callers, module.id, expr).is_some_and(|read| {
                let filled = |default: &Expr| {
                    !matches!(default.kind, ExprKind::None) && default.as_str() != Some("")
                };
                read.default.is_some_and(filled)
                    && read.names(source).iter().any(|name| is_variable(name))
            });
        });
        found
    })
}

/// Whether a call is given a constant id.
fn gives_id(source: &Source, module: ModuleId, expr: &Expr) -> bool {
    let ExprKind::Call(call) = &expr.kind else {
        return false;
    };
    let mut given = IDS.iter().filter_map(|name| call.option(name));
    given.any(|given| !source.strings(module, given).is_empty())
}
