//! What changed since a revision, as git tells it: lines of files that it knows, and whole files that it does not know yet.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::exit::Failure;
use crate::model::site::Span;

/// Changed lines by file; paths count from the root of the repository.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    /// The root of the repository.
    pub repository: PathBuf,
    files: BTreeMap<String, Vec<(u32, u32)>>,
}

impl Changes {
    /// True when a file changed, in those lines where there are any.
    pub fn touches(&self, path: &str, lines: Option<(u32, u32)>) -> bool {
        let Some(changed) = self.files.get(path) else {
            return false;
        };
        let Some((first, last)) = lines else {
            return true;
        };
        // A file without lines is new, binary, renamed, or its mode changed.
        changed.is_empty()
            || changed
                .iter()
                .any(|(from, to)| *from <= last && first <= *to)
    }

    /// [`Self::touches`] for a span.
    pub fn span(&self, path: &str, span: Option<Span>) -> bool {
        self.touches(path, span.map(|span| (span.line, span.end_line)))
    }
}

/// Asks git for what changed between the merge base of `revision` and HEAD, and the files as they are now.
///
/// # Errors
/// When git is not there, the folder is in no repository, or the revision leads nowhere.
pub fn since(root: &Path, revision: &str) -> Result<Changes, Failure> {
    let git = |arguments: &[&str]| run(root, arguments);
    let top = git(&["rev-parse", "--show-toplevel"])?.ok_or_else(|| {
        Failure::new(format!(
            "--since: {} is in no git repository",
            root.display()
        ))
        .help("leave --since out to report everything")
    })?;
    let repository = PathBuf::from(top.trim_end_matches('\n'));
    let commit = format!("{revision}^{{commit}}");
    let known = git(&[
        "rev-parse",
        "--verify",
        "--quiet",
        "--end-of-options",
        &commit,
    ])?;
    let commit = known.ok_or_else(|| {
        Failure::new(format!("--since: git knows no revision \"{revision}\"")).help(
            "a shallow clone has no history: fetch it (`fetch-depth: 0`), or give another revision",
        )
    })?;
    let base = git(&["merge-base", commit.trim(), "HEAD"])?.ok_or_else(|| {
        Failure::new(format!(
            "--since: \"{revision}\" and HEAD have no common commit"
        ))
        .help("a shallow clone has no history: fetch it (`fetch-depth: 0`)")
    })?;
    let refused = |what: &str| {
        Failure::new(format!("--since: git {what} failed"))
            .help("run `git status` there to see why")
    };
    // From the top: otherwise git counts from the folder, or leaves out what is outside it.
    let at_top = |arguments: &[&str]| run(&repository, arguments);
    let base = base.trim();
    let mut changes = Changes {
        repository: repository.clone(),
        ..Changes::default()
    };
    let diff = [
        "diff",
        "--no-color",
        "--no-ext-diff",
        "--no-textconv",
        "--find-renames",
    ];
    let names = at_top(&[&diff[..], &["--name-only", "-z", base, "--"]].concat())?;
    let others = at_top(&["ls-files", "--others", "--exclude-standard", "-z"])?;
    let names = names.ok_or_else(|| refused("diff"))?;
    let others = others.ok_or_else(|| refused("ls-files"))?;
    for path in names.split('\0').chain(others.split('\0')) {
        if !path.is_empty() {
            changes.files.entry(path.to_owned()).or_default();
        }
    }
    let prefixes = [
        "--unified=0",
        "--src-prefix=a/",
        "--dst-prefix=b/",
        base,
        "--",
    ];
    let patch = at_top(&[&diff[..], &prefixes].concat())?;
    lines(&patch.ok_or_else(|| refused("diff"))?, &mut changes.files);
    Ok(changes)
}

/// Reads the hunks of a patch without context. Only lines of headers count: how many lines a hunk has is in its own header.
fn lines(patch: &str, files: &mut BTreeMap<String, Vec<(u32, u32)>>) {
    let mut path: Option<String> = None;
    let mut left = 0_u32;
    for line in patch.split('\n') {
        if left > 0 && line.starts_with(['+', '-']) {
            left -= 1;
        } else if let Some(name) = line.strip_prefix("+++ ") {
            path = named(name);
        } else if let Some((old, new)) = hunk(line) {
            left = old.1.saturating_add(new.1);
            let changed = path.as_ref().and_then(|path| files.get_mut(path));
            if let Some(changed) = changed {
                // Where lines were taken away, those beside the gap changed their meaning.
                changed.push(match new {
                    (start, 0) => (start, start.saturating_add(1)),
                    (start, count) => (start, start.saturating_add(count - 1)),
                });
            }
        }
    }
}

/// `@@ -12,3 +14 @@ …`: start and count of the old and the new lines.
fn hunk(line: &str) -> Option<((u32, u32), (u32, u32))> {
    let mut words = line.strip_prefix("@@ -")?.split(' ');
    let part = |word: &str| -> Option<(u32, u32)> {
        let (start, count) = word.split_once(',').unwrap_or((word, "1"));
        Some((start.parse().ok()?, count.parse().ok()?))
    };
    let old = part(words.next()?)?;
    let new = part(words.next()?.strip_prefix('+')?)?;
    Some((old, new))
}

/// `b/app/main.py`, in quotes where the name has characters that git escapes: such a file counts as a whole.
fn named(name: &str) -> Option<String> {
    let name = name.strip_suffix('\t').unwrap_or(name);
    name.strip_prefix("b/").map(str::to_owned)
}

/// What git prints; `None` where it ends with an error. Nothing that a repository configures is run.
fn run(folder: &Path, arguments: &[&str]) -> Result<Option<String>, Failure> {
    let output = Command::new("git")
        .args(["-c", "core.fsmonitor=false", "-c", "core.quotePath=false"])
        .arg("-C")
        .arg(folder)
        .args(arguments)
        .env("GIT_OPTIONAL_LOCKS", "0")
        .output()
        .map_err(|error| {
            Failure::new(format!("--since: git cannot be run: {error}"))
                .help("install git, or leave --since out to report everything")
        })?;
    let text = || String::from_utf8_lossy(&output.stdout).into_owned();
    Ok(output.status.success().then(text))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn hunks_become_lines_and_content_is_no_header() {
        let patch = "diff --git a/x.py b/x.py\n--- a/x.py\n+++ b/x.py\n@@ -3 +3,2 @@ def f():\n--- a\n+++ b/y.py\n+@@ -1 +99 @@\n\
                     @@ -9,2 +10,0 @@\n-a\n-b\n";
        let mut files = BTreeMap::from([("x.py".to_owned(), Vec::new())]);
        lines(patch, &mut files);
        assert_eq!(files["x.py"], [(3, 4), (10, 11)]);
        let changes = Changes {
            files,
            ..Changes::default()
        };
        let touched = |line| changes.touches("x.py", Some((line, line)));
        assert_eq!(
            (1..=12).filter(|line| touched(*line)).collect::<Vec<_>>(),
            [3, 4, 10, 11]
        );
        assert!(changes.touches("x.py", None) && !changes.touches("y.py", None));
    }
}
