//! Exit statuses, and the error that a command ends with.

use std::io::{self, Write};

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

    /// Writes `error: …` and `help: …`. The message may quote the project under audit, so it is cleaned; its line breaks stay.
    ///
    /// # Errors
    /// When writing fails.
    pub fn write(&self, err: &mut dyn Write) -> io::Result<()> {
        writeln!(err, "error: {}", crate::render::clean::block(&self.message))?;
        if let Some(help) = &self.help {
            writeln!(err, "help: {}", crate::render::clean::block(help))?;
        }
        Ok(())
    }

    /// The object that `--json` prints where there is no report.
    pub fn to_json(&self) -> serde_json::Value {
        serde_json::json!({
            "schemaVersion": crate::report::SCHEMA_VERSION,
            "error": {"message": self.message, "help": self.help},
        })
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::new(error.to_string())
    }
}

/// ` did you mean "…"?` for a word that is close to one of the known ones, else nothing.
pub fn suggestion<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = word.to_lowercase();
    let similarity = |candidate: &str| {
        let candidate = candidate.to_lowercase();
        let contained = lower.len() >= 3 && candidate.contains(&lower);
        strsim::jaro_winkler(&lower, &candidate).max(if contained { 0.9 } else { 0.0 })
    };
    known
        .into_iter()
        .map(|candidate| (similarity(candidate), candidate))
        .filter(|(score, _)| *score >= 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0).then_with(|| b.1.cmp(a.1)))
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_suggestion_is_close_or_none() {
        let known = ["auth-inbound-type", "auth-jwt-config", "cli-version"];
        assert_eq!(
            suggestion("auth-inbund-type", known),
            Some("auth-inbound-type")
        );
        assert_eq!(suggestion("jwt-config", known), Some("auth-jwt-config"));
        assert_eq!(suggestion("zzz", known), None);
    }
}
