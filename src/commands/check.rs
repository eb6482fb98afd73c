//! `check`: collect → evaluate → suppress → assemble → render, for every project that PATH leads to.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Component, Path, PathBuf};

use super::select::Selection;
use super::{emit, fix, output, terminal};
use crate::audit::{self, DiscoverySource, Options};
use crate::cli::{CheckArgs, FailOnArg, Format, PlatformArg};
use crate::collect::discovery::FetchOptions;
use crate::collect::{baseline, project};
use crate::comments;
use crate::config::FailOn;
use crate::context::{Context, PlatformVersion};
use crate::exit::{Exit, Failure};
use crate::render::{self, Look};
use crate::report::baseline::Baseline;
use crate::report::suppress::{self, Suppressions};
use crate::report::{Report, SCHEMA_VERSION, Severity, Tool, View, assemble, summary};

/// Audits every project that the path leads to and writes the reports to `out` or `--output`.
///
/// # Errors
/// When no audit could be done. What went wrong for some of several projects goes to `err`.
pub fn run(
    arguments: &CheckArgs,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> Result<Exit, Failure> {
    let selection = Selection::new(&arguments.scope)?;
    let roots = project::discover(&arguments.path).map_err(|error| {
        Failure::new(error.to_string())
            .help("give the path of a project made by `agentcore create`")
    })?;
    let mut run = Run {
        arguments,
        selection,
        several: roots.len() > 1,
        baseline: load_baseline(arguments)?,
        runtimes: BTreeSet::new(),
        reports: Vec::new(),
        failures: Vec::new(),
    };
    for root in &roots {
        match run
            .fix(root, out, err)
            .and_then(|notes| run.audit(root, notes))
        {
            Ok(report) => run.reports.push(report),
            Err(failure) => run.failures.push(run.named(root, failure)),
        }
    }
    if run.failures.is_empty() {
        run.selection.runtimes_exist(&run.runtimes)?;
    }
    if run.reports.is_empty() {
        return Err(joined(run.failures));
    }
    run.finish(out, err)
}

/// One run over all its projects.
struct Run<'a> {
    arguments: &'a CheckArgs,
    selection: Selection,
    several: bool,
    baseline: Option<Baseline>,
    /// Runtimes and harnesses of every project.
    runtimes: BTreeSet<String>,
    reports: Vec<Report>,
    failures: Vec<Failure>,
}

impl Run<'_> {
    /// Makes the edits that `--fix` asks for; what was done, in words. The diff goes where it does not mix with a report that
    /// programs read.
    fn fix(
        &self,
        root: &Path,
        out: &mut dyn Write,
        err: &mut dyn Write,
    ) -> Result<Vec<String>, Failure> {
        if !self.arguments.fix.fix {
            return Ok(Vec::new());
        }
        let report = &self.arguments.report;
        let text = report.format() == Format::Text || report.output.is_some();
        let stream: &mut dyn Write = if text { &mut *out } else { &mut *err };
        let shown = shown(&self.arguments.path, root);
        let options = self.options(root);
        let audit = || {
            let context = audit::collect(root, &options)?;
            let mut results = audit::evaluate(&context, |check| self.selection.check(check));
            results.retain(|result| self.selection.result(result));
            let suppressions = Suppressions {
                rules: &context.settings.ignores,
                comments: comments::collect(root, context.source.made(), &results),
                baseline: None,
            };
            let name = context.project.display_name().to_owned();
            suppress::apply(&name, &mut results, &suppressions, context.today);
            Ok(results)
        };
        let done = fix::run(root, &shown, self.arguments.fix.dry_run, stream, audit)?;
        Ok(done.notes)
    }

    fn audit(&mut self, root: &Path, fixed: Vec<String>) -> Result<Report, Failure> {
        let context = audit::collect(root, &self.options(root))?;
        let agents = context.project.agents();
        self.runtimes
            .extend(agents.map(|agent| agent.name().to_owned()));
        let mut results = audit::evaluate(&context, |check| self.selection.check(check));
        results.retain(|result| self.selection.result(result));
        let mut notes = fixed;
        notes.extend(summary::notes(
            &context,
            self.arguments.aws.target.is_some(),
        ));
        let mut suppressions = Suppressions {
            rules: &context.settings.ignores,
            comments: comments::collect(root, context.source.made(), &results),
            baseline: None,
        };
        let name = context.project.display_name().to_owned();
        if let Some(baseline) = &mut self.baseline {
            if self.arguments.policy.update_baseline {
                // What a rule or a comment already covers does not belong into the baseline.
                let mut open = results.clone();
                suppress::apply(&name, &mut open, &suppressions, context.today);
                baseline.update(&name, &open);
            }
            let path = self
                .arguments
                .policy
                .baseline
                .as_deref()
                .unwrap_or(Path::new(""));
            suppressions.baseline = Some((baseline, path.display().to_string()));
        }
        notes.extend(suppress::apply(
            &name,
            &mut results,
            &suppressions,
            context.today,
        ));
        let policy = &self.arguments.policy;
        let fail_on = policy
            .fail_on
            .map(fail_on)
            .or(context.settings.fail_on)
            .unwrap_or(FailOn::Severity(Severity::Medium));
        let aws = if self.arguments.aws.snapshot.is_some() {
            "snapshot"
        } else {
            "live"
        };
        let mut shown = summary::project(&context);
        shown
            .runtimes
            .retain(|runtime| self.selection.runtime(&runtime.name));
        Ok(Report {
            schema_version: SCHEMA_VERSION,
            tool: Tool {
                name: "agentcore-harden",
                version: env!("CARGO_PKG_VERSION"),
            },
            project: shown,
            evidence: summary::evidence(&context, aws),
            filters: self.selection.filters(),
            summary: assemble::summary(&results, fail_on, self.arguments.aws.live, policy.strict),
            notes,
            results,
            view: View {
                prefix: prefix(&context),
                fail_on,
                strict: policy.strict,
            },
        })
    }

    /// Among several projects a failure says whose it is.
    fn named(&self, root: &Path, failure: Failure) -> Failure {
        if !self.several {
            return failure;
        }
        let project = shown(&self.arguments.path, root);
        Failure {
            message: format!("{project}: {}", failure.message),
            ..failure
        }
    }

    fn options(&self, root: &Path) -> Options {
        let aws = self.arguments.aws.clone();
        Options {
            path_env: None,
            shown: shown(&self.arguments.path, root),
            target: aws.target,
            config: self.arguments.policy.config.clone(),
            platform: self
                .arguments
                .policy
                .assume_platform_version
                .map(|version| match version {
                    PlatformArg::V1 => PlatformVersion::V1,
                    PlatformArg::V2 => PlatformVersion::V2,
                }),
            offline: aws.offline,
            live: aws.live,
            discovery: if !aws.offline {
                let allow_private = aws.allow_private_issuer;
                DiscoverySource::Fetch(FetchOptions { allow_private })
            } else {
                DiscoverySource::Offline
            },
            snapshot: aws.snapshot,
            profile: aws.profile,
            region: aws.region,
            endpoint_url: aws.endpoint_url,
        }
    }

    /// Writes what was made, says what could not be, and gives the exit status.
    fn finish(self, out: &mut dyn Write, err: &mut dyn Write) -> Result<Exit, Failure> {
        let report = &self.arguments.report;
        let format = report.format();
        let look = Look {
            quiet: report.quiet,
            verbose: report.verbose,
            several: self.several,
            ..terminal::look(report.color, report.output.is_some())
        };
        let mut bytes = Vec::new();
        render::render(format, &self.reports, look, &mut bytes)?;
        if format == Format::Json {
            for failure in &self.failures {
                render::json::failure(failure, &mut bytes)?;
            }
        }
        match &report.output {
            Some(file) => output::write_whole(file, &bytes)?,
            None => emit(out, &bytes)?,
        }
        if let (Some(baseline), Some(file), true) = (
            &self.baseline,
            &self.arguments.policy.baseline,
            self.arguments.policy.update_baseline,
        ) {
            let mut bytes = Vec::new();
            render::json::pretty(baseline, &mut bytes)?;
            output::write_whole(file, &bytes)?;
        }
        let mut worst = Exit::Ready;
        for report in &self.reports {
            worst = worst.max(if report.summary.ready {
                Exit::Ready
            } else {
                Exit::NotReady
            });
            if let Some(failure) = self.arguments.aws.live.then(|| unread(report)).flatten() {
                failure.write(err)?;
                worst = Exit::Unable;
            }
        }
        for failure in &self.failures {
            failure.write(err)?;
            worst = Exit::Unable;
        }
        Ok(worst)
    }
}

/// `--live` asks for AWS evidence; without it the run has not done what was asked.
fn unread(report: &Report) -> Option<Failure> {
    let unread = assemble::unread_aws(&report.results);
    let first = unread.first()?;
    let reasons: BTreeSet<&str> = unread
        .iter()
        .filter_map(|result| result.reason.as_ref())
        .filter_map(|reason| reason.iam_action.as_deref())
        .collect();
    let failure = Failure::new(format!(
        "{}: AWS evidence could not be read for {} of {} results: {}",
        report.project.name,
        unread.len(),
        report.results.len(),
        first.message
    ));
    Some(failure.help(if reasons.is_empty() {
        "give credentials that reach the account, or leave --live out".to_owned()
    } else {
        let reasons: Vec<&str> = reasons.into_iter().collect();
        format!("grant {}, or leave --live out", reasons.join(", "))
    }))
}

fn load_baseline(arguments: &CheckArgs) -> Result<Option<Baseline>, Failure> {
    match &arguments.policy.baseline {
        Some(file) => baseline::load(file, arguments.policy.update_baseline).map(Some),
        None => Ok(None),
    }
}

/// One failure out of those of several projects.
fn joined(failures: Vec<Failure>) -> Failure {
    let messages: Vec<String> = failures
        .iter()
        .map(|failure| failure.message.clone())
        .collect();
    Failure {
        message: messages.join("\n"),
        help: failures.into_iter().find_map(|failure| failure.help),
    }
}

/// The root relative to the folder that was asked for: `.`, `services/a`, or `..` where PATH lies inside the project.
fn shown(asked: &Path, root: &Path) -> String {
    let asked = std::fs::canonicalize(asked).unwrap_or_else(|_| asked.to_path_buf());
    let asked = if asked.is_file() {
        asked.parent().unwrap_or(Path::new("")).to_path_buf()
    } else {
        asked
    };
    let relative = match root.strip_prefix(&asked) {
        Ok(below) => below.to_path_buf(),
        Err(_) => match asked.strip_prefix(root) {
            Ok(inside) => inside.components().map(|_| Component::ParentDir).collect(),
            Err(_) => root.to_path_buf(),
        },
    };
    slashes(&relative)
}

fn slashes(path: &Path) -> String {
    let parts: Vec<_> = path
        .components()
        .map(|part| part.as_os_str().to_string_lossy())
        .collect();
    if parts.is_empty() {
        ".".to_owned()
    } else {
        parts.join("/")
    }
}

/// The root relative to the repository, else to the folder that was asked for; empty or ending in `/`.
fn prefix(context: &Context) -> String {
    let project = &context.project;
    let below: Option<PathBuf> = project.repository.as_ref().and_then(|repository| {
        project
            .root
            .strip_prefix(repository)
            .ok()
            .map(Path::to_path_buf)
    });
    match below.map_or_else(|| project.shown.clone(), |below| slashes(&below)) {
        path if path == "." || path.starts_with("..") => String::new(),
        path => format!("{path}/"),
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
