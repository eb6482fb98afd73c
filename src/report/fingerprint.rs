//! Fingerprints: what identifies a finding from one run to the next, for baselines and SARIF.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use sha2::{Digest, Sha256};

use super::{CheckResult, Evidence};

/// One fingerprint per piece of evidence of a result; one for the result where it has none. Built from the project's name,
/// check, resource, path and the text of the site without its white space, so that it outlives moved lines and a renamed
/// checkout. The n-th site of the same text gets the n-th fingerprint.
pub fn of_result(project: &str, result: &CheckResult) -> Vec<String> {
    let base = format!("{project}\0{}\0{}", result.check, result.resource);
    if result.evidence.is_empty() {
        return vec![digest(&base, 0)];
    }
    let mut seen: BTreeMap<String, u32> = BTreeMap::new();
    result
        .evidence
        .iter()
        .map(|evidence| {
            let identity = format!("{base}\0{}", identity(evidence));
            let ordinal = seen.entry(identity.clone()).or_default();
            *ordinal += 1;
            digest(&identity, *ordinal)
        })
        .collect()
}

fn identity(evidence: &Evidence) -> String {
    let site = evidence.site.as_ref();
    let excerpt: String = site
        .map(|site| site.excerpt.split_whitespace().collect())
        .unwrap_or_default();
    let parts = [
        site.map(|site| &*site.path),
        Some(excerpt.as_str()),
        evidence.arn.as_deref(),
        evidence.policy.as_deref(),
        evidence.statement.as_deref(),
        evidence.api.as_deref(),
        evidence.field.as_deref(),
    ];
    parts.map(|part| part.unwrap_or_default()).join("\0")
}

/// The first 16 bytes of the SHA-256, in hexadecimal: short enough to read, long enough never to collide in one project.
fn digest(identity: &str, ordinal: u32) -> String {
    let hash = Sha256::digest(format!("{identity}\0{ordinal}").as_bytes());
    let mut text = String::with_capacity(32);
    for byte in hash.iter().take(16) {
        let _ = write!(text, "{byte:02x}");
    }
    text
}
