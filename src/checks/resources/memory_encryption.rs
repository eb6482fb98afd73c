//! `memory-encryption`: Memory encrypted with a customer-managed key.

use super::harness_memory::{self, Managed};
use crate::checks::unconfigured::{Listed, or_unconfigured};
use crate::checks::{Category, Check, Need};
use crate::context::Context;
use crate::model::finding::{Fix, Outcome, Resource, ResourceType, Severity, Status};
use crate::model::json::Node;
use crate::model::known::{ReasonCode, Unread};
use crate::model::project::{Agent, Memory};

pub(super) static CHECK: Check = Check {
    id: "memory-encryption",
    title: "Memory encrypted with a customer-managed key",
    category: Category::Resources,
    severity: Severity::Low,
    needs: &[Need::Config, Need::Template, Need::Aws],
    page: include_str!("memory_encryption.md"),
    references: &[
        "https://docs.aws.amazon.com/bedrock-agentcore-control/latest/APIReference/API_CreateMemory.html",
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/memory-encryption.html",
        "https://schema.agentcore.aws.dev/v1/agentcore.json",
    ],
    run,
};

/// Security Hub asks for a key of one's own.
const CONTROL: &str = "securityhub:BedrockAgentCore.3";
const RULE: &str = "a memory that is not encrypted with a customer-managed key fails";

fn run(context: &Context) -> Vec<Outcome> {
    let project = &context.project;
    let managed = harness_memory::all(context);
    let outcomes = project
        .memories
        .iter()
        .map(|memory| outcome(context, memory))
        .chain(managed.iter().map(of_harness))
        .collect();
    or_unconfigured(
        outcomes,
        context,
        &[Listed::Memory],
        "no memory is configured",
    )
}

fn of_harness(managed: &Managed<'_>) -> Outcome {
    let name = &managed.harness.name;
    if let Some(key) = managed.get("encryptionKeyArn").and_then(Node::as_str) {
        let resource = Agent::Harness(managed.harness).resource();
        let message =
            format!("the memory that harness {name} makes is encrypted with your key {key}");
        return Outcome::pass(resource, message)
            .evidence(managed.evidence("encryptionKeyArn").context());
    }
    managed
        .manual(
            format!(
                "the memory that harness {name} makes (mode managed) is encrypted with a key that AWS owns: decide whether conversations need a key of yours, which you can revoke and whose use is logged"
            ),
            "whether a customer-managed key is required is not written down",
        )
        .fix(managed.fix("Encrypt it with a key of yours", "encryptionKeyArn"))
}

fn outcome(context: &Context, memory: &Memory) -> Outcome {
    let resource = Resource::new(ResourceType::Memory, &memory.name);
    let layers = context.memory_layers(memory);
    let Some(strongest) = layers.iter().max_by_key(|layer| layer.origin) else {
        return Outcome::skipped(
            resource,
            context.unread("the memory was not read", "bedrock-agentcore:GetMemory"),
        );
    };
    // Never a failure: AWS encrypts in any case, and whose key is a decision.
    match layers.iter().find(|layer| layer.value.key.is_none()) {
        None => {
            let key = strongest
                .value
                .key
                .as_ref()
                .map_or("", |key| key.value.as_str());
            Outcome::pass(
                resource.clone(),
                format!("{resource} is encrypted with your key {key}"),
            )
            .evidence(strongest.evidence.clone().context())
            .control(CONTROL, Status::Pass, RULE)
        }
        Some(layer) => {
            let message = format!(
                "{resource} is encrypted with a key that AWS owns ({}): decide whether conversations need a key of yours, which you can revoke and whose use is logged",
                layer.origin.words()
            );
            let reason = Unread::new(
                ReasonCode::Undeclared,
                "decide whether you need a customer-managed key",
            );
            Outcome::manual(resource, message, reason).evidence(layer.evidence.clone()).fix(
                Fix::new("Encrypt it with a key of yours").note(
                    "set encryptionKeyArn of the memory to the ARN of a KMS key whose policy lets the memory's role use it; a memory that exists keeps its key",
                ),
            )
            .control(CONTROL, Status::Fail, RULE)
        }
    }
}
