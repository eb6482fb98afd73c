//! Cedar policies as every source shows them.

use super::{Context, Layer, Origin, Seen};
use crate::model::known::{Known, ReasonCode, Unread};
use crate::model::project::{CedarPolicy, NamedFileKind};
use crate::model::site::SourceText;
use crate::report::Evidence;

/// A Cedar policy.
#[derive(Clone, Debug, PartialEq)]
pub struct CedarView {
    /// The policy's text.
    pub text: Seen<String>,
    /// The file that the text stands in, so that a place in the text becomes a line; `None` for text inside JSON.
    pub file: Option<String>,
    /// `ACTIVE` (the default) or `LOG_ONLY`.
    pub enforcement: String,
}

impl CedarView {
    /// The evidence for a byte range of the text.
    pub fn at(&self, range: std::ops::Range<usize>) -> Evidence {
        match &self.file {
            Some(path) => Evidence::config(
                &SourceText::new(path.as_str(), self.text.value.as_str()).site(range),
            ),
            None => self.text.evidence.clone(),
        }
    }
}

impl Context {
    /// A policy of an engine: what deploys is `statement`; `sourceFile` is the file that it was read from, and where both are
    /// there and differ, both are shown, since the next `agentcore add policy --source` takes the file.
    pub fn cedar_layers(&self, policy: &CedarPolicy) -> Vec<Layer<CedarView>> {
        let enforcement = policy
            .enforcement_mode
            .as_ref()
            .map_or("ACTIVE", |mode| mode.value.as_str())
            .to_owned();
        let mut layers = Vec::new();
        if let Some(statement) = policy
            .statement
            .as_ref()
            .filter(|statement| !statement.value.trim().is_empty())
        {
            let text = Seen::config(statement);
            let evidence = text.evidence.clone();
            let value = CedarView {
                text,
                file: None,
                enforcement: enforcement.clone(),
            };
            layers.push(Layer::new(Origin::Config, value, evidence));
        }
        if let Known::Read((path, text)) = self.cedar_file(policy) {
            let same = policy
                .statement
                .as_ref()
                .is_some_and(|statement| statement.value.trim() == text.trim());
            let source = SourceText::new(path.as_str(), text.as_str());
            let evidence = Evidence::config(&source.site(0..text.len()));
            let value = CedarView {
                text: Seen::new(text, evidence.clone()),
                file: Some(path),
                enforcement,
            };
            // The file has lines; the statement is one escaped JSON string.
            if same {
                layers.clear();
            }
            layers.push(Layer::new(Origin::Config, value, evidence));
        }
        // Live: GetPolicy.definition.cedar.statement.
        layers
    }

    /// Path and text of the file that a policy names.
    pub fn cedar_file(&self, policy: &CedarPolicy) -> Known<(String, String)> {
        let Some(written) = &policy.source_file else {
            return Known::Absent;
        };
        let unread = |reason: &str| {
            Known::Unread(Unread::new(
                ReasonCode::Absent,
                format!("{}: {reason}", written.value),
            ))
        };
        match self.project.named_files.get(&written.value) {
            Some(file) => match (&file.path, &file.text, file.kind) {
                (Some(path), Some(text), _) => Known::Read((path.clone(), text.clone())),
                (None, _, _) => unread("lies outside of the project"),
                (_, _, NamedFileKind::Missing) => unread("no such file"),
                _ => unread("cannot be read"),
            },
            None => unread("was not looked at"),
        }
    }
}
