//! `check`: collect → evaluate → assemble → render, for every project that PATH leads to.

use std::io::Write;
use std::path::Path;

use crate::audit;
use crate::cli::{CheckArgs, FailOnArg, Format};
use crate::collect::project;
use crate::config::FailOn;
use crate::context::Context;
use crate::exit::{Exit, Failure};
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
        let report = report(root, arguments)?;
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

fn report(root: &Path, arguments: &CheckArgs) -> Result<Report, Failure> {
    let shown = arguments.path.display().to_string();
    let options = audit::Options {
        shown,
        ..audit::Options::default()
    };
    let context = audit::collect(root, &options)?;
    let results = audit::evaluate(&context, |_| true);
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
