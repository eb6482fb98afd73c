//! JUnit XML: one suite per project, one case per result. Schema as Jenkins and GitLab read it:
//! <https://github.com/testmoapp/junitxml>.

use std::io::{self, Write};

use super::style::Verdict;
use crate::report::{CheckResult, Report};
use crate::text::clean;

/// Writes the suites.
///
/// # Errors
/// When writing fails.
pub fn render(reports: &[Report], out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, r#"<?xml version="1.0" encoding="UTF-8"?>"#)?;
    let count = |of: fn(&Report) -> usize| reports.iter().map(of).sum::<usize>();
    writeln!(
        out,
        r#"<testsuites name="agentcore-harden" tests="{}" failures="{}" skipped="{}" errors="0" time="0">"#,
        count(|report| report.results.len()),
        count(failures),
        count(skipped)
    )?;
    for report in reports {
        suite(report, out)?;
    }
    writeln!(out, "</testsuites>")
}

fn failures(report: &Report) -> usize {
    report
        .results
        .iter()
        .filter(|result| fails(report, result))
        .count()
}

fn skipped(report: &Report) -> usize {
    let passed = |result: &&CheckResult| Verdict::of(result) == Verdict::Pass;
    report.results.len() - failures(report) - report.results.iter().filter(passed).count()
}

/// A failure at or above `--fail-on`, or with `--strict` such a result without evidence: what makes the run fail is what the CI
/// system shows as failed.
fn fails(report: &Report, result: &CheckResult) -> bool {
    match Verdict::of(result) {
        Verdict::Fail => report.view.blocks(result.severity),
        Verdict::Skipped => report.view.strict && report.view.blocks(result.severity),
        Verdict::Manual
        | Verdict::Suppressed
        | Verdict::Accepted
        | Verdict::Pass
        | Verdict::NotApplicable => false,
    }
}

fn suite(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let project = &report.project;
    writeln!(
        out,
        r#"  <testsuite name="{}" package="{}" tests="{}" failures="{}" skipped="{}" errors="0" time="0">"#,
        attribute(&project.name),
        attribute(&project.path),
        report.results.len(),
        failures(report),
        skipped(report)
    )?;
    writeln!(out, "    <properties>")?;
    let properties = [
        ("target", project.target.as_deref().unwrap_or("")),
        (
            "ready",
            if report.summary.ready {
                "true"
            } else {
                "false"
            },
        ),
        ("fail-on", report.view.fail_on.as_str()),
        (
            "verdict",
            report.summary.verdict.map_or("", |word| word.as_str()),
        ),
    ];
    for (name, value) in properties {
        writeln!(
            out,
            r#"      <property name="{name}" value="{}"/>"#,
            attribute(value)
        )?;
    }
    writeln!(out, "    </properties>")?;
    for result in &report.results {
        case(report, result, out)?;
    }
    writeln!(out, "  </testsuite>")
}

fn case(report: &Report, result: &CheckResult, out: &mut dyn Write) -> io::Result<()> {
    let name = format!("{} ({})", result.check, result.resource);
    let class = format!("{}.{}", result.category, result.check);
    // The time that a check took would make two reports of one project differ; the field is there for readers that require it.
    write!(
        out,
        r#"    <testcase name="{}" classname="{}" time="0""#,
        attribute(&name),
        attribute(&class)
    )?;
    let sites = || result.evidence.iter().filter(|one| one.site.is_some());
    let primary = sites().find(|evidence| evidence.primary);
    let site = primary.or_else(|| sites().next());
    if let Some(site) = site.and_then(|evidence| evidence.site.as_ref()) {
        let path = super::site::from_repository(&report.view.prefix, &site.path);
        write!(out, r#" file="{}""#, attribute(&path))?;
        if let Some(span) = site.span {
            write!(out, r#" line="{}""#, span.line)?;
        }
    }
    let verdict = Verdict::of(result);
    if verdict == Verdict::Pass {
        return writeln!(out, "/>");
    }
    writeln!(out, ">")?;
    if fails(report, result) {
        writeln!(
            out,
            r#"      <failure type="{}" message="{}">{}</failure>"#,
            result.severity.as_str(),
            attribute(&result.message),
            escape(&details(report, result))
        )?;
    } else {
        let why = match &result.suppression {
            Some(suppression) => format!(
                "suppressed: {} ({})",
                suppression.reason, suppression.source
            ),
            None if verdict == Verdict::Fail => format!(
                "{}, below --fail-on {}: {}",
                result.severity,
                report.view.fail_on.as_str(),
                result.message
            ),
            None => format!("{}: {}", verdict.word(), result.message),
        };
        writeln!(out, r#"      <skipped message="{}"/>"#, attribute(&why))?;
    }
    writeln!(out, "    </testcase>")
}

/// Title, places and fixes, one a line.
fn details(report: &Report, result: &CheckResult) -> String {
    let mut lines = vec![result.title.to_owned()];
    for evidence in &result.evidence {
        let place = match (&evidence.site, &evidence.arn) {
            (Some(site), _) => {
                let path = super::site::from_repository(&report.view.prefix, &site.path);
                match site.span {
                    Some(span) => format!("{path}:{}:{}: {}", span.line, span.column, site.excerpt),
                    None => path,
                }
            }
            (None, Some(arn)) => format!("{arn} {}", evidence.field.as_deref().unwrap_or("")),
            (None, None) => continue,
        };
        lines.push(place);
    }
    for fix in &result.fixes {
        lines.push(format!("Fix: {}", fix.title));
        lines.extend(fix.commands.iter().map(|command| format!("  {command}")));
        if !fix.note.is_empty() {
            lines.push(format!("  {}", fix.note));
        }
    }
    lines.join("\n")
}

fn attribute(text: &str) -> String {
    escape(&clean::line(text))
}

/// Escapes for text and attributes, and drops what XML 1.0 forbids even escaped (control characters, U+FFFE, U+FFFF).
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in clean::block(text).chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            other => out.push(other),
        }
    }
    out
}
