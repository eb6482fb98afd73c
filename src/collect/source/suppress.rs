//! Inline ignores: `agentcore-harden: ignore[CHECK] reason` in a comment.

use crate::model::site::SourceText;
use crate::model::source::Suppression;
use crate::model::source::ir::ByteRange;

/// Finds the ignores in a file's comments.
pub fn find(source: &SourceText, comments: &[ByteRange]) -> Vec<Suppression> {
    let mut found = Vec::new();
    // The lines of comments that were looked through last, and the line of code behind them.
    let (mut first, mut code) = (0, 0);
    for &comment in comments {
        let text = source.text.get(comment.to_usize()).unwrap_or("");
        let body = text
            .trim_start_matches(['#', '/', '*', ' ', '\t'])
            .trim_end_matches(['*', '/', ' ', '\t', '\r']);
        let Some(rest) = body.strip_prefix("agentcore-harden:") else {
            continue;
        };
        let Some(rest) = rest.trim_start().strip_prefix("ignore[") else {
            continue;
        };
        let Some((checks, reason)) = rest.split_once(']') else {
            continue;
        };
        let span = source.span(comment.to_usize());
        let alone = source
            .line(span.line)
            .chars()
            .take(span.column.saturating_sub(1) as usize)
            .all(char::is_whitespace);
        let last = if alone {
            if !(first..code).contains(&span.end_line) {
                (first, code) = (span.end_line, next_code_line(source, span.end_line));
            }
            code
        } else {
            span.line
        };
        // The excerpt of a long line is not cut out for every check that stands on it.
        let site = source.site(comment.to_usize());
        for check in checks
            .split(',')
            .map(str::trim)
            .filter(|check| !check.is_empty())
        {
            found.push(Suppression {
                check: check.to_owned(),
                reason: reason.trim().to_owned(),
                lines: span.line..=last,
                site: site.clone(),
            });
        }
    }
    found
}

/// The next line that holds more than a comment, so that several ignores can stand above one line.
fn next_code_line(source: &SourceText, from: u32) -> u32 {
    let mut line = from + 1;
    while (line as usize) < source.line_count() {
        let text = source.line(line).trim_start();
        if !(text.starts_with('#') || text.starts_with("//")) {
            break;
        }
        line += 1;
    }
    line
}
