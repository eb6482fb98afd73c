//! Memories as every source shows them.

use super::{Context, Layer, Origin, Seen, seen_all};
use crate::model::aws;
use crate::model::finding::Evidence;
use crate::model::json::Node;
use crate::model::known::Known;
use crate::model::project::Memory;
use crate::model::site::Sited;
use crate::model::template::{Template, TemplateMemory};

/// A memory.
#[derive(Clone, Debug, PartialEq)]
pub struct MemoryView {
    /// `eventExpiryDuration`, days.
    pub event_expiry: Option<Seen<f64>>,
    /// Its long-term strategies.
    pub strategies: Vec<StrategyView>,
    /// The customer's key.
    pub key: Option<Seen<String>>,
}

/// A long-term strategy.
#[derive(Clone, Debug, PartialEq)]
pub struct StrategyView {
    /// `SEMANTIC`, `SUMMARIZATION`, `USER_PREFERENCE`, `EPISODIC`.
    pub kind: String,
    /// Where it stands.
    pub evidence: Evidence,
    /// Namespace templates; none where the service's default holds.
    pub namespaces: Vec<Seen<String>>,
    /// Namespace templates of an episodic strategy's reflections.
    pub reflections: Vec<Seen<String>>,
}

impl Context {
    /// A memory.
    pub fn memory_layers(&self, memory: &Memory) -> Vec<Layer<MemoryView>> {
        let mut layers: Vec<Layer<MemoryView>> = Vec::new();
        layers.extend(self.stack.is_none().then(|| configured(memory)));
        if let Some(template) = self.template.read()
            && let Some(found) = template.memory(self.project.display_name(), &memory.name)
        {
            layers.extend(synthesized(template, found));
        }
        if let Some(state) = self.aws.read()
            && let Known::Read(found) = state.memory(&memory.name)
        {
            layers.push(deployed(found));
        }
        layers
    }
}

fn configured(memory: &Memory) -> Layer<MemoryView> {
    let strategies = memory.strategies.iter().map(|strategy| StrategyView {
        kind: strategy
            .kind
            .as_ref()
            .map_or_else(|| "(no type)".to_owned(), |kind| kind.value.clone()),
        evidence: Evidence::config(&strategy.site),
        namespaces: seen_all(&strategy.namespaces),
        reflections: seen_all(&strategy.reflection_namespaces),
    });
    let value = MemoryView {
        event_expiry: memory.event_expiry.as_ref().map(Seen::config),
        strategies: strategies.collect(),
        key: memory.encryption_key_arn.as_ref().map(Seen::config),
    };
    Layer::new(Origin::Config, value, Evidence::config(&memory.site))
}

/// `None` where the expiry is a reference that only the deploy resolves.
fn synthesized(template: &Template, found: &TemplateMemory) -> Option<Layer<MemoryView>> {
    let properties = &found.resource.properties;
    if found.event_expiry.is_none() && properties.get("EventExpiryDuration").is_some() {
        return None;
    }
    let strategies = found.strategies.iter().map(|node| strategy(template, node));
    let value = MemoryView {
        event_expiry: found
            .event_expiry
            .as_ref()
            .map(|days| Seen::new(days.value, Evidence::template(&days.site))),
        strategies: strategies.collect(),
        key: found.encryption_key.as_ref().map(|site| {
            let key = properties.get("EncryptionKeyArn").and_then(Node::as_str);
            Seen::new(
                key.unwrap_or("(of the template)").to_owned(),
                Evidence::template(site),
            )
        }),
    };
    Some(Layer::new(
        Origin::Template,
        value,
        Evidence::template(&found.resource.site),
    ))
}

/// An entry of `MemoryStrategies`: an object of one member, whose key says the kind.
fn strategy(template: &Template, node: &Node) -> StrategyView {
    const KINDS: [(&str, &str); 5] = [
        ("SemanticMemoryStrategy", "SEMANTIC"),
        ("SummaryMemoryStrategy", "SUMMARIZATION"),
        ("UserPreferenceMemoryStrategy", "USER_PREFERENCE"),
        ("EpisodicMemoryStrategy", "EPISODIC"),
        ("CustomMemoryStrategy", "CUSTOM"),
    ];
    let found = KINDS
        .iter()
        .find_map(|(key, kind)| Some((*kind, node.get(key)?)));
    let (kind, body) = found.unwrap_or(("(unknown)", node));
    let templates = |of: Option<&Node>| -> Vec<Seen<String>> {
        let listed = |key: &str| of.map_or_else(Vec::new, |of| template.document.strings(of, key));
        let mut values = listed("NamespaceTemplates");
        if values.is_empty() {
            values = listed("Namespaces");
        }
        let seen = |value: Sited<String>| Seen::new(value.value, Evidence::template(&value.site));
        values.into_iter().map(seen).collect()
    };
    StrategyView {
        kind: kind.to_owned(),
        evidence: Evidence::template(&template.document.site(node)),
        namespaces: templates(Some(body)),
        reflections: templates(body.get("ReflectionConfiguration")),
    }
}

fn deployed(found: &aws::Memory) -> Layer<MemoryView> {
    let field = |field: &str| Evidence::aws(&found.arn, "GetMemory", field);
    let strategies = found.strategies.iter().map(|strategy| StrategyView {
        kind: strategy.kind.clone(),
        evidence: field("memory.strategies"),
        namespaces: strategy
            .namespaces
            .iter()
            .map(|template| Seen::new(template.clone(), field("memory.strategies.namespaces")))
            .collect(),
        reflections: Vec::new(),
    });
    let days = i32::try_from(found.event_expiry_days).unwrap_or(i32::MAX);
    let key = found.encryption_key_arn.as_ref();
    let value = MemoryView {
        event_expiry: (days > 0)
            .then(|| Seen::new(f64::from(days), field("memory.eventExpiryDuration"))),
        strategies: strategies.collect(),
        key: key.map(|key| Seen::new(key.clone(), field("memory.encryptionKeyArn"))),
    };
    Layer::new(Origin::Live, value, field("memory.strategies"))
}
