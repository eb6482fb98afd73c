//! `explain`: the page of a check.

use std::io::Write;

use schemars::JsonSchema;
use serde::Serialize;

use super::{emit, terminal};
use crate::checks::{self, Check};
use crate::cli::{ColorArg, ExplainArgs};
use crate::exit::{Exit, Failure, suggestion};
use crate::render::{json, page};
use crate::report::{SCHEMA_VERSION, Severity};

/// A check and its page, for programs.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Explained {
    /// Version of this object: fields are added, never changed or removed.
    schema_version: u32,
    /// Id of the check.
    id: &'static str,
    /// Its section of the checklist.
    category: &'static str,
    /// The line of the checklist.
    title: &'static str,
    /// Severity of a failure, where what was seen does not raise or lower it.
    severity: Severity,
    /// The evidence that it reads.
    needs: Vec<&'static str>,
    /// What it checks, why it matters, how it decides, what to do: Markdown.
    sections: Vec<Section>,
    /// Sources.
    references: &'static [&'static str],
}

/// A section of a check's page.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Section {
    /// Its heading.
    heading: &'static str,
    /// Its text, Markdown.
    text: &'static str,
}

impl From<&'static Check> for Explained {
    fn from(check: &'static Check) -> Self {
        Self {
            schema_version: SCHEMA_VERSION,
            id: check.id,
            category: check.category.id(),
            title: check.title,
            severity: check.severity,
            needs: check.needs.iter().map(|need| need.id()).collect(),
            sections: sections(check.page),
            references: check.references,
        }
    }
}

/// The sections of a page but its sources, which stand in a field of their own.
fn sections(page: &'static str) -> Vec<Section> {
    let mut sections: Vec<(&str, usize, usize)> = Vec::new();
    let (mut at, mut fenced) = (0, false);
    for line in page.split_inclusive('\n') {
        let next = at + line.len();
        fenced ^= line.starts_with("```");
        match line.strip_prefix("## ").filter(|_| !fenced) {
            Some(heading) => sections.push((heading.trim(), next, next)),
            None => {
                if let Some((_, _, end)) = sections.last_mut() {
                    *end = next;
                }
            }
        }
        at = next;
    }
    sections
        .into_iter()
        .filter(|(heading, ..)| *heading != "References")
        .map(|(heading, from, to)| Section {
            heading,
            text: page.get(from..to).unwrap_or_default().trim(),
        })
        .collect()
}

/// The check with an id, however it is written.
///
/// # Errors
/// When there is none; the help names the closest.
pub(crate) fn find(name: &str) -> Result<&'static Check, Failure> {
    let wanted = name.trim().to_lowercase();
    checks::find(&wanted).ok_or_else(|| {
        let close = suggestion(&wanted, checks::all().map(|check| check.id));
        Failure::new(format!("no check \"{wanted}\"")).help(match close {
            Some(close) => {
                format!("did you mean \"{close}\"? `agentcore-harden list` shows every check")
            }
            None => "`agentcore-harden list` shows every check".to_owned(),
        })
    })
}

/// Writes the page of a check.
///
/// # Errors
/// When there is no such check, or the output cannot be written.
pub fn run(arguments: &ExplainArgs, out: &mut dyn Write) -> Result<Exit, Failure> {
    let check = find(&arguments.check)?;
    let mut bytes = Vec::new();
    if arguments.json {
        json::pretty(&Explained::from(check), &mut bytes)?;
    } else {
        page::render(check, terminal::look(ColorArg::Auto, false), &mut bytes)?;
    }
    emit(out, &bytes)?;
    Ok(Exit::Ready)
}
