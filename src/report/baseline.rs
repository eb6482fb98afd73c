//! The baseline: findings that were there when it was written, so that a run fails only for new ones.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{CheckResult, Resource, Status, fingerprint};

/// The baseline file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Baseline {
    /// Version of the file.
    pub schema_version: u32,
    /// The findings, sorted.
    pub entries: Vec<Entry>,
}

/// A finding of the baseline: everything but the fingerprint is there for its readers.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Entry {
    /// The project's name.
    pub project: String,
    /// The check's id.
    pub check: String,
    /// What the finding is about.
    pub resource: Resource,
    /// The file, where there is one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub path: Option<String>,
    /// See [`fingerprint`].
    pub fingerprint: String,
}

impl Default for Baseline {
    fn default() -> Self {
        Self {
            schema_version: 1,
            entries: Vec::new(),
        }
    }
}

impl Baseline {
    /// The fingerprints of one project.
    pub fn fingerprints(&self, project: &str) -> BTreeMap<&str, &Entry> {
        self.entries
            .iter()
            .filter(|entry| entry.project == project)
            .map(|entry| (entry.fingerprint.as_str(), entry))
            .collect()
    }

    /// Takes over what fails in `results` now. Entries stay where this run did not judge: another project, a check that was
    /// not selected, a resource whose evidence could not be read.
    pub fn update(&mut self, project: &str, results: &[CheckResult]) {
        let judged = judged(results);
        self.entries.retain(|entry| {
            entry.project != project || !judged.contains(&(entry.check.as_str(), &entry.resource))
        });
        let failing = results
            .iter()
            .filter(|result| result.status == Status::Fail && result.suppression.is_none());
        for result in failing {
            let prints = fingerprint::of_result(project, result);
            let sites = result
                .evidence
                .iter()
                .map(Some)
                .chain(std::iter::once(None));
            let decides = result.decides();
            let sites = prints.into_iter().zip(sites);
            for (print, evidence) in sites.filter(|(_, site)| site.is_none_or(&decides)) {
                self.entries.push(Entry {
                    project: project.to_owned(),
                    check: result.check.to_owned(),
                    resource: result.resource.clone(),
                    path: evidence
                        .and_then(|evidence| evidence.site.as_ref())
                        .map(|site| site.path.to_string()),
                    fingerprint: print,
                });
            }
        }
        self.entries.sort();
        self.entries.dedup();
    }
}

/// Check and resource of every result that was judged in this run.
pub(super) fn judged(results: &[CheckResult]) -> BTreeSet<(&str, &Resource)> {
    results
        .iter()
        .filter(|result| result.status != Status::Skipped)
        .map(|result| (result.check, &result.resource))
        .collect()
}
