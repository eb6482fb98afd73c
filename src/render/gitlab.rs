//! The Code Quality report of GitLab: one object a site.
//! Format: <https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format>.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;

use super::site::{self, Finding};
use crate::report::{Report, Severity};

#[derive(Serialize)]
struct Issue<'a> {
    description: String,
    check_name: &'a str,
    fingerprint: String,
    severity: &'static str,
    location: Location,
}

#[derive(Serialize)]
struct Location {
    path: String,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: u32,
}

/// Writes the findings as one list, the worst first.
///
/// # Errors
/// When writing fails.
pub fn render(reports: &[Report], out: &mut dyn Write) -> io::Result<()> {
    let mut findings: Vec<Finding<'_>> = reports
        .iter()
        .flat_map(|report| site::findings(report, false))
        .collect();
    findings.sort_by_key(|finding| finding.severity);
    // GitLab keeps one issue a fingerprint: projects of one name in one repository would hide each other's.
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let issues: Vec<Issue<'_>> = findings
        .iter()
        .map(|finding| {
            let times = seen.entry(finding.fingerprint.clone()).or_default();
            *times += 1;
            issue(finding, *times)
        })
        .collect();
    super::json::pretty(&issues, out)
}

fn issue<'a>(finding: &Finding<'a>, times: usize) -> Issue<'a> {
    Issue {
        description: site::message(finding),
        check_name: finding.result.check,
        fingerprint: match times {
            1 => finding.fingerprint.clone(),
            more => format!("{}-{more}", finding.fingerprint),
        },
        severity: match finding.severity {
            Severity::Critical => "blocker",
            Severity::High => "critical",
            Severity::Medium => "major",
            Severity::Low => "minor",
        },
        location: Location {
            path: finding.path.clone(),
            lines: Lines {
                begin: finding.span.map_or(1, |span| span.line),
            },
        },
    }
}
