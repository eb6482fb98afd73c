//! What is known and what is not: a value that could not be read must never look like one that is absent.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Why something could not be read or judged; the `code` of a `reason` in the report.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum ReasonCode {
    /// The run does not read AWS or the network.
    Offline,
    /// AWS refused the call.
    Denied,
    /// The evidence does not exist (no template, no recorded run, a git-ignored file in a clone).
    Absent,
    /// A host did not answer, or not in time.
    Unreachable,
    /// The service, region or tool does not support what was asked.
    Unsupported,
    /// Something must be built first, or the check itself is not built yet.
    NotBuilt,
    /// The code is larger or more entangled than is followed: a budget of the analysis ran out.
    Limit,
    /// The check itself failed: a fault of this tool.
    Internal,
    /// The user has to declare it (traffic, workload).
    Undeclared,
}

/// A typed absence of evidence: it becomes the `reason` of a `skipped` or `manual` result.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Unread {
    /// The class of the reason.
    pub code: ReasonCode,
    /// One sentence: what could not be read and why.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub message: String,
    /// The IAM action that has to be granted.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub iam_action: Option<String>,
    /// The flag of this tool that would make it readable.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub flag: Option<String>,
    /// The command to run that makes the evidence.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub command: Option<String>,
}

impl Unread {
    /// An absence with a class and a sentence.
    pub fn new(code: ReasonCode, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            iam_action: None,
            flag: None,
            command: None,
        }
    }

    /// Names the IAM action to grant.
    #[must_use]
    pub fn action(mut self, action: impl Into<String>) -> Self {
        self.iam_action = Some(action.into());
        self
    }

    /// Names the flag that makes it readable.
    #[must_use]
    pub fn flag(mut self, flag: impl Into<String>) -> Self {
        self.flag = Some(flag.into());
        self
    }

    /// Names the command that makes the evidence.
    #[must_use]
    pub fn command(mut self, command: impl Into<String>) -> Self {
        self.command = Some(command.into());
        self
    }

    /// Names the command that makes the evidence, where it can be written.
    #[must_use]
    pub fn command_if(mut self, command: Option<String>) -> Self {
        self.command = command.or(self.command);
        self
    }
}

/// Something that was read, is known to be absent, or could not be read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Known<T> {
    /// It was read.
    Read(T),
    /// The source was read and holds no such thing.
    Absent,
    /// The source could not be read.
    Unread(Unread),
}

impl<T> Known<T> {
    /// The value, `None` where the source says there is none, or the reason why nobody knows.
    ///
    /// # Errors
    /// The reason, where the source could not be read.
    pub fn known(&self) -> Result<Option<&T>, Unread> {
        match self {
            Self::Read(value) => Ok(Some(value)),
            Self::Absent => Ok(None),
            Self::Unread(reason) => Err(reason.clone()),
        }
    }

    /// The value where it was read.
    pub fn read(&self) -> Option<&T> {
        match self {
            Self::Read(value) => Some(value),
            Self::Absent | Self::Unread(_) => None,
        }
    }
}

impl<T> Default for Known<T> {
    /// What nobody read is unread, never absent.
    fn default() -> Self {
        Self::Unread(Unread::new(ReasonCode::Absent, "this was not read"))
    }
}

impl<T> Known<T> {
    /// The same with a borrowed value.
    pub fn as_ref(&self) -> Known<&T> {
        match self {
            Self::Read(value) => Known::Read(value),
            Self::Absent => Known::Absent,
            Self::Unread(reason) => Known::Unread(reason.clone()),
        }
    }

    /// Changes the value, keeps an absence.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Known<U> {
        match self {
            Self::Read(value) => Known::Read(change(value)),
            Self::Absent => Known::Absent,
            Self::Unread(reason) => Known::Unread(reason),
        }
    }
}
