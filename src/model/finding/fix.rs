//! Fixes: what fixes a failure.

use std::sync::Arc;

use memchr::{memchr_iter, memrchr_iter};
use schemars::JsonSchema;
use serde::Serialize;
use similar::udiff::UnifiedHunkHeader;
use similar::{DiffOp, TextDiff};

use crate::model::json_edit::{self, Splice};
use crate::shell::Command;

/// One way to fix a failure. Its commands are run in order, from the project root.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Fix {
    /// What it does, in a few words.
    pub title: String,
    /// Commands ready to paste into a POSIX shell.
    pub commands: Vec<String>,
    /// What else to know; where only a person can fix it, the edit to make.
    pub note: String,
    /// Files to change, as unified diffs.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub edits: Vec<Edit>,
    /// The edits among them that `check --fix` makes: they need no knowledge of the agent.
    #[serde(skip)]
    pub safe: Vec<SafeEdit>,
    /// Edits that only the user may decide on: `plan` makes them beside the fix's commands.
    #[serde(skip)]
    pub offered: Vec<SafeEdit>,
    /// It is done before the fix that stands beside it, and is no alternative to it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    preparation: bool,
    /// One of several between which only the user can choose.
    #[serde(skip)]
    choice: bool,
    /// A command cannot be written for a shell: none is printed.
    #[serde(skip)]
    unwritable: bool,
}

/// Said where a command cannot be written.
const UNWRITABLE: &str = "a name in it ends in a line break or holds a NUL, which no shell passes on: rename it first, or do by hand what the title says";

/// A change of one file that `check --fix` makes. Several that were made for the same text can be put together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SafeEdit {
    /// Path relative to the project root.
    pub path: String,
    /// The text that it was made for; `None` where there is no such file yet.
    pub old: Option<Arc<str>>,
    /// What changes, in the order of the text.
    pub splices: Vec<Splice>,
}

impl SafeEdit {
    /// A file with another text.
    pub fn whole(path: &str, old: Option<&str>, new: String) -> Self {
        Self {
            path: path.to_owned(),
            old: old.map(Arc::from),
            splices: vec![Splice {
                range: 0..old.map_or(0, str::len),
                text: new.into(),
            }],
        }
    }

    /// The file's new text; `None` where the changes are about the same place.
    pub fn new_text(&self) -> Option<String> {
        json_edit::apply(self.old.as_deref().unwrap_or_default(), &self.splices)
    }

    /// The new text as far as it is shown: that of a long file is not.
    fn shown_text(&self) -> Option<String> {
        match &self.old {
            Some(old) if old.len() > LONGEST_TEXT => Some(String::new()),
            _ => self.new_text(),
        }
    }

    /// Both at once. `None` where they are for different texts or about the same place.
    pub fn with(&self, other: &Self) -> Option<Self> {
        if self.path != other.path || self.old != other.old {
            return None;
        }
        let mut both = self.clone();
        both.splices.extend(other.splices.clone());
        // Stable: what is inserted at one place stays in the order in which it came.
        both.splices.sort_by_key(|splice| splice.range.start);
        let apart = both.splices.windows(2).all(|pair| match pair {
            [one, two] => {
                let inserts = one.range.is_empty() && two.range.is_empty();
                one.range.end < two.range.start || (inserts && one.range == two.range)
            }
            _ => true,
        });
        // Two new files of one name, or two edits of one value, are not to be mixed.
        (apart && self.old.is_some()).then_some(both)
    }
}

impl Edit {
    /// A change from `old` to `new`; without `old` the file is new.
    pub fn new(path: &str, old: Option<&str>, new: String) -> Self {
        let from = match old {
            Some(_) => format!("a/{path}"),
            None => "/dev/null".to_owned(),
        };
        let header = format!("--- {from}\n+++ b/{path}\n");
        // A project of a thousand runtimes on one line would be copied a thousand times.
        if old.map_or(0, str::len) > LONGEST_TEXT {
            return Self {
                path: path.to_owned(),
                diff: format!("{header}{TOO_LONG}").into(),
                new_text: Arc::default(),
            };
        }
        let mut diff = hunks(old.unwrap_or_default(), &new);
        if !diff.is_empty() {
            diff.insert_str(0, &header);
        }
        if diff.len() > LONGEST_DIFF {
            diff = format!("{header}{TOO_LONG}");
        }
        Self {
            path: path.to_owned(),
            diff: diff.into(),
            new_text: new.into(),
        }
    }
}

/// Lines that a diff shows before and after a change.
const SHOWN_AROUND: usize = 3;

/// The hunks of a unified diff. An edit changes a few lines of a long file, so only what stands between the first difference and the
/// last is compared, with what is shown around them.
fn hunks(old: &str, new: &str) -> String {
    let between = hunks_between(old, new, equal_ends(old, new));
    between
        .or_else(|| hunks_between(old, new, (0, 0)))
        .unwrap_or_default()
}

/// How many bytes at the start and at the end of two texts are equal and too far from every difference to be shown: whole lines.
fn equal_ends(old: &str, new: &str) -> (usize, usize) {
    let (from, to) = (old.as_bytes(), new.as_bytes());
    let pairs = from.iter().zip(to);
    let same = pairs.take_while(|(one, other)| one == other).count();
    let mut breaks = memrchr_iter(b'\n', &from[..same]).map(|at| at + 1);
    let changed = breaks.next().unwrap_or_default();
    let start = breaks.nth(SHOWN_AROUND - 1).unwrap_or_default();
    // What a line is, only the library says where there are other line breaks.
    let start = if old[..start].contains('\r') {
        0
    } else {
        start
    };
    let pairs = from[changed..].iter().rev().zip(to[changed..].iter().rev());
    let same = pairs.take_while(|(one, other)| one == other).count();
    let mut breaks = memchr_iter(b'\n', &from[from.len() - same..]);
    let left = breaks.nth(SHOWN_AROUND).map_or(0, |at| same - at - 1);
    (start, left)
}

/// The hunks of what stands between equal ends. `None` where a change was moved to such an end, along lines that are all the same: then
/// it may go on beyond.
fn hunks_between(old: &str, new: &str, (start, left): (usize, usize)) -> Option<String> {
    let before = memchr_iter(b'\n', &old.as_bytes()[..start]).count();
    let diff = TextDiff::from_lines(&old[start..old.len() - left], &new[start..new.len() - left]);
    let stays = |end: usize, op: Option<&DiffOp>| {
        end == 0 || matches!(op, Some(DiffOp::Equal { len, .. }) if *len >= SHOWN_AROUND)
    };
    if !stays(start, diff.ops().first()) || !stays(left, diff.ops().last()) {
        return None;
    }
    let mut out = String::new();
    for hunk in diff
        .unified_diff()
        .context_radius(SHOWN_AROUND)
        .iter_hunks()
    {
        let (Some(first), Some(last)) = (hunk.ops().first(), hunk.ops().last()) else {
            continue;
        };
        let whole = DiffOp::Replace {
            old_index: before + first.old_range().start,
            old_len: last.old_range().end - first.old_range().start,
            new_index: before + first.new_range().start,
            new_len: last.new_range().end - first.new_range().start,
        };
        let text = hunk.to_string();
        let lines = text.split_once('\n').map_or("", |(_, lines)| lines);
        out.push_str(&format!("{}\n{lines}", UnifiedHunkHeader::new(&[whole])));
    }
    Some(out)
}

/// Longest text of which a change is shown, in bytes.
const LONGEST_TEXT: usize = 256 * 1024;
/// Longest diff that is shown, in bytes.
const LONGEST_DIFF: usize = 32 * 1024;
/// Stands in for what is not shown.
const TOO_LONG: &str = "(the changed lines are too long to be shown)\n";

/// A change of one file, shown as a unified diff.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Edit {
    /// Path relative to the project root.
    pub path: String,
    /// The unified diff.
    pub diff: Arc<str>,
    /// The file's new text, which is not printed; empty for a file that is too long for its change to be shown.
    #[serde(skip)]
    pub new_text: Arc<str>,
}

impl Fix {
    /// A fix that is described by its title; add commands, a note or edits.
    pub fn new(title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            commands: Vec::new(),
            note: String::new(),
            edits: Vec::new(),
            safe: Vec::new(),
            offered: Vec::new(),
            preparation: false,
            choice: false,
            unwritable: false,
        }
    }

    /// Adds a command that was built, and so quoted, by [`crate::shell`].
    #[must_use]
    pub fn command(mut self, command: Command) -> Self {
        if !command.is_exact() {
            self.unwritable = true;
            self.commands.clear();
            return self.note(UNWRITABLE);
        }
        if !self.unwritable {
            self.commands.push(command.to_string());
        }
        self
    }

    /// Adds several commands.
    #[must_use]
    pub fn commands(self, commands: impl IntoIterator<Item = Command>) -> Self {
        commands.into_iter().fold(self, Self::command)
    }

    /// Adds a note.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        if !self.unwritable || self.note.is_empty() {
            self.note = note.into();
        }
        self
    }

    /// Adds an edit.
    #[must_use]
    pub fn edit(mut self, edit: Edit) -> Self {
        self.edits.push(edit);
        self
    }

    /// Adds an edit that only the user may decide on: it is shown, and `check --fix` leaves it alone.
    #[must_use]
    pub fn edit_of(mut self, edit: &SafeEdit) -> Self {
        if let Some(new) = edit.shown_text() {
            self.edits
                .push(Edit::new(&edit.path, edit.old.as_deref(), new));
            self.offered.push(edit.clone());
        }
        self
    }

    /// Says that only the user can choose between this and the other fixes.
    #[must_use]
    pub fn choice(mut self) -> Self {
        self.choice = true;
        self
    }

    /// True where only the user can choose between this and the other fixes.
    pub fn is_a_choice(&self) -> bool {
        self.choice
    }

    /// Says that this is done before the fix that stands beside it.
    #[must_use]
    pub fn preparation(mut self) -> Self {
        self.preparation = true;
        self
    }

    /// True for what comes before the fix that stands beside it, and is no alternative to it.
    pub fn is_preparation(&self) -> bool {
        self.preparation
    }

    /// The edits that are made for it, by `check --fix` or by `plan`.
    pub fn edits_to_make(&self) -> &[SafeEdit] {
        if self.safe.is_empty() {
            &self.offered
        } else {
            &self.safe
        }
    }

    /// Adds an edit that `check --fix` may make.
    #[must_use]
    pub fn safe_edit(mut self, edit: Option<SafeEdit>) -> Self {
        if let Some(edit) = edit
            && let Some(new) = edit.shown_text()
        {
            self.edits
                .push(Edit::new(&edit.path, edit.old.as_deref(), new));
            self.safe.push(edit);
        }
        self
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;
    use proptest::test_runner::{RngSeed, TestRunner};

    use super::*;

    /// Lines that repeat, line breaks of all kinds, and a last line without one.
    #[test]
    fn the_hunks_are_those_of_a_comparison_of_the_whole_texts() {
        let config = ProptestConfig {
            cases: 3_000,
            rng_seed: RngSeed::Fixed(1),
            failure_persistence: None,
            ..ProptestConfig::default()
        };
        let change = (0usize..60, 0usize..6, "([ab]?(\n|\r)?){0,3}");
        let input = (
            "([abc]{0,1}(\n|\n|\n|\r\n)){0,20}[ab]{0,1}",
            prop::collection::vec(change, 0..3),
        );
        let mut runner = TestRunner::new(config);
        let holds = runner.run(&input, |(old, changes)| {
            let mut new = old.clone();
            for (at, length, text) in changes {
                let at = at.min(new.len());
                new.replace_range(at..(at + length).min(new.len()), &text);
            }
            let whole = TextDiff::from_lines(&old, &new).unified_diff().to_string();
            prop_assert_eq!(hunks(&old, &new), whole);
            Ok(())
        });
        holds.unwrap();
    }

    #[test]
    fn a_change_in_a_run_of_equal_lines_keeps_what_follows() {
        let old = format!("a\n{}b\n", "x\n".repeat(9));
        let new = format!("a\n{}b\n", "x\n".repeat(10));
        assert!(hunks(&old, &new).ends_with(" x\n x\n x\n+x\n b\n"));
    }
}
