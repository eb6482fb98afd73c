//! Cedar policies as every source shows them.

use super::{Context, Layer, Origin, Seen};
use crate::model::finding::Evidence;
use crate::model::json::Node;
use crate::model::known::{Known, ReasonCode, Unread};
use crate::model::project::{CedarPolicy, NamedFileKind, PolicyEngine};
use crate::model::site::SourceText;
use crate::model::template::{Reference, Template, TemplateNamed, reference};

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

/// The policies of the template that belong to an engine; a statement that a function makes is left out.
fn synthesized(
    template: &Template,
    project: &str,
    engine: &PolicyEngine,
) -> Vec<(String, Layer<CedarView>)> {
    let wanted = format!("{project}_{}", engine.name);
    let mut engines = template.policy_engines.iter();
    let Some(owner) = engines.find(|one| one.name.as_deref() == Some(&wanted)) else {
        return Vec::new();
    };
    let owner = Reference::Logical(owner.logical_id.clone());
    let view = |policy: &TemplateNamed| {
        let properties = &policy.properties;
        if properties
            .get("PolicyEngineId")
            .and_then(reference)
            .as_ref()
            != Some(&owner)
        {
            return None;
        }
        let definition = properties.get("Definition")?;
        let block = definition
            .get("Policy")
            .or_else(|| definition.get("Cedar"))?;
        let statement = template.document.string(block, "Statement")?;
        let evidence = Evidence::template(&statement.site);
        let mode = properties.get("EnforcementMode").and_then(Node::as_str);
        let value = CedarView {
            text: Seen::new(statement.value, evidence.clone()),
            file: None,
            enforcement: mode.unwrap_or("ACTIVE").to_owned(),
        };
        let name = policy
            .name
            .clone()
            .unwrap_or_else(|| policy.logical_id.clone());
        Some((name, Layer::new(Origin::Template, value, evidence)))
    };
    template.policies.iter().filter_map(view).collect()
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
        layers
    }

    /// The policies of an engine in the template and in AWS, by name: also those that the project does not declare.
    pub fn other_cedar(&self, engine: &PolicyEngine) -> Vec<(String, Layer<CedarView>)> {
        let mut policies = Vec::new();
        if let Some(template) = self.template.read() {
            policies.extend(synthesized(template, self.project.display_name(), engine));
        }
        if let Some(state) = self.aws.read()
            && let Known::Read(live) = state.policy_engine(&engine.name)
            && let Some(found) = live.policies.read()
        {
            // A policy whose creation failed decides nothing.
            let active = found.iter().filter(|policy| policy.status == "ACTIVE");
            policies.extend(active.filter_map(|policy| {
                let arn = format!("{}/policy/{}", live.arn, policy.id);
                let field = "policies.definition.cedar.statement";
                let evidence = Evidence::aws(arn, "ListPolicies", field);
                let value = CedarView {
                    text: Seen::new(policy.statement.clone()?, evidence.clone()),
                    file: None,
                    enforcement: policy.enforcement_mode.clone(),
                };
                let layer = Layer::new(Origin::Live, value, evidence);
                Some((policy.name.clone(), layer))
            }));
        }
        policies
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
