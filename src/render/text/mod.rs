//! The checklist for people: the order and the words of AWS's production checklist, one section a category.

mod brief;
mod excerpt;
mod finding;
mod header;
pub(in crate::render) mod item;
mod section;
mod standard;
mod start;
pub mod verdict;

use std::io::{self, Write};

use super::Look;
use super::style::{Paint, Painter, Verdict};
use crate::checks::Category;
use crate::model::known::Unread;
use crate::report::{CheckResult, Report, Severity};
use crate::text::clean;
use crate::text::wrap;

use item::Item;

/// Lines of a report without `-v`: two screens. Where it has more, findings of medium severity are folded to two lines each, as
/// those of low severity always are; what is worse is never folded.
const LINES: usize = 120;

/// Writes the checklists, one after the other.
///
/// # Errors
/// When writing fails.
pub fn render(reports: &[Report], look: Look, out: &mut dyn Write) -> io::Result<()> {
    for (index, report) in reports.iter().enumerate() {
        if index > 0 {
            writeln!(out)?;
        }
        if look.verbose {
            page(report, look, usize::MAX, out)?;
        } else {
            out.write_all(&fitted(report, look)?)?;
        }
    }
    Ok(())
}

/// The report with as many findings of medium severity in full as [`LINES`] leave room for, the first ones first.
fn fitted(report: &Report, look: Look) -> io::Result<Vec<u8>> {
    let with = |in_full: usize| {
        let mut out = Vec::new();
        page(report, look, in_full, &mut out).map(|()| out)
    };
    let fits = |text: &[u8]| text.iter().filter(|byte| **byte == b'\n').count() <= LINES;
    let all = with(usize::MAX)?;
    if fits(&all) {
        return Ok(all);
    }
    let is_medium = |item: &Item<'_>| item.severity() == Severity::Medium;
    let mediums = item::all(report, false)
        .iter()
        .filter(|item| is_medium(item))
        .count();
    let mut best = with(0)?;
    // `low` of them fit, or none does; `high` do not.
    let (mut low, mut high) = (0, mediums);
    while fits(&best) && low + 1 < high {
        let middle = low + (high - low) / 2;
        let text = with(middle)?;
        if fits(&text) {
            (low, best) = (middle, text);
        } else {
            high = middle;
        }
    }
    Ok(best)
}

/// Writes one report.
fn page(report: &Report, look: Look, in_full: usize, out: &mut dyn Write) -> io::Result<()> {
    let mut page = Page {
        report,
        look,
        painter: Painter { color: look.color },
        reasons: Vec::new(),
        printed: Vec::new(),
        started: false,
        in_full,
        out,
    };
    page.all(report)
}

/// The verdicts of several projects, one a line.
///
/// # Errors
/// When writing fails.
pub fn roll_up(reports: &[Report], look: Look, out: &mut dyn Write) -> io::Result<()> {
    let painter = Painter { color: look.color };
    let title = verdict::count(reports.len(), "project");
    let rule = "─".repeat(look.width.saturating_sub(wrap::width(&title) + 1).max(2));
    writeln!(
        out,
        "{} {}",
        painter.paint(Paint::Strong, &title),
        painter.paint(Paint::Dim, &rule)
    )?;
    for report in reports {
        let (word, rest) = verdict::parts(report);
        let path = clean::line(&report.project.path);
        // A folder is often named as its project.
        let text = match path == clean::line(&report.project.name) {
            true => format!("{word} {rest}"),
            false => format!("{word} {rest} · {path}"),
        };
        let text = wrap::hanging("", &text, look.width);
        let rest = text.strip_prefix(&*word).unwrap_or_default();
        let word = painter.paint(verdict::paint(report), &word);
        writeln!(out, "{}", clean::inert(&format!("{word}{rest}")))?;
    }
    Ok(())
}

/// Writes one report.
struct Page<'w> {
    report: &'w Report,
    look: Look,
    painter: Painter,
    /// Why results were not judged, in the order of their numbers; told once, at the end.
    reasons: Vec<Unread>,
    /// Commands that were printed, with the check that they stand under.
    printed: Vec<(Vec<String>, &'static str)>,
    /// Something was written.
    started: bool,
    /// Items of medium severity that are still to be shown in full.
    in_full: usize,
    out: &'w mut dyn Write,
}

impl Page<'_> {
    fn all(&mut self, report: &Report) -> io::Result<()> {
        self.header(report)?;
        self.standard(report)?;
        if self.look.verbose {
            for category in Category::ALL {
                let results: Vec<&CheckResult> = report
                    .results
                    .iter()
                    .filter(|result| result.category == category.id())
                    .collect();
                if !results.is_empty() {
                    self.section(category, &results)?;
                }
            }
            self.not_judged(report)?;
        } else {
            self.brief(report)?;
        }
        self.notes(report)?;
        self.start_here(report)?;
        self.legend(report)?;
        self.fixable(report)?;
        self.verdict(report)
    }

    /// A line; a page does not start with an empty one.
    fn line(&mut self, text: &str) -> io::Result<()> {
        if text.is_empty() && !self.started {
            return Ok(());
        }
        self.started = true;
        writeln!(self.out, "{}", clean::inert(text.trim_end()))
    }

    /// A heading with a rule to the right margin, and a word at its end.
    fn heading(&mut self, title: &str, right: &str) -> io::Result<()> {
        let right = if right.is_empty() {
            String::new()
        } else {
            format!(" {right}")
        };
        let used = wrap::width(title) + 1 + wrap::width(&right);
        let rule = "─".repeat(self.look.width.saturating_sub(used).max(2));
        let title = self.painter.paint(Paint::Strong, title);
        let rest = self.painter.paint(Paint::Dim, &format!("{rule}{right}"));
        self.line("")?;
        self.line(&format!("{title} {rest}"))
    }

    /// The number of a reason; the same reason has the same number.
    fn reason_number(&mut self, reason: &Unread) -> usize {
        if let Some(index) = self.reasons.iter().position(|known| known == reason) {
            return index + 1;
        }
        self.reasons.push(reason.clone());
        self.reasons.len()
    }

    fn not_judged(&mut self, report: &Report) -> io::Result<()> {
        if self.reasons.is_empty() {
            return Ok(());
        }
        self.heading(
            "Not judged",
            &verdict::count(report.summary.skipped, "result"),
        )?;
        let reasons = std::mem::take(&mut self.reasons);
        for (index, reason) in reasons.iter().enumerate() {
            let left = format!("[{}] ", index + 1);
            let text = self::reason(reason);
            self.line(&wrap::hanging(&left, &text, self.look.width))?;
            if let Some(command) = &reason.command {
                self.command(wrap::width(&left), command)?;
            }
        }
        Ok(())
    }

    fn notes(&mut self, report: &Report) -> io::Result<()> {
        // That AWS was not read stands in the header and beside what was not judged.
        let said =
            |note: &&String| self.look.verbose || !note.starts_with("offline: AWS is not read");
        let notes: Vec<&String> = report.notes.iter().filter(said).collect();
        if notes.is_empty() {
            return Ok(());
        }
        self.heading("Notes", "")?;
        for note in notes {
            self.line(&wrap::hanging("• ", &clean::line(note), self.look.width))?;
        }
        Ok(())
    }

    /// The marks that were used, in words.
    fn legend(&mut self, report: &Report) -> io::Result<()> {
        let used = |verdict: &Verdict| {
            report
                .results
                .iter()
                .any(|result| Verdict::of(result) == *verdict)
        };
        self.line(&self.painter.paint(Paint::Dim, &"─".repeat(self.look.width)))?;
        let (mut line, mut columns) = (String::new(), 0);
        for verdict in Verdict::ALL.into_iter().filter(used) {
            let number = verdict::number(&report.summary, verdict);
            let words = format!(" {number} {}", verdict.word());
            let width = 1 + wrap::width(&words);
            if columns > 0 && columns + 2 + width > self.look.width {
                self.line(&std::mem::take(&mut line))?;
                columns = 0;
            }
            if columns > 0 {
                line.push_str("  ");
                columns += 2;
            }
            line.push_str(&self.painter.paint(verdict.paint(), verdict.mark()));
            line.push_str(&words);
            columns += width;
        }
        self.line(&line)
    }

    fn verdict(&mut self, report: &Report) -> io::Result<()> {
        let (word, rest) = verdict::below_counts(report);
        // The coloured word has a blank on each side.
        let width = self.look.width.saturating_sub(2);
        let text = wrap::hanging("", &format!("{word} {rest}"), width);
        let rest = text.strip_prefix(&*word).unwrap_or_default();
        let word = if self.look.color {
            let paint = verdict::paint(report);
            self.painter.paint(paint, &format!(" {word} "))
        } else {
            word
        };
        self.line(&format!("{word}{rest}"))
    }

    /// A command on its own line, never wrapped, without a prompt: ready to paste.
    fn command(&mut self, indent: usize, command: &str) -> io::Result<()> {
        for line in clean::block(command).lines() {
            let line = self.painter.paint(Paint::Command, line);
            self.line(&format!("{}{line}", " ".repeat(indent)))?;
        }
        Ok(())
    }
}

/// Why something was not judged, and what would make it readable.
fn reason(reason: &Unread) -> String {
    let mut text = clean::line(&reason.message);
    if let Some(action) = &reason.iam_action {
        text.push_str(&format!("; grant {}", clean::line(action)));
    }
    if let Some(flag) = &reason.flag {
        text.push_str(&format!("; give {}", clean::line(flag)));
    }
    text
}
