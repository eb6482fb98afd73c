//! One category: a line per check, what failed in full.

use std::io;

use super::super::style::{Paint, Verdict};
use super::Page;
use super::item::Item;
use crate::checks::Category;
use crate::report::{CheckResult, Evidence, Severity, Status};
use crate::text::{clean, wrap};

/// Columns of the mark and the blank behind it.
const MARK: usize = 2;

impl Page<'_> {
    pub(super) fn section(
        &mut self,
        category: Category,
        results: &[&CheckResult],
    ) -> io::Result<()> {
        let mut groups: Vec<&[&CheckResult]> =
            results.chunk_by(|a, b| a.check == b.check).collect();
        // What failed comes first, the worst before the rest.
        groups.sort_by_key(|group| {
            let failed = group
                .iter()
                .filter(|result| Verdict::of(result) == Verdict::Fail);
            failed
                .map(|result| result.severity)
                .min()
                .map_or((true, Severity::Low), |worst| (false, worst))
        });
        self.heading(category.title(), &tally(&groups))?;
        // What is shown in full stands apart from the lines around it.
        let mut before: Option<bool> = None;
        for group in &groups {
            let details = worst(group) == Verdict::Fail;
            if before.is_some_and(|before| before || details) {
                self.line("")?;
            }
            self.check(group)?;
            before = Some(details);
        }
        Ok(())
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
        if verdict != Verdict::Fail {
            self.title(first, verdict, group)?;
        }
        let with = |wanted: Verdict| -> Vec<&CheckResult> {
            group
                .iter()
                .copied()
                .filter(|result| Verdict::of(result) == wanted)
                .collect()
        };
        let mut failed = with(Verdict::Fail);
        if !failed.is_empty() {
            failed.sort_by_key(|result| result.severity);
            self.item(&Item {
                category: first.category,
                results: failed,
                cause: None,
                also: Vec::new(),
            })?;
        }
        for result in with(Verdict::Manual) {
            self.manual(result)?;
        }
        for result in with(Verdict::Accepted) {
            self.accepted(result)?;
        }
        for result in with(Verdict::Suppressed) {
            self.suppressed(result)?;
        }
        for other in [Verdict::Skipped, Verdict::Pass, Verdict::NotApplicable] {
            for result in with(other) {
                self.detail(result)?;
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
                Verdict::Manual | Verdict::Suppressed | Verdict::Accepted | Verdict::Pass => {
                    line.clone()
                }
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

    /// ` [1] [3]`: where the reasons are given.
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
        self.fixes(&result.fixes, result)
    }

    /// A question that somebody answered: what, who, until when.
    pub(super) fn accepted(&mut self, result: &CheckResult) -> io::Result<()> {
        let Some(acceptance) = &result.acceptance else {
            return Ok(());
        };
        let text = format!(
            "{} of {}: {} (by {}, {}, until {})",
            result.check,
            result.resource,
            acceptance.reason,
            acceptance.by,
            acceptance.source,
            acceptance.expires
        );
        self.dimmed(&wrap::hanging("☑ ", &clean::line(&text), self.look.width))
    }

    pub(super) fn suppressed(&mut self, result: &CheckResult) -> io::Result<()> {
        let Some(suppression) = &result.suppression else {
            return Ok(());
        };
        let until = suppression
            .expires
            .as_ref()
            .map(|date| format!(", until {date}"));
        let text = format!(
            "{} {} of {}: {} ({}{})",
            result.severity,
            result.check,
            result.resource,
            suppression.reason,
            suppression.source,
            until.unwrap_or_default()
        );
        self.dimmed(&wrap::hanging("⊘ ", &clean::line(&text), self.look.width))?;
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
    fn detail(&mut self, result: &CheckResult) -> io::Result<()> {
        let mut left = "  ".to_owned();
        if result.status == Status::Skipped {
            left.push_str(self.footnotes(&[result]).trim_start());
            left.push(' ');
        }
        let named = result.message.contains(&result.resource.to_string());
        let text = clean::line(&if named {
            result.message.clone()
        } else {
            format!("{}: {}", result.resource, result.message)
        });
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
                self.place(evidence, 4, None)?;
            }
            before = Some(evidence);
            let note = clean::line(&evidence.note);
            if !note.is_empty() && !text.contains(&note) {
                self.dimmed(&wrap::hanging("      ", &note, self.look.width))?;
            }
        }
        Ok(())
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
        (Verdict::Accepted, "accepted"),
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
