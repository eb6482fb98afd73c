//! Places as a terminal shows them: relative to the folder that the command runs in, so that they can be opened as printed.

use crate::report::{Evidence, Report};
use crate::text::clean;

/// `app/Main/main.py:3:7`, or the ARN where there is no file.
pub(super) fn of(report: &Report, evidence: &Evidence) -> Option<String> {
    let Some(site) = &evidence.site else {
        return evidence.arn.as_deref().map(clean::line);
    };
    let mut place = clean::line(&path(report, &site.path));
    if let Some(span) = site.span {
        place.push_str(&format!(":{}:{}", span.line, span.column));
    }
    Some(place)
}

/// A path of the project, from the current folder.
pub(super) fn path(report: &Report, path: &str) -> String {
    let base = &report.view.place;
    if base.starts_with('/') {
        return format!("{base}{path}");
    }
    // `../` of the current folder and of a path that leaves the project are not folded into each other.
    match base.as_str() {
        "" => path.to_owned(),
        base => format!("{base}{path}"),
    }
}

/// Text that a terminal links to a file (OSC 8). The path is percent-encoded: nothing of it can end the link.
pub(super) fn link(report: &Report, path: &str, text: &str) -> String {
    let root = &report.view.root;
    if root.is_empty() {
        return text.to_owned();
    }
    let target = super::site::uri(&format!("{}/{path}", root.trim_end_matches('/')));
    let target = if target.starts_with('/') {
        target
    } else {
        format!("/{target}")
    };
    format!("\u{1b}]8;;file://{target}\u{1b}\\{text}\u{1b}]8;;\u{1b}\\")
}
