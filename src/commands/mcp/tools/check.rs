//! `check`.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::folder::Folder;
use super::super::paging::{Page, page, sentence, size};
use crate::cli::{CheckArgs, FixArgs, PolicyArgs, ReportArgs, ScopeArgs};
use crate::commands::check;
use crate::exit::Failure;
use crate::report::verdict::{Stage, Word};
use crate::report::{CheckResult, Evidence, Fix, Report, Severity, Status};

/// The most bytes of commands that a finding brings without `detail`.
const COMMANDS: usize = 400;
/// The most bytes of a diff.
const DIFF: usize = 2_000;
/// The most projects and notes that a page lists.
const PROJECTS: usize = 10;
const NOTES: usize = 5;
/// The most places of one finding.
const PLACES: usize = 20;

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(super) struct Arguments {
    /// Project or folder, relative to the served folder; default: every project in it
    path: Option<String>,
    /// Only these ids or categories of checks; patterns such as secrets-* work
    only: Vec<String>,
    /// Not these ids or categories
    skip: Vec<String>,
    /// Only these runtimes or harnesses
    runtime: Vec<String>,
    /// Only checks that answer this standard, such as securityhub or owasp-asi
    standard: Option<String>,
    /// Only failures that have to do with what changed since this git revision
    since: Option<String>,
    /// Which results are listed; default: fail
    status: Vec<Status>,
    /// The lowest severity that is listed
    severity: Option<Severity>,
    /// Also all places with excerpts, all fixes and diffs
    detail: bool,
    /// Where the page begins
    offset: usize,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Answer {
    /// The projects that were audited.
    projects: Vec<Project>,
    /// Projects that could not be audited, and why.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<String>,
    /// Facts about the run.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notes: Vec<String>,
    /// Worst first.
    findings: Vec<Finding>,
    #[serde(flatten)]
    page: Page,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Project {
    name: String,
    /// Relative to the served folder.
    path: String,
    /// null where the run was narrowed: it then says nothing about the whole.
    verdict: Option<Word>,
    stage: Stage,
    /// Nothing failed at or above failOn.
    ready: bool,
    fail_on: &'static str,
    /// live, snapshot, or null where AWS was not read.
    aws: Option<&'static str>,
    critical: usize,
    high: usize,
    medium: usize,
    low: usize,
    /// A person must look.
    manual: usize,
    /// Not judged: evidence was missing.
    skipped: usize,
    suppressed: usize,
    pass: usize,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Finding {
    check: &'static str,
    severity: Severity,
    status: Status,
    /// Kind and name.
    resource: String,
    /// The project's path, where there are several.
    #[serde(skip_serializing_if = "Option::is_none")]
    project: Option<String>,
    message: String,
    /// file:line:column from the served folder, or an ARN.
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<String>,
    /// How many more places there are.
    #[serde(skip_serializing_if = "is_zero")]
    more_places: usize,
    /// Why it could not be judged, and what makes it possible.
    #[serde(skip_serializing_if = "Option::is_none")]
    needs: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    suppressed_by: Option<String>,
    /// The best fix; with detail all, best first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fixes: Vec<Remedy>,
    /// With detail.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    evidence: Vec<Seen>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Remedy {
    title: String,
    /// In order, from the project root.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    commands: Vec<String>,
    /// The commands are long: ask with detail.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    commands_left_out: bool,
    #[serde(skip_serializing_if = "String::is_empty")]
    note: String,
    /// Unified diffs, with detail.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    edits: Vec<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Seen {
    place: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    excerpt: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    note: String,
    /// It explains, and is no place of the finding.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    context: bool,
}

fn is_zero(number: &usize) -> bool {
    *number == 0
}

pub(super) fn run(folder: &Folder, arguments: Arguments) -> Result<Answer, Failure> {
    let (reports, failures) = check::reports(&CheckArgs {
        paths: vec![folder.path(arguments.path.as_deref())?],
        report: ReportArgs::default(),
        scope: ScopeArgs {
            runtime: arguments.runtime.clone(),
            only: arguments.only.clone(),
            skip: arguments.skip.clone(),
            standard: arguments.standard.clone(),
        },
        aws: folder.aws.clone(),
        since: arguments.since.clone(),
        policy: PolicyArgs {
            config: folder.config.clone(),
            ..PolicyArgs::default()
        },
        fix: FixArgs::default(),
    })?;
    let several = reports.len() > 1;
    let mut found: Vec<(&Report, &CheckResult)> = reports
        .iter()
        .flat_map(|report| report.results.iter().map(move |result| (report, result)))
        .filter(|(_, result)| wanted(&arguments, result))
        .collect();
    found.sort_by_key(|(_, result)| (result.status != Status::Fail, result.severity));
    let findings = found
        .into_iter()
        .map(|(report, result)| finding(report, result, several, arguments.detail))
        .collect();
    let mut projects: Vec<Project> = reports.iter().map(project).collect();
    let mut notes: Vec<String> = reports
        .iter()
        .flat_map(|report| &report.notes)
        .map(|note| sentence(note))
        .collect();
    notes.dedup();
    notes.truncate(NOTES);
    if projects.len() > PROJECTS {
        notes.push(format!(
            "{} more projects were audited: their findings are in the list",
            projects.len() - PROJECTS
        ));
        projects.sort_by_key(|project| project.ready);
        projects.truncate(PROJECTS);
    }
    let errors: Vec<String> = failures
        .iter()
        .take(NOTES)
        .map(|failure| sentence(&failure.covered().message))
        .collect();
    let taken = size(&projects) + size(&notes) + size(&errors) + 120;
    let (findings, page) = page(findings, arguments.offset, taken);
    Ok(Answer {
        projects,
        errors,
        notes,
        findings,
        page,
    })
}

fn wanted(arguments: &Arguments, result: &CheckResult) -> bool {
    let status = match arguments.status.as_slice() {
        [] => result.status == Status::Fail && result.suppression.is_none(),
        status => status.contains(&result.status),
    };
    let severity = |lowest: Severity| result.severity.at_least(lowest);
    status && arguments.severity.is_none_or(severity)
}

fn project(report: &Report) -> Project {
    let summary = &report.summary;
    let failed = |severity| {
        let count = summary.fail_by_severity.get(&severity);
        count.copied().unwrap_or_default()
    };
    Project {
        name: sentence(&report.project.name),
        path: here(report),
        verdict: summary.verdict,
        stage: summary.stage,
        ready: summary.ready,
        fail_on: summary.fail_on,
        aws: report.evidence.aws,
        critical: failed(Severity::Critical),
        high: failed(Severity::High),
        medium: failed(Severity::Medium),
        low: failed(Severity::Low),
        manual: summary.manual,
        skipped: summary.skipped,
        suppressed: summary.suppressed,
        pass: summary.pass,
    }
}

/// The project root from the served folder.
fn here(report: &Report) -> String {
    match report.view.place.trim_end_matches('/') {
        "" => ".".to_owned(),
        place => sentence(place),
    }
}

fn finding(report: &Report, result: &CheckResult, several: bool, detail: bool) -> Finding {
    let sites: Vec<&Evidence> = {
        let primary = result.evidence.iter().filter(|evidence| evidence.primary);
        let primary: Vec<&Evidence> = primary.collect();
        match primary.is_empty() {
            true => result.evidence.iter().collect(),
            false => primary,
        }
    };
    let places: Vec<String> = sites
        .iter()
        .filter_map(|evidence| crate::render::place_of(report, evidence))
        .collect();
    let fixes = if detail { result.fixes.len() } else { 1 };
    Finding {
        check: result.check,
        severity: result.severity,
        status: result.status,
        resource: sentence(&result.resource.to_string()),
        project: several.then(|| here(report)),
        message: sentence(&result.message),
        place: places.first().cloned(),
        more_places: places.len().saturating_sub(1),
        needs: result.reason.as_ref().map(|reason| {
            let ways = [&reason.iam_action, &reason.flag, &reason.command];
            let ways: Vec<&str> = ways.into_iter().filter_map(|way| way.as_deref()).collect();
            match ways.as_slice() {
                [] => sentence(&reason.message),
                ways => sentence(&ways.join(", ")),
            }
        }),
        suppressed_by: result
            .suppression
            .as_ref()
            .map(|suppression| sentence(&suppression.source)),
        fixes: result
            .fixes
            .iter()
            .take(fixes)
            .map(|fix| remedy(fix, detail))
            .collect(),
        evidence: match detail {
            true => result
                .evidence
                .iter()
                .take(PLACES)
                .map(|evidence| seen(report, evidence))
                .collect(),
            false => Vec::new(),
        },
    }
}

fn remedy(fix: &Fix, detail: bool) -> Remedy {
    let long = fix.commands.iter().map(String::len).sum::<usize>() > COMMANDS;
    let left_out = long && !detail;
    let diff = |diff: &str, path: &str| match diff.len() > DIFF {
        true => format!("{path}: {} lines; `plan` shows them", diff.lines().count()),
        false => diff.to_owned(),
    };
    Remedy {
        title: sentence(&fix.title),
        commands: match left_out {
            true => Vec::new(),
            false => fix.commands.clone(),
        },
        commands_left_out: left_out,
        note: sentence(&fix.note),
        edits: match detail {
            true => fix
                .edits
                .iter()
                .map(|edit| diff(&edit.diff, &edit.path))
                .collect(),
            false => Vec::new(),
        },
    }
}

fn seen(report: &Report, evidence: &Evidence) -> Seen {
    let aws = [
        &evidence.arn,
        &evidence.policy,
        &evidence.statement,
        &evidence.api,
        &evidence.field,
    ];
    let aws: Vec<&str> = aws.into_iter().filter_map(|part| part.as_deref()).collect();
    let site = evidence.site.as_ref();
    Seen {
        place: match site {
            Some(_) => crate::render::place_of(report, evidence).unwrap_or_default(),
            None => sentence(&aws.join(" ")),
        },
        excerpt: site.map_or_else(String::new, |site| sentence(&site.excerpt)),
        note: sentence(&evidence.note),
        context: !evidence.primary,
    }
}

/// The path of the arguments, for tools that answer for one project.
pub(super) fn one(folder: &Folder, path: Option<&str>) -> Result<PathBuf, Failure> {
    folder.project(path)?.ok_or_else(|| {
        Failure::new(format!("no project in {}", folder.root().display()))
            .help("`agentcore create` makes one; give its `path`")
    })
}
