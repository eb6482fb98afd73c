//! `check`: collect → evaluate → assemble → render, for every project that PATH leads to.

use std::io::Write;
use std::path::Path;

use crate::checks;
use crate::cli::{CheckArgs, FailOnArg, Format};
use crate::collect::project;
use crate::config::{FailOn, Settings};
use crate::context::Context;
use crate::exit::{Exit, Failure};
use crate::model::files::FileFacts;
use crate::model::known::{Known, ReasonCode, Unread};
use crate::render;
use crate::report::{
    EvidenceSummary, Filters, ProjectSummary, Report, RuntimeSummary, SCHEMA_VERSION, Severity,
    Tool, assemble,
};

/// Audits every project that the path leads to and writes the reports to `out`.
///
/// # Errors
/// When the audit could not be done.
pub fn run(arguments: &CheckArgs, out: &mut dyn Write) -> Result<Exit, Failure> {
    let roots = project::discover(&arguments.path).map_err(|error| {
        Failure::new(error.to_string())
            .help("give the path of a project made by `agentcore create`")
    })?;
    let mut worst = Exit::Ready;
    let several = roots.len() > 1;
    for root in &roots {
        let report = audit(root, arguments)?;
        let format = if arguments.json {
            Format::Json
        } else {
            arguments.format
        };
        match format {
            Format::Json if several => render::json::render_line(&report, out)?,
            Format::Json => render::json::render(&report, out)?,
            Format::Text => render::text::render(&report, out)?,
        }
        worst = worst.max(if report.summary.ready {
            Exit::Ready
        } else {
            Exit::NotReady
        });
    }
    Ok(worst)
}

fn audit(root: &Path, arguments: &CheckArgs) -> Result<Report, Failure> {
    let context = collect(root, arguments)?;
    let results: Vec<_> = checks::all()
        .flat_map(|check| {
            (check.run)(&context)
                .into_iter()
                .map(move |outcome| (check, outcome))
        })
        .map(|(check, outcome)| {
            assemble::result(
                check,
                outcome,
                context.settings.severity.get(check.id).copied(),
            )
        })
        .collect();
    let fail_on = arguments
        .fail_on
        .map(fail_on)
        .or(context.settings.fail_on)
        .unwrap_or(FailOn::Severity(Severity::Medium));
    Ok(Report {
        schema_version: SCHEMA_VERSION,
        tool: Tool {
            name: "agentcore-harden",
            version: env!("CARGO_PKG_VERSION"),
        },
        project: summary(&context),
        evidence: EvidenceSummary {
            config: true,
            code: false,
            template: None,
            aws: None,
        },
        filters: Filters::default(),
        summary: assemble::summary(&results, fail_on, arguments.live, arguments.strict),
        notes: Vec::new(),
        results,
    })
}

fn collect(root: &Path, arguments: &CheckArgs) -> Result<Context, Failure> {
    let shown = arguments.path.display().to_string();
    let project = project::collect(root, &shown).map_err(|error| {
        Failure::new(error.to_string()).help("mend the file; `agentcore validate` reads it too")
    })?;
    let target = project
        .targets
        .iter()
        .find(|target| target.name == "default")
        .or(project.targets.first())
        .cloned();
    Ok(Context {
        target,
        project,
        settings: Settings::default(),
        files: FileFacts::default(),
        template: Known::Absent,
        aws: Known::Unread(Unread::new(
            ReasonCode::Offline,
            "AWS is not read in this run",
        )),
        today: jiff::Zoned::now().date(),
    })
}

fn summary(context: &Context) -> ProjectSummary {
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
            .map(|agent| RuntimeSummary {
                name: agent.name().to_owned(),
                language: None,
                framework: None,
                models: Vec::new(),
                build: agent
                    .runtime()
                    .and_then(|runtime| runtime.build.as_ref())
                    .map(|build| build.value.clone()),
                network_mode: agent
                    .common()
                    .network_mode
                    .as_ref()
                    .map(|mode| mode.value.clone()),
                protocol: agent
                    .runtime()
                    .and_then(|runtime| runtime.protocol.as_ref())
                    .map(|protocol| protocol.value.clone()),
                workload: None,
                execution_role: if agent.common().execution_role_arn.is_some() {
                    "own"
                } else {
                    "cli-managed"
                },
            })
            .collect(),
    }
}

fn fail_on(argument: FailOnArg) -> FailOn {
    match argument {
        FailOnArg::Critical => FailOn::Severity(Severity::Critical),
        FailOnArg::High => FailOn::Severity(Severity::High),
        FailOnArg::Medium => FailOn::Severity(Severity::Medium),
        FailOnArg::Low => FailOn::Severity(Severity::Low),
        FailOnArg::Never => FailOn::Never,
    }
}
