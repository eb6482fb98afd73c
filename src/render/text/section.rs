//! One category: a line per check, what failed in full.

use std::io;

use super::super::style::{Paint, Verdict};
use super::Page;
use crate::checks::Category;
use crate::report::{CheckResult, Evidence, Status};
use crate::text::{clean, wrap};

/// Columns of the mark and the blank behind it.
const MARK: usize = 2;

impl Page<'_> {
    pub(super) fn section(
        &mut self,
        category: Category,
        results: &[&CheckResult],
    ) -> io::Result<()> {
        let groups: Vec<&[&CheckResult]> = results.chunk_by(|a, b| a.check == b.check).collect();
        self.heading(category.title(), &tally(&groups))?;
        let collapsed = |group: &[&CheckResult]| worst(group) == Verdict::NotApplicable;
        let verbose = self.look.verbose;
        // What is told in full stands apart from the lines around it.
        let mut before: Option<bool> = None;
        for group in groups.iter().filter(|group| verbose || !collapsed(group)) {
            let details = worst(group) == Verdict::Fail;
            if before.is_some_and(|before| before || details) {
                self.line("")?;
            }
            self.check(group)?;
            before = Some(details);
        }
        let away: Vec<&str> = groups
            .iter()
            .filter(|group| !self.look.verbose && collapsed(group))
            .filter_map(|group| group.first().map(|result| result.check))
            .collect();
        if away.is_empty() {
            return Ok(());
        }
        let text = format!("not applicable: {}", away.join(", "));
        let text = wrap::hanging("○ ", &text, self.look.width);
        if before == Some(true) {
            self.line("")?;
        }
        self.dimmed(&text)
    }

    fn dimmed(&mut self, text: &str) -> io::Result<()> {
        for line in text.lines() {
            let line = self.painter.paint(Paint::Dim, line);
            self.line(&line)?;
        }
        Ok(())
    }

    /// One check with all its results.
    fn check(&mut self, group: &[&CheckResult]) -> io::Result<()> {
        let Some(first) = group.first() else {
            return Ok(());
        };
        let verdict = worst(group);
        self.title(first, verdict, group)?;
        let with = |wanted: Verdict| -> Vec<&CheckResult> {
            group
                .iter()
                .copied()
                .filter(|result| Verdict::of(result) == wanted)
                .collect()
        };
        self.failures(&with(Verdict::Fail))?;
        for result in with(Verdict::Manual) {
            self.manual(result)?;
        }
        for result in with(Verdict::Suppressed) {
            self.suppressed(result)?;
        }
        for other in [Verdict::Skipped, Verdict::Pass, Verdict::NotApplicable] {
            let results = with(other);
            if self.look.verbose {
                for result in results {
                    self.told(result)?;
                }
            } else if other != verdict && !results.is_empty() {
                self.others(other, &results)?;
            }
        }
        Ok(())
    }

    /// `✖ Title of the check                              check-id`
    fn title(
        &mut self,
        first: &CheckResult,
        verdict: Verdict,
        group: &[&CheckResult],
    ) -> io::Result<()> {
        let mut title = first.title.to_owned();
        if verdict == Verdict::Skipped {
            title.push_str(&self.footnotes(group));
        } else if verdict == Verdict::Pass && group.len() > 1 {
            title.push_str(&format!(" ({})", group.len()));
        }
        let id = first.check;
        let columns = self.look.width.saturating_sub(MARK);
        // The id stands at the right end of the first line; a long title leaves it room and wraps.
        let room = columns.saturating_sub(wrap::width(id) + 2).max(20);
        let mut left = format!("{} ", self.painter.paint(verdict.paint(), verdict.mark()));
        for (index, line) in wrap::lines(&title, room).iter().enumerate() {
            let text = match verdict {
                Verdict::Fail => self.painter.paint(Paint::Strong, line),
                Verdict::Skipped | Verdict::NotApplicable => self.painter.paint(Paint::Dim, line),
                Verdict::Manual | Verdict::Suppressed | Verdict::Pass => line.clone(),
            };
            let mut right = String::new();
            if index == 0 {
                let used = wrap::width(line) + wrap::width(id);
                right.push_str(&" ".repeat(columns.saturating_sub(used).max(1)));
                right.push_str(&self.painter.paint(Paint::Dim, id));
            }
            self.line(&format!("{left}{text}{right}"))?;
            left = " ".repeat(MARK);
        }
        Ok(())
    }

    /// ` [1] [3]`: where the reasons are told.
    fn footnotes(&mut self, group: &[&CheckResult]) -> String {
        let mut numbers: Vec<usize> = group
            .iter()
            .filter_map(|result| result.reason.as_ref())
            .map(|reason| self.reason_number(reason))
            .collect();
        numbers.sort_unstable();
        numbers.dedup();
        numbers
            .iter()
            .map(|number| format!(" [{number}]"))
            .collect()
    }

    fn manual(&mut self, result: &CheckResult) -> io::Result<()> {
        let text = clean::line(&result.message);
        self.line(&wrap::hanging("  ", &text, self.look.width))?;
        if let Some(reason) = &result.reason {
            let why = clean::line(&reason.message);
            if !why.is_empty() && !text.contains(&why) {
                self.dimmed(&wrap::hanging("  ", &why, self.look.width))?;
            }
            let fixed = |command: &String| {
                result
                    .fixes
                    .iter()
                    .any(|fix| fix.commands.contains(command))
            };
            if let Some(command) = reason.command.as_ref().filter(|command| !fixed(command)) {
                self.command(4, command)?;
            }
        }
        self.fixes(&result.fixes, result.check)
    }

    fn suppressed(&mut self, result: &CheckResult) -> io::Result<()> {
        let Some(suppression) = &result.suppression else {
            return Ok(());
        };
        let until = suppression
            .expires
            .as_ref()
            .map(|date| format!(", until {date}"));
        let text = format!(
            "{}: {} ({}{})",
            result.resource,
            suppression.reason,
            suppression.source,
            until.unwrap_or_default()
        );
        self.dimmed(&wrap::hanging(
            "  suppressed ",
            &clean::line(&text),
            self.look.width,
        ))?;
        if self.look.verbose {
            self.line(&wrap::hanging(
                "  ",
                &clean::line(&result.message),
                self.look.width,
            ))?;
            self.evidence(result)?;
        }
        Ok(())
    }

    /// `-v`: the message of what passed, was not judged or does not apply, with its places.
    fn told(&mut self, result: &CheckResult) -> io::Result<()> {
        let mut left = "  ".to_owned();
        if result.status == Status::Skipped {
            left.push_str(self.footnotes(&[result]).trim_start());
            left.push(' ');
        }
        let text = clean::line(&format!("{}: {}", result.resource, result.message));
        self.dimmed(&wrap::hanging(&left, &text, self.look.width))?;
        let mut before: Option<&Evidence> = None;
        for evidence in &result.evidence {
            let same = |other: &Evidence| {
                other.site == evidence.site
                    && (&other.arn, &other.policy, &other.statement, &other.field)
                        == (
                            &evidence.arn,
                            &evidence.policy,
                            &evidence.statement,
                            &evidence.field,
                        )
            };
            if !before.is_some_and(same) {
                self.place(evidence, 4)?;
            }
            before = Some(evidence);
            let note = clean::line(&evidence.note);
            if !note.is_empty() && !text.contains(&note) {
                self.dimmed(&wrap::hanging("      ", &note, self.look.width))?;
            }
        }
        Ok(())
    }

    /// The resources of a check that fared better than its worst: `  ✔ runtime A, runtime B`.
    fn others(&mut self, verdict: Verdict, results: &[&CheckResult]) -> io::Result<()> {
        let names: Vec<String> = results
            .iter()
            .map(|result| result.resource.to_string())
            .collect();
        let mut text = clean::line(&names.join(", "));
        if verdict == Verdict::Skipped {
            text.push_str(&self.footnotes(results));
        }
        let left = format!("  {} ", verdict.mark());
        self.dimmed(&wrap::hanging(&left, &text, self.look.width))
    }
}

fn worst(group: &[&CheckResult]) -> Verdict {
    let all = group.iter().map(|result| Verdict::of(result));
    all.min().unwrap_or(Verdict::NotApplicable)
}

/// `2 failed · 3 passed`: checks, by their worst result.
fn tally(groups: &[&[&CheckResult]]) -> String {
    let words = [
        (Verdict::Fail, "failed"),
        (Verdict::Manual, "to look at"),
        (Verdict::Skipped, "not judged"),
        (Verdict::Suppressed, "suppressed"),
        (Verdict::Pass, "passed"),
    ];
    let parts: Vec<String> = words
        .into_iter()
        .filter_map(|(wanted, word)| {
            let number = groups.iter().filter(|group| worst(group) == wanted).count();
            (number > 0).then(|| format!("{number} {word}"))
        })
        .collect();
    if parts.is_empty() {
        "not applicable".to_owned()
    } else {
        parts.join(" · ")
    }
}
