//! Markdown for a pull request or a launch review. Every name of the project is untrusted: nothing of it may become markup, a
//! link, a mention or a table cell of its own.

use std::fmt::Write as _;
use std::io::{self, Write};

use super::site;
use super::style::{Paint, Verdict};
use super::text::verdict;
use crate::checks::Category;
use crate::report::standard::ControlResult;
use crate::report::{CheckResult, Evidence, Fix, Report};
use crate::text::clean;

/// Writes the reports, one section each, in no more than `budget` bytes where there is one: the verdicts and the tables of the
/// failures stay longest, details go first, and what was cut is said.
///
/// # Errors
/// When writing fails.
pub fn render(reports: &[Report], budget: Option<usize>, out: &mut dyn Write) -> io::Result<()> {
    let Some(budget) = budget else {
        return out.write_all(joined(reports, Depth::All).as_bytes());
    };
    for depth in [Depth::All, Depth::Failures, Depth::Table] {
        let text = joined(reports, depth);
        if text.len() <= budget {
            return out.write_all(text.as_bytes());
        }
    }
    out.write_all(cut(&joined(reports, Depth::Table), budget).as_bytes())
}

/// How much is written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Depth {
    /// Everything.
    All,
    /// What failed, with evidence and fixes; of the rest only how many there are.
    Failures,
    /// What failed as a table.
    Table,
}

impl Depth {
    /// What is not there, in words.
    fn left_out(self) -> Option<&'static str> {
        match self {
            Self::All => None,
            Self::Failures => Some("what was not judged, suppressed or accepted, and the notes"),
            Self::Table => Some(
                "evidence and fixes, what was not judged, suppressed or accepted, and the notes",
            ),
        }
    }
}

fn joined(reports: &[Report], depth: Depth) -> String {
    let sections: Vec<String> = reports.iter().map(|report| one(report, depth)).collect();
    sections.join("\n---\n\n")
}

/// As many whole lines of a text without blocks as fit with the word on the rest.
fn cut(text: &str, budget: usize) -> String {
    let word = |lines: usize| {
        format!(
            "\n> Cut to {budget} bytes: {lines} more lines. `agentcore-harden check` shows the whole report.\n"
        )
    };
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let room = budget.saturating_sub(word(lines.len()).len());
    let mut kept = String::new();
    for (index, line) in lines.iter().enumerate() {
        if kept.len() + line.len() > room {
            kept.push_str(&word(lines.len() - index));
            break;
        }
        kept.push_str(line);
    }
    kept
}

fn one(report: &Report, depth: Depth) -> String {
    let mut text = String::new();
    let project = &report.project;
    let _ = writeln!(
        text,
        "## Production readiness of {}\n",
        prose(&project.name)
    );
    let (word, rest) = verdict::parts(report);
    let mark = match verdict::paint(report) {
        Paint::Ready => "✅",
        Paint::Incomplete => "⚠️",
        _ => "❌",
    };
    let _ = writeln!(text, "{mark} **{word}** {}\n", prose(&rest));
    let _ = writeln!(
        text,
        "| Category | Failed | To look at | Not judged | Passed | N/A | Suppressed |"
    );
    let _ = writeln!(text, "| --- | ---: | ---: | ---: | ---: | ---: | ---: |");
    for category in Category::ALL {
        let of = |wanted: Verdict| {
            let same = |result: &&CheckResult| {
                result.category == category.id() && Verdict::of(result) == wanted
            };
            match report.results.iter().filter(same).count() {
                0 => "·".to_owned(),
                number => number.to_string(),
            }
        };
        if report
            .results
            .iter()
            .any(|result| result.category == category.id())
        {
            let _ = writeln!(
                text,
                "| {} | {} | {} | {} | {} | {} | {} |",
                category.title(),
                of(Verdict::Fail),
                of(Verdict::Manual),
                of(Verdict::Skipped),
                of(Verdict::Pass),
                of(Verdict::NotApplicable),
                of(Verdict::Suppressed)
            );
        }
    }
    standard(report, &mut text);
    failures(report, depth, &mut text);
    if depth == Depth::All {
        others(report, &mut text);
        notes(report, &mut text);
    }
    if let Some(words) = depth.left_out() {
        let _ = writeln!(
            text,
            "\n> Left out to keep this short: {words}. `agentcore-harden check` shows them."
        );
    }
    let _ = writeln!(
        text,
        "\n<sub>{} {}</sub>",
        report.tool.name, report.tool.version
    );
    text
}

/// Resources that are named of one control.
const MOST_RESOURCES: usize = 5;

/// The view of a standard: a row a control.
fn standard(report: &Report, text: &mut String) {
    let Some(view) = &report.standard else {
        return;
    };
    let _ = writeln!(
        text,
        "\n### {}\n\n{}. Read {} at <{}>.\n",
        prose(view.title),
        prose(view.scope),
        view.read,
        view.source
    );
    text.push_str("| Control | Severity | Asks for | Verdict | Rests on | |\n| --- | --- | --- | --- | --- | --- |\n");
    for control in &view.controls {
        let decides = |result: &&ControlResult| result.verdict.as_str() == control.verdict;
        let mut resources: Vec<String> = control
            .results
            .iter()
            .filter(decides)
            .map(|result| {
                format!(
                    "{} {}",
                    code(result.check),
                    code(&result.resource.to_string())
                )
            })
            .collect();
        resources.dedup();
        let more = resources.len().saturating_sub(MOST_RESOURCES);
        if more > 0 {
            resources.truncate(MOST_RESOURCES);
            resources.push(format!("and {more} more"));
        }
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {} | {} |",
            code(control.id),
            control.severity.unwrap_or("·"),
            prose(control.title),
            match (control.verdict, control.cover) {
                ("pass", "part") => "pass in part",
                (verdict, _) => verdict,
            },
            resources.join("<br>"),
            prose(control.note)
        );
    }
}

fn failures(report: &Report, depth: Depth, text: &mut String) {
    let mut failing: Vec<&CheckResult> = report
        .results
        .iter()
        .filter(|result| Verdict::of(result) == Verdict::Fail)
        .collect();
    failing.sort_by_key(|result| result.severity);
    if failing.is_empty() {
        return;
    }
    text.push_str(
        "\n### Failed\n\n| Severity | Check | Resource | Finding |\n| --- | --- | --- | --- |\n",
    );
    for result in &failing {
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} |",
            result.severity,
            code(result.check),
            code(&result.resource.to_string()),
            prose(&result.message)
        );
    }
    if depth == Depth::Table {
        return;
    }
    text.push('\n');
    for result in failing {
        let _ = writeln!(
            text,
            "<details><summary>{} {} {}: {}</summary>\n",
            result.severity,
            html_code(result.check),
            html_code(&result.resource.to_string()),
            result.title.replace('<', "&lt;")
        );
        let _ = writeln!(text, "{}\n", prose(&result.message));
        for evidence in &result.evidence {
            self::evidence(report, evidence, text);
        }
        let mut fixes: Vec<(usize, &Fix)> = result.fixes.iter().enumerate().collect();
        fixes.sort_by_key(|(_, fix)| !fix.is_preparation());
        for (index, fix) in fixes {
            self::fix(index, fix, text);
        }
        let links: Vec<String> = result
            .references
            .iter()
            .map(|url| format!("<{url}>"))
            .collect();
        if !result.standards.is_empty() {
            let names: Vec<String> = result.standards.iter().map(|name| code(name)).collect();
            let _ = writeln!(text, "Standards: {}\n", names.join(" "));
        }
        for control in &result.controls {
            let _ = writeln!(
                text,
                "{} says {}: {}\n",
                code(control.control),
                control.verdict.as_str(),
                prose(control.note)
            );
        }
        let _ = writeln!(text, "Sources: {}\n\n</details>\n", links.join(" "));
    }
}

fn evidence(report: &Report, evidence: &Evidence, text: &mut String) {
    let mut place = Vec::new();
    if let Some(site) = &evidence.site {
        let path = site::from_repository(&report.view.prefix, &site.path);
        place.push(code(&match site.span {
            Some(span) => format!("{path}:{}:{}", span.line, span.column),
            None => path,
        }));
    }
    let parts = [
        &evidence.arn,
        &evidence.policy,
        &evidence.statement,
        &evidence.api,
        &evidence.field,
    ];
    place.extend(parts.into_iter().flatten().map(|part| code(part)));
    let note = if evidence.note.is_empty() {
        String::new()
    } else {
        format!(": {}", prose(&evidence.note))
    };
    let _ = writeln!(text, "- {}{note}", place.join(" "));
    if let Some(site) = &evidence.site
        && !site.line_text.trim().is_empty()
    {
        fence("", site.line_text.trim(), "  ", text);
    }
    text.push('\n');
}

fn fix(index: usize, fix: &Fix, text: &mut String) {
    let word = match (fix.is_preparation(), index) {
        (true, _) => "First",
        (false, 0) => "Fix",
        (false, _) => "Or",
    };
    let _ = writeln!(text, "**{word}:** {}\n", prose(&fix.title));
    if !fix.commands.is_empty() {
        fence("sh", &fix.commands.join("\n"), "", text);
        text.push('\n');
    }
    for edit in &fix.edits {
        fence("diff", &edit.diff, "", text);
        text.push('\n');
    }
    if !fix.note.is_empty() {
        let _ = writeln!(text, "{}\n", prose(&fix.note));
    }
}

/// What a person must look at, what was not judged, what was suppressed.
fn others(report: &Report, text: &mut String) {
    for (wanted, heading) in [
        (Verdict::Manual, "To look at"),
        (Verdict::Skipped, "Not judged"),
        (Verdict::Suppressed, "Suppressed"),
        (Verdict::Accepted, "Accepted"),
    ] {
        let results: Vec<&CheckResult> = report
            .results
            .iter()
            .filter(|result| Verdict::of(result) == wanted)
            .collect();
        if results.is_empty() {
            continue;
        }
        let _ = writeln!(
            text,
            "\n<details><summary>{heading} ({})</summary>\n",
            results.len()
        );
        for result in results {
            let mut words = prose(&result.message);
            if let Some(suppression) = &result.suppression {
                let expires = suppression
                    .expires
                    .as_ref()
                    .map(|date| format!(", until {date}"));
                let _ = write!(
                    words,
                    " Suppressed: {} ({}{})",
                    prose(&suppression.reason),
                    code(&suppression.source),
                    expires.unwrap_or_default()
                );
            }
            if let Some(reason) = &result.reason {
                let parts = [&reason.iam_action, &reason.flag, &reason.command];
                for part in parts.into_iter().flatten() {
                    let _ = write!(words, " {}", code(part));
                }
            }
            let _ = writeln!(
                text,
                "- {} {}: {words}",
                code(result.check),
                code(&result.resource.to_string())
            );
        }
        text.push_str("\n</details>\n");
    }
}

fn notes(report: &Report, text: &mut String) {
    if report.notes.is_empty() {
        return;
    }
    text.push_str("\n### Notes\n\n");
    for note in &report.notes {
        let _ = writeln!(text, "- {}", prose(note));
    }
}

/// A fenced block; the fence is longer than any run of backticks in it.
fn fence(language: &str, content: &str, indent: &str, text: &mut String) {
    let content = clean::block(content);
    let runs = content.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(runs.max(2) + 1);
    let _ = writeln!(text, "{indent}{fence}{language}");
    for line in content.lines() {
        let _ = writeln!(text, "{indent}{line}");
    }
    let _ = writeln!(text, "{indent}{fence}");
}

/// Running text: whatever Markdown or GitHub could act on is escaped; an underscore inside a word is not markup.
fn prose(text: &str) -> String {
    let characters: Vec<char> = clean::line(text).chars().collect();
    let word = |index: Option<usize>| {
        index
            .and_then(|index| characters.get(index))
            .is_some_and(|c| c.is_alphanumeric())
    };
    let mut out = String::new();
    for (index, &character) in characters.iter().enumerate() {
        let (before, after) = (word(index.checked_sub(1)), word(Some(index + 1)));
        match character {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            // An entity is read before mentions, issue numbers and links are sought: only a break in the text keeps them out.
            '@' if after => out.push_str("@<!-- -->"),
            '#' if after => out.push_str("#<!-- -->"),
            ':' if characters[index + 1..].starts_with(&['/', '/']) => out.push_str(":<!-- -->"),
            '.' if before && after && is_www(&characters[..index]) => out.push_str(".<!-- -->"),
            '_' if before && after => out.push('_'),
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '|' | '~' | '$' | '#' | '!' => {
                out.push('\\');
                out.push(character);
            }
            other => out.push(other),
        }
    }
    out
}

fn is_www(before: &[char]) -> bool {
    before.len() >= 3
        && before[before.len() - 3..]
            .iter()
            .all(|c| *c == 'w' || *c == 'W')
}

/// A code span; where the text has characters that a table or a span would trip over, an HTML one with entities.
fn code(text: &str) -> String {
    let clean = clean::line(text);
    let plain = |c: char| c.is_alphanumeric() || "-._/: ,=()'\"@+#".contains(c);
    if !clean.is_empty() && clean.chars().all(plain) && clean.trim() == clean {
        format!("`{clean}`")
    } else {
        html_code(&clean)
    }
}

fn html_code(text: &str) -> String {
    let mut out = "<code>".to_owned();
    for character in clean::line(text).chars() {
        if character.is_alphanumeric() || "-./ ,=()".contains(character) {
            out.push(character);
        } else {
            let _ = write!(out, "&#{};", u32::from(character));
        }
    }
    out + "</code>"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prose_cannot_become_markup() {
        assert_eq!(
            prose("a|b `x` <img src=y> @team #12 [l](http://e.x) *b* my_file _e_"),
            "a\\|b \\`x\\` &lt;img src=y&gt; @<!-- -->team #<!-- -->12 \\[l\\](http:<!-- -->//e.x) \\*b\\* my_file \\_e\\_"
        );
    }

    #[test]
    fn code_cannot_leave_its_span() {
        assert_eq!(code("gateway a"), "`gateway a`");
        assert_eq!(code("a`|<b"), "<code>a&#96;&#124;&#60;b</code>");
        let mut text = String::new();
        fence("sh", "echo ````\nx", "", &mut text);
        assert_eq!(text, "`````sh\necho ````\nx\n`````\n");
    }
}
