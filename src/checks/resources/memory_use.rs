//! How code uses a memory: the namespaces of long-term records that it reads.

use crate::analysis::agent_code;
use crate::analysis::clients::entries::option;
use crate::analysis::clients::text::{HOLE, text};
use crate::analysis::names::{Meaning, leaf};
use crate::analysis::values::{At, Domain, bound, eval, eval_each};
use crate::context::{Context, MemoryView};
use crate::model::finding::Evidence;
use crate::model::project::Memory;
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
/// What the service fills in where a strategy names no template.
const DEFAULTS: [&str; 2] = [
    "/strategies/{memoryStrategyId}/actors/{actorId}",
    "/strategies/{memoryStrategyId}/actors/{actorId}/sessions/{sessionId}",
];

/// A namespace that code reads.
struct Read {
    /// Its text; [`HOLE`] where it is variable.
    namespace: String,
    /// Only records of exactly this namespace are found.
    exact: bool,
    /// Where.
    evidence: Evidence,
}

/// What code reads of a memory that none of its strategies writes.
pub(super) fn faults(
    context: &Context,
    memory: &Memory,
    view: &MemoryView,
) -> Vec<(String, Evidence)> {
    let mut templates: Vec<&str> = Vec::new();
    for strategy in &view.strategies {
        let own = strategy.namespaces.iter().chain(&strategy.reflections);
        templates.extend(own.map(|template| template.value.as_str()));
        if strategy.namespaces.is_empty() {
            templates.extend(DEFAULTS);
        }
    }
    let mut found = Vec::new();
    for read in reads(context, memory) {
        let name = shown(&read.namespace);
        if view.strategies.is_empty() {
            found.push((
                format!("code reads long-term records of {name}, and no strategy writes any"),
                read.evidence,
            ));
        } else if !templates
            .iter()
            .any(|template| fits(&read.namespace, template))
        {
            let known = templates.join(", ");
            found.push((
                format!("code reads the namespace {name}, which no strategy writes ({known})"),
                read.evidence,
            ));
        } else if read.exact
            && !templates.iter().any(|template| {
                DEFAULTS.contains(template) || is_exactly(&read.namespace, template)
            })
        {
            let known = templates.join(", ");
            found.push((
                format!("code reads exactly the namespace {name}, which is only the beginning of one that a strategy writes ({known}): it finds nothing; namespacePath takes a beginning"),
                read.evidence,
            ));
        }
    }
    found.dedup_by(|one, other| one.0 == other.0 && one.1.site == other.1.site);
    found
}

fn reads(context: &Context, memory: &Memory) -> Vec<Read> {
    let source = &context.source;
    let only = context.project.memories.len() == 1;
    let mut modules: Vec<ModuleId> = source
        .runtimes
        .iter()
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
            let namespaces = namespaces(source, module, expr, call);
            if namespaces.is_empty() || !of_memory(source, module, call, memory, only) {
                continue;
            }
            for (at, exact) in namespaces {
                let read = Read {
                    namespace: text(source, at),
                    exact: exact && is_plain(source, at),
                    evidence: agent_code::evidence(source, at.module, at.expr.range),
                };
                found.push(read);
            }
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
    let written = match &call.callee.kind {
        ExprKind::Name(name) => &**name,
        ExprKind::Attribute { attr, .. } => &**attr,
        _ => return Vec::new(),
    };
    let reader = READERS.iter().find(|(name, _)| *name == written);
    let canonical = match reader {
        Some(_) => None,
        None => source.callee_name(module.id, expr),
    };
    let name = canonical.map_or(written, leaf);
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

/// Whether code that gives an actor id to something does so for this memory.
pub(super) fn is_of(context: &Context, memory: &Memory, at: At<'_>) -> bool {
    let only = context.project.memories.len() == 1;
    let source = &context.source;
    match (source.module(at.module), at.expr.as_call()) {
        (Some(module), Some(call)) => of_memory(source, module, call, memory, only),
        _ => only,
    }
}

/// Whether each variable part of a namespace is surely one part: an actor's or a session's id, not a path.
fn is_plain(source: &Source, at: At<'_>) -> bool {
    let Some(module) = source.module(at.module) else {
        return false;
    };
    match &at.expr.kind {
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
            let values = bound(source, at.module, name, at.expr.range.start);
            !values.is_empty()
                && values.into_iter().all(|value| {
                    !matches!(value.kind, ExprKind::Name(_))
                        && is_plain(source, At::new(at.module, value))
                })
        }
        _ => false,
    }
}

/// Whether what code reads is a whole namespace of a template: as many parts, a trailing slash included.
fn is_exactly(read: &str, template: &str) -> bool {
    let parts = |text: &str| -> Vec<String> {
        let parts = text.trim_start_matches('/').split('/');
        parts.map(str::to_owned).collect()
    };
    let (read, template) = (parts(read), parts(template));
    let same = |(one, other): (&String, &String)| {
        let varies = |part: &str| part.contains(HOLE) || part.contains('{');
        match (varies(one), varies(other)) {
            (false, false) => one == other,
            (false, true) => !one.is_empty(),
            (true, false) => !other.is_empty(),
            (true, true) => true,
        }
    };
    read.len() == template.len() && read.iter().zip(&template).all(same)
}

/// Whether a call reads this memory: its id comes from `MEMORY_<NAME>_ID`, or cannot be told and there is only one.
fn of_memory(source: &Source, module: &Module, call: &Call, memory: &Memory, only: bool) -> bool {
    let maker = match &call.callee.kind {
        ExprKind::Attribute { base, .. } => source
            .type_of(module.id, base)
            .and_then(|made| Some((made.module, made.call?))),
        _ => None,
    };
    let id = ["memory_id", "memoryId"].iter().find_map(|name| {
        option(source, module.id, call, name).or_else(|| {
            let (at, made) = maker?;
            option(source, at, made, name)
        })
    });
    let said = id.map_or_else(String::new, |id| text(source, id));
    let said = said.to_ascii_uppercase();
    // `MEMORY_ID` alone is a name of the project's own choice and tells nothing.
    let named = said
        .split(HOLE)
        .filter_map(|word| word.strip_prefix("MEMORY_")?.strip_suffix("_ID"))
        .collect::<Vec<_>>();
    match named.as_slice() {
        [] => only,
        names => names
            .iter()
            .any(|name| name.eq_ignore_ascii_case(&memory.name)),
    }
}

/// Whether what code reads is, or starts, or lies below what a template makes.
fn fits(read: &str, template: &str) -> bool {
    let parts = |text: &str| -> Vec<String> {
        text.trim_matches('/')
            .split('/')
            .map(|part| {
                if part.contains(HOLE) || part.contains('{') {
                    String::new()
                } else {
                    part.to_owned()
                }
            })
            .collect()
    };
    let (read, template) = (parts(read), parts(template));
    // A variable part may hold several segments, so what follows it cannot be lined up.
    if read.first().is_some_and(String::is_empty) {
        return true;
    }
    read.iter()
        .zip(&template)
        .all(|(one, other)| one.is_empty() || other.is_empty() || one == other)
}

/// A namespace as a message shows it.
fn shown(namespace: &str) -> String {
    let mut out = String::new();
    for (index, part) in namespace.split('/').enumerate() {
        if index > 0 {
            out.push('/');
        }
        out.push_str(if part.contains(HOLE) { "{…}" } else { part });
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{HOLE, fits, is_exactly};

    #[test]
    fn namespaces_are_compared_part_by_part() {
        let read = |text: &str| text.replace('*', &HOLE.to_string());
        assert!(fits(&read("/users/*/facts"), "/users/{actorId}/facts"));
        assert!(fits(
            &read("summaries/*"),
            "/summaries/{actorId}/{sessionId}"
        ));
        assert!(fits(&read("*"), "/users/{actorId}"));
        assert!(!fits(
            &read("/users/*/preferences"),
            "/users/{actorId}/facts"
        ));
        assert!(!fits("/facts/{actorId}", "/users/{actorId}/facts"));
        assert!(is_exactly(
            &read("/users/*/facts"),
            "/users/{actorId}/facts"
        ));
        assert!(!is_exactly(&read("/users/*/"), "/users/{actorId}"));
        assert!(!is_exactly(&read("/users/*"), "/users/{actorId}/facts"));
    }
}
