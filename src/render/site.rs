//! Where a finding is, for the formats that count from the repository root.

use std::fmt::Write as _;

use crate::model::site::Span;
use crate::report::{CheckResult, Evidence, Report, Severity, Status};

/// The file that stands for findings without one: code scanning wants a place for each.
const FALLBACK: &str = "agentcore/agentcore.json";

/// One site of a failing result.
#[derive(Clone, Debug)]
pub struct Finding<'a> {
    /// The result.
    pub result: &'a CheckResult,
    /// The evidence; `None` for a result without any.
    pub evidence: Option<&'a Evidence>,
    /// Path from the repository root, with `/`, normalised.
    pub path: String,
    /// The place in the file, where the evidence has one.
    pub span: Option<Span>,
    /// The site's severity, else the result's.
    pub severity: Severity,
    /// See [`crate::report::fingerprint`].
    pub fingerprint: String,
}

/// Every site of every failing result; suppressed ones are in when asked for.
pub fn findings(report: &Report, suppressed: bool) -> Vec<Finding<'_>> {
    let failing = report.results.iter().filter(|result| {
        result.status == Status::Fail && (suppressed || result.suppression.is_none())
    });
    failing
        .flat_map(|result| of_result(report, result))
        .collect()
}

fn of_result<'a>(report: &'a Report, result: &'a CheckResult) -> Vec<Finding<'a>> {
    let prints = crate::report::fingerprint::of_result(&report.project.name, result);
    let decides = result.decides();
    let sites = result.evidence.iter().map(Some);
    let none = result.evidence.is_empty().then_some(None);
    sites
        .chain(none)
        .zip(prints)
        .filter(|(evidence, _)| evidence.is_none_or(&decides))
        .map(|(evidence, fingerprint)| {
            let site = evidence.and_then(|evidence| evidence.site.as_ref());
            Finding {
                result,
                evidence,
                path: from_repository(
                    &report.view.prefix,
                    site.map_or(FALLBACK, |site| &site.path),
                ),
                span: site.and_then(|site| site.span),
                severity: evidence
                    .and_then(|evidence| evidence.severity)
                    .unwrap_or(result.severity),
                fingerprint,
            }
        })
        .collect()
}

/// Joins and normalises: `services/a/` + `../shared/x.py` → `services/shared/x.py`.
pub fn from_repository(prefix: &str, path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in prefix.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// A relative URI reference: everything but unreserved characters and `/` percent-encoded (RFC 3986).
pub fn uri(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            let _ = write!(uri, "%{byte:02X}");
        }
    }
    uri
}

/// The message of a site: the result's, and the site's own note.
pub fn message(finding: &Finding<'_>) -> String {
    let note = finding
        .evidence
        .map(|evidence| evidence.note.trim())
        .unwrap_or_default();
    if note.is_empty() || finding.result.message.contains(note) {
        finding.result.message.clone()
    } else {
        format!("{}: {note}", finding.result.message)
    }
}
