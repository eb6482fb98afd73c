//! Work on the payload outside of any `try`: what parses it raises for whatever a caller sends.

use crate::analysis::agent_code::{self, AgentCode};
use crate::analysis::handlers::parses::untried;
use crate::model::finding::{Evidence, Severity};

/// The places in handlers where the payload is parsed and nothing is around.
pub(super) fn bare(code: &AgentCode<'_>) -> Vec<Evidence> {
    let found = untried(code).into_iter();
    found
        .map(|parse| {
            let note = format!(
                "`{}` raises for what it cannot parse, and no `try` is around it",
                parse.parser
            );
            let evidence = agent_code::evidence(code.source, parse.module, parse.range);
            evidence.note(note).severity(Severity::Low)
        })
        .collect()
}
