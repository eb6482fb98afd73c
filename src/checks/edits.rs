//! Edits of the project's own files that `check --fix` may make: each says what a fix's commands do, without a program to run.

use crate::context::Context;
use crate::model::finding::SafeEdit;
use crate::model::json::{Document, Node};
use crate::model::json_edit::{Editor, Splice};
use crate::model::project::Agent;

/// Edits the one entry of a root array of `agentcore.json` that bears a name; `None` where none or several do.
pub(super) fn entry(
    context: &Context,
    list: &str,
    name: &str,
    change: impl FnOnce(&mut Editor<'_>, &Node),
) -> Option<SafeEdit> {
    let document = &context.project.document;
    let named = |node: &&Node| node.get("name").and_then(Node::as_str) == Some(name);
    let mut entries = document.root.get(list)?.items().iter().filter(named);
    match (entries.next(), entries.next()) {
        (Some(only), None) => json(document, |editor| change(editor, only)),
        _ => None,
    }
}

/// Edits a runtime's entry, or a harness's `harness.json`.
pub(super) fn agent(
    context: &Context,
    agent: Agent<'_>,
    change: impl FnOnce(&mut Editor<'_>, &Node),
) -> Option<SafeEdit> {
    match agent {
        Agent::Runtime(runtime) => entry(context, "runtimes", &runtime.name, change),
        Agent::Harness(harness) => {
            let document = harness.document.read()?;
            json(document, |editor| change(editor, &document.root))
        }
    }
}

fn json(document: &Document, change: impl FnOnce(&mut Editor<'_>)) -> Option<SafeEdit> {
    let mut editor = Editor::new(document);
    change(&mut editor);
    let splices = editor.finish();
    (!splices.is_empty()).then(|| SafeEdit {
        path: document.source.path.to_string(),
        old: Some(document.source.text.clone()),
        splices,
    })
}

/// A file that is not there yet.
pub(super) fn new_file(path: impl Into<String>, text: String) -> SafeEdit {
    SafeEdit {
        path: path.into(),
        old: None,
        splices: vec![Splice {
            range: 0..0,
            text: text.into(),
        }],
    }
}

/// A line at the end of a text file, in its own line ends; a file that is not there (`None`) is made.
pub(super) fn last_line(path: &str, old: Option<&str>, line: &str) -> SafeEdit {
    let Some(old) = old else {
        return new_file(path, format!("{line}\n"));
    };
    let newline = if old.contains("\r\n") { "\r\n" } else { "\n" };
    let before = if old.is_empty() || old.ends_with('\n') {
        ""
    } else {
        newline
    };
    SafeEdit {
        path: path.to_owned(),
        old: Some(old.into()),
        splices: vec![Splice {
            range: old.len()..old.len(),
            text: format!("{before}{line}{newline}").into(),
        }],
    }
}
