//! HTTP clients that call a runtime: nothing retries for them.

use crate::analysis::clients::retries;
use crate::model::finding::Evidence;
use crate::model::source::Source;

/// Requests to a runtime that nothing repeats when it is throttled.
pub(in crate::checks::quotas) fn without_retry(source: &Source) -> Vec<Evidence> {
    retries::unrepeated(source)
        .iter()
        .map(|call| {
            call.evidence()
                .note("an HTTP client calls the runtime and nothing retries it")
        })
        .collect()
}
