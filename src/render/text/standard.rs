//! The view of a standard (`--standard`): a line a control, with what its verdict rests on.

use std::io;

use super::super::style::{Paint, Verdict};
use super::Page;
use crate::report::standard::{ControlView, View};
use crate::report::{Report, Status};
use crate::text::{clean, wrap};

/// Results that are shown of one control.
const MOST: usize = 4;

impl Page<'_> {
    pub(super) fn standard(&mut self, report: &Report) -> io::Result<()> {
        let Some(view) = &report.standard else {
            return Ok(());
        };
        self.heading(view.title, &format!("read {}", view.read))?;
        let scope = format!("{}. {}", view.scope, view.source);
        for line in wrap::lines(&scope, self.look.width) {
            let line = self.painter.paint(Paint::Dim, &line);
            self.line(&line)?;
        }
        for control in &view.controls {
            self.control(control)?;
        }
        let words = counts(view);
        let words = self.painter.paint(Paint::Dim, &words);
        self.line(&words)
    }

    fn control(&mut self, control: &ControlView) -> io::Result<()> {
        let verdict = of(control.verdict);
        let mark = verdict.map_or("–", Verdict::mark);
        let paint = verdict.map_or(Paint::Dim, Verdict::paint);
        let mut text = format!("{} {}", control.id, control.title);
        if let Some(severity) = control.severity {
            text.push_str(&format!(" ({severity})"));
        }
        let word = match control.verdict {
            "pass" if control.cover == "part" => "passed in part",
            "not-judged" => "not judged",
            _ => verdict.map_or("not judged", Verdict::word),
        };
        text.push_str(&format!(": {word}"));
        let lines = wrap::hanging("  ", &text, self.look.width);
        let mark = self.painter.paint(paint, mark);
        self.line(&format!("{mark} {}", lines.trim_start()))?;
        let told = control
            .results
            .iter()
            .filter(|result| result.verdict.as_str() == control.verdict)
            .filter(|_| matches!(control.verdict, "fail" | "skipped" | "manual"));
        for result in told.clone().take(MOST) {
            let own = if result.status == result.verdict {
                String::new()
            } else {
                format!(" (here: {})", result.status.as_str())
            };
            let text = format!("{}{own}: {}", result.check, clean::line(&result.message));
            self.line(&wrap::hanging("    ", &text, self.look.width))?;
        }
        let more = told.count().saturating_sub(MOST);
        if more > 0 {
            self.line(&format!("    and {more} more"))?;
        }
        if !control.note.is_empty() && control.verdict != "not-applicable" {
            let text = wrap::hanging("    ", control.note, self.look.width);
            let text = self.painter.paint(Paint::Dim, &text);
            self.line(&text)?;
        }
        Ok(())
    }
}

fn of(verdict: &str) -> Option<Verdict> {
    match verdict {
        "fail" => Some(Verdict::Fail),
        "pass" => Some(Verdict::Pass),
        "manual" => Some(Verdict::Manual),
        "skipped" => Some(Verdict::Skipped),
        "not-applicable" => Some(Verdict::NotApplicable),
        _ => None,
    }
}

/// How many controls have which verdict.
fn counts(view: &View) -> String {
    let number = |verdict: &str| {
        view.controls
            .iter()
            .filter(|control| control.verdict == verdict)
            .count()
    };
    let words = [
        (Status::Fail.as_str(), "failed"),
        (Status::Pass.as_str(), "passed"),
        (Status::Manual.as_str(), "to look at"),
        (Status::Skipped.as_str(), "not judged in this run"),
        (Status::NotApplicable.as_str(), "n/a"),
        ("not-judged", "that no check answers"),
    ];
    let parts: Vec<String> = words
        .into_iter()
        .filter_map(|(verdict, word)| match number(verdict) {
            0 => None,
            several => Some(format!("{several} {word}")),
        })
        .collect();
    format!("{} controls: {}", view.controls.len(), parts.join(" · "))
}
