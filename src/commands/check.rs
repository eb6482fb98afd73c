//! `check`: collect → evaluate → suppress → assemble → render, for every project that PATH leads to.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Component, Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::given;
use super::select::Selection;
use super::{baseline, emit, fix, output, plan, since, terminal};
use crate::audit::{self, DiscoverySource, Options};
use crate::checks;
use crate::cli::targets::{Target, Targets};
use crate::cli::{AwsArgs, CheckArgs, FailOnArg, Format, PlanArgs, PlatformArg, ReportArgs};
use crate::collect::discovery::FetchOptions;
use crate::collect::project::Edited;
use crate::collect::{changes, project};
use crate::comments;
use crate::config::FailOn;
use crate::context::{Context, PlatformVersion};
use crate::exit::{Exit, Failure};
use crate::model::known::ReasonCode;
use crate::model::standards;
use crate::render::{self, Look};
use crate::report;
use crate::report::baseline::Baseline;
use crate::report::comment::Comments;
use crate::report::redact::Redactor;
use crate::report::suppress::{self, Suppressions};
use crate::report::verdict::Basis;
use crate::report::{
    CheckResult, Filters, Report, SCHEMA_VERSION, Severity, Status, Tool, View, assemble,
    fingerprint, summary,
};

/// Audits every project that the path leads to and writes the reports to `out` or `--output`.
///
/// # Errors
/// When no audit could be done. What went wrong for some of several projects goes to `err`.
pub fn run(
    arguments: &CheckArgs,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> Result<Exit, Failure> {
    if arguments.fix.plan {
        return plan::run(&planned(arguments), out);
    }
    let in_workflow = in_workflow(arguments);
    let arguments = in_workflow.as_ref().unwrap_or(arguments);
    let (mut run, roots) = Run::new(arguments, true)?;
    for (asked, root) in &roots {
        run.asked.clone_from(asked);
        match run
            .fix(root, out, err)
            .and_then(|notes| run.audit(root, notes))
        {
            Ok(report) => {
                run.stream(&report, out)?;
                run.reports.push(report);
            }
            Err(failure) => run.failures.push(run.named(root, failure)),
        }
    }
    run.complete()?;
    if in_workflow.is_some() {
        run.append_summary()?;
    }
    run.finish(out, err)
}

/// In a GitHub workflow a run that names no format annotates what it finds.
fn in_workflow(arguments: &CheckArgs) -> Option<CheckArgs> {
    let report = &arguments.report;
    let plain = !report.targets.given() && !report.quiet && !report.verbose;
    let workflow = std::env::var_os("GITHUB_ACTIONS").is_some_and(|word| word == "true");
    (plain && workflow).then(|| CheckArgs {
        report: ReportArgs {
            targets: Targets::one(Format::Github),
            ..report.clone()
        },
        ..arguments.clone()
    })
}

/// The reports of every project that the path leads to, and why those are missing that could not be made. Nothing is written.
///
/// # Errors
/// When no audit could be done.
pub(super) fn reports(arguments: &CheckArgs) -> Result<(Vec<Report>, Vec<Failure>), Failure> {
    let (mut run, roots) = Run::new(arguments, false)?;
    for (asked, root) in &roots {
        run.asked.clone_from(asked);
        match run.audit(root, Vec::new()) {
            Ok(report) => run.reports.push(report),
            Err(failure) => run.failures.push(run.named(root, failure)),
        }
    }
    run.complete()?;
    Ok((run.reports, run.failures))
}

/// What `check --plan` asks of `plan`.
fn planned(arguments: &CheckArgs) -> PlanArgs {
    PlanArgs {
        path: arguments
            .paths
            .first()
            .cloned()
            .unwrap_or_else(|| ".".into()),
        script: None,
        edit: false,
        json: arguments.report.targets.has(Format::Json),
        fail_on: arguments.policy.fail_on,
        config: arguments.policy.config.clone(),
        scope: arguments.scope.clone(),
        aws: arguments.aws.clone(),
    }
}

/// The longest summary of a step, in bytes: GitHub keeps 1 MiB and drops a longer one whole.
const LONGEST_SUMMARY: usize = 1_000_000;

/// What the last audit read, where the process ends with it: to free a large project node by node would take longer than to judge a
/// small one. Where it does not end, the next one frees it.
static LAST: Mutex<Option<Context>> = Mutex::new(None);

/// One run over all its projects.
struct Run<'a> {
    arguments: &'a CheckArgs,
    selection: Selection,
    look: Look,
    several: bool,
    /// The process ends with the run.
    ends: bool,
    /// The path that led to the project at hand.
    asked: PathBuf,
    baseline: Option<Baseline>,
    /// Runtimes and harnesses of every project.
    runtimes: BTreeSet<String>,
    reports: Vec<Report>,
    failures: Vec<Failure>,
}

impl<'a> Run<'a> {
    /// Validates the arguments and finds the projects: the path that was asked for, and the root that it led to.
    fn new(
        arguments: &'a CheckArgs,
        ends: bool,
    ) -> Result<(Self, Vec<(PathBuf, PathBuf)>), Failure> {
        let selection = Selection::new(&arguments.scope)?;
        given::usable_for_audit(&arguments.aws)?;
        let report = &arguments.report;
        if report.combined && !report.targets.has(Format::Json) {
            return Err(
                Failure::new("--combined is for JSON, and no JSON is written")
                    .help("add --json, or leave --combined out"),
            );
        }
        let roots = roots(&arguments.paths)?;
        let several = roots.len() > 1;
        let look = Look {
            quiet: report.quiet,
            verbose: report.verbose,
            several,
            max_bytes: report
                .max_bytes
                .and_then(|bytes| usize::try_from(bytes).ok()),
            ..terminal::look(report.color, report.targets.standard_output().is_none())
        };
        let run = Self {
            arguments,
            selection,
            look,
            several,
            ends,
            asked: PathBuf::new(),
            baseline: load_baseline(arguments)?,
            runtimes: BTreeSet::new(),
            reports: Vec::new(),
            failures: Vec::new(),
        };
        Ok((run, roots))
    }

    /// Every runtime that was asked for exists, and at least one report could be made.
    fn complete(&mut self) -> Result<(), Failure> {
        if self.failures.is_empty() {
            self.selection.runtimes_exist(&self.runtimes)?;
        }
        if self.reports.is_empty() {
            return Err(joined(std::mem::take(&mut self.failures)));
        }
        Ok(())
    }

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
        let format = self.arguments.report.targets.standard_output();
        let text = format.is_none_or(|format| format == Format::Text);
        let stream: &mut dyn Write = if text { &mut *out } else { &mut *err };
        let shown = shown(&self.asked, root);
        let options = self.options(root);
        self.trusted(root)?;
        let mut audit = |edited: &Edited| {
            let options = Options {
                edited: edited.clone(),
                ..options.clone()
            };
            let context = audit::collect(root, &options)?;
            let mut results = audit::evaluate(&context, |check| self.selection.check(check));
            results.retain(|result| self.selection.result(result));
            let suppressions = Suppressions {
                rules: &context.settings.ignores,
                accepts: &context.settings.accepts,
                comments: self.comments(root, &context, &results).0,
                baseline: None,
            };
            let name = context.project.display_name().to_owned();
            suppress::apply(&name, &mut results, &suppressions, context.today);
            let fail_on = threshold(self.arguments.policy.fail_on, &context);
            Ok(fix::Audited { results, fail_on })
        };
        let how = fix::How {
            root,
            shown: &shown,
            dry_run: self.arguments.fix.dry_run,
        };
        let done = fix::run(how, stream, &mut audit)?;
        Ok(done.notes)
    }

    /// True where the reports are for people who wait for them.
    fn streams(&self) -> bool {
        let shown = self.arguments.report.targets.standard_output();
        self.several && matches!(shown, Some(Format::Text | Format::Concise))
    }

    /// Among several projects each is shown when it is done.
    fn stream(&self, report: &Report, out: &mut dyn Write) -> Result<(), Failure> {
        let shown = self.arguments.report.targets.standard_output();
        let Some(format) = shown.filter(|_| self.streams()) else {
            return Ok(());
        };
        let mut bytes = Vec::new();
        render::render(format, std::slice::from_ref(report), self.look, &mut bytes)?;
        bytes.push(b'\n');
        emit(out, &bytes)
    }

    fn audit(&mut self, root: &Path, fixed: Vec<String>) -> Result<Report, Failure> {
        self.trusted(root)?;
        let options = self.options(root);
        let mut context = audit::collect(root, &options)?;
        audit::simulate(&mut context, &options, |check| self.selection.check(check));
        let agents = context.project.agents();
        self.runtimes
            .extend(agents.map(|agent| agent.name().to_owned()));
        let mut results = audit::evaluate(&context, |check| self.selection.check(check));
        results.retain(|result| self.selection.result(result));
        // What a selection leaves out is not off: it was not asked for.
        let off: Vec<String> = checks::all()
            .filter(|check| self.selection.check(check))
            .filter(|check| context.settings.off.contains_key(check.id))
            .map(|check| check.id.to_owned())
            .collect();
        let mut notes = fixed;
        notes.extend(summary::notes(
            &context,
            self.arguments.aws.target.is_some(),
        ));
        let (believed, refused) = self.comments(root, &context, &results);
        notes.extend(refused);
        let mut suppressions = Suppressions {
            rules: &context.settings.ignores,
            accepts: &context.settings.accepts,
            comments: believed,
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
        let prefix = prefix(&context);
        if let Some(revision) = &self.arguments.since {
            let changes = changes::since(root, revision)?;
            let prefix = from_top(root, &changes).unwrap_or_else(|| prefix.clone());
            let (failures, sites) = since::keep(&context, &prefix, &changes, &mut results);
            if failures > 0 {
                notes.push(format!(
                    "{failures} failures have nothing to do with what changed since {revision} and are left out"
                ));
            }
            if sites > 0 {
                notes.push(format!(
                    "{sites} places of other failures did not change since {revision} and are left out"
                ));
            }
        }
        let policy = &self.arguments.policy;
        let fail_on = threshold(self.arguments.policy.fail_on, &context);
        let lax = !fail_on.blocks(Severity::Medium) && self.arguments.policy.fail_on.is_none();
        if lax {
            notes.push(format!(
                "the configuration file sets fail-on to {}",
                fail_on.as_str()
            ));
        }
        let aws = if self.arguments.aws.snapshot.is_some() {
            "snapshot"
        } else {
            "live"
        };
        let mut shown = summary::project(&context);
        shown
            .runtimes
            .retain(|runtime| self.selection.runtime(&runtime.name));
        for result in results
            .iter_mut()
            .filter(|result| result.status == Status::Fail)
        {
            result.fingerprints = fingerprint::of_result(&name, result);
        }
        results.iter_mut().for_each(report::bound::result);
        for (id, site) in &context.settings.off {
            if !off.contains(id) {
                continue;
            }
            let line = site.span.map_or(0, |span| span.line);
            notes.push(format!("{}:{line}: {id} is turned off", site.path));
        }
        let basis = Basis {
            fail_on,
            live: self.arguments.aws.live,
            strict: policy.strict,
            filtered: !self.selection.filters().is_empty() || self.arguments.since.is_some(),
            ..summary::basis(&context)
        };
        let filters = self.selection.filters();
        let mut report = Report {
            schema_version: SCHEMA_VERSION,
            tool: Tool::this(),
            project: shown,
            evidence: summary::evidence(&context, aws),
            filters: Filters {
                off: off.clone(),
                since: self.arguments.since.clone(),
                ..filters.clone()
            },
            summary: assemble::summary(&results, &basis),
            notes,
            standard: filters
                .standard
                .and_then(standards::find)
                .map(|standard| report::standard::view(standard, &results)),
            results,
            view: View {
                prefix,
                fail_on,
                strict: policy.strict,
                place: place(root),
                root: root.to_string_lossy().into_owned(),
            },
        };
        Redactor::of_context(&context).report(&mut report);
        if self.ends {
            let mut last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
            *last = Some(context);
        }
        Ok(report)
    }

    /// Among several projects a failure says whose it is.
    fn named(&self, root: &Path, failure: Failure) -> Failure {
        if !self.several {
            return failure;
        }
        let project = shown(&self.asked, root);
        Failure {
            message: format!("{project}: {}", failure.message),
            ..failure
        }
    }

    fn options(&self, root: &Path) -> Options {
        let shown = shown(&self.asked, root);
        let config = self.arguments.policy.config.as_ref();
        let assumed = self.arguments.policy.assume_platform_version;
        Options {
            platform: assumed.map(|version| match version {
                PlatformArg::V1 => PlatformVersion::V1,
                PlatformArg::V2 => PlatformVersion::V2,
            }),
            distrust: self.arguments.policy.no_project_config,
            ..options(&self.arguments.aws, config, &shown)
        }
    }

    /// The comments that ignore findings; of a project that is not trusted they only make a note.
    fn comments(
        &self,
        root: &Path,
        context: &Context,
        results: &[CheckResult],
    ) -> (Comments, Option<String>) {
        let comments = comments::collect(root, context.source.made(), results);
        if !self.arguments.policy.no_project_config {
            return (comments, None);
        }
        let note = match comments.comments.len() {
            0 => None,
            1 => Some(
                "1 comment that ignores a finding was not believed (--no-project-config)"
                    .to_owned(),
            ),
            count => Some(format!(
                "{count} comments that ignore findings were not believed (--no-project-config)"
            )),
        };
        (Comments::default(), note)
    }

    /// A file inside of the project cannot speak for a project that is not trusted.
    fn trusted(&self, root: &Path) -> Result<(), Failure> {
        let policy = &self.arguments.policy;
        if !policy.no_project_config {
            return Ok(());
        }
        let root = std::fs::canonicalize(root).unwrap_or_else(|_| root.to_path_buf());
        for (flag, file) in [
            ("--config", &policy.config),
            ("--baseline", &policy.baseline),
        ] {
            let Some(file) = file else { continue };
            let real = std::fs::canonicalize(file).unwrap_or_else(|_| file.clone());
            if real.starts_with(&root) {
                return Err(Failure::new(format!(
                    "{flag} {} lies in the project, which --no-project-config does not trust",
                    file.display()
                ))
                .help("keep the file outside of what is audited"));
            }
        }
        Ok(())
    }

    /// One report as it is written; where each project was shown when it was done, only the totals.
    fn rendered(&self, target: &Target) -> Result<Vec<u8>, Failure> {
        let mut bytes = Vec::new();
        let mut look = self.look;
        if target.output.is_some() {
            let color = self.arguments.report.color;
            let of_file = terminal::look(color, true);
            (look.color, look.links, look.width) = (of_file.color, of_file.links, of_file.width);
        }
        if target.format == Format::Json && self.arguments.report.combined {
            render::json::combined(&self.reports, &self.failures, &mut bytes)?;
            return Ok(bytes);
        }
        if target.output.is_none() && self.streams() {
            render::text::roll_up(&self.reports, look, &mut bytes)?;
        } else {
            render::render(target.format, &self.reports, look, &mut bytes)?;
        }
        if target.format == Format::Json {
            for failure in &self.failures {
                render::json::failure(failure, &mut bytes)?;
            }
        }
        Ok(bytes)
    }

    /// Adds the reports to the summary of the workflow's step, where the runner names one.
    fn append_summary(&self) -> Result<(), Failure> {
        let Some(file) = std::env::var_os("GITHUB_STEP_SUMMARY").filter(|file| !file.is_empty())
        else {
            return Ok(());
        };
        let look = Look {
            max_bytes: Some(self.look.max_bytes.unwrap_or(LONGEST_SUMMARY)),
            ..self.look
        };
        let mut bytes = Vec::new();
        render::render(Format::Markdown, &self.reports, look, &mut bytes)?;
        output::append(Path::new(&file), &bytes)
    }

    /// Writes what was made, says what could not be, and gives the exit status.
    fn finish(self, out: &mut dyn Write, err: &mut dyn Write) -> Result<Exit, Failure> {
        let targets = &self.arguments.report.targets;
        // Files first: whoever sees the end of standard output finds them.
        let mut shown = Vec::new();
        for target in targets.iter() {
            match &target.output {
                Some(file) => output::write_whole(file, &self.rendered(target)?)?,
                None => shown = self.rendered(target)?,
            }
        }
        emit(out, &shown)?;
        if targets.standard_output().is_none() {
            // The reports went to files: who waits for the run learns how it ended.
            for report in &self.reports {
                render::concise::summary(report, err)?;
            }
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

/// What to collect of a project.
pub(super) fn options(aws: &AwsArgs, config: Option<&PathBuf>, shown: &str) -> Options {
    let aws = aws.clone();
    Options {
        edited: Edited::new(),
        platform: None,
        path_env: None,
        shown: shown.to_owned(),
        target: aws.target,
        config: config.cloned(),
        distrust: false,
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

/// The severity at which a run fails: the flag's, else the configuration's.
pub(super) fn threshold(given: Option<FailOnArg>, context: &Context) -> FailOn {
    given
        .map(fail_on)
        .or(context.settings.fail_on)
        .unwrap_or(FailOn::Severity(Severity::Medium))
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
    // Credentials are no cure for a service that did not answer.
    let unreachable = unread.iter().all(|result| {
        let reason = result.reason.as_ref();
        reason.is_some_and(|reason| reason.code == ReasonCode::Unreachable)
    });
    Some(failure.help(if unreachable {
        "AWS did not answer: run it again, or leave --live out".to_owned()
    } else if reasons.is_empty() {
        "give credentials that reach the account, or leave --live out".to_owned()
    } else {
        let reasons: Vec<&str> = reasons.into_iter().collect();
        format!("grant {}, or leave --live out", reasons.join(", "))
    }))
}

/// The projects that the paths lead to, each once, with the path that led there first.
fn roots(paths: &[PathBuf]) -> Result<Vec<(PathBuf, PathBuf)>, Failure> {
    let mut roots: Vec<(PathBuf, PathBuf)> = Vec::new();
    for path in paths {
        let text = path.to_string_lossy();
        if text.is_empty() {
            return Err(Failure::new("PATH is empty").help(
                "a variable that is not set? `agentcore-harden check .` is the project here",
            ));
        }
        let found = project::discover(path).map_err(|error| {
            Failure::new(error.to_string()).help(if text.contains("://") {
                "give a folder: a repository has to be cloned first"
            } else {
                "give the path of a project made by `agentcore create`"
            })
        })?;
        for root in found {
            if !roots.iter().any(|(_, known)| *known == root) {
                roots.push((path.clone(), root));
            }
        }
    }
    Ok(roots)
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
pub(super) fn shown(asked: &Path, root: &Path) -> String {
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

/// The root relative to the current folder, so that a place can be clicked or opened as it is printed; absolute where it is
/// neither below nor above.
fn place(root: &Path) -> String {
    let here = std::env::current_dir().and_then(std::fs::canonicalize);
    let here = here.unwrap_or_default();
    let relative = match root.strip_prefix(&here) {
        Ok(below) => below.to_path_buf(),
        Err(_) => match here.strip_prefix(root) {
            Ok(inside) => inside.components().map(|_| Component::ParentDir).collect(),
            Err(_) => return format!("{}/", root.to_string_lossy().trim_end_matches('/')),
        },
    };
    match slashes(&relative) {
        path if path == "." => String::new(),
        path => format!("{path}/"),
    }
}

/// The root relative to the repository that git names: empty or ending in `/`.
fn from_top(root: &Path, changes: &changes::Changes) -> Option<String> {
    let top = std::fs::canonicalize(&changes.repository).ok()?;
    let root = std::fs::canonicalize(root).ok()?;
    match slashes(root.strip_prefix(top).ok()?) {
        path if path == "." => Some(String::new()),
        path => Some(format!("{path}/")),
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
