//! How code uses a memory: the namespaces of long-term records that it reads.

use crate::analysis::agent_code;
use crate::analysis::clients::text::{HOLE, text};
use crate::analysis::memories;
use crate::analysis::values::At;
use crate::context::{Context, MemoryView};
use crate::model::finding::Evidence;
use crate::model::project::Memory;

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
    let all = memories::reads(source).into_iter();
    let own = all.filter(|read| is_of(context, memory, read.call));
    own.map(|read| Read {
        namespace: text(source, read.namespace),
        exact: read.whole && memories::is_plain(source, read.namespace),
        evidence: agent_code::evidence(source, read.namespace.module, read.namespace.expr.range),
    })
    .collect()
}

/// Whether a call is for this memory: its id comes from `MEMORY_<NAME>_ID`, or cannot be told and there is only one.
pub(super) fn is_of(context: &Context, memory: &Memory, call: At<'_>) -> bool {
    match memories::named(&context.source, call).as_slice() {
        [] => context.project.memories.len() == 1,
        names => names
            .iter()
            .any(|name| name.eq_ignore_ascii_case(&memory.name)),
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
