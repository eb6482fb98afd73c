//! `plan`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::folder::Folder;
use super::super::paging::{Page, page, sentence};
use super::check::one;
use crate::cli::{PlanArgs, ScopeArgs};
use crate::collect::project;
use crate::commands::plan;
use crate::commands::select::Selection;
use crate::exit::Failure;
use crate::fixes::plan::{Alternative, Purpose, Step, StepKind};

/// The most results that a step names.
const PURPOSES: usize = 6;
/// The most bytes of one diff.
const DIFF: usize = 3_000;

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(super) struct Arguments {
    /// The project, relative to the served folder; needed where there are several
    path: Option<String>,
    /// Only what these ids or categories of checks report
    only: Vec<String>,
    /// Not what these report
    skip: Vec<String>,
    /// Only these runtimes or harnesses
    runtime: Vec<String>,
    /// Where the page begins
    offset: usize,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Answer {
    project: String,
    /// How many results fail.
    findings: usize,
    /// How many no longer do once the edits are made; `agentcore-harden plan --edit` makes them.
    fixed_by_edits: usize,
    /// In order.
    steps: Vec<Row>,
    #[serde(flatten)]
    page: Page,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Row {
    kind: StepKind,
    title: String,
    /// The results that it is for: check, resource, place.
    #[serde(rename = "for")]
    purposes: Vec<String>,
    /// Unified diffs.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    edits: Vec<String>,
    /// In order, from the project root.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    commands: Vec<String>,
    #[serde(skip_serializing_if = "String::is_empty")]
    note: String,
    /// What can be done in its place.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    alternatives: Vec<Alternative>,
}

pub(super) fn run(folder: &Folder, arguments: Arguments) -> Result<Answer, Failure> {
    let path = one(folder, arguments.path.as_deref())?;
    let roots = project::discover(&path).map_err(|error| Failure::new(error.to_string()))?;
    let [root] = roots.as_slice() else {
        return Err(Failure::new(format!("{} projects are there", roots.len()))
            .help("give the `path` of one"));
    };
    let arguments_of_plan = PlanArgs {
        path,
        script: None,
        edit: false,
        json: true,
        fail_on: None,
        config: folder.config.clone(),
        scope: ScopeArgs {
            runtime: arguments.runtime,
            only: arguments.only,
            skip: arguments.skip,
            standard: None,
        },
        aws: folder.aws.clone(),
    };
    let selection = Selection::new(&arguments_of_plan.scope)?;
    let (name, plan) = plan::of_project(&arguments_of_plan, &selection, root)?;
    // The edits of one step can be those of many files: each file is a row of its own here.
    let rows = plan.steps.iter().flat_map(rows).collect();
    let (steps, page) = page(rows, arguments.offset, 200);
    Ok(Answer {
        project: sentence(&name),
        findings: plan.findings,
        fixed_by_edits: plan.fixed_by_edits,
        steps,
        page,
    })
}

fn rows(step: &Step) -> Vec<Row> {
    let row = |title: String, purposes: &[&Purpose], edits: Vec<String>| Row {
        kind: step.kind,
        title: sentence(&title),
        purposes: named(purposes),
        edits,
        commands: step.commands.clone(),
        note: sentence(&step.note),
        alternatives: step.alternatives.clone(),
    };
    let all: Vec<&Purpose> = step.purposes.iter().collect();
    if step.edits.is_empty() {
        return vec![row(step.title.clone(), &all, Vec::new())];
    }
    let edits = step.edits.iter();
    edits
        .map(|edit| {
            let diff = match edit.diff.len() > DIFF {
                true => format!(
                    "{} lines; `agentcore-harden plan` shows them",
                    edit.diff.lines().count()
                ),
                false => edit.diff.to_string(),
            };
            // What fails in the file itself; an edit for something else names everything that the edits are for.
            let here = |purpose: &&&Purpose| {
                let place = purpose.place.as_deref().unwrap_or_default();
                let path = place.split_once(':').map_or(place, |(path, _)| path);
                path == edit.path
            };
            let of_file: Vec<&Purpose> = all.iter().filter(here).copied().collect();
            let purposes = if of_file.is_empty() { &all } else { &of_file };
            row(format!("Edit {}", edit.path), purposes, vec![diff])
        })
        .collect()
}

fn named(purposes: &[&Purpose]) -> Vec<String> {
    let mut named: Vec<String> = purposes
        .iter()
        .take(PURPOSES)
        .map(|purpose| {
            let place = purpose.place.as_deref().unwrap_or_default();
            sentence(format!("{} {} {place}", purpose.check, purpose.resource).trim_end())
        })
        .collect();
    if purposes.len() > PURPOSES {
        named.push(format!("{} more", purposes.len() - PURPOSES));
    }
    named
}
