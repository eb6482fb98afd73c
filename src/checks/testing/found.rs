//! What the checks over tests share: they pass on evidence in the tree, and ask a person where there is none.

use crate::context::Context;
use crate::model::finding::{Evidence, Outcome, Resource};
use crate::model::known::{ReasonCode, Unread};
use crate::model::tests::TestSite;

/// How many places a result shows.
const SHOWN: usize = 5;

/// The places as evidence.
pub(super) fn evidence<'a>(sites: impl IntoIterator<Item = &'a TestSite>) -> Vec<Evidence> {
    sites
        .into_iter()
        .take(SHOWN)
        .map(|site| Evidence::code(&site.site).note(site.what.clone()))
        .collect()
}

/// Nothing was found: what was read, and what a person is to look at.
pub(super) fn none(context: &Context, resource: Resource, missing: &str, look: &str) -> Outcome {
    let files = context.tests.files;
    let read = match files {
        0 => "there are no tests in the tree".to_owned(),
        1 => "1 test file was read".to_owned(),
        _ => format!("{files} test files were read"),
    };
    let unread = match context.tests.unread.first() {
        Some(file) => format!(" (not all could be parsed: {file})"),
        None => String::new(),
    };
    let reason = Unread::new(ReasonCode::Absent, format!("{read}{unread}, and {missing}"));
    Outcome::manual(
        resource,
        format!("{missing} ({read}{unread}): {look}"),
        reason,
    )
}
