//! The checklist without `-v`: what failed by category and severity, then what is to be decided, what was not judged, and what
//! passed in a few lines.

use std::collections::BTreeMap;
use std::io;

use super::super::style::{Paint, Verdict};
use super::item::{self, Item};
use super::{Page, verdict};
use crate::checks::{self, Category};
use crate::model::known::{ReasonCode, Unread};
use crate::report::{CheckResult, Report};
use crate::text::{clean, wrap};

impl Page<'_> {
    pub(super) fn brief(&mut self, report: &Report) -> io::Result<()> {
        let items = item::all(report, false);
        for category in Category::ALL {
            let mut of: Vec<&Item<'_>> = items
                .iter()
                .filter(|item| item.category == category.id())
                .collect();
            if of.is_empty() {
                continue;
            }
            of.sort_by_key(|item| item.severity());
            let failed: usize = of
                .iter()
                .map(|item| item.results.len() + item.also.len())
                .sum();
            self.heading(category.title(), &format!("{failed} failed"))?;
            // What takes two lines stands together; the rest stands apart.
            let mut before: Option<bool> = None;
            for item in of {
                let folded = self.is_folded(item.severity());
                if before.is_some_and(|before| !before || !folded) {
                    self.line("")?;
                }
                self.item(item)?;
                before = Some(folded);
            }
        }
        self.questions(report)?;
        self.suppressed_ones(report)?;
        self.accepted_ones(report)?;
        self.unjudged(report)?;
        self.passed(report)
    }

    /// What a person must look at, a line each; `-v` says all of it.
    fn questions(&mut self, report: &Report) -> io::Result<()> {
        let groups = by_check(report, Verdict::Manual);
        if groups.is_empty() {
            return Ok(());
        }
        let number = verdict::count(report.summary.manual, "result");
        self.heading("To look at", &number)?;
        for results in groups {
            let Some((first, rest)) = results.split_first() else {
                continue;
            };
            let more = match rest.len() {
                0 => String::new(),
                several => format!(" (and {several} more)"),
            };
            let left = format!("{}{more}: ", first.check);
            let room = self
                .look
                .width
                .saturating_sub(2 + wrap::width(&left))
                .max(20);
            let message = wrap::cut(&clean::line(&first.message), room);
            let mark = self.painter.paint(Paint::Warn, Verdict::Manual.mark());
            let left = self.painter.paint(Paint::Dim, &left);
            self.line(&format!("{mark} {left}{message}"))?;
        }
        Ok(())
    }

    fn suppressed_ones(&mut self, report: &Report) -> io::Result<()> {
        let results: Vec<&CheckResult> = report
            .results
            .iter()
            .filter(|result| Verdict::of(result) == Verdict::Suppressed)
            .collect();
        if results.is_empty() {
            return Ok(());
        }
        self.heading("Suppressed", &verdict::count(results.len(), "result"))?;
        for result in results {
            self.suppressed(result)?;
        }
        Ok(())
    }

    fn accepted_ones(&mut self, report: &Report) -> io::Result<()> {
        let results: Vec<&CheckResult> = report
            .results
            .iter()
            .filter(|result| Verdict::of(result) == Verdict::Accepted)
            .collect();
        if results.is_empty() {
            return Ok(());
        }
        self.heading("Accepted", &verdict::count(results.len(), "result"))?;
        for result in results {
            self.accepted(result)?;
        }
        Ok(())
    }

    /// Why results were not judged: each reason once, with the checks that it is about.
    fn unjudged(&mut self, report: &Report) -> io::Result<()> {
        let mut reasons: Vec<Open<'_>> = Vec::new();
        for result in &report.results {
            let (Verdict::Skipped, Some(reason)) = (Verdict::of(result), &result.reason) else {
                continue;
            };
            let open = Open::of(result, reason);
            match reasons.iter_mut().find(|known| known.is_as(&open)) {
                Some(known) => known.add(open),
                None => reasons.push(open),
            }
        }
        if reasons.is_empty() {
            return Ok(());
        }
        let number = verdict::count(report.summary.skipped, "result");
        self.heading("Not judged", &number)?;
        for open in reasons {
            let text = open.text();
            self.line(&wrap::hanging("– ", &text, self.look.width))?;
        }
        Ok(())
    }

    fn passed(&mut self, report: &Report) -> io::Result<()> {
        let mut worst: BTreeMap<&str, Verdict> = BTreeMap::new();
        let mut order: Vec<&str> = Vec::new();
        for result in &report.results {
            let verdict = Verdict::of(result);
            let known = worst.entry(result.check).or_insert_with(|| {
                order.push(result.check);
                verdict
            });
            *known = verdict.min(*known);
        }
        let (worst, order) = (&worst, &order);
        let with = |wanted: Verdict| {
            order
                .iter()
                .copied()
                .filter(move |check| worst.get(check) == Some(&wanted))
        };
        let (passed, away) = (
            with(Verdict::Pass).count(),
            with(Verdict::NotApplicable).count(),
        );
        if passed == 0 && away == 0 {
            return Ok(());
        }
        let right = match away {
            0 => verdict::count(passed, "check"),
            away => format!("{} · {away} n/a", verdict::count(passed, "check")),
        };
        self.heading("Passed", &right)?;
        // Which they are is said by `-v`: there are more of them than anybody reads.
        let by_category: Vec<String> = Category::ALL
            .into_iter()
            .filter_map(|category| {
                let of = |check: &&str| {
                    checks::find(check).is_some_and(|check| check.category == category)
                };
                let count = with(Verdict::Pass).filter(of).count();
                (count > 0).then(|| format!("{} {count}", category.title()))
            })
            .collect();
        for line in wrap::hanging("✔ ", &by_category.join(" · "), self.look.width).lines() {
            let line = self.painter.paint(Paint::Dim, line);
            self.line(&line)?;
        }
        Ok(())
    }
}

/// A reason for which results were not judged.
struct Open<'r> {
    reason: &'r Unread,
    checks: Vec<&'r str>,
    /// What it is about first, and the others.
    resource: String,
    others: Vec<String>,
    /// What it says of any resource.
    of_any: String,
}

impl<'r> Open<'r> {
    fn of(result: &'r CheckResult, reason: &'r Unread) -> Open<'r> {
        let resource = result.resource.to_string();
        Open {
            of_any: reason.message.replace(&resource, "\u{0}"),
            reason,
            checks: vec![result.check],
            resource,
            others: Vec::new(),
        }
    }

    /// The same is missing. What one flag makes readable has one reason, whatever it was needed for.
    fn is_as(&self, other: &Self) -> bool {
        self.reason == other.reason
            || self.reason.code == ReasonCode::Offline
                && other.reason.code == ReasonCode::Offline
                && self.reason.flag == other.reason.flag
            || self.checks == other.checks
                && self.of_any == other.of_any
                && self.reason.code == other.reason.code
    }

    fn add(&mut self, other: Self) {
        if self.of_any == other.of_any
            && self.resource != other.resource
            && !self.others.contains(&other.resource)
        {
            self.others.push(other.resource);
        }
        for check in other.checks {
            if !self.checks.contains(&check) {
                self.checks.push(check);
            }
        }
    }

    fn text(&self) -> String {
        let reason = self.reason;
        if reason.code == ReasonCode::Offline && self.checks.len() > 1 {
            let why = match &reason.flag {
                Some(flag) => format!("AWS or the network is not read in this run; give {flag}"),
                None => "AWS or the network is not read in this run".to_owned(),
            };
            return format!("{}: {why}", self.checks.join(", "));
        }
        let mut why = super::reason(reason);
        if !self.others.is_empty() {
            let all = format!("{} (and {} more)", self.resource, self.others.len());
            why = why.replace(&self.resource, &all);
        }
        let mut text = format!("{}: {why}", self.checks.join(", "));
        if let Some(command) = &reason.command {
            text.push_str(&format!(" (`{}`)", clean::line(command)));
        }
        text
    }
}

/// Results with one verdict, by check, in the report's order.
fn by_check(report: &Report, wanted: Verdict) -> Vec<Vec<&CheckResult>> {
    let mut groups: Vec<Vec<&CheckResult>> = Vec::new();
    for result in report
        .results
        .iter()
        .filter(|result| Verdict::of(result) == wanted)
    {
        let same = |group: &&mut Vec<&CheckResult>| {
            group
                .first()
                .is_some_and(|first| first.check == result.check)
        };
        match groups.iter_mut().find(same) {
            Some(group) => group.push(result),
            None => groups.push(vec![result]),
        }
    }
    groups
}
