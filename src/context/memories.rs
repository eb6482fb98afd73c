//! Memories as every source shows them.

use super::{Context, Layer, Origin, Seen, seen_all};
use crate::model::project::Memory;
use crate::report::Evidence;

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
        // Template: AWS::BedrockAgentCore::Memory. Live: GetMemory.
        vec![Layer::new(
            Origin::Config,
            value,
            Evidence::config(&memory.site),
        )]
    }
}
