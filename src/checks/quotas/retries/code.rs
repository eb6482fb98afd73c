//! Options of SDK clients.

use crate::analysis::agent_code;
use crate::analysis::clients::policies::{self, Policy};
use crate::model::finding::Evidence;
use crate::model::source::Source;

/// What a policy means for who calls.
fn words(policy: Policy) -> &'static str {
    match policy {
        Policy::NoRepetition => "max_attempts is 0: the client never retries",
        Policy::OneAttempt => "total_max_attempts is 1: the client never retries",
        Policy::Legacy => "the retry mode is legacy, which knows few errors and has no retry quota",
        Policy::OneAttemptOfJavaScript => "maxAttempts is 1: the client never retries",
        Policy::OneAttemptOfStrategy => {
            "the retry strategy allows one attempt: the client never retries"
        }
        Policy::NoRetries => "retries are set to 0: the client never retries",
    }
}

/// Every place where the retries of a client of AgentCore or Bedrock are turned off.
pub(in crate::checks::quotas) fn turned_off(source: &Source) -> Vec<Evidence> {
    let found = policies::turned_off(source).into_iter();
    found
        .map(|(policy, at)| {
            agent_code::evidence(source, at.module, at.expr.range).note(words(policy))
        })
        .collect()
}
