//! Reads the suppression comments of the files that failing results point into.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use super::project::read_text;
use crate::report::comment::{Comments, parse};
use crate::report::{CheckResult, Status};

/// The comments of every file with a failing site, in the order of the paths. A file that cannot be read now has none.
pub fn collect(root: &Path, results: &[CheckResult]) -> Comments {
    let files: BTreeSet<&Arc<str>> = results
        .iter()
        .filter(|result| result.status == Status::Fail)
        .flat_map(|result| &result.evidence)
        .filter_map(|evidence| evidence.site.as_ref())
        .filter(|site| site.span.is_some() && has_comments(&site.path))
        .map(|site| &site.path)
        .collect();
    let mut all = Comments::default();
    for path in files {
        if let Ok(text) = read_text(&root.join(&**path), path) {
            let found = parse(path, &text);
            all.comments.extend(found.comments);
            all.warnings.extend(found.warnings);
        }
    }
    all
}

/// JSON has no comments: there `agentcore-harden.toml` is the place.
fn has_comments(path: &str) -> bool {
    !path.to_ascii_lowercase().ends_with(".json")
}
