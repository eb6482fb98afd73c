//! What the report says of the project and of the evidence that was there.

use std::collections::{BTreeMap, BTreeSet};

use super::verdict::{Basis, Stage};
use super::{EvidenceSummary, PlatformSummary, ProjectSummary, RuntimeSummary};
use crate::collect::aws::Scope;
use crate::context::{Context, PlatformVersion};
use crate::model::age;
use crate::model::known::{Known, ReasonCode};
use crate::model::project::Agent;
use crate::model::source::detect::is_model_id;
use crate::model::source::{Language, SourceNote};
use crate::shell::Command;

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
    let runtime = agent.runtime();
    // What no check looked at is not read for the summary.
    let source = context.source.made();
    let code = source.zip(runtime);
    let code = code.and_then(|(source, runtime)| Some((source, source.runtime(&runtime.name)?)));
    let framework = code.and_then(|(source, code)| source.framework(&code.reachable));
    let entry = code.and_then(|(source, code)| source.module(code.entry?));
    RuntimeSummary {
        name: agent.name().to_owned(),
        language: entry
            .map(|module| match module.language {
                Language::Python => "python",
                Language::TypeScript => "typescript",
            })
            .or_else(|| language(&runtime?.entrypoint.as_ref()?.value))
            .map(str::to_owned),
        framework: framework.map(|framework| framework.value.to_owned()),
        models: models(context, agent),
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
        workload: match source {
            Some(_) => context.workload(agent).map(|(workload, _)| workload),
            None => context.declared_workload(agent),
        }
        .map(|workload| workload.as_str().to_owned()),
        execution_role: if agent.common().execution_role_arn.is_some() {
            "own"
        } else {
            "cli-managed"
        },
        kind: match agent {
            Agent::Runtime(_) => "runtime",
            Agent::Harness(_) => "harness",
        },
        platform_version: platform(context, agent),
    }
}

fn platform(context: &Context, agent: Agent<'_>) -> PlatformSummary {
    let view = context.platform(agent);
    PlatformSummary {
        value: view.version.map(PlatformVersion::as_str),
        source: view.source(),
    }
}

/// Model ids of an agent, sorted: what its code names, what its environment variables hold, what its harness says.
fn models(context: &Context, agent: Agent<'_>) -> Vec<String> {
    let mut found: BTreeSet<String> = BTreeSet::new();
    match agent {
        Agent::Harness(harness) => {
            found.extend(harness.model_id.as_ref().map(|id| id.value.clone()));
        }
        Agent::Runtime(runtime) => {
            if let Some(source) = context.source.made()
                && let Some(code) = source.runtime(&runtime.name)
            {
                found.extend(source.models(&code.reachable).into_keys());
            }
            let values = runtime.common.env.iter().map(|(_, value)| &value.value);
            found.extend(values.filter(|value| is_model_id(value)).cloned());
        }
    }
    found.into_iter().collect()
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
        code: context.source.made().is_some_and(|source| {
            let mut runtimes = source.runtimes.iter();
            runtimes.any(|runtime| runtime.entry.is_some())
        }),
        template: context
            .template
            .read()
            .map(|template| template.path.clone()),
        aws: context.aws.read().map(|_| aws),
    }
}

/// What the verdict rests on, as far as the project says: whether it is deployed, and whether there is anything to judge.
pub fn basis(context: &Context) -> Basis {
    let scope = Scope::new(&context.project, context.target.as_ref());
    let project = &context.project;
    Basis {
        // A snapshot may show what no state on this machine does.
        stage: if scope.deployed || context.runs_an_agent() {
            Stage::Deployed
        } else {
            Stage::BeforeDeploy
        },
        names_aws: scope.names_something(),
        something: project.agents().next().is_some()
            || !project.gateways.is_empty()
            || !project.memories.is_empty(),
        ..Basis::default()
    }
}

/// Facts about the run: the target that was chosen among several, and why AWS was not read.
pub fn notes(context: &Context, target_given: bool) -> Vec<String> {
    let mut notes = context.notes.clone();
    notes.extend(unparsed(context));
    notes.extend(own_resources(context));
    notes.extend(own_stacks(context));
    notes.extend(unnamed(context));
    if let Some(version) = context.settings.assumed_platform {
        notes.push(format!(
            "judged as if every runtime ran on platform version {} (--assume-platform-version), whatever is deployed",
            version.as_str()
        ));
    }
    notes.extend(age::old(context.today).map(|days| {
        format!(
            "the tables of this release (quotas, actions, models, Regions) are of {}, {days} days ago: a newer release may know better",
            age::TABLES_AS_OF
        )
    }));
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

/// Entrypoints that no runtime of the configuration names: nothing about them was judged.
fn unnamed(context: &Context) -> Option<String> {
    // No code is read for a note alone.
    context.source.made()?;
    let found = context.unnamed_entrypoints();
    let (path, line) = found.first()?;
    let more = match found.len() {
        1 => String::new(),
        count => format!(" (and {} more)", count - 1),
    };
    Some(format!(
        "{path}:{line}{more} holds an AgentCore entrypoint that no runtime of agentcore.json names: nothing about it was judged"
    ))
}

/// Where infrastructure code beside `agentcore/` defines AgentCore resources: they are not judged.
fn own_resources(context: &Context) -> Option<String> {
    const NAMED: usize = 5;
    let found = &context.files.contents.made()?.own_resources;
    let stacks = &context.stacks;
    let places: Vec<String> = found
        .iter()
        .filter(|(path, _)| !stacks.read.iter().any(|folder| below(folder, path)))
        .flat_map(|(path, lines)| lines.iter().map(move |line| format!("{path}:{line}")))
        .collect();
    let named = places.iter().take(NAMED).cloned().collect::<Vec<_>>();
    let more = match places.len().checked_sub(NAMED) {
        Some(more) if more > 0 => format!(" and {more} more"),
        _ => String::new(),
    };
    (!places.is_empty()).then(|| {
        let readable = found
            .keys()
            .filter(|path| !stacks.read.iter().any(|folder| below(folder, path)))
            .find_map(|path| makes_readable(context, path));
        let readable = readable.map_or_else(String::new, |command| {
            format!("; `{command}` writes what is read of it, then check again")
        });
        format!(
            "AgentCore resources that the project defines in infrastructure code of its own, and what it grants there, were not judged: {}{more}{readable}",
            named.join(", ")
        )
    })
}

/// True for a file in or below a folder; the empty one is the project root.
fn below(folder: &str, path: &str) -> bool {
    folder.is_empty()
        || path
            .strip_prefix(folder)
            .is_some_and(|rest| rest.starts_with('/'))
}

/// The command that makes infrastructure code readable: synthesis, or a plan as JSON.
fn makes_readable(context: &Context, path: &str) -> Option<String> {
    let name = path.rsplit('/').next().unwrap_or(path);
    let folder = path.rsplit_once('/').map_or(".", |(folder, _)| folder);
    if [".tf", ".tofu", ".tf.json"]
        .iter()
        .any(|end| name.ends_with(end))
    {
        let program = if name.ends_with(".tofu") {
            "tofu"
        } else {
            "terraform"
        };
        let chdir = format!("-chdir={folder}");
        let plan = Command::new(program)
            .arg(&chdir)
            .args(["plan", "-out=tfplan"]);
        let show = Command::new(program)
            .arg(&chdir)
            .args(["show", "-json", "tfplan"])
            .to_file(&format!("{folder}/tfplan.json"));
        return plan.and(show).text();
    }
    let apps = &context.stacks.cdk_apps;
    let app = apps
        .iter()
        .filter(|app| below(app, path))
        .max_by_key(|app| app.len())?;
    let folder = if app.is_empty() { "." } else { app };
    let enter = Command::new("cd").arg(folder).text()?;
    Some(format!("({enter} && npx cdk synth --quiet)"))
}

/// Stacks of the project's own that were judged, and what of them could not be read.
fn own_stacks(context: &Context) -> Vec<String> {
    let Some(found) = context.stacks.made() else {
        return Vec::new();
    };
    let judged = found.stacks.iter().map(|stack| {
        format!(
            "the stack {} was judged as {} says it; make that file anew after a change",
            stack.name, stack.template.path
        )
    });
    judged.chain(found.unread.iter().cloned()).collect()
}

/// Files that could not be read in full: the first fault of each, and how many more there are.
fn unparsed(context: &Context) -> Vec<String> {
    let mut files: BTreeMap<&str, Vec<&SourceNote>> = BTreeMap::new();
    let source = context.source.made();
    for note in source.into_iter().flat_map(|source| &source.notes) {
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
