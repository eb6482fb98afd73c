//! In-process tools that call out without handling what goes wrong.

use crate::analysis::agent_code::{self, AgentCode};
use crate::analysis::exposed::Walker;
use crate::analysis::guards::{self, Fate};
use crate::model::finding::Evidence;
use crate::model::source::EntrypointKind;

/// In-process tools that call out and handle nothing: a note, since what escapes goes to the model and not to the caller.
pub(super) fn bare(code: &AgentCode<'_>) -> Vec<Evidence> {
    let tools = code
        .code
        .entrypoints
        .iter()
        .filter(|entry| entry.kind == EntrypointKind::AgentTool);
    let mut found = Vec::new();
    for entry in tools {
        let Some(function) = entry.function else {
            continue;
        };
        let mut walker = Walker::new(code.source);
        walker.entry(entry.kind, function, &[]);
        let bare = walker.exposed.iter().find(|exposed| {
            let places = [Some(exposed.site), exposed.reaches];
            matches!(exposed.fate, Fate::Uncaught)
                && !places
                    .iter()
                    .flatten()
                    .any(|place| guards::expects(code.source, *place))
        });
        if let Some(exposed) = bare {
            let note = format!(
                "tool {} calls {} without handling: the framework tells the model what escapes",
                exposed.entry,
                exposed.reached.words()
            );
            found.push(
                agent_code::evidence(code.source, exposed.site.0, exposed.site.1)
                    .note(note)
                    .context(),
            );
        }
    }
    found
}
