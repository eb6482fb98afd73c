//! All fixes of a report as one ordered list without repetition: edits, what only a person can do, commands, one deploy.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Serialize;

use crate::report::{CheckResult, Edit, Fix, Resource, Severity, Status};

/// The list.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Plan {
    /// How many results fail.
    pub findings: usize,
    /// How many no longer do once the edits are made.
    pub fixed_by_edits: usize,
    /// In order.
    pub steps: Vec<Step>,
}

/// One thing to do.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Step {
    /// What kind of a step.
    pub kind: StepKind,
    /// What it does.
    pub title: String,
    /// The results that it is for.
    #[serde(rename = "for")]
    pub purposes: Vec<Purpose>,
    /// Files that change.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub edits: Vec<Edit>,
    /// Commands, in order, from the project root.
    pub commands: Vec<String>,
    /// What else to know, or to do by hand.
    pub note: String,
    /// What can be done in its place.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub alternatives: Vec<Alternative>,
}

/// What can be done in place of a step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Alternative {
    /// What it does.
    pub title: String,
    /// Commands, in order, from the project root.
    pub commands: Vec<String>,
    /// What else to know.
    pub note: String,
}

/// Kinds of steps, in the order of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum StepKind {
    /// Edits that this program makes.
    Edit,
    /// An edit that a person makes.
    ByHand,
    /// One of several that only a person can choose.
    Choice,
    /// Commands.
    Command,
    /// The one deploy.
    Deploy,
}

/// A result that a step is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Purpose {
    /// The check.
    pub check: &'static str,
    /// Its resource.
    pub resource: Resource,
    /// How bad it is.
    pub severity: Severity,
    /// The place, `path:line`, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
}

const DEPLOY: &str = "agentcore deploy";

/// The list for a report: `before` are its results, `after` those of the project once `edits` are made.
pub fn plan(before: &[CheckResult], after: &[CheckResult], edits: Vec<Edit>) -> Plan {
    let left: Vec<&CheckResult> = after.iter().filter(|result| fails(result)).collect();
    let open: BTreeSet<(&str, String)> = left.iter().map(|result| key(result)).collect();
    let gone = before
        .iter()
        .filter(|result| fails(result) && !open.contains(&key(result)));
    let edited: Vec<Purpose> = gone.clone().map(purpose).collect();
    let mut deploy: Option<String> = None;
    let mut note_deploy = |commands: &[String]| {
        let found = commands.iter().find(|command| command.starts_with(DEPLOY));
        deploy = deploy.take().or_else(|| found.cloned());
    };
    for result in gone {
        result
            .fixes
            .iter()
            .for_each(|fix| note_deploy(&fix.commands));
    }
    let mut steps: Vec<Step> = Vec::new();
    if !edits.is_empty() {
        steps.push(Step {
            kind: StepKind::Edit,
            title: match edits.len() {
                1 => "Edit a file".to_owned(),
                count => format!("Edit {count} files"),
            },
            purposes: edited.clone(),
            edits,
            commands: Vec::new(),
            note: String::new(),
            alternatives: Vec::new(),
        });
    }
    for result in left {
        for step in of_result(result) {
            note_deploy(&step.1);
            add(&mut steps, step.0);
        }
    }
    steps.sort_by_key(|step| step.kind);
    without_repetition(&mut steps);
    if let Some(command) = deploy {
        steps.push(Step {
            kind: StepKind::Deploy,
            title: "Deploy".to_owned(),
            purposes: Vec::new(),
            edits: Vec::new(),
            commands: vec![command],
            note: String::new(),
            alternatives: Vec::new(),
        });
    }
    Plan {
        findings: before.iter().filter(|result| fails(result)).count(),
        fixed_by_edits: edited.len(),
        steps,
    }
}

fn fails(result: &CheckResult) -> bool {
    result.status == Status::Fail && result.suppression.is_none()
}

fn key(result: &CheckResult) -> (&str, String) {
    (result.check, result.resource.to_string())
}

fn purpose(result: &CheckResult) -> Purpose {
    let site = result.evidence.iter().find_map(|one| one.site.as_ref());
    let place = site.map(|site| site.place());
    Purpose {
        check: result.check,
        resource: result.resource.clone(),
        severity: result.severity,
        place,
    }
}

/// The steps of one result, each with all its commands, the deploy included.
fn of_result(result: &CheckResult) -> Vec<(Step, Vec<String>)> {
    let (prepares, fixes): (Vec<&Fix>, Vec<&Fix>) =
        result.fixes.iter().partition(|fix| fix.is_preparation());
    let step = |kind: StepKind, fix: &Fix| {
        let step = Step {
            kind,
            title: fix.title.clone(),
            purposes: vec![purpose(result)],
            edits: Vec::new(),
            commands: without_deploy(&fix.commands),
            note: fix.note.clone(),
            alternatives: Vec::new(),
        };
        (step, fix.commands.clone())
    };
    let kind = |fix: &Fix| {
        if fix.commands.is_empty() {
            StepKind::ByHand
        } else {
            StepKind::Command
        }
    };
    let mut steps: Vec<(Step, Vec<String>)> = prepares
        .into_iter()
        .map(|fix| step(kind(fix), fix))
        .collect();
    let Some((first, rest)) = fixes.split_first() else {
        if steps.is_empty() {
            let mut fix = Fix::new(result.title);
            fix.note = result.message.clone();
            steps.push(step(StepKind::ByHand, &fix));
        }
        return steps;
    };
    let mut main = step(kind(first), first);
    main.0.alternatives = rest
        .iter()
        .map(|fix| Alternative {
            title: fix.title.clone(),
            commands: without_deploy(&fix.commands),
            note: fix.note.clone(),
        })
        .collect();
    if !rest.is_empty() && first.is_a_choice() {
        main.0.kind = StepKind::Choice;
    }
    steps.push(main);
    steps
}

fn without_deploy(commands: &[String]) -> Vec<String> {
    let kept = commands
        .iter()
        .filter(|command| !command.starts_with(DEPLOY));
    kept.cloned().collect()
}

/// A step that does the same for another result is one.
fn add(steps: &mut Vec<Step>, step: Step) {
    let same = |other: &&mut Step| {
        other.kind == step.kind
            && other.commands == step.commands
            && other.alternatives == step.alternatives
            && other.edits.is_empty()
            && (!step.commands.is_empty() || (other.title == step.title && other.note == step.note))
    };
    match steps.iter_mut().find(same) {
        Some(other) => other.purposes.extend(step.purposes),
        None => steps.push(step),
    }
}

/// A command that stands in an earlier step is not run again; a step that has none left was done by the ones before.
fn without_repetition(steps: &mut Vec<Step>) {
    let mut seen: BTreeSet<String> = BTreeSet::new();
    steps.retain_mut(|step| {
        if step.kind != StepKind::Command {
            return true;
        }
        let had_some = !step.commands.is_empty();
        step.commands.retain(|command| seen.insert(command.clone()));
        !had_some || !step.commands.is_empty()
    });
}
