//! The renderers: one file per format, all from the same report.

pub mod concise;
pub mod github;
pub mod gitlab;
pub mod html;
pub mod json;
pub mod junit;
pub mod markdown;
pub mod page;
mod place;
pub mod plan;
pub mod prose;
pub mod sarif;
pub mod site;
pub mod style;
pub mod text;

use std::io::{self, Write};

use clap::ValueEnum;

use crate::report::Report;

/// Formats of the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// The checklist, for people
    Text,
    /// One line a finding: path:line:col: SEVERITY check: message
    Concise,
    /// JSON, schemaVersion 1; one line a project where there are several
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// Markdown, for a pull request or a launch review
    Markdown,
    /// JUnit XML, for test reports of CI systems
    Junit,
    /// Annotations of a GitHub workflow
    Github,
    /// Code Quality report of GitLab
    Gitlab,
    /// One self-contained page, to hand round
    Html,
}

/// How text is to look.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    /// ANSI colours.
    pub color: bool,
    /// Columns.
    pub width: usize,
    /// Links to files (OSC 8).
    pub links: bool,
    /// Only failures and the last line.
    pub quiet: bool,
    /// Also the evidence of what passed, every site and every reason.
    pub verbose: bool,
    /// The run is over several projects: JSON is one line a report, however many could be made.
    pub several: bool,
    /// The most bytes of a Markdown report.
    pub max_bytes: Option<usize>,
}

impl Default for Look {
    fn default() -> Self {
        Self {
            color: false,
            width: 80,
            links: false,
            quiet: false,
            verbose: false,
            several: false,
            max_bytes: None,
        }
    }
}

/// Writes the reports of a run in a format.
///
/// # Errors
/// When writing fails.
pub fn render(
    format: Format,
    reports: &[Report],
    look: Look,
    out: &mut dyn Write,
) -> io::Result<()> {
    match format {
        Format::Text if look.quiet => concise::render(reports, look, out),
        Format::Text => text::render(reports, look, out),
        Format::Concise => concise::render(reports, look, out),
        Format::Json => json::render(reports, look.several, out),
        Format::Sarif => sarif::render(reports, out),
        Format::Markdown => markdown::render(reports, look.max_bytes, out),
        Format::Junit => junit::render(reports, out),
        Format::Github => github::render(reports, out),
        Format::Gitlab => gitlab::render(reports, out),
        Format::Html => html::render(reports, out),
    }
}

/// Where a piece of evidence is, from the current folder: `app/Main/main.py:3:7`, or the ARN where there is no file.
pub(crate) fn place_of(report: &Report, evidence: &crate::report::Evidence) -> Option<String> {
    place::of(report, evidence)
}
