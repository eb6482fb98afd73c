//! A failure: severity and message, the evidence with excerpts, the fixes. Without `-v` it is folded: the worst sites, the best fix.

use std::io;

use super::super::place;
use super::super::style::Paint;
use super::Page;
use super::excerpt::Excerpt;
use super::item::{self, Item};
use crate::report::{CheckResult, Evidence, EvidenceKind, Fix, ResourceType, Severity};
use crate::text::{clean, wrap};

/// Columns before evidence and fixes.
const INDENT: usize = 4;
/// Sites of one result that are shown without `-v`.
const SITES: usize = 3;
/// Results of one check that are shown without `-v`.
const RESULTS: usize = 3;
/// Results of one cause that are shown without `-v`.
const CAUSED: usize = 8;
/// Lines of a message without `-v`.
const MESSAGE: usize = 3;
/// Commands of a fix that are shown without `-v`.
const COMMANDS: usize = 4;
/// Lines of a diff without `-v`.
const DIFF: usize = 14;

/// True where two results of a check differ in nothing but the resource that they are about.
fn is_same_of_another(one: &CheckResult, other: &CheckResult) -> bool {
    let of_any = |result: &CheckResult| {
        let name = result.resource.to_string();
        result.message.replace(&name, "\u{0}")
    };
    let fix = |result: &CheckResult| result.fixes.first().map(|fix| fix.title.clone());
    one.severity == other.severity
        && one.resource != other.resource
        && fix(one) == fix(other)
        && of_any(one) == of_any(other)
}

impl Page<'_> {
    /// Everything of one item.
    pub(super) fn item(&mut self, item: &Item<'_>) -> io::Result<()> {
        if let (Some(cause), false) = (item.cause, self.look.verbose) {
            return self.caused(item, cause);
        }
        let most = if self.look.verbose {
            item.results.len()
        } else {
            RESULTS
        };
        let (shown, rest) = item.results.split_at(most.min(item.results.len()));
        for (index, result) in shown.iter().enumerate() {
            if self.is_folded(result.severity) {
                let before = index.checked_sub(1).and_then(|index| shown.get(index));
                match before.filter(|before| is_same_of_another(before, result)) {
                    Some(_) => self.of_another(result)?,
                    None => self.in_two_lines(result, index == 0)?,
                }
                continue;
            }
            self.message(result, index == 0)?;
            self.evidence(result)?;
            // A fix that several of them share is printed once, after the last.
            let next = shown.get(index + 1);
            if next.is_none_or(|next| next.fixes != result.fixes) {
                self.fixes(&result.fixes, result)?;
            }
        }
        if !rest.is_empty() {
            let names: Vec<String> = rest
                .iter()
                .map(|result| format!("{} ({})", result.resource, result.severity))
                .collect();
            let text = clean::line(&format!("and {} (-v shows all)", names.join(", ")));
            self.dim(&" ".repeat(INDENT), &text)?;
        }
        for twin in &item.also {
            let mut text = format!("also {}: {}", twin.check, clean::line(&twin.message));
            if self.is_folded(item.severity()) {
                text = wrap::cut(&text, self.look.width.saturating_sub(INDENT));
            }
            self.dim(&" ".repeat(INDENT), &text)?;
        }
        if item.severity() == Severity::Medium {
            self.in_full = self.in_full.saturating_sub(1);
        }
        if self.look.verbose
            && let Some(first) = item.results.first()
        {
            for reference in &first.references {
                let reference = self.painter.paint(Paint::Dim, reference);
                self.line(&format!("{}See {reference}", " ".repeat(INDENT)))?;
            }
        }
        Ok(())
    }

    /// True where a finding of this severity has two lines.
    pub(super) fn is_folded(&self, severity: Severity) -> bool {
        let short = match severity {
            Severity::Low => true,
            Severity::Medium => self.in_full == 0,
            Severity::Critical | Severity::High => false,
        };
        short && !self.look.verbose
    }

    /// Results of several checks that have one cause: a line each, then what fixes them.
    fn caused(&mut self, item: &Item<'_>, cause: &str) -> io::Result<()> {
        let severity = item.severity();
        let word = severity.as_str().to_uppercase();
        let text = format!("{cause}: {} findings", item.results.len());
        let mark = self.painter.paint(Paint::Bad, "✖");
        let badge = self.painter.paint(Paint::Badge(severity), &word);
        self.line(&format!("{mark} {badge} {text}"))?;
        let longest = item.results.iter().map(|result| result.check.len()).max();
        let longest = longest.unwrap_or(0);
        let (shown, rest) = item.results.split_at(CAUSED.min(item.results.len()));
        for result in shown {
            let word = format!("{:<6}", result.severity.as_str());
            let message = clean::line(&result.message);
            let message = message
                .strip_prefix("the role that the CLI will create for ")
                .unwrap_or(&message);
            let left = format!("{}{word} {:<longest$}  ", " ".repeat(INDENT), result.check);
            let room = self.look.width.saturating_sub(wrap::width(&left));
            let message = wrap::cut(message, room);
            let word = self.painter.paint(Paint::Badge(result.severity), &word);
            let check = self
                .painter
                .paint(Paint::Dim, &format!("{:<longest$}", result.check));
            self.line(&format!("{}{word} {check}  {message}", " ".repeat(INDENT)))?;
        }
        if !rest.is_empty() {
            let worst = rest.iter().map(|result| result.severity).min();
            let worst = worst.unwrap_or(item.severity());
            let text = format!("and {} more, {worst} at most (-v shows all)", rest.len());
            self.dim(&" ".repeat(INDENT), &text)?;
        }
        let mut seen: Vec<&Fix> = Vec::new();
        for result in &item.results {
            let Some(fix) = result.fixes.first() else {
                continue;
            };
            if seen.iter().any(|other| other.title == fix.title) {
                continue;
            }
            seen.push(fix);
            if seen.len() == 1 {
                self.fixes(std::slice::from_ref(fix), result)?;
                continue;
            }
            let blank = " ".repeat(INDENT);
            let word = self.painter.paint(Paint::Good, "Fix:");
            let of = match result.resource.kind {
                // The name of a role says whose it is.
                ResourceType::Role => result.resource.name.clone(),
                _ => result.resource.to_string(),
            };
            let title = format!("{} of {of} (-v)", fix.title);
            let title = clean::line(&title);
            let title = wrap::cut(&title, self.look.width.saturating_sub(INDENT + 5));
            self.line(&format!("{blank}{word} {title}"))?;
        }
        Ok(())
    }

    /// The same of another resource: which, and where.
    fn of_another(&mut self, result: &CheckResult) -> io::Result<()> {
        let first = item::sites(result).first().copied();
        let at = first.and_then(|evidence| place::of(self.report, evidence));
        let at = at.unwrap_or_default();
        let blank = " ".repeat(INDENT);
        let text = format!("the same of {}", clean::line(&result.resource.to_string()));
        let room = self
            .look
            .width
            .saturating_sub(INDENT + wrap::width(&at) + 2);
        let text = wrap::cut(&text, room.max(16));
        let at = self.painter.paint(Paint::Path, &at);
        self.line(&format!("{blank}{text}  {at}"))
    }

    /// What is worth fixing some day: the message on one line, the place and the fix on another.
    fn in_two_lines(&mut self, result: &CheckResult, first: bool) -> io::Result<()> {
        let word = result.severity.as_str().to_uppercase();
        let mark = if first { "✖" } else { " " };
        let id = format!(" [{}]", result.check);
        let used = 2 + wrap::width(&word) + 1 + wrap::width(&id);
        let room = self.look.width.saturating_sub(used).max(20);
        let message = wrap::cut(&clean::line(&result.message), room);
        let mark = self.painter.paint(Paint::Bad, mark);
        let badge = self.painter.paint(Paint::Badge(result.severity), &word);
        let message = self.painter.paint(Paint::Strong, &message);
        let id = self.painter.paint(Paint::Dim, &id);
        self.line(&format!("{mark} {badge} {message}{id}"))?;
        let at = item::sites(result)
            .first()
            .and_then(|evidence| place::of(self.report, evidence));
        let fix = result.fixes.first().map(|fix| clean::line(&fix.title));
        let (Some(at), Some(fix)) = (&at, &fix) else {
            let text = at.or(fix).unwrap_or_default();
            return self.line(&format!("{}{text}", " ".repeat(INDENT)));
        };
        let used = INDENT + wrap::width(at) + 2 + 5;
        let room = self.look.width.saturating_sub(used);
        let shown = self.painter.paint(Paint::Path, at);
        let word = self.painter.paint(Paint::Good, "Fix:");
        let blank = " ".repeat(INDENT);
        if room < 16 {
            self.line(&format!("{blank}{shown}"))?;
            let fix = wrap::cut(fix, self.look.width.saturating_sub(INDENT + 5));
            return self.line(&format!("{blank}{word} {fix}"));
        }
        let fix = wrap::cut(fix, room);
        self.line(&format!("{blank}{shown}  {word} {fix}"))
    }

    /// `✖ CRITICAL gateway open accepts … [check-id]`
    fn message(&mut self, result: &CheckResult, first: bool) -> io::Result<()> {
        let word = result.severity.as_str().to_uppercase();
        let mark = if first { "✖" } else { " " };
        let lead = format!("{word} ");
        let mut lines = wrap::lines(
            &format!("{lead}{}", clean::line(&result.message)),
            self.look.width.saturating_sub(2).max(20),
        );
        if !self.look.verbose {
            wrap::fold(&mut lines, MESSAGE);
        }
        let id = format!("[{}]", result.check);
        let fits = lines
            .last()
            .is_some_and(|line| wrap::width(line) + wrap::width(&id) + 3 <= self.look.width);
        let full = !self.look.verbose && lines.len() >= MESSAGE;
        match lines.last_mut() {
            // The id alone would need a line more than the message may have.
            Some(line) if !fits && full => {
                let room = self.look.width.saturating_sub(wrap::width(&id) + 3);
                *line = wrap::cut(line, room);
            }
            _ if !fits => lines.push(String::new()),
            _ => {}
        }
        let last = lines.len() - 1;
        for (index, line) in lines.iter().enumerate() {
            let mut text = match (index, line.strip_prefix(&*lead)) {
                (0, Some(rest)) => {
                    let mark = self.painter.paint(Paint::Bad, mark);
                    let badge = self.painter.paint(Paint::Badge(result.severity), &word);
                    format!("{mark} {badge} {}", self.painter.paint(Paint::Strong, rest))
                }
                (0, None) => format!("{mark} {line}"),
                _ => format!("  {}", self.painter.paint(Paint::Strong, line)),
            };
            if index == last {
                let gap = if line.is_empty() { "" } else { " " };
                text.push_str(&format!("{gap}{}", self.painter.paint(Paint::Dim, &id)));
            }
            self.line(&text)?;
        }
        Ok(())
    }

    pub(super) fn evidence(&mut self, result: &CheckResult) -> io::Result<()> {
        let merged = merged(&item::sites(result));
        let shown = match result.severity {
            _ if self.look.verbose => merged.len(),
            Severity::Low => 1,
            _ => SITES,
        };
        let mut before: Option<Evidence> = None;
        for evidence in merged.iter().take(shown) {
            self.site(evidence, before.as_ref(), result)?;
            if self.look.verbose {
                self.steps(evidence)?;
            }
            before = Some(evidence.clone());
        }
        let more = merged.len().saturating_sub(shown);
        if more > 0 {
            let text = format!("… and {more} more (-v shows all)");
            self.dim(&" ".repeat(INDENT), &text)?;
        }
        Ok(())
    }

    fn dim(&mut self, left: &str, text: &str) -> io::Result<()> {
        for line in wrap::hanging(left, text, self.look.width).lines() {
            let line = self.painter.paint(Paint::Dim, line);
            self.line(&line)?;
        }
        Ok(())
    }

    /// The way of a value to the place, a line each.
    fn steps(&mut self, evidence: &Evidence) -> io::Result<()> {
        let blank = " ".repeat(INDENT + 2);
        for (index, step) in evidence.steps.iter().enumerate() {
            let path = clean::line(&place::path(self.report, &step.path));
            let text = format!(
                "{blank}{}. {path}:{}:{} {}",
                index + 1,
                step.line,
                step.column,
                step.note
            );
            let text = self.painter.paint(Paint::Dim, &text);
            self.line(&text)?;
        }
        Ok(())
    }

    /// Where one piece of evidence is, on a line of its own.
    pub(super) fn place(
        &mut self,
        evidence: &Evidence,
        indent: usize,
        than: Option<Severity>,
    ) -> io::Result<()> {
        let blank = " ".repeat(indent);
        if let Some(site) = &evidence.site {
            let shown = place::of(self.report, evidence).unwrap_or_default();
            let shown = self.painter.paint(Paint::Path, &shown);
            let shown = if self.look.links {
                place::link(self.report, &site.path, &shown)
            } else {
                shown
            };
            // Said where it differs from what the message says.
            let severity = evidence
                .severity
                .filter(|severity| than != Some(*severity))
                .map(|severity| format!(" {severity}"))
                .unwrap_or_default();
            let severity = self.painter.paint(Paint::Dim, &severity);
            self.line(&format!("{blank}{shown}{severity}"))?;
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

    /// A place and its line, on one line where they fit.
    fn place_beside(&mut self, evidence: &Evidence, line: &str, than: Severity) -> io::Result<()> {
        let place = place::of(self.report, evidence).unwrap_or_default();
        let severity = evidence
            .severity
            .filter(|severity| *severity != than)
            .map(|severity| format!(" {severity}"))
            .unwrap_or_default();
        let used = INDENT + wrap::width(&place) + wrap::width(&severity) + 2;
        let line = wrap::cut(line, self.look.width.saturating_sub(used).max(12));
        let shown = self.painter.paint(Paint::Path, &place);
        let shown = match (&evidence.site, self.look.links) {
            (Some(site), true) => place::link(self.report, &site.path, &shown),
            _ => shown,
        };
        let severity = self.painter.paint(Paint::Dim, &severity);
        let blank = " ".repeat(INDENT);
        if used + wrap::width(&line) > self.look.width {
            return self.line(&format!("{blank}{shown}{severity}"));
        }
        self.line(&format!("{blank}{shown}{severity}  {line}"))
    }

    /// The place, the source line with carets where they narrow it, and the note where the message does not say the same.
    fn site(
        &mut self,
        evidence: &Evidence,
        before: Option<&Evidence>,
        result: &CheckResult,
    ) -> io::Result<()> {
        // What explains the worst site explains the others.
        let first = before.is_none() || self.look.verbose;
        // Several statements of one policy, or several notes about one line, stand under the place once.
        let again = before.is_some_and(|before| {
            before.site.is_some() && before.site == evidence.site && evidence.arn == before.arn
        });
        // What the CLI will make is in no file: the line that makes it do so shows nothing.
        let excerpt = evidence
            .site
            .as_ref()
            .filter(|_| !again && evidence.kind != EvidenceKind::Predicted)
            .and_then(|site| Excerpt::of(site, self.look.width.saturating_sub(INDENT)));
        // The place is enough for what is worth fixing some day.
        let full = first && (self.look.verbose || result.severity != Severity::Low);
        let note = if !full || result.message.contains(&evidence.note) {
            String::new()
        } else {
            clean::line(&evidence.note)
        };
        let beside = excerpt
            .as_ref()
            .filter(|excerpt| note.is_empty() && (!full || !excerpt.narrows()))
            .filter(|_| !self.look.verbose && evidence.arn.is_none());
        if let (Some(excerpt), false) = (beside, again) {
            // The line of what is context only would read as one more place of the failure.
            let note = clean::line(&evidence.note);
            let line = match evidence.primary || note.is_empty() {
                true => &excerpt.line,
                false => &note,
            };
            return self.place_beside(evidence, line, result.severity);
        }
        if !again || evidence.policy.is_some() {
            self.place(evidence, INDENT, Some(result.severity))?;
        }
        let notes = |columns: usize, verbose: bool| {
            let mut lines = wrap::lines(&note, columns.max(20));
            if !verbose {
                wrap::fold(&mut lines, 3);
            }
            lines
        };
        let blank = " ".repeat(INDENT);
        let Some(excerpt) = excerpt else {
            if !note.is_empty() {
                let left = " ".repeat(INDENT + 2);
                for line in notes(
                    self.look.width.saturating_sub(INDENT + 2),
                    self.look.verbose,
                ) {
                    self.line(&format!("{left}{line}"))?;
                }
            }
            return Ok(());
        };
        let number = self
            .painter
            .paint(Paint::Dim, &format!("{} │", excerpt.number));
        let empty = format!("{} │", " ".repeat(excerpt.number.len()));
        let gutter = self.painter.paint(Paint::Dim, &empty);
        self.line(&format!("{blank}{number} {}", excerpt.line))?;
        if excerpt.narrows() {
            let carets = self.painter.paint(Paint::Bad, &excerpt.carets);
            let used = INDENT + wrap::width(&empty) + 1 + wrap::width(&excerpt.carets) + 1;
            if note.is_empty() || used + wrap::width(&note) <= self.look.width {
                let note = self.painter.paint(Paint::Bad, &note);
                return self.line(&format!("{blank}{gutter} {carets} {note}"));
            }
            self.line(&format!("{blank}{gutter} {carets}"))?;
        }
        if note.is_empty() {
            return Ok(());
        }
        let columns = self
            .look
            .width
            .saturating_sub(INDENT + wrap::width(&empty) + 1);
        for line in notes(columns, self.look.verbose) {
            let line = self.painter.paint(Paint::Bad, &line);
            self.line(&format!("{blank}{gutter} {line}"))?;
        }
        Ok(())
    }

    /// The fixes: with `-v` every alternative, otherwise the best one, and the best with commands where that has none. Commands
    /// that already stand under another check are not printed again.
    pub(super) fn fixes(&mut self, fixes: &[Fix], result: &CheckResult) -> io::Result<()> {
        let verbose = self.look.verbose;
        let has_commands = |fix: &&Fix| !fix.commands.is_empty();
        let second = match fixes {
            [first, rest @ ..] if first.commands.is_empty() => rest.iter().find(has_commands),
            _ => None,
        };
        let full = |index: usize, fix: &Fix| {
            verbose || index == 0 || second.is_some_and(|second| std::ptr::eq(second, fix))
        };
        let hidden = fixes.iter().enumerate();
        let hidden = hidden.filter(|(index, fix)| !full(*index, fix)).count();
        let mut shown: Vec<(usize, &Fix)> = fixes
            .iter()
            .enumerate()
            .filter(|(index, fix)| full(*index, fix))
            .collect();
        shown.sort_by_key(|(_, fix)| !fix.is_preparation());
        for (index, fix) in shown {
            let more = if index == 0 { hidden } else { 0 };
            self.one_fix(fix, index == 0, more, result)?;
        }
        Ok(())
    }

    /// Edits that none of the commands makes, and that are too long to be shown: which files, and what makes them.
    fn unseen_edits(&mut self, fix: &Fix) -> io::Result<()> {
        let deploys = |command: &String| command.starts_with("agentcore deploy");
        let (Some(first), false) = (fix.edits.first(), fix.commands.is_empty()) else {
            return Ok(());
        };
        if !fix.commands.iter().all(deploys) {
            return Ok(());
        }
        let more = match fix.edits.len() {
            1 => String::new(),
            count => format!(" and {} more", count - 1),
        };
        let by = if fix.safe.is_empty() {
            "plan --edit"
        } else {
            "check --fix"
        };
        let path = clean::line(&first.path);
        let text = format!("edit {path}{more}: `agentcore-harden {by}` (diff: -v)");
        self.dim(&" ".repeat(INDENT + 2), &text)
    }

    /// `more` ways to fix it are not shown.
    fn one_fix(
        &mut self,
        fix: &Fix,
        first: bool,
        more: usize,
        result: &CheckResult,
    ) -> io::Result<()> {
        let check = result.check;
        let blank = " ".repeat(INDENT);
        let word = match (fix.is_preparation(), first) {
            (true, _) => "First:",
            (false, true) => "Fix:",
            (false, false) => "Or:",
        };
        let left = format!("{blank}{word} ");
        let above = self
            .printed
            .iter()
            .find(|(commands, _)| *commands == fix.commands);
        let above = above
            .map(|(_, check)| *check)
            .filter(|other| fix.commands.len() > 1 && *other != check);
        let mut title = clean::line(&fix.title);
        if let Some(other) = above {
            title.push_str(&format!(": the commands under {other}"));
        }
        // Half of a sequence is worse than none: a long one is for who asks for it.
        let long = !self.look.verbose && fix.commands.len() > COMMANDS;
        if long && above.is_none() {
            title.push_str(&format!(" ({} commands: `plan` or -v)", fix.commands.len()));
        }
        if !self.look.verbose {
            let other = match more {
                0 => String::new(),
                more => format!(" (or {more} other: -v)"),
            };
            let room = self
                .look
                .width
                .saturating_sub(wrap::width(&left) + wrap::width(&other));
            title = format!("{}{other}", wrap::cut(&title, room));
        }
        let text = wrap::hanging(&left, &title, self.look.width);
        let rest = text.strip_prefix(&left).unwrap_or(&text);
        let word = self.painter.paint(Paint::Good, word);
        self.line(&format!("{blank}{word} {rest}"))?;
        if above.is_some() {
            return Ok(());
        }
        if long {
            return Ok(());
        }
        self.printed.push((fix.commands.clone(), check));
        if !self.look.verbose {
            self.unseen_edits(fix)?;
        }
        for command in &fix.commands {
            self.command(INDENT + 2, command)?;
        }
        // The commands make the same edits: the diffs beside them are for who asks for everything.
        if fix.commands.is_empty() || self.look.verbose {
            for edit in &fix.edits {
                self.diff(&edit.diff)?;
            }
        }
        let low = result.severity == Severity::Low;
        let brief = !self.look.verbose && (low || !first);
        let says_it_all = fix.commands.is_empty() && fix.edits.is_empty();
        if fix.note.is_empty() || (brief && (low || !says_it_all)) {
            return Ok(());
        }
        let note = clean::line(&fix.note);
        let mut lines = wrap::lines(&note, self.look.width.saturating_sub(INDENT + 2).max(20));
        if !self.look.verbose {
            let urgent = result.severity <= Severity::High;
            let most = if fix.commands.is_empty() && first && urgent {
                3
            } else {
                2
            };
            wrap::fold(&mut lines, most);
        }
        for line in lines {
            self.line(&format!("{}{line}", " ".repeat(INDENT + 2)))?;
        }
        Ok(())
    }

    fn diff(&mut self, diff: &str) -> io::Result<()> {
        let text = clean::block(diff);
        let most = if self.look.verbose { usize::MAX } else { DIFF };
        for line in text.lines().take(most) {
            let paint = match line.chars().next() {
                Some('+') => Paint::Good,
                Some('-') => Paint::Bad,
                _ => Paint::Dim,
            };
            let line = self.painter.paint(paint, line);
            self.line(&format!("{}{line}", " ".repeat(INDENT + 2)))?;
        }
        let more = text.lines().count().saturating_sub(most);
        if more > 0 {
            let text = format!("… {more} more lines (-v shows all)");
            self.dim(&" ".repeat(INDENT + 2), &text)?;
        }
        Ok(())
    }
}

/// Evidence in which several statements about one place are one entry.
fn merged(evidence: &[&Evidence]) -> Vec<Evidence> {
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
            None => merged.push((*each).clone()),
        }
    }
    merged
}
