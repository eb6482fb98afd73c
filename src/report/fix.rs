//! Fixes: what mends a failure.

use serde::Serialize;

use crate::shell::Command;

/// One way to mend a failure. Its commands are run in order, from the project root.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fix {
    /// What it does, in a few words.
    pub title: String,
    /// Commands ready to paste into a POSIX shell.
    pub commands: Vec<String>,
    /// What else to know; where only a person can mend it, the edit to make.
    pub note: String,
    /// Files to change, as unified diffs.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub edits: Vec<Edit>,
}

/// A change of one file, shown as a unified diff.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Edit {
    /// Path relative to the project root.
    pub path: String,
    /// The unified diff.
    pub diff: String,
    /// The file's new text, for `--fix`; not printed.
    #[serde(skip)]
    pub new_text: String,
}

impl Fix {
    /// A fix that is described by its title; add commands, a note or edits.
    pub fn new(title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            commands: Vec::new(),
            note: String::new(),
            edits: Vec::new(),
        }
    }

    /// Adds a command that was built, and so quoted, by [`crate::shell`].
    #[must_use]
    pub fn command(mut self, command: Command) -> Self {
        self.commands.push(command.to_string());
        self
    }

    /// Adds several commands.
    #[must_use]
    pub fn commands(mut self, commands: impl IntoIterator<Item = Command>) -> Self {
        self.commands
            .extend(commands.into_iter().map(|command| command.to_string()));
        self
    }

    /// Adds a note.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.note = note.into();
        self
    }

    /// Adds an edit.
    #[must_use]
    pub fn edit(mut self, edit: Edit) -> Self {
        self.edits.push(edit);
        self
    }
}
