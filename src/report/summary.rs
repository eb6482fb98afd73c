//! What the report says of the project and of the evidence that was there.

use super::{EvidenceSummary, ProjectSummary, RuntimeSummary};
use crate::context::Context;
use crate::model::known::{Known, ReasonCode};
use crate::model::project::Agent;

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
    let model = match agent {
        Agent::Harness(harness) => harness.model_id.as_ref().map(|id| id.value.clone()),
        Agent::Runtime(_) => None,
    };
    let runtime = agent.runtime();
    RuntimeSummary {
        name: agent.name().to_owned(),
        language: runtime
            .and_then(|runtime| runtime.entrypoint.as_ref())
            .and_then(|entrypoint| language(&entrypoint.value))
            .map(str::to_owned),
        framework: None,
        models: model.into_iter().collect(),
        build: runtime
            .and_then(|runtime| runtime.build.as_ref())
            .map(|build| build.value.clone()),
        network_mode: agent
            .common()
            .network_mode
            .as_ref()
            .map(|mode| mode.value.clone()),
        protocol: runtime
            .and_then(|runtime| runtime.protocol.as_ref())
            .map(|protocol| protocol.value.clone()),
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
        "ts" | "mts" | "cts" | "tsx" => Some("typescript"),
        "js" | "mjs" | "cjs" | "jsx" => Some("javascript"),
        _ => None,
    }
}

/// Which evidence was there. `aws` is `live` or `snapshot` where AWS state was read.
pub fn evidence(context: &Context, aws: &'static str) -> EvidenceSummary {
    EvidenceSummary {
        config: true,
        code: false,
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
