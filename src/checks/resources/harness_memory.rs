//! The memory that a harness makes for itself (`memory.mode` is `managed` in its `harness.json`).

use crate::context::Context;
use crate::model::finding::{Evidence, Fix, Outcome};
use crate::model::json::{Document, Node};
use crate::model::known::{ReasonCode, Unread};
use crate::model::project::{Agent, Harness};

/// A harness whose memory the service keeps.
pub(crate) struct Managed<'a> {
    /// The harness.
    pub(crate) harness: &'a Harness,
    document: &'a Document,
    node: &'a Node,
}

/// The harnesses of the project with a memory of their own.
pub(crate) fn all(context: &Context) -> Vec<Managed<'_>> {
    context
        .project
        .harnesses
        .iter()
        .filter_map(|harness| {
            let document = harness.document.read()?;
            let node = document.root.get("memory")?;
            let mode = node.get("mode").and_then(Node::as_str);
            (mode == Some("managed")).then_some(Managed {
                harness,
                document,
                node,
            })
        })
        .collect()
}

impl Managed<'_> {
    /// A key of the memory block.
    pub(crate) fn get(&self, key: &str) -> Option<&Node> {
        self.node.get(key)
    }

    /// Where the block stands, or one of its keys.
    pub(crate) fn evidence(&self, key: &str) -> Evidence {
        let member = self
            .node
            .member(key)
            .or_else(|| self.document.root.member("memory"));
        let range = member.map_or(self.node.range.clone(), |member| member.range());
        Evidence::config(&self.document.source.site(range))
    }

    /// A result for a person to decide on.
    pub(crate) fn manual(&self, message: String, missing: &str) -> Outcome {
        let resource = Agent::Harness(self.harness).resource();
        let reason = Unread::new(ReasonCode::Undeclared, missing);
        Outcome::manual(resource, message, reason).evidence(self.evidence("mode"))
    }

    /// The edit that decides it.
    pub(crate) fn fix(&self, title: &str, keys: &str) -> Fix {
        Fix::new(title).note(format!(
            "set {keys} in `memory` of {}, then `agentcore deploy`",
            self.document.source.path
        ))
    }
}
