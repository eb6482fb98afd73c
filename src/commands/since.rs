//! `--since`: failures that what changed has to do with.

use crate::collect::changes::Changes;
use crate::context::Context;
use crate::model::json::{Json, Node};
use crate::render::site::from_repository;
use crate::report::{CheckResult, ResourceType, Status};

/// Leaves out failures whose lines, resources and files did not change; how many. What passed or could not be judged stays.
pub(super) fn keep(
    context: &Context,
    prefix: &str,
    changes: &Changes,
    results: &mut Vec<CheckResult>,
) -> usize {
    let before = results.len();
    results.retain(|result| {
        result.status != Status::Fail
            || at_its_sites(prefix, changes, result)
            || at_its_resource(context, prefix, changes, result)
    });
    before - results.len()
}

/// A changed line of the evidence, or of the way that a value takes to it.
fn at_its_sites(prefix: &str, changes: &Changes, result: &CheckResult) -> bool {
    result.evidence.iter().any(|evidence| {
        let site = evidence
            .site
            .as_ref()
            .is_some_and(|site| changes.span(&from_repository(prefix, &site.path), site.span));
        let step = evidence.steps.iter().any(|step| {
            let path = from_repository(prefix, &step.path);
            changes.touches(&path, Some((step.line, step.end_line)))
        });
        site || step
    })
}

/// A changed line of the declaration of what the result is about. The project's own is every line.
fn at_its_resource(
    context: &Context,
    prefix: &str,
    changes: &Changes,
    result: &CheckResult,
) -> bool {
    let document = &context.project.document;
    let manifest = from_repository(prefix, crate::collect::project::CONFIG);
    let name = result.resource.name.as_str();
    // Evidence that names no place can only be the whole project's.
    let placeless = result
        .evidence
        .iter()
        .all(|evidence| evidence.site.is_none());
    if result.resource.kind == ResourceType::Project {
        return placeless && changes.touches(&manifest, None);
    }
    let harness = result.resource.kind == ResourceType::Harness;
    if harness
        && changes.touches(
            &from_repository(prefix, &format!("app/{name}/harness.json")),
            None,
        )
    {
        return true;
    }
    let (first, last) = name.split_once('/').unwrap_or((name, name));
    let lists = document.root.members().iter().map(|member| &member.node);
    lists
        .flat_map(Node::items)
        .filter(|item| {
            let named = item.get("name").map(|name| &name.value);
            matches!(named, Some(Json::String(text)) if **text == *first || **text == *last)
        })
        .any(|item| changes.span(&manifest, document.site(item).span))
}
