//! Colours and marks of the text report.

use owo_colors::Style;

use crate::report::{CheckResult, Severity, Status};

/// Paints text, or leaves it as it is.
#[derive(Clone, Copy, Debug)]
pub struct Painter {
    /// ANSI colours are wanted.
    pub color: bool,
}

/// What a piece of text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paint {
    /// A heading.
    Strong,
    /// What stands back.
    Dim,
    /// Something good.
    Good,
    /// Something bad.
    Bad,
    /// Something to look at.
    Warn,
    /// A command to paste.
    Command,
    /// A path.
    Path,
    /// The badge of a severity.
    Badge(Severity),
    /// The verdict, ready.
    Ready,
    /// The verdict, not ready.
    NotReady,
    /// The verdict, incomplete.
    Incomplete,
}

impl Painter {
    /// The text in its colour.
    pub fn paint(self, paint: Paint, text: &str) -> String {
        if !self.color || text.is_empty() {
            return text.to_owned();
        }
        let style = Style::new();
        let style = match paint {
            Paint::Strong => style.bold(),
            Paint::Dim => style.bright_black(),
            Paint::Good => style.green(),
            Paint::Bad => style.red(),
            Paint::Warn => style.yellow(),
            Paint::Command | Paint::Path => style.cyan(),
            Paint::Badge(Severity::Critical) => style.bold().white().on_red(),
            Paint::Badge(Severity::High) => style.bold().red(),
            Paint::Badge(Severity::Medium) => style.bold().yellow(),
            Paint::Badge(Severity::Low) => style.bold().blue(),
            Paint::Ready => style.bold().black().on_green(),
            Paint::NotReady => style.bold().white().on_red(),
            Paint::Incomplete => style.bold().black().on_yellow(),
        };
        style.style(text).to_string()
    }
}

/// How a result is shown: its status, or that it was suppressed. The order is that of attention.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// Failed.
    Fail,
    /// A person must look.
    Manual,
    /// The evidence could not be read.
    Skipped,
    /// Failed, and suppressed with a reason.
    Suppressed,
    /// A person had to look and did.
    Accepted,
    /// Passed.
    Pass,
    /// The resource kind is not configured.
    NotApplicable,
}

impl Verdict {
    /// Every verdict, as the legend lists them.
    pub const ALL: [Self; 7] = [
        Self::Pass,
        Self::Fail,
        Self::Manual,
        Self::Skipped,
        Self::NotApplicable,
        Self::Suppressed,
        Self::Accepted,
    ];

    /// The verdict of a result.
    pub fn of(result: &CheckResult) -> Self {
        match (result.status, &result.suppression) {
            (Status::Fail, Some(_)) => Self::Suppressed,
            (Status::Fail, None) => Self::Fail,
            (Status::Manual, _) if result.acceptance.is_some() => Self::Accepted,
            (Status::Manual, _) => Self::Manual,
            (Status::Skipped, _) => Self::Skipped,
            (Status::Pass, _) => Self::Pass,
            (Status::NotApplicable, _) => Self::NotApplicable,
        }
    }

    /// Its mark, one column wide.
    pub fn mark(self) -> &'static str {
        match self {
            Self::Fail => "✖",
            Self::Manual => "?",
            Self::Skipped => "–",
            Self::Suppressed => "⊘",
            Self::Accepted => "☑",
            Self::Pass => "✔",
            Self::NotApplicable => "○",
        }
    }

    /// Its word in legends and counts.
    pub fn word(self) -> &'static str {
        match self {
            Self::Fail => "failed",
            Self::Manual => "to look at",
            Self::Skipped => "not judged",
            Self::Suppressed => "suppressed",
            Self::Accepted => "accepted",
            Self::Pass => "passed",
            Self::NotApplicable => "n/a",
        }
    }

    /// Its colour.
    pub fn paint(self) -> Paint {
        match self {
            Self::Fail => Paint::Bad,
            Self::Manual => Paint::Warn,
            Self::Pass => Paint::Good,
            Self::Skipped | Self::Suppressed | Self::Accepted | Self::NotApplicable => Paint::Dim,
        }
    }
}
