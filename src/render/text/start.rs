//! Where to start: the worst findings with their places and fixes, and what `--fix` can do.

use std::io;

use super::super::place;
use super::super::style::Paint;
use super::Page;
use super::item::{self, Item};
use crate::report::{Report, Severity};
use crate::text::{clean, wrap};

/// Findings that are named.
const MOST: usize = 5;

impl Page<'_> {
    pub(super) fn start_here(&mut self, report: &Report) -> io::Result<()> {
        let items = worst(report);
        if items.len() > 1 {
            self.heading("Start here", "")?;
            for (index, item) in items.iter().take(MOST).enumerate() {
                self.entry(index + 1, item)?;
            }
        }
        Ok(())
    }

    fn entry(&mut self, number: usize, item: &Item<'_>) -> io::Result<()> {
        let Some(first) = item.results.first() else {
            return Ok(());
        };
        let severity = item.severity();
        let word = severity.as_str().to_uppercase();
        let message = match item.cause {
            Some(cause) => cause.to_owned(),
            None => clean::line(&first.message),
        };
        let used = 3 + wrap::width(&word) + 1;
        let message = wrap::cut(&message, self.look.width.saturating_sub(used));
        let badge = self.painter.paint(Paint::Badge(severity), &word);
        self.line(&format!("{number}. {badge} {message}"))?;
        let at = item::sites(first)
            .first()
            .and_then(|evidence| place::of(self.report, evidence))
            .unwrap_or_else(|| clean::line(&first.resource.to_string()));
        let fix = first
            .fixes
            .first()
            .map(|fix| format!("  {}", clean::line(&fix.title)))
            .unwrap_or_default();
        let at = wrap::cut(&at, self.look.width.saturating_sub(3));
        let room = self.look.width.saturating_sub(3 + wrap::width(&at));
        let fix = wrap::cut(&fix, room);
        let at = self.painter.paint(Paint::Path, &at);
        let fix = self.painter.paint(Paint::Good, &fix);
        self.line(&format!("   {at}{fix}"))
    }

    /// What `--fix` can do, and where the other fixes are.
    pub(super) fn fixable(&mut self, report: &Report) -> io::Result<()> {
        let (all, safe) = (report.summary.fail, report.summary.fixable);
        if safe == 0 {
            return Ok(());
        }
        let mut words = match all {
            1 => "`--fix` can fix it; `--fix --dry-run` shows the edit".to_owned(),
            _ => {
                format!("`--fix` can fix {safe} of {all} findings; `plan` lists all fixes in order")
            }
        };
        let folds = |item: &Item<'_>| item.severity() == Severity::Medium;
        if self.is_folded(Severity::Medium) && worst(report).iter().any(folds) {
            words.push_str("; `-v` shows every finding in full");
        }
        self.line(&wrap::hanging("", &words, self.look.width))
    }
}

/// The items by severity.
fn worst(report: &Report) -> Vec<Item<'_>> {
    let mut items = item::all(report, false);
    items.sort_by_key(Item::severity);
    items
}
