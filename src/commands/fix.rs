//! `check --fix`: makes the safe edits of what fails. The edits are worked out round by round over the project as they would leave
//! it, before anything is written: a dry run shows exactly what a run writes, and an edit that would make the report worse is not
//! made.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::Path;

use crate::apply;
use crate::collect::json;
use crate::collect::project::Edited;
use crate::config::FailOn;
use crate::exit::Failure;
use crate::report::redact::Redactor;
use crate::report::{CheckResult, Edit, Fix, SafeEdit, Status};
use crate::text::clean;

/// Most rounds of audit and edit. Each fixes what the one before brought to light; two are the rule.
const ROUNDS: usize = 10;

/// The results of a project as edits would leave it.
pub type Audit<'a> = dyn FnMut(&Edited) -> Result<Audited, Failure> + 'a;

/// What an audit says.
#[derive(Clone, Debug)]
pub struct Audited {
    /// The results, suppressions applied.
    pub results: Vec<CheckResult>,
    /// The severity from which on findings count: their number must not rise.
    pub fail_on: FailOn,
}

/// What was done.
#[derive(Debug, Default)]
pub struct Done {
    /// The edits in words, for the report's notes.
    pub notes: Vec<String>,
}

/// How the edits are made.
#[derive(Clone, Copy, Debug)]
pub struct How<'a> {
    /// The project.
    pub root: &'a Path,
    /// The project as the user sees it.
    pub shown: &'a str,
    /// The edits are only shown.
    pub dry_run: bool,
}

/// Makes the edits of every failing result, one diff a file; with `dry_run` they are only shown.
///
/// # Errors
/// When the audit fails or an edit cannot be written. What was written before stays: each file is whole.
pub fn run(how: How<'_>, out: &mut dyn Write, audit: &mut Audit<'_>) -> Result<Done, Failure> {
    let work = work_out(audit, &|fix| !fix.safe.is_empty())?;
    let mut done = Done::default();
    for (path, change) in &work.changes {
        let edit = change.edit(path);
        show(how.shown, &edit, out)?;
        if !how.dry_run {
            apply::write(how.root, &edit).map_err(|error| {
                Failure::new(error.to_string())
                    .help("the file was not changed; without --fix the report prints the commands")
            })?;
        }
        let verb = if how.dry_run {
            "would change"
        } else {
            "changed"
        };
        let words: Vec<&str> = change.words.iter().map(String::as_str).collect();
        done.notes
            .push(format!("--fix {verb} {path}: {}", words.join("; ")));
    }
    for refused in &work.refused {
        done.notes.push(format!(
            "--fix leaves {refused} alone: its edit would make more fail than it fixes"
        ));
    }
    if work.changes.is_empty() {
        done.notes
            .push("--fix found nothing that it may edit".to_owned());
    }
    let (fixed, remain) = (work.fixed, work.remain);
    done.notes.push(if how.dry_run {
        format!("after --fix: {fixed} fixed, {remain} remain")
    } else {
        format!("{fixed} fixed, {remain} remain")
    });
    Ok(done)
}

/// One file that changes.
#[derive(Clone, Debug)]
pub struct Change {
    /// Its text on disk; `None` where it is new.
    pub old: Option<String>,
    /// Its text then.
    pub new: String,
    /// What the change is for.
    pub words: BTreeSet<String>,
}

impl Change {
    /// The whole change as one edit.
    pub fn edit(&self, path: &str) -> SafeEdit {
        SafeEdit::whole(path, self.old.as_deref(), self.new.clone())
    }
}

/// The edits of a project, worked out and not written.
#[derive(Clone, Debug, Default)]
pub struct Work {
    /// By path.
    pub changes: BTreeMap<String, Change>,
    /// Results whose edits would make more fail.
    pub refused: BTreeSet<String>,
    /// How many results no longer fail.
    pub fixed: usize,
    /// How many fail still.
    pub remain: usize,
    /// The results as the edits leave them.
    pub after: Vec<CheckResult>,
}

/// What one result asks for.
struct Wanted {
    what: String,
    edits: Vec<SafeEdit>,
}

/// Works out the edits of all failing results whose fix is one that `may` be made.
///
/// # Errors
/// When the audit fails.
pub fn work_out(audit: &mut Audit<'_>, may: &dyn Fn(&Fix) -> bool) -> Result<Work, Failure> {
    let Audited {
        results: before,
        fail_on,
    } = audit(&Edited::new())?;
    let mut current = before.clone();
    let mut work = Work::default();
    let mut tried: BTreeSet<String> = BTreeSet::new();
    let mut unseen: BTreeSet<String> = BTreeSet::new();
    for _ in 0..ROUNDS {
        let wanted = wanted(&current, &tried, may);
        if wanted.is_empty() {
            break;
        }
        let together = work.with(wanted.iter());
        let mut made: Vec<&Wanted> = together.1;
        let mut next = together.0;
        let mut after = audit(&next.edited())?.results;
        if blocking(&after, fail_on) > blocking(&current, fail_on) {
            // One of them makes it worse: which?
            (made, next, after) = (Vec::new(), work.clone(), current.clone());
            for one in &wanted {
                let (trial, taken) = work.with(made.iter().copied().chain([one]));
                if taken.len() <= made.len() {
                    continue;
                }
                let results = audit(&trial.edited())?.results;
                if blocking(&results, fail_on) > blocking(&after, fail_on) {
                    next.refused.insert(one.what.clone());
                    tried.insert(identity(&one.edits));
                    continue;
                }
                let refused = std::mem::take(&mut next.refused);
                (next, after) = (trial, results);
                next.refused = refused;
                made.push(one);
            }
        }
        if made.is_empty() {
            break;
        }
        for one in made {
            tried.insert(identity(&one.edits));
            if one.edits.iter().any(|edit| !is_seen(&edit.path)) {
                unseen.insert(one.what.clone());
            }
        }
        (work, current) = (next, after);
    }
    // A rule file is read from disk: its edit does what it says.
    let failing = |results: &[CheckResult]| -> BTreeSet<String> {
        results.iter().filter(|one| fails(one)).map(what).collect()
    };
    let (then, now) = (failing(&before), failing(&current));
    let open = |one: &&String| now.contains(*one) && !unseen.contains(*one);
    work.fixed = then.iter().filter(|one| !open(one)).count();
    work.remain = now.iter().filter(|one| !unseen.contains(*one)).count();
    work.after = current;
    Ok(work)
}

impl Work {
    /// The project's files as they would be.
    pub fn edited(&self) -> Edited {
        let changes = self.changes.iter();
        changes
            .map(|(path, change)| (path.clone(), change.new.clone()))
            .collect()
    }

    /// These edits on top, as far as they do not exclude each other, and whose they are.
    fn with<'w>(&self, wanted: impl Iterator<Item = &'w Wanted>) -> (Self, Vec<&'w Wanted>) {
        let mut round: BTreeMap<&str, SafeEdit> = BTreeMap::new();
        let mut words: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
        let mut taken = Vec::new();
        for one in wanted {
            let mut trial = round.clone();
            let fits = one.edits.iter().all(|edit| {
                let both = match trial.get(edit.path.as_str()) {
                    None => Some(edit.clone()),
                    Some(other) if other == edit => Some(edit.clone()),
                    Some(other) => other.with(edit),
                };
                let fits = both.as_ref().is_some_and(|both| both.new_text().is_some());
                if let Some(both) = both {
                    trial.insert(&edit.path, both);
                }
                fits
            });
            if fits {
                round = trial;
                for edit in &one.edits {
                    words
                        .entry(&edit.path)
                        .or_default()
                        .insert(one.what.clone());
                }
                taken.push(one);
            }
        }
        let mut work = self.clone();
        for (path, edit) in round {
            let Some(new) = edit.new_text() else {
                continue;
            };
            let change = work
                .changes
                .entry(path.to_owned())
                .or_insert_with(|| Change {
                    old: edit.old.as_deref().map(str::to_owned),
                    new: String::new(),
                    words: BTreeSet::new(),
                });
            change.new = new;
            change.words.extend(words.remove(path).unwrap_or_default());
        }
        (work, taken)
    }
}

fn fails(result: &CheckResult) -> bool {
    result.status == Status::Fail && result.suppression.is_none()
}

fn what(result: &CheckResult) -> String {
    format!("{} of {}", result.check, result.resource)
}

/// How many findings count.
fn blocking(results: &[CheckResult], fail_on: FailOn) -> usize {
    results
        .iter()
        .filter(|result| fails(result) && fail_on.blocks(result.severity))
        .count()
}

/// What the audit reads as edited; other files it reads from disk.
fn is_seen(path: &str) -> bool {
    !path.ends_with("ignore")
}

/// The same change again, wherever it stands by now: it did not help.
fn identity(edits: &[SafeEdit]) -> String {
    let mut text = String::new();
    for edit in edits {
        text.push_str(&edit.path);
        for splice in &edit.splices {
            text.push('\0');
            text.push_str(&splice.text);
        }
        text.push('\n');
    }
    text
}

/// What the failing results ask for: of alternatives the first that may be made.
fn wanted(
    results: &[CheckResult],
    tried: &BTreeSet<String>,
    may: &dyn Fn(&Fix) -> bool,
) -> Vec<Wanted> {
    let failing = results.iter().filter(|result| fails(result));
    failing
        .filter_map(|result| {
            let fix = result.fixes.iter().find(|fix| may(fix))?;
            let edits = fix.edits_to_make();
            (!edits.is_empty() && !tried.contains(&identity(edits))).then(|| Wanted {
                what: what(result),
                edits: edits.to_vec(),
            })
        })
        .collect()
}

/// The diff of one edit; the paths are those that the user sees.
fn show(shown: &str, edit: &SafeEdit, out: &mut dyn Write) -> Result<(), Failure> {
    let path = match shown {
        "." | "" => edit.path.clone(),
        folder => format!("{folder}/{}", edit.path),
    };
    let mut text = diff(&path, edit);
    if !text.ends_with('\n') {
        text.push('\n');
    }
    super::emit(out, text.as_bytes())
}

/// A diff that may be printed: no secret, no control character.
pub(super) fn diff(path: &str, edit: &SafeEdit) -> String {
    let Some(new) = edit.new_text() else {
        return String::new();
    };
    let diff = Edit::new(path, edit.old.as_deref(), new).diff;
    let old = edit.old.as_deref().unwrap_or_default();
    let redactor = Redactor::new(json::parse(path, old).as_ref());
    let diff = redactor
        .text(path, &diff)
        .unwrap_or_else(|| diff.to_string());
    // A line of the file may hold anything.
    clean::block(&diff)
}
