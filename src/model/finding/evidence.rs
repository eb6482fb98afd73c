//! Evidence: what was seen, and where.

use schemars::JsonSchema;
use serde::{Serialize, Serializer};

use super::Severity;
use crate::model::site::Site;

/// Where a piece of evidence comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum EvidenceKind {
    /// A configuration file of the project.
    Config,
    /// Source code.
    Code,
    /// The synthesized CloudFormation template.
    Template,
    /// Live AWS or a snapshot of it.
    Aws,
    /// Another file: a manifest, a Dockerfile, something that ships.
    File,
    /// What the CLI's own construct is known to create.
    Predicted,
}

/// One piece of evidence. A file has a `site`; AWS has `arn`, `policy`, `statement`, `api`, `field` (what applies).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// Where it comes from.
    pub kind: EvidenceKind,
    /// The place in a file.
    pub site: Option<Site>,
    /// What to read out of it.
    pub note: String,
    /// This site's own severity, where the sites of one result differ.
    pub severity: Option<Severity>,
    /// True when the site is what the result fails for; a suppression can remove it. False for context.
    pub primary: bool,
    /// The ARN of the AWS resource.
    pub arn: Option<String>,
    /// The policy's name or ARN.
    pub policy: Option<String>,
    /// The statement's Sid, or `#n` (0-based) where it has none.
    pub statement: Option<String>,
    /// The API that was read, such as `GetAgentRuntime`.
    pub api: Option<String>,
    /// The field of its answer.
    pub field: Option<String>,
    /// The way on which a value got there, its source first; empty where none was followed.
    pub steps: Vec<EvidenceStep>,
}

/// A place on the way of a value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct EvidenceStep {
    /// The file.
    pub path: String,
    /// Its first line.
    pub line: u32,
    /// Its first column.
    pub column: u32,
    /// Its last line.
    pub end_line: u32,
    /// The column after its last character.
    pub end_column: u32,
    /// What happens to the value there.
    pub note: &'static str,
}

impl Evidence {
    fn base(kind: EvidenceKind) -> Self {
        Self {
            kind,
            site: None,
            note: String::new(),
            severity: None,
            primary: true,
            arn: None,
            policy: None,
            statement: None,
            api: None,
            field: None,
            steps: Vec::new(),
        }
    }

    /// Evidence in a file.
    pub fn at(kind: EvidenceKind, site: &Site) -> Self {
        Self {
            site: Some(site.clone()),
            ..Self::base(kind)
        }
    }

    /// Evidence in a configuration file.
    pub fn config(site: &Site) -> Self {
        Self::at(EvidenceKind::Config, site)
    }

    /// Evidence in source code.
    pub fn code(site: &Site) -> Self {
        Self::at(EvidenceKind::Code, site)
    }

    /// Evidence in another file.
    pub fn file(site: &Site) -> Self {
        Self::at(EvidenceKind::File, site)
    }

    /// What the CLI's construct is known to create.
    pub fn predicted(site: &Site, note: impl Into<String>) -> Self {
        Self::at(EvidenceKind::Predicted, site).note(note)
    }

    /// Evidence in the template.
    pub fn template(site: &Site) -> Self {
        Self::at(EvidenceKind::Template, site)
    }

    /// A field of an AWS answer.
    pub fn aws(arn: impl Into<String>, api: impl Into<String>, field: impl Into<String>) -> Self {
        let base = Self::base(EvidenceKind::Aws);
        Self {
            arn: Some(arn.into()),
            api: Some(api.into()),
            field: Some(field.into()),
            ..base
        }
    }

    /// Says what to read out of it.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.note = note.into();
        self
    }

    /// Tells the way on which a value got there.
    #[must_use]
    pub fn steps(mut self, steps: Vec<EvidenceStep>) -> Self {
        self.steps = steps;
        self
    }

    /// Gives the site its own severity.
    #[must_use]
    pub fn severity(mut self, severity: Severity) -> Self {
        self.severity = Some(severity);
        self
    }

    /// Names the policy and statement.
    #[must_use]
    pub fn statement(mut self, policy: impl Into<String>, statement: impl Into<String>) -> Self {
        self.policy = Some(policy.into());
        self.statement = Some(statement.into());
        self
    }

    /// Marks the site as context: it is shown, but a suppression does not count it.
    #[must_use]
    pub fn context(mut self) -> Self {
        self.primary = false;
        self
    }
}

/// A piece of evidence as it is written: its place is not nested.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Evidence")]
struct Written<'a> {
    /// Where it comes from.
    kind: EvidenceKind,
    /// The file, from the project root.
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<&'a str>,
    /// Its first line, 1-based.
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u32>,
    /// Its first column, in characters, 1-based.
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<u32>,
    /// Its last line.
    #[serde(skip_serializing_if = "Option::is_none")]
    end_line: Option<u32>,
    /// The column after its last character.
    #[serde(skip_serializing_if = "Option::is_none")]
    end_column: Option<u32>,
    /// The line, secrets masked.
    #[serde(skip_serializing_if = "Option::is_none")]
    excerpt: Option<&'a str>,
    /// The ARN of the AWS resource.
    #[serde(skip_serializing_if = "Option::is_none")]
    arn: Option<&'a str>,
    /// The policy's name or ARN.
    #[serde(skip_serializing_if = "Option::is_none")]
    policy: Option<&'a str>,
    /// The statement's Sid, or #n (0-based) where it has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    statement: Option<&'a str>,
    /// The API that was read.
    #[serde(skip_serializing_if = "Option::is_none")]
    api: Option<&'a str>,
    /// The field of its answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<&'a str>,
    /// This site's own severity, where the sites of a result differ.
    #[serde(skip_serializing_if = "Option::is_none")]
    severity: Option<Severity>,
    /// It explains, and is no site of the finding.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    context: bool,
    /// What to read out of it.
    note: &'a str,
    /// The way on which a value got there, its source first.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    steps: &'a [EvidenceStep],
}

impl Serialize for Evidence {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let site = self.site.as_ref();
        let span = site.and_then(|site| site.span);
        Written {
            kind: self.kind,
            path: site.map(|site| &*site.path),
            line: span.map(|span| span.line),
            column: span.map(|span| span.column),
            end_line: span.map(|span| span.end_line),
            end_column: span.map(|span| span.end_column),
            excerpt: span.and(site).map(|site| &*site.excerpt),
            arn: self.arn.as_deref(),
            policy: self.policy.as_deref(),
            statement: self.statement.as_deref(),
            api: self.api.as_deref(),
            field: self.field.as_deref(),
            severity: self.severity,
            context: !self.primary,
            note: &self.note,
            steps: &self.steps,
        }
        .serialize(serializer)
    }
}

impl JsonSchema for Evidence {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        Written::schema_name()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        Written::json_schema(generator)
    }
}
