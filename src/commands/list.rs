//! `list`: every check with what is declared of it.

use std::io::Write;

use serde::Serialize;

use super::{emit, terminal};
use crate::checks::{self, Category, Check};
use crate::cli::{ColorArg, ListArgs};
use crate::exit::{Exit, Failure};
use crate::render::json;
use crate::render::style::{Paint, Painter};
use crate::report::Severity;

#[derive(Serialize)]
struct Row {
    id: &'static str,
    category: &'static str,
    title: &'static str,
    severity: Severity,
    needs: Vec<&'static str>,
}

impl From<&'static Check> for Row {
    fn from(check: &'static Check) -> Self {
        Self {
            id: check.id,
            category: check.category.id(),
            title: check.title,
            severity: check.severity,
            needs: check.needs.iter().map(|need| need.id()).collect(),
        }
    }
}

/// Lists every check.
///
/// # Errors
/// When the output cannot be written.
pub fn run(arguments: &ListArgs, out: &mut dyn Write) -> Result<Exit, Failure> {
    let mut bytes = Vec::new();
    if arguments.json {
        let rows: Vec<Row> = checks::all().map(Row::from).collect();
        json::pretty(&rows, &mut bytes)?;
    } else {
        text(&mut bytes)?;
    }
    emit(out, &bytes)?;
    Ok(Exit::Ready)
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
            writeln!(out, "    {}", check.title)?;
        }
    }
    Ok(())
}
