//! Exit statuses, and the error that a command ends with.

use std::io::{self, Write};

use crate::secrets::form;
use crate::secrets::redact::Redactor;
pub use crate::text::suggest::suggestion;

/// The exit statuses. The order is from mild to bad: over several projects the highest wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// 0: nothing at or above `--fail-on` failed.
    Ready,
    /// 1: something did.
    NotReady,
    /// 2: the audit could not be done.
    Unable,
}

impl Exit {
    /// The number.
    pub fn code(self) -> u8 {
        match self {
            Self::Ready => 0,
            Self::NotReady => 1,
            Self::Unable => 2,
        }
    }
}

/// Why a command could not be done: printed as `error: …` and `help: …`, exit 2.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    /// What went wrong, with its place.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
}

impl Failure {
    /// A failure with a message.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            help: None,
        }
    }

    /// Says what to do about it.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The failure with the secrets covered that its words quote: a settings file or a project's state may hold one anywhere.
    #[must_use]
    pub fn covered(&self) -> Self {
        let redactor = Redactor::default();
        let cover = |text: &str| {
            let covered = redactor.text("", text);
            form::quoted(covered.as_deref().unwrap_or(text))
        };
        Self {
            message: cover(&self.message),
            help: self.help.as_deref().map(cover),
        }
    }

    /// Writes `error: …` and `help: …`. The message may quote the project under audit, so it is cleaned; its line breaks stay.
    ///
    /// # Errors
    /// When writing fails.
    pub fn write(&self, err: &mut dyn Write) -> io::Result<()> {
        let covered = self.covered();
        writeln!(
            err,
            "error: {}",
            crate::text::clean::block(&covered.message)
        )?;
        if let Some(help) = &covered.help {
            writeln!(err, "help: {}", crate::text::clean::block(help))?;
        }
        Ok(())
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::new(error.to_string())
    }
}
