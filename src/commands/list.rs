//! `list`: every check with what is declared of it.

use std::io::Write;

use serde::Serialize;

use super::{emit, select, terminal};
use crate::checks::{self, Category, Check};
use crate::cli::{ColorArg, ListArgs};
use crate::exit::{Exit, Failure};
use crate::model::standards::{self, Standard};
use crate::render::json;
use crate::render::style::{Paint, Painter};
use crate::report::Severity;
use crate::text::wrap;

#[derive(Serialize)]
struct Row {
    id: &'static str,
    category: &'static str,
    title: &'static str,
    severity: Severity,
    needs: Vec<&'static str>,
    /// The controls that it answers, as `standard:control`.
    standards: Vec<String>,
}

/// A control of a standard.
#[derive(Serialize)]
struct ControlRow {
    id: &'static str,
    title: &'static str,
    severity: Option<&'static str>,
    cover: &'static str,
    checks: Vec<&'static str>,
    note: &'static str,
}

impl From<&'static Check> for Row {
    fn from(check: &'static Check) -> Self {
        Self {
            id: check.id,
            category: check.category.id(),
            title: check.title,
            severity: check.severity,
            needs: check.needs.iter().map(|need| need.id()).collect(),
            standards: standards::of_check(check.id),
        }
    }
}

/// Lists every check.
///
/// # Errors
/// When the output cannot be written.
pub fn run(arguments: &ListArgs, out: &mut dyn Write) -> Result<Exit, Failure> {
    let mut bytes = Vec::new();
    if let Some(word) = &arguments.standard {
        of_standard(select::standard(word)?, arguments.json, &mut bytes)?;
    } else if arguments.json {
        let rows: Vec<Row> = checks::all().map(Row::from).collect();
        json::pretty(&rows, &mut bytes)?;
    } else {
        text(&mut bytes)?;
    }
    emit(out, &bytes)?;
    Ok(Exit::Ready)
}

fn of_standard(standard: &Standard, as_json: bool, out: &mut Vec<u8>) -> std::io::Result<()> {
    let rows = standards::controls_of(standard.id).map(|control| ControlRow {
        id: control.id,
        title: control.title,
        severity: control.severity,
        cover: control.cover.as_str(),
        checks: control.answers.iter().map(|answer| answer.check).collect(),
        note: control.note,
    });
    if as_json {
        return json::pretty(&rows.collect::<Vec<_>>(), out);
    }
    let look = terminal::look(ColorArg::Auto, false);
    let painter = Painter { color: look.color };
    writeln!(out, "{}", painter.paint(Paint::Strong, standard.title))?;
    writeln!(
        out,
        "{}. Read {} at {}",
        standard.scope, standard.read, standard.source
    )?;
    for row in rows {
        let severity = row.severity.map(|word| format!(" ({word})"));
        writeln!(out)?;
        writeln!(
            out,
            "  {} {}{}",
            painter.paint(Paint::Strong, row.id),
            row.title,
            severity.unwrap_or_default()
        )?;
        let by = match (row.cover, row.checks.as_slice()) {
            (_, []) => "no check answers it".to_owned(),
            ("part", checks) => format!("in part: {}", checks.join(", ")),
            (_, checks) => checks.join(", "),
        };
        for text in [by.as_str(), row.note]
            .into_iter()
            .filter(|text| !text.is_empty())
        {
            let text = wrap::hanging("    ", text, look.width);
            writeln!(out, "{}", painter.paint(Paint::Dim, &text))?;
        }
    }
    Ok(())
}

fn text(out: &mut Vec<u8>) -> std::io::Result<()> {
    let look = terminal::look(ColorArg::Auto, false);
    let painter = Painter { color: look.color };
    let longest = checks::all().map(|check| check.id.len()).max().unwrap_or(0);
    for (index, category) in Category::ALL.into_iter().enumerate() {
        if index > 0 {
            writeln!(out)?;
        }
        let heading = format!("{} ({})", category.title(), category.id());
        writeln!(out, "{}", painter.paint(Paint::Strong, &heading))?;
        for check in checks::all().filter(|check| check.category == category) {
            let needs: Vec<&str> = check.needs.iter().map(|need| need.id()).collect();
            let severity = format!("{:<8}", check.severity.as_str());
            writeln!(
                out,
                "  {:<longest$}  {} {}",
                check.id,
                painter.paint(Paint::Badge(check.severity), &severity),
                painter.paint(Paint::Dim, &needs.join(", "))
            )?;
            writeln!(out, "{}", wrap::hanging("    ", check.title, look.width))?;
        }
    }
    Ok(())
}
