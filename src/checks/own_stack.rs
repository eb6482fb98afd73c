//! Stacks of the project's own (CDK, Terraform): which checks judge them, and how their outcomes are told.

use crate::model::finding::{Evidence, Fix, Outcome, ResourceType, Status};
use crate::model::known::Unread;
use crate::model::stack::OwnStack;

/// The checks that a template alone answers.
pub const JUDGED: &[&str] = &[
    "iam-bedrock-scope",
    "iam-ecr-scope",
    "iam-trust-policy",
    "iam-broad-permissions",
    "iam-role-shared",
    "iam-policy-valid",
    "iam-passrole",
    "auth-inbound-type",
    "auth-jwt-config",
    "gateway-error-detail",
    "shell-command-grants",
    "secrets-runtime-env",
    "runtime-attack-surface",
    "memory-strategies",
    "memory-encryption",
    "gateway-outbound-auth",
    "gateway-policy-engine",
    "policy-cedar",
    "network-mode",
    "tool-network",
    "resource-encryption",
];

/// An outcome as the report of the project tells it: the resource named by its stack, and the fix in the words of what makes the
/// stack, since no command of the AgentCore CLI changes it. `None` for what says that the stack has no such resource, or that
/// something beside the template was not read.
pub fn told(stack: &OwnStack, outcome: Outcome) -> Option<Outcome> {
    let of_all = outcome.resource.kind == ResourceType::Project;
    match outcome.status {
        Status::NotApplicable => return None,
        Status::Skipped | Status::Manual if of_all => return None,
        _ => {}
    }
    let mut outcome = outcome;
    if of_all {
        outcome.resource.name.clone_from(&stack.name);
    } else {
        outcome.resource.name = format!("{}/{}", stack.name, outcome.resource.name);
    }
    if let Some(first) = outcome.fixes.first() {
        outcome.fixes = vec![fix(stack, first, outcome.evidence.first())];
    }
    outcome.reason = outcome
        .reason
        .map(|reason| Unread::new(reason.code, reason.message));
    Some(outcome)
}

fn fix(stack: &OwnStack, fix: &Fix, evidence: Option<&Evidence>) -> Fix {
    let site = evidence.and_then(|evidence| evidence.site.as_ref());
    let line = site.and_then(|site| Some(format!(":{}", site.span?.line)));
    let place = site.map_or(stack.template.path.as_str(), |site| &site.path);
    Fix::new(&fix.title).note(format!(
        "change it in the code that makes the stack {} (read as {place}{}), then {}",
        stack.name,
        line.unwrap_or_default(),
        stack.tool.deploys()
    ))
}
