//! `check --fix`: makes the safe edits of what fails, shown as diffs first, and asks again until none is left.

use std::io::Write;
use std::path::Path;

use crate::apply;
use crate::collect::json;
use crate::exit::Failure;
use crate::report::redact::Redactor;
use crate::report::{CheckResult, Edit, SafeEdit, Status};
use crate::text::clean;

/// Most rounds of audit and edit. Each fixes what the one before brought to light; two are the rule.
const ROUNDS: usize = 10;

/// What was done.
#[derive(Debug, Default)]
pub struct Done {
    /// The edits in words, for the report's notes.
    pub notes: Vec<String>,
}

/// Makes the edits of every failing result below `root`. `audit` gives the results as they are now; with `dry_run` the edits of
/// the first round are only shown.
///
/// # Errors
/// When the audit fails or an edit cannot be written. What was written before stays: each file is whole.
pub fn run(
    root: &Path,
    shown: &str,
    dry_run: bool,
    out: &mut dyn Write,
    mut audit: impl FnMut() -> Result<Vec<CheckResult>, Failure>,
) -> Result<Done, Failure> {
    let mut done = Done::default();
    let mut made: Vec<SafeEdit> = Vec::new();
    for _ in 0..ROUNDS {
        let results = audit()?;
        let (mut edits, mut words, later) = gather(&results);
        // An edit that did not turn its result must not be made again and again.
        let fresh: Vec<bool> = edits.iter().map(|edit| !made.contains(edit)).collect();
        let mut keep = fresh.iter();
        edits.retain(|_| keep.next().copied().unwrap_or(false));
        let mut keep = fresh.iter();
        words.retain(|_| keep.next().copied().unwrap_or(false));
        if edits.is_empty() {
            break;
        }
        for (edit, words) in edits.iter().zip(&words) {
            show(shown, edit, out)?;
            if !dry_run {
                apply::write(root, edit).map_err(|error| {
                    Failure::new(error.to_string()).help(
                        "the file was not changed; without --fix the report prints the commands",
                    )
                })?;
            }
            let verb = if dry_run { "would change" } else { "changed" };
            done.notes
                .push(format!("--fix {verb} {}: {}", edit.path, words.join("; ")));
        }
        if dry_run {
            if later {
                done.notes.push(
                    "--fix would make further edits of the same places after these".to_owned(),
                );
            }
            break;
        }
        made.extend(edits);
    }
    if done.notes.is_empty() {
        done.notes
            .push("--fix found nothing that it may edit".to_owned());
    }
    Ok(done)
}

/// One edit a file out of all that the failing results ask for, with what each is for; true where some must wait for the next
/// round, because they are about the same place.
fn gather(results: &[CheckResult]) -> (Vec<SafeEdit>, Vec<Vec<String>>, bool) {
    let mut edits: Vec<SafeEdit> = Vec::new();
    let mut words: Vec<Vec<String>> = Vec::new();
    let mut later = false;
    let failing = results
        .iter()
        .filter(|result| result.status == Status::Fail && result.suppression.is_none());
    for result in failing {
        // Fixes are alternatives: the first that needs nobody's knowledge is taken.
        let Some(fix) = result.fixes.iter().find(|fix| !fix.safe.is_empty()) else {
            continue;
        };
        for edit in &fix.safe {
            let what = format!("{} of {}", result.check, result.resource);
            match edits.iter().position(|other| other.path == edit.path) {
                None => {
                    edits.push(edit.clone());
                    words.push(vec![what]);
                }
                // Two results may ask for one and the same thing.
                Some(index) if edits.get(index).is_some_and(|other| other == edit) => {}
                Some(index) => {
                    let both = edits.get(index).and_then(|other| other.with(edit));
                    match (both, edits.get_mut(index), words.get_mut(index)) {
                        (Some(both), Some(slot), Some(told)) => {
                            *slot = both;
                            told.push(what);
                        }
                        _ => later = true,
                    }
                }
            }
        }
    }
    (edits, words, later)
}

/// The diff of one edit; the paths are those that the user sees.
fn show(shown: &str, edit: &SafeEdit, out: &mut dyn Write) -> Result<(), Failure> {
    let Some(new) = edit.new_text() else {
        return Ok(());
    };
    let path = match shown {
        "." | "" => edit.path.clone(),
        folder => format!("{folder}/{}", edit.path),
    };
    let diff = Edit::new(&path, edit.old.as_deref(), new).diff;
    let old = edit.old.as_deref().unwrap_or_default();
    let redactor = Redactor::new(json::parse(&path, old).as_ref());
    let diff = redactor.text(&path, &diff).unwrap_or(diff);
    let mut text = String::new();
    // A line of the file may hold anything.
    text.push_str(&clean::block(&diff));
    if !text.ends_with('\n') {
        text.push('\n');
    }
    super::emit(out, text.as_bytes())
}
