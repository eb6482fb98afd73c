//! One step of the walk from a token to a verdict.

use serde::Serialize;

use crate::model::site::Site;

/// Longest message, in characters: claims of the token are quoted in it.
const LONGEST: usize = 1_000;

/// What a step found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum StepStatus {
    /// Nothing here refuses the token.
    Ok,
    /// The token is refused here.
    Refused,
    /// Nothing refuses it, and there is something to know.
    Note,
    /// It could not be told.
    Unknown,
}

impl StepStatus {
    /// The mark of the text output.
    pub fn mark(self) -> &'static str {
        match self {
            Self::Ok => "✔",
            Self::Refused => "✖",
            Self::Note => "!",
            Self::Unknown => "?",
        }
    }
}

/// One step of the walk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// A stable id: method, issuer, audience, clients, scopes, custom-claims, jwks, expiry, algorithm, signature.
    pub id: &'static str,
    /// What it found.
    pub status: StepStatus,
    /// One sentence.
    pub message: String,
    /// The line of the configuration that decides.
    pub site: Option<Site>,
    /// What a person can do, apart from the printed command.
    pub advice: Vec<String>,
    /// Unknown, and so unlikely to let the token through that no verdict may leave it out.
    pub decides: bool,
}

impl Step {
    /// A step that found nothing against the token.
    pub fn ok(id: &'static str, message: impl Into<String>) -> Self {
        Self::new(id, StepStatus::Ok, message)
    }

    /// A step that refuses the token.
    pub fn refused(id: &'static str, message: impl Into<String>) -> Self {
        Self::new(id, StepStatus::Refused, message)
    }

    /// A step with something to know.
    pub fn note(id: &'static str, message: impl Into<String>) -> Self {
        Self::new(id, StepStatus::Note, message)
    }

    /// A step that could not be told.
    pub fn unknown(id: &'static str, message: impl Into<String>) -> Self {
        Self::new(id, StepStatus::Unknown, message)
    }

    fn new(id: &'static str, status: StepStatus, message: impl Into<String>) -> Self {
        Self {
            id,
            status,
            message: message.into().chars().take(LONGEST).collect(),
            site: None,
            advice: Vec::new(),
            decides: false,
        }
    }

    /// No verdict may leave this unknown step out.
    #[must_use]
    pub fn decides(mut self) -> Self {
        self.decides = true;
        self
    }

    /// Names the line that decides.
    #[must_use]
    pub fn at(mut self, site: &Site) -> Self {
        self.site = Some(site.clone());
        self
    }

    /// Adds advice.
    #[must_use]
    pub fn advise(mut self, advice: impl Into<String>) -> Self {
        self.advice.push(advice.into());
        self
    }
}

/// Would AgentCore accept the token?
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Every step that was walked lets it through.
    Accepted,
    /// A step refuses it.
    NotAccepted,
    /// Nothing refuses it, and something that should have been read could not be.
    Unknown,
}

/// The verdict over the steps; in an offline run what only the network can show is left out on request, unless it decides.
pub fn verdict(steps: &[Step], offline: bool) -> Verdict {
    let any = |status| steps.iter().any(|step| step.status == status);
    let open = |step: &Step| step.status == StepStatus::Unknown && (!offline || step.decides);
    if any(StepStatus::Refused) {
        Verdict::NotAccepted
    } else if steps.iter().any(open) {
        Verdict::Unknown
    } else {
        Verdict::Accepted
    }
}
