//! `--since`: failures that what changed has to do with.

use crate::collect::changes::Changes;
use crate::context::Context;
use crate::model::json::{Json, Node};
use crate::render::site::from_repository;
use crate::report::{CheckResult, Evidence, ResourceType, Status, suppress};

/// Leaves out failures whose lines, resources and files did not change, and of the others the sites that did not; how many failures
/// and how many sites. What passed or could not be judged stays.
pub(super) fn keep(
    context: &Context,
    prefix: &str,
    changes: &Changes,
    results: &mut Vec<CheckResult>,
) -> (usize, usize) {
    let before = results.len();
    let mut sites = 0;
    results.retain_mut(|result| {
        if result.status != Status::Fail || at_its_resource(context, prefix, changes, result) {
            return true;
        }
        // What only explains stays beside what it explains.
        let decides = result.decides();
        let changed: Vec<bool> = result
            .evidence
            .iter()
            .map(|evidence| at_its_site(prefix, changes, evidence))
            .collect();
        if !changed.contains(&true) {
            return false;
        }
        let keep: Vec<bool> = (result.evidence.iter().zip(&changed))
            .map(|(evidence, changed)| *changed || !decides(evidence))
            .collect();
        let gone = keep.iter().filter(|keep| !**keep).count();
        // A change that only an explanation has is a change of the whole.
        if gone > 0 && gone < result.evidence.iter().filter(|one| decides(one)).count() {
            suppress::keep_sites(result, &keep, "what did not change is left out");
            sites += gone;
        }
        true
    });
    (before - results.len(), sites)
}

/// A changed line of the evidence, or of the way that a value takes to it.
fn at_its_site(prefix: &str, changes: &Changes, evidence: &Evidence) -> bool {
    let site = evidence
        .site
        .as_ref()
        .is_some_and(|site| changes.span(&from_repository(prefix, &site.path), site.span));
    let step = evidence.steps.iter().any(|step| {
        let path = from_repository(prefix, &step.path);
        changes.touches(&path, Some((step.line, step.end_line)))
    });
    site || step
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
