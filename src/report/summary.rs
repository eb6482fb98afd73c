//! What the report says of the project and of the evidence that was there.

use std::collections::{BTreeMap, BTreeSet};

use super::{EvidenceSummary, ProjectSummary, RuntimeSummary};
use crate::context::Context;
use crate::model::known::{Known, ReasonCode};
use crate::model::project::Agent;
use crate::model::site::Sited;
use crate::model::source::{Language, ModuleId, SourceNote};

/// The project with what was detected of each runtime.
pub fn project(context: &Context) -> ProjectSummary {
    let target = context.target.as_ref();
    ProjectSummary {
        name: context.project.display_name().to_owned(),
        path: context.project.shown.clone(),
        target: target.map(|target| target.name.clone()),
        account: target.and_then(|target| target.account.clone()),
        region: target.and_then(|target| target.region.clone()),
        runtimes: context
            .project
            .agents()
            .map(|agent| runtime(context, agent))
            .collect(),
    }
}

fn runtime(context: &Context, agent: Agent<'_>) -> RuntimeSummary {
    let declared = context.settings.runtimes.get(agent.name());
    let text = |value: Option<&Sited<String>>| value.map(|value| value.value.clone());
    let runtime = agent.runtime();
    let code = context.source.runtime(agent.name());
    let modules: &[ModuleId] = code.map_or(&[], |code| &code.reachable);
    let mut models: BTreeSet<String> = context.source.models(modules).into_keys().collect();
    if let Agent::Harness(harness) = agent {
        models.extend(harness.model_id.as_ref().map(|id| id.value.clone()));
    }
    RuntimeSummary {
        name: agent.name().to_owned(),
        language: code
            .and_then(|code| context.source.module(code.entry?))
            .map(|module| match module.language {
                Language::Python => "python",
                Language::TypeScript => "typescript",
            })
            .or_else(|| language(&runtime?.entrypoint.as_ref()?.value))
            .map(str::to_owned),
        framework: context
            .source
            .framework(modules)
            .map(|framework| framework.value.to_owned()),
        models: models.into_iter().collect(),
        build: text(runtime.and_then(|runtime| runtime.build.as_ref())),
        network_mode: text(agent.common().network_mode.as_ref()),
        protocol: text(runtime.and_then(|runtime| runtime.protocol.as_ref())),
        workload: declared
            .and_then(|settings| settings.workload.as_ref())
            .map(|workload| workload.value.as_str().to_owned()),
        execution_role: if agent.common().execution_role_arn.is_some() {
            "own"
        } else {
            "cli-managed"
        },
    }
}

/// The language that an entrypoint's name tells.
fn language(entrypoint: &str) -> Option<&'static str> {
    let file = entrypoint.split(':').next().unwrap_or_default();
    match file.rsplit_once('.')?.1 {
        "py" => Some("python"),
        "ts" | "mts" | "cts" | "tsx" | "js" | "mjs" | "cjs" | "jsx" => Some("typescript"),
        _ => None,
    }
}

/// Which evidence was there. `aws` is `live` or `snapshot` where AWS state was read.
pub fn evidence(context: &Context, aws: &'static str) -> EvidenceSummary {
    EvidenceSummary {
        config: true,
        code: !context.source.modules.is_empty(),
        template: context
            .template
            .read()
            .map(|template| template.path.clone()),
        aws: context.aws.read().map(|_| aws),
    }
}

/// Facts about the run: the target that was chosen among several, and why AWS was not read.
pub fn notes(context: &Context, target_given: bool) -> Vec<String> {
    let mut notes = context.notes.clone();
    notes.extend(unparsed(context));
    let targets = &context.project.targets;
    if let Some(target) = &context.target
        && targets.len() > 1
        && !target_given
    {
        notes.push(format!(
            "{} targets in aws-targets.json: {} was looked at; --target NAME picks another",
            targets.len(),
            target.name
        ));
    }
    if let Known::Unread(reason) = &context.aws {
        notes.push(match reason.code {
            ReasonCode::Offline => format!("offline: {}", reason.message),
            _ => format!("AWS was not read: {}", reason.message),
        });
    }
    notes
}

/// Files that could not be read in full: the first fault of each, and how many more there are.
fn unparsed(context: &Context) -> Vec<String> {
    let mut files: BTreeMap<&str, Vec<&SourceNote>> = BTreeMap::new();
    for note in &context.source.notes {
        files.entry(&note.site.path).or_default().push(note);
    }
    files
        .into_iter()
        .filter_map(|(path, notes)| {
            let first = notes.first()?;
            let at = first
                .site
                .span
                .map(|span| format!(":{}:{}", span.line, span.column));
            let more = match notes.len() {
                1 => String::new(),
                count => format!(" (and {} more)", count - 1),
            };
            Some(format!(
                "{path}{}: {}{more}",
                at.unwrap_or_default(),
                first.message
            ))
        })
        .collect()
}
