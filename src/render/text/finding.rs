//! A failure in full: severity and message, the evidence with excerpts, the fixes.

use std::io;

use super::super::style::Paint;
use super::Page;
use super::excerpt::Excerpt;
use crate::report::{CheckResult, Evidence, Fix};
use crate::text::{clean, wrap};

/// Columns of a badge: the longest is CRITICAL.
const BADGE: usize = 8;
/// Columns before evidence and fixes.
const INDENT: usize = 4;
/// Sites that are shown without `-v`.
const SITES: usize = 3;

impl Page<'_> {
    /// Failing results of one check. A fix that several of them share is printed once, after the last.
    pub(super) fn failures(&mut self, results: &[&CheckResult]) -> io::Result<()> {
        for (index, result) in results.iter().enumerate() {
            self.message(result)?;
            self.evidence(result)?;
            let next = results.get(index + 1);
            if next.is_none_or(|next| next.fixes != result.fixes) {
                self.fixes(&result.fixes, result.check)?;
            }
        }
        if self.look.verbose
            && let Some(first) = results.first()
        {
            for reference in &first.references {
                let reference = self.painter.paint(Paint::Dim, reference);
                self.line(&format!("{}See {reference}", " ".repeat(INDENT)))?;
            }
        }
        Ok(())
    }

    /// `  CRITICAL gateway open accepts …`
    fn message(&mut self, result: &CheckResult) -> io::Result<()> {
        let word = result.severity.as_str().to_uppercase();
        let left = format!("  {word:<BADGE$} ");
        let text = wrap::hanging(&left, &clean::line(&result.message), self.look.width);
        let rest = text.strip_prefix(&left).unwrap_or(&text);
        let badge = self.painter.paint(Paint::Badge(result.severity), &word);
        let gap = " ".repeat(BADGE + 1 - word.len());
        self.line(&format!("  {badge}{gap}{rest}"))
    }

    pub(super) fn evidence(&mut self, result: &CheckResult) -> io::Result<()> {
        let shown = if self.look.verbose {
            result.evidence.len()
        } else {
            SITES
        };
        for evidence in merged(&result.evidence).iter().take(shown) {
            self.site(evidence, &result.message)?;
        }
        let more = merged(&result.evidence).len().saturating_sub(shown);
        if more > 0 {
            let text = format!("{}… and {more} more (-v shows all)", " ".repeat(INDENT));
            let text = self.painter.paint(Paint::Dim, &text);
            self.line(&text)?;
        }
        Ok(())
    }

    /// Where one piece of evidence is, on a line of its own.
    pub(super) fn place(&mut self, evidence: &Evidence, indent: usize) -> io::Result<()> {
        let blank = " ".repeat(indent);
        if let Some(site) = &evidence.site {
            let mut place = clean::line(&site.path);
            if let Some(span) = site.span {
                place.push_str(&format!(":{}:{}", span.line, span.column));
            }
            let place = self.painter.paint(Paint::Path, &place);
            let severity = evidence
                .severity
                .map(|severity| format!(" {severity}"))
                .unwrap_or_default();
            let severity = self.painter.paint(Paint::Dim, &severity);
            self.line(&format!("{blank}{place}{severity}"))?;
        }
        if let Some(arn) = &evidence.arn {
            let arn = self.painter.paint(Paint::Path, &clean::line(arn));
            self.line(&format!("{blank}{arn}"))?;
        }
        let parts = [
            ("policy", &evidence.policy),
            ("statement", &evidence.statement),
            ("from", &evidence.api),
            ("field", &evidence.field),
        ];
        let parts: Vec<String> = parts
            .into_iter()
            .filter_map(|(name, part)| part.as_ref().map(|part| format!("{name} {part}")))
            .collect();
        if !parts.is_empty() {
            let text = clean::line(&parts.join(" · "));
            self.line(&wrap::hanging(&blank, &text, self.look.width))?;
        }
        Ok(())
    }

    /// The place, the source line with carets, and the note where the message does not say the same.
    fn site(&mut self, evidence: &Evidence, message: &str) -> io::Result<()> {
        self.place(evidence, INDENT)?;
        let excerpt = evidence
            .site
            .as_ref()
            .and_then(|site| Excerpt::of(site, self.look.width.saturating_sub(INDENT)));
        let note = if message.contains(&evidence.note) {
            String::new()
        } else {
            clean::line(&evidence.note)
        };
        let Some(excerpt) = excerpt else {
            if !note.is_empty() {
                self.line(&wrap::hanging(
                    &" ".repeat(INDENT + 2),
                    &note,
                    self.look.width,
                ))?;
            }
            return Ok(());
        };
        let blank = " ".repeat(INDENT);
        let number = self
            .painter
            .paint(Paint::Dim, &format!("{} │", excerpt.number));
        let empty = format!("{} │", " ".repeat(excerpt.number.len()));
        let gutter = self.painter.paint(Paint::Dim, &empty);
        self.line(&format!("{blank}{number} {}", excerpt.line))?;
        let carets = self.painter.paint(Paint::Bad, &excerpt.carets);
        let used = INDENT + wrap::width(&empty) + 1 + wrap::width(&excerpt.carets) + 1;
        if note.is_empty() || used + wrap::width(&note) <= self.look.width {
            let note = self.painter.paint(Paint::Bad, &note);
            return self.line(&format!("{blank}{gutter} {carets} {note}"));
        }
        self.line(&format!("{blank}{gutter} {carets}"))?;
        let columns = self
            .look
            .width
            .saturating_sub(INDENT + wrap::width(&empty) + 1);
        for line in wrap::lines(&note, columns.max(20)) {
            let line = self.painter.paint(Paint::Bad, &line);
            self.line(&format!("{blank}{gutter} {line}"))?;
        }
        Ok(())
    }

    /// The alternatives, best first. Commands that already stand under another check are not printed again.
    pub(super) fn fixes(&mut self, fixes: &[Fix], check: &'static str) -> io::Result<()> {
        for (index, fix) in fixes.iter().enumerate() {
            let word = if index == 0 { "Fix:" } else { "Or:" };
            let left = format!("{}{word} ", " ".repeat(INDENT));
            let text = wrap::hanging(&left, &clean::line(&fix.title), self.look.width);
            let rest = text.strip_prefix(&left).unwrap_or(&text);
            let word = self.painter.paint(Paint::Good, word);
            let above = self
                .printed
                .iter()
                .find(|(commands, _)| *commands == fix.commands);
            let above = above
                .map(|(_, check)| *check)
                .filter(|other| fix.commands.len() > 1 && *other != check);
            if let Some(other) = above {
                self.line(&format!(
                    "{}{word} {rest}: the commands under {other}",
                    " ".repeat(INDENT)
                ))?;
                continue;
            }
            self.printed.push((fix.commands.clone(), check));
            self.line(&format!("{}{word} {rest}", " ".repeat(INDENT)))?;
            for command in &fix.commands {
                self.command(INDENT + 2, command)?;
            }
            // The commands make the same edits: the diffs beside them are for who asks for everything.
            if fix.commands.is_empty() || self.look.verbose {
                for edit in &fix.edits {
                    self.diff(&edit.diff)?;
                }
            }
            if !fix.note.is_empty() {
                let note = clean::line(&fix.note);
                self.line(&wrap::hanging(
                    &" ".repeat(INDENT + 2),
                    &note,
                    self.look.width,
                ))?;
            }
        }
        Ok(())
    }

    fn diff(&mut self, diff: &str) -> io::Result<()> {
        for line in clean::block(diff).lines() {
            let paint = match line.chars().next() {
                Some('+') => Paint::Good,
                Some('-') => Paint::Bad,
                _ => Paint::Dim,
            };
            let line = self.painter.paint(paint, line);
            self.line(&format!("{}{line}", " ".repeat(INDENT + 2)))?;
        }
        Ok(())
    }
}

/// Evidence in which several statements about one place are one entry.
fn merged(evidence: &[Evidence]) -> Vec<Evidence> {
    let mut merged: Vec<Evidence> = Vec::new();
    for each in evidence {
        let same = |other: &&mut Evidence| {
            other.site.is_some()
                && (&other.site, &other.policy, &other.statement, other.severity)
                    == (&each.site, &each.policy, &each.statement, each.severity)
        };
        match merged.last_mut().filter(same) {
            Some(last) if !each.note.is_empty() && !last.note.contains(&each.note) => {
                last.note = format!("{}; {}", last.note, each.note);
            }
            Some(_) => {}
            None => merged.push(each.clone()),
        }
    }
    merged
}
