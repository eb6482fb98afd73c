//! Suppressions in code: `# agentcore-harden: ignore[CHECK] reason`, `//` in TypeScript.

use std::collections::HashMap;
use std::ops::RangeInclusive;
use std::sync::{Arc, LazyLock};

use regex::Regex;

use crate::checks;
use crate::model::source::Suppression;
use crate::text::suggest::suggestion;

/// A comment that suppresses checks on one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comment {
    /// The file, relative to the project root.
    pub path: Arc<str>,
    /// 1-based line of the comment.
    pub line: u32,
    /// 1-based lines that it speaks about: its own, and the next line of code where it stands alone.
    pub lines: RangeInclusive<u32>,
    /// The check's id.
    pub check: String,
    /// Why; shown in the report.
    pub reason: String,
}

/// What a file's comments say, and what is wrong with them.
#[derive(Clone, Debug, Default)]
pub struct Comments {
    /// The suppressions.
    pub comments: Vec<Comment>,
    /// Warnings: an unknown check, a missing reason.
    pub warnings: Vec<String>,
}

impl Comments {
    /// Keeps what a parser of the language confirms: what looks like a comment inside a string is none, and the parser knows
    /// best which line of code comes next.
    pub fn confirm(&mut self, parsed: &[Suppression]) {
        let mut by_line: HashMap<u32, Vec<&Suppression>> = HashMap::new();
        for ignore in parsed {
            let lines = ignore.site.span.map(|span| span.line..=span.end_line);
            for line in lines.into_iter().flatten() {
                by_line.entry(line).or_default().push(ignore);
            }
        }
        self.comments.retain_mut(|comment| {
            let here = by_line.get(&comment.line).into_iter().flatten();
            let Some(ignore) = { here }.find(|ignore| ignore.check == comment.check) else {
                return false;
            };
            comment.lines = ignore.lines.clone();
            true
        });
    }
}

/// A comment's start, the marker, the ids in brackets, the reason.
static PATTERN: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?:#|//|/\*|<!--)\s*agentcore-harden:\s*ignore\s*(?:\[([^\]]*)\])?(.*)$").ok()
});
const MARKER: &str = "agentcore-harden:";

/// Reads the comments of one file.
pub fn parse(path: &Arc<str>, text: &str) -> Comments {
    let mut found = Comments::default();
    if !text.contains(MARKER) {
        return found;
    }
    let Some(pattern) = PATTERN.as_ref() else {
        return found;
    };
    let lines: Vec<&str> = text.lines().collect();
    // Of the last comment that stood alone: where the lines of comments behind it end.
    let mut end = 0;
    for (index, line) in lines
        .iter()
        .enumerate()
        .filter(|(_, line)| line.contains(MARKER))
    {
        let Some(captures) = pattern.captures(line) else {
            continue;
        };
        let before = captures.get(0).map_or("", |all| &line[..all.start()]);
        let target = if before.trim_start_matches('{').trim().is_empty() {
            if end <= index {
                let behind = lines[index + 1..].iter();
                end = index + 1 + behind.take_while(|line| is_comment(line)).count();
            }
            end
        } else {
            index
        };
        let place = format!("{path}:{}", index + 1);
        let reason = captures.get(2).map_or("", |reason| reason.as_str()).trim();
        let reason = reason
            .trim_end_matches('}')
            .trim_end_matches("*/")
            .trim_end_matches("-->");
        let reason = reason.trim_start_matches([':', '-', '—']).trim();
        let ids = captures.get(1).map_or("", |ids| ids.as_str());
        let ids: Vec<&str> = ids
            .split(',')
            .map(str::trim)
            .filter(|id| !id.is_empty())
            .collect();
        if ids.is_empty() {
            found.warnings.push(format!(
                "{place}: the comment suppresses nothing; write ignore[CHECK] reason"
            ));
        }
        for id in ids {
            if checks::find(id).is_none() {
                let close = suggestion(id, checks::all().map(|check| check.id))
                    .map(|close| format!("; did you mean {close}?"));
                found.warnings.push(format!(
                    "{place}: the comment names the unknown check {id}{}",
                    close.unwrap_or_default()
                ));
            } else if reason.is_empty() {
                found.warnings.push(format!(
                    "{place}: ignore[{id}] has no reason and suppresses nothing"
                ));
            } else {
                found.comments.push(Comment {
                    path: path.clone(),
                    line: number(index),
                    lines: number(index)..=number(target),
                    check: id.to_owned(),
                    reason: reason.to_owned(),
                });
            }
        }
    }
    found
}

/// Lines that hold a suppression alone: several may stand above one line of code.
fn is_comment(line: &str) -> bool {
    let line = line.trim_start();
    (line.starts_with('#') || line.starts_with("//")) && line.contains(MARKER)
}

/// 0-based index → 1-based line.
fn number(index: usize) -> u32 {
    u32::try_from(index + 1).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comment_speaks_of_its_line_or_the_next() {
        let text = "x = 1\n# agentcore-harden: ignore[secrets-env-read] local tool\n\
                    # agentcore-harden: ignore[code-error-leak, cli-version] both\ny = f()\n\
                    z = g()  # agentcore-harden: ignore[code-outbound-http]: hot path\n";
        let found = parse(&"a.py".into(), text);
        let told: Vec<_> = found
            .comments
            .iter()
            .map(|comment| {
                (
                    comment.check.as_str(),
                    *comment.lines.end(),
                    comment.reason.as_str(),
                )
            })
            .collect();
        assert_eq!(
            told,
            [
                ("secrets-env-read", 4, "local tool"),
                ("code-error-leak", 4, "both"),
                ("cli-version", 4, "both"),
                ("code-outbound-http", 5, "hot path"),
            ]
        );
        assert!(found.warnings.is_empty());
    }

    #[test]
    fn faulty_comments_are_told() {
        let text = "// agentcore-harden: ignore[code-error-lek] x\nf(); // agentcore-harden: ignore[code-error-leak]\n\
                    {/* agentcore-harden: ignore */}\n";
        let found = parse(&"a.ts".into(), text);
        assert!(found.comments.is_empty());
        assert_eq!(
            found.warnings,
            [
                "a.ts:1: the comment names the unknown check code-error-lek; did you mean code-error-leak?",
                "a.ts:2: ignore[code-error-leak] has no reason and suppresses nothing",
                "a.ts:3: the comment suppresses nothing; write ignore[CHECK] reason",
            ]
        );
    }
}
