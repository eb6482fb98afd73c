//! A check's page for the terminal: the Markdown that the pages use (headings, paragraphs, lists, tables, code).

use std::io::{self, Write};

use super::Look;
use super::style::{Paint, Painter};
use crate::checks::Check;
use crate::model::standards;
use crate::text::wrap;

/// Writes what is declared of a check, then its page.
///
/// # Errors
/// When writing fails.
pub fn render(check: &Check, look: Look, out: &mut dyn Write) -> io::Result<()> {
    let painter = Painter { color: look.color };
    writeln!(out, "{}", painter.paint(Paint::Strong, check.title))?;
    let needs: Vec<&str> = check.needs.iter().map(|need| need.id()).collect();
    let facts = format!(
        "{} · {} · {} · reads {}",
        check.id,
        check.category.id(),
        check.severity,
        needs.join(", ")
    );
    for line in wrap::lines(&facts, look.width) {
        writeln!(out, "{}", painter.paint(Paint::Dim, &line))?;
    }
    let standards = standards::of_check(check.id);
    if !standards.is_empty() {
        let answers = format!("answers {}", standards.join(", "));
        for line in wrap::lines(&answers, look.width) {
            writeln!(out, "{}", painter.paint(Paint::Dim, &line))?;
        }
    }
    writeln!(out)?;
    markdown(check.page, painter, look.width, out)
}

fn markdown(page: &str, painter: Painter, width: usize, out: &mut dyn Write) -> io::Result<()> {
    let mut paragraph = String::new();
    let mut fenced = false;
    for line in page.lines().chain([""]) {
        if line.trim_start().starts_with("```") {
            flush(&mut paragraph, painter, width, out)?;
            fenced = !fenced;
        } else if fenced {
            writeln!(out, "    {}", painter.paint(Paint::Command, line))?;
        } else if let (Some(code), true) = (line.strip_prefix("    "), paragraph.is_empty()) {
            writeln!(out, "    {}", painter.paint(Paint::Command, code))?;
        } else if let Some(heading) = line.strip_prefix("##") {
            flush(&mut paragraph, painter, width, out)?;
            let heading = heading.trim_start_matches('#').trim();
            writeln!(out, "{}", painter.paint(Paint::Strong, heading))?;
        } else if line.starts_with('|') {
            flush(&mut paragraph, painter, width, out)?;
            row(line, painter, width, out)?;
        } else if line.trim().is_empty() {
            flush(&mut paragraph, painter, width, out)?;
            writeln!(out)?;
        } else {
            if is_item(line) {
                flush(&mut paragraph, painter, width, out)?;
            } else if !paragraph.is_empty() {
                paragraph.push(' ');
            }
            paragraph.push_str(if is_item(line) { line } else { line.trim() });
        }
    }
    Ok(())
}

/// A row of a table: its first cell as a name, the others under it. A terminal is too narrow for columns of prose.
fn row(line: &str, painter: Painter, width: usize, out: &mut dyn Write) -> io::Result<()> {
    let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
    let rule = |cell: &&str| cell.chars().all(|c| matches!(c, '-' | ':' | ' '));
    if cells.iter().all(rule) {
        return Ok(());
    }
    let Some((first, rest)) = cells.split_first() else {
        return Ok(());
    };
    let rest: Vec<&str> = rest
        .iter()
        .copied()
        .filter(|cell| !cell.is_empty())
        .collect();
    let text = match rest.as_slice() {
        [] => (*first).to_owned(),
        rest => format!("{first}: {}", rest.join("; ")),
    };
    let wrapped = wrap::hanging("  • ", &text.replace("**", ""), width);
    writeln!(out, "{}", spans(&wrapped, painter))
}

/// `- item`, `1. item`, at any depth.
fn is_item(line: &str) -> bool {
    let line = line.trim_start();
    let digits = line.trim_start_matches(|c: char| c.is_ascii_digit());
    line.starts_with("- ")
        || line.starts_with("* ")
        || (digits.len() < line.len() && digits.starts_with(". "))
}

fn flush(
    paragraph: &mut String,
    painter: Painter,
    width: usize,
    out: &mut dyn Write,
) -> io::Result<()> {
    let text = std::mem::take(paragraph);
    if text.is_empty() {
        return Ok(());
    }
    let depth = text.len() - text.trim_start().len();
    let (left, rest) = if is_item(&text) {
        let text = text.trim_start();
        let (mark, rest) = text.split_once(' ').unwrap_or((text, ""));
        (format!("  {}{mark} ", " ".repeat(depth)), rest)
    } else {
        ("  ".to_owned(), text.trim_start())
    };
    let wrapped = wrap::hanging(&left, &rest.replace("**", ""), width);
    writeln!(out, "{}", spans(&wrapped, painter))
}

/// Code spans in their colour; without colour the backticks stay, so that what is code can be told.
fn spans(text: &str, painter: Painter) -> String {
    if !painter.color || text.matches('`').count() % 2 == 1 {
        return text.to_owned();
    }
    let parts = text.split('`').enumerate();
    parts
        .map(|(index, part)| {
            if index % 2 == 1 {
                painter.paint(Paint::Command, part)
            } else {
                part.to_owned()
            }
        })
        .collect()
}
