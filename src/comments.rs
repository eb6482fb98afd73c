//! Gathers the suppression comments of the files that failing results point into.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use crate::collect::project::read_text;
use crate::model::source::Source;
use crate::report::comment::{Comments, parse};
use crate::report::{CheckResult, Status};

/// The comments of every file with a failing site, in the order of the paths. What was parsed as code is not read again; of
/// other files (Dockerfile, TOML, YAML) the lines are looked at. A file that cannot be read now has none.
pub fn collect(root: &Path, source: Option<&Source>, results: &[CheckResult]) -> Comments {
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
        let mut modules = source.into_iter().flat_map(|source| &source.modules);
        let module = modules.find(|module| module.path == *path);
        let found = match module {
            Some(module) => {
                let mut found = parse(path, &module.source.text);
                found.confirm(&module.suppressions);
                found
            }
            None => match read_text(&root.join(&**path), path) {
                Ok(text) => parse(path, &text),
                Err(_) => continue,
            },
        };
        all.comments.extend(found.comments);
        all.warnings.extend(found.warnings);
    }
    all
}

/// JSON has no comments: there `agentcore-harden.toml` is the place.
fn has_comments(path: &str) -> bool {
    !path.to_ascii_lowercase().ends_with(".json")
}
