//! SARIF 2.1.0: one run, a rule per check that ran, a result per site.
//! <https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>; what GitHub reads of it:
//! <https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning>.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use serde_json::{Value, json};
use serde_sarif::sarif::{
    ArtifactChange, ArtifactContent, ArtifactLocation, CodeFlow, Fix as SarifFix, Location,
    LogicalLocation, Message, MultiformatMessageString, PhysicalLocation, PropertyBag, Region,
    Replacement, ReportingConfiguration, ReportingDescriptor, Result as SarifResult, ResultLevel,
    Run, Sarif, Suppression, ThreadFlow, ThreadFlowLocation, Tool, ToolComponent,
};

use super::site::{self, Finding};
use crate::checks::{self, Category, Check};
use crate::model::standards;
use crate::report::{CheckResult, Edit, Evidence, Fix, Report, Severity};

/// The base of every path: the root of the repository.
const BASE: &str = "%SRCROOT%";
const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// Writes the log.
///
/// # Errors
/// When writing fails.
pub fn render(reports: &[Report], out: &mut dyn Write) -> io::Result<()> {
    let ran = ran(reports);
    let ran = ran.as_slice();
    let results: Vec<SarifResult> = reports
        .iter()
        .flat_map(|report| {
            let findings = site::findings(report, true);
            // The edits of a result are for all its sites: they stand at the first.
            let mut last: Option<*const CheckResult> = None;
            findings.into_iter().map(move |finding| {
                let this: *const CheckResult = finding.result;
                let first = last.replace(this) != Some(this);
                result(report, ran, &finding, first)
            })
        })
        .collect();
    let driver = ToolComponent::builder()
        .name("agentcore-harden")
        .semantic_version(env!("CARGO_PKG_VERSION"))
        .information_uri(env!("CARGO_PKG_REPOSITORY"))
        .rules(ran.iter().map(|check| rule(check)).collect::<Vec<_>>())
        .build();
    let base = ArtifactLocation::builder()
        .description(Message::from("The root of the repository"))
        .build();
    let run = Run::builder()
        .tool(Tool::from(driver))
        .column_kind(json!("unicodeCodePoints"))
        .original_uri_base_ids(BTreeMap::from([(BASE.to_owned(), base)]))
        .results(results)
        .build();
    let log = Sarif::builder()
        .schema(SCHEMA)
        .version(json!("2.1.0"))
        .runs(vec![run])
        .build();
    super::json::pretty(&log, out)
}

/// Tags that code scanning takes of one rule.
const MOST_TAGS: usize = 20;

/// The checks that have a result, in the order of the registry.
fn ran(reports: &[Report]) -> Vec<&'static Check> {
    let judged: BTreeSet<&str> = reports
        .iter()
        .flat_map(|report| &report.results)
        .map(|result| result.check)
        .collect();
    checks::all()
        .filter(|check| judged.contains(check.id))
        .collect()
}

/// Checks outside the categories about access whose failure lets somebody in, or something out.
const SECURITY: &[&str] = &[
    "code-error-leak",
    "code-identity-context",
    "code-input-validation",
    "code-tool-sessions",
    "credentials-registered",
    "gateway-outbound-auth",
    "gateway-policy-engine",
    "memory-actor-id",
    "memory-encryption",
    "network-mode",
    "policy-cedar",
    "resource-encryption",
    "runtime-attack-surface",
    "runtime-debug-mode",
    "runtime-mmds-v2",
    "snapshot-credentials",
    "snapshot-crypto-library",
    "snapshot-prng",
    "snapshot-unique-values",
    "tool-network",
];

/// True for a check of security.
fn is_security(check: &Check) -> bool {
    let access = [
        Category::Iam,
        Category::Authentication,
        Category::ShellAccess,
    ];
    access.contains(&check.category)
        || check.id.starts_with("secrets-")
        || SECURITY.contains(&check.id)
}

/// The page of a check in the repository, at the tag of this version.
pub(super) fn page(check: &Check) -> String {
    format!(
        "{}/blob/v{}/src/checks/{}/{}.md",
        env!("CARGO_PKG_REPOSITORY"),
        env!("CARGO_PKG_VERSION"),
        check.category.id().replace('-', "_"),
        check.id.replace('-', "_")
    )
}

fn rule(check: &'static Check) -> ReportingDescriptor {
    let text = |text: &str| MultiformatMessageString::from(&text.to_owned());
    let references = check.references.join("\n");
    let help = MultiformatMessageString::builder()
        .text(format!(
            "{}\n\n{}\n{references}",
            check.title,
            plain(check.page)
        ))
        .markdown(check.page)
        .build();
    let mut tags = vec!["agentcore".to_owned(), check.category.id().to_owned()];
    let mut properties = vec![
        ("precision", json!("high")),
        ("problem.severity", json!(problem(check.severity))),
    ];
    // Code scanning counts a rule with this tag among the security alerts, by its score.
    if is_security(check) {
        tags.insert(0, "security".to_owned());
        properties.push(("security-severity", json!(score(check.severity))));
    }
    tags.extend(standards::of_check(check.id));
    // Code scanning takes no more of a rule.
    tags.truncate(MOST_TAGS);
    let descriptor = ReportingDescriptor::builder()
        .id(check.id)
        .name(pascal(check.id))
        .short_description(text(check.title))
        .full_description(text(&first_paragraph(check)))
        .help(help)
        .default_configuration(
            ReportingConfiguration::builder()
                .level(json!(level(check.severity).to_string()))
                .build(),
        )
        .properties(bag(tags, properties));
    descriptor.help_uri(page(check)).build()
}

fn result(
    report: &Report,
    ran: &[&'static Check],
    finding: &Finding<'_>,
    first: bool,
) -> SarifResult {
    let result = finding.result;
    let index = ran.iter().position(|check| check.id == result.check);
    let fixes: Vec<Value> = result
        .fixes
        .iter()
        .map(|fix| json!({"title": fix.title, "commands": fix.commands, "note": fix.note}))
        .collect();
    let suppressions: Vec<Suppression> = result
        .suppression
        .iter()
        .map(|suppression| {
            // In source only where the comment stands in the file itself; a rule and a baseline are beside it.
            let in_source = !finding.path.is_empty()
                && suppression
                    .source
                    .starts_with(&format!("{}:", site_path(finding)));
            Suppression::builder()
                .kind(json!(if in_source { "inSource" } else { "external" }))
                .status(json!("accepted"))
                .justification(format!("{} ({})", suppression.reason, suppression.source))
                .build()
        })
        .collect();
    let built = SarifResult::builder()
        .rule_id(result.check)
        .rule_index(
            index
                .and_then(|index| i64::try_from(index).ok())
                .unwrap_or(-1),
        )
        .level(level(finding.severity))
        .message(Message::from(&site::message(finding)))
        .locations(vec![location(finding)])
        .partial_fingerprints(BTreeMap::from([(
            "agentcoreHarden/v1".to_owned(),
            finding.fingerprint.clone(),
        )]))
        .properties(bag(
            Vec::new(),
            vec![
                ("severity", json!(finding.severity)),
                ("security-severity", json!(score(finding.severity))),
                ("project", json!(report.project.name)),
                ("resource", json!(result.resource)),
                ("fixes", json!(fixes)),
            ],
        ));
    // An empty list says that suppressions were looked for and there is none.
    let built = built.suppressions(suppressions);
    let prefix = report.view.prefix.as_str();
    let flow = finding
        .evidence
        .and_then(|evidence| code_flow(prefix, evidence));
    let mut built = match flow {
        Some(flow) => built.code_flows(vec![flow]).build(),
        None => built.build(),
    };
    if first {
        let edits: Vec<SarifFix> = result
            .fixes
            .iter()
            .filter_map(|fix| edits(report, fix))
            .collect();
        built.fixes = (!edits.is_empty()).then_some(edits);
    }
    built
}

/// The edits of a fix as replacements of lines. An edit whose diff was covered, or of a file that is not there yet, is left out, and
/// with it the fix: half of it would be none.
fn edits(report: &Report, fix: &Fix) -> Option<SarifFix> {
    let mut changes = Vec::new();
    for edit in fix.edits_to_make() {
        let (old, new) = (edit.old.as_deref()?, edit.new_text()?);
        let shown = Edit::new(&edit.path, Some(old), new.clone()).diff;
        let open = |one: &Edit| one.path == edit.path && one.diff == shown;
        if !fix.edits.iter().any(open) {
            return None;
        }
        let artifact = ArtifactLocation::builder()
            .uri(site::uri(&site::from_repository(
                &report.view.prefix,
                &edit.path,
            )))
            .uri_base_id(BASE)
            .build();
        let change = ArtifactChange::builder()
            .artifact_location(artifact)
            .replacements(replacements(old, &new));
        changes.push(change.build());
    }
    let description = Message::from(&fix.title);
    (!changes.is_empty()).then(|| {
        SarifFix::builder()
            .description(description)
            .artifact_changes(changes)
            .build()
    })
}

/// Whole lines that go and come.
fn replacements(old: &str, new: &str) -> Vec<Replacement> {
    let lines: Vec<&str> = new.split_inclusive('\n').collect();
    let count = old.split_inclusive('\n').count();
    let diff = similar::TextDiff::from_lines(old, new);
    let number = |line: usize| i64::try_from(line).unwrap_or(i64::MAX);
    diff.ops()
        .iter()
        .filter(|op| op.tag() != similar::DiffTag::Equal)
        .map(|op| {
            let (from, to) = (op.old_range(), op.new_range());
            let region = Region::builder()
                .start_line(number(from.start + 1))
                .start_column(1);
            // To the start of the line after; at the end of the file to the end of its last line.
            let region = match from.end < count || old.ends_with('\n') || from.is_empty() {
                true => region.end_line(number(from.end + 1)).end_column(1).build(),
                false => {
                    let last = old.split_inclusive('\n').next_back().unwrap_or_default();
                    let end = number(last.chars().count() + 1);
                    region.end_line(number(from.end)).end_column(end).build()
                }
            };
            let text: String = lines.get(to).unwrap_or_default().concat();
            Replacement::builder()
                .deleted_region(region)
                .inserted_content(ArtifactContent::builder().text(text).build())
                .build()
        })
        .collect()
}

/// The way of a value to the finding, step by step.
fn code_flow(prefix: &str, evidence: &Evidence) -> Option<CodeFlow> {
    let steps = evidence.steps.iter().map(|step| {
        let region = Region::builder()
            .start_line(i64::from(step.line))
            .start_column(i64::from(step.column))
            .end_line(i64::from(step.end_line))
            .end_column(i64::from(step.end_column))
            .build();
        let artifact = ArtifactLocation::builder()
            .uri(site::uri(&site::from_repository(prefix, &step.path)))
            .uri_base_id(BASE)
            .build();
        let physical = PhysicalLocation::builder()
            .artifact_location(artifact)
            .region(region)
            .build();
        let location = Location::builder()
            .physical_location(physical)
            .message(Message::from(&step.note.to_owned()))
            .build();
        ThreadFlowLocation::builder().location(location).build()
    });
    let steps: Vec<ThreadFlowLocation> = steps.collect();
    (!steps.is_empty()).then(|| {
        let thread = ThreadFlow::builder().locations(steps).build();
        CodeFlow::builder().thread_flows(vec![thread]).build()
    })
}

fn site_path<'a>(finding: &'a Finding<'_>) -> &'a str {
    finding
        .evidence
        .and_then(|evidence| evidence.site.as_ref())
        .map_or("", |site| &site.path)
}

fn location(finding: &Finding<'_>) -> Location {
    let artifact = ArtifactLocation::builder()
        .uri(site::uri(&finding.path))
        .uri_base_id(BASE)
        .build();
    let physical = PhysicalLocation::builder().artifact_location(artifact);
    let excerpt = finding
        .evidence
        .and_then(|evidence| evidence.site.as_ref())
        .map_or("", |site| &site.excerpt);
    let physical = match finding.span {
        Some(span) => {
            let region = Region::builder()
                .start_line(i64::from(span.line))
                .start_column(i64::from(span.column))
                .end_line(i64::from(span.end_line))
                .end_column(i64::from(span.end_column))
                .snippet(ArtifactContent::builder().text(excerpt).build())
                .build();
            physical.region(region).build()
        }
        // A whole file, or a finding without one: code scanning shows it at the first line.
        None => physical
            .region(Region::builder().start_line(1).build())
            .build(),
    };
    let location = Location::builder().physical_location(physical);
    let logical: Vec<LogicalLocation> = finding
        .evidence
        .map(logical)
        .unwrap_or_default()
        .into_iter()
        .collect();
    if logical.is_empty() {
        location.build()
    } else {
        location.logical_locations(logical).build()
    }
}

/// The AWS resource, policy and statement that the evidence names.
fn logical(evidence: &Evidence) -> Option<LogicalLocation> {
    let arn = evidence.arn.as_ref()?;
    let parts = [
        Some(arn),
        evidence.policy.as_ref(),
        evidence.statement.as_ref(),
        evidence.field.as_ref(),
    ];
    let parts: Vec<&str> = parts.into_iter().flatten().map(String::as_str).collect();
    Some(
        LogicalLocation::builder()
            .name(arn.as_str())
            .fully_qualified_name(parts.join(" / "))
            .kind("resource")
            .build(),
    )
}

fn bag(tags: Vec<String>, properties: Vec<(&str, Value)>) -> PropertyBag {
    let properties: BTreeMap<String, Value> = properties
        .into_iter()
        .map(|(key, value)| (key.to_owned(), value))
        .collect();
    let bag = PropertyBag::builder().additional_properties(properties);
    if tags.is_empty() {
        bag.build()
    } else {
        bag.tags(tags).build()
    }
}

fn level(severity: Severity) -> ResultLevel {
    match severity {
        Severity::Critical | Severity::High => ResultLevel::Error,
        Severity::Medium => ResultLevel::Warning,
        Severity::Low => ResultLevel::Note,
    }
}

fn problem(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low => "recommendation",
    }
}

/// GitHub's bands: over 9.0 critical, 7.0 to 8.9 high, 4.0 to 6.9 medium, below low.
fn score(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "9.5",
        Severity::High => "8.0",
        Severity::Medium => "5.5",
        Severity::Low => "3.0",
    }
}

/// `auth-inbound-type` → `AuthInboundType`.
fn pascal(id: &str) -> String {
    id.split('-')
        .map(|part| {
            let mut characters = part.chars();
            characters.next().map_or(String::new(), |first| {
                first.to_uppercase().chain(characters).collect()
            })
        })
        .collect()
}

/// The page's first paragraph, else the title.
fn first_paragraph(check: &Check) -> String {
    let paragraph = plain(check.page)
        .split("\n\n")
        .map(|part| part.split_whitespace().collect::<Vec<_>>().join(" "))
        .find(|part| part.split(' ').count() > 3 && !part.starts_with("What it checks"));
    paragraph.unwrap_or_else(|| check.title.to_owned())
}

/// A page without its heading marks.
fn plain(page: &str) -> String {
    let lines: Vec<&str> = page
        .lines()
        .map(|line| line.trim_start_matches('#').trim_start())
        .collect();
    lines.join("\n")
}
