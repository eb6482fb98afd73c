//! `iam-ecr-scope`: ECR access scoped to specific repository.

use std::collections::BTreeSet;

use super::breadth::narrowed;
use super::foreign::foreign_repository;
use super::roles::{self, Finding, Judgement, grant_evidence};
use crate::checks::unconfigured::{Listed, unconfigured};
use crate::checks::{Category, Check, Need};
use crate::context::{Context, Layer, Origin, RoleView};
use crate::iam::arn::Arn;
use crate::iam::reach::{Grant, Reach};
use crate::model::finding::{Outcome, Severity};
use crate::model::project::Agent;

pub(super) static CHECK: Check = Check {
    id: "iam-ecr-scope",
    title: "ECR access scoped to specific repository",
    category: Category::Iam,
    severity: Severity::Medium,
    needs: &[Need::Template, Need::Aws],
    page: include_str!("iam_ecr_scope.md"),
    references: &[
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/runtime-security-best-practices.html",
        "https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerregistry.html",
        "https://unit42.paloaltonetworks.com/cracks-in-the-bedrock-agent-god-mode/",
    ],
    run,
};

/// Pulling an image.
const PULL: [&str; 3] = [
    "ecr:BatchGetImage",
    "ecr:GetDownloadUrlForLayer",
    "ecr:BatchCheckLayerAvailability",
];

fn run(context: &Context) -> Vec<Outcome> {
    let judgement = Judgement {
        look: &|role, _| look(role),
        holds: &|role| !role.role.policies.is_empty(),
        permissions: true,
        fine: "pulls images of named repositories only, or none",
        bad: "pulls images of more than its own repository",
        action: "iam:GetRolePolicy",
        severity: Severity::Medium,
    };
    let outcomes: Vec<Outcome> = context
        .project
        .agents()
        .filter(|agent| is_container(*agent))
        .map(|agent| judge(context, agent, &judgement))
        .collect();
    if outcomes.is_empty() {
        let message = "nothing is built as a container image";
        return vec![unconfigured(context, &[Listed::Agent], message)];
    }
    outcomes
}

/// The role is judged where it was read: what the CLI grants of a repository is known by the template only.
fn judge(context: &Context, agent: Agent<'_>, judgement: &Judgement<'_>) -> Outcome {
    let predicted = |layer: &Layer<RoleView<'_>>| layer.origin == Origin::Predicted;
    if context.agent_roles(agent).iter().any(predicted) {
        let reason = roles::unread_prediction(
            context,
            agent,
            "its statements about image repositories are not known",
        );
        return Outcome::skipped(agent.resource(), reason);
    }
    roles::of_agent(context, agent, judgement)
}

fn is_container(agent: Agent<'_>) -> bool {
    match agent {
        Agent::Runtime(runtime) => runtime
            .build
            .as_ref()
            .is_some_and(|build| build.value == "Container"),
        Agent::Harness(harness) => harness.document.read().is_some_and(|document| {
            let root = &document.root;
            root.get("dockerfile").is_some() || root.get("containerUri").is_some()
        }),
    }
}

fn look(role: &RoleView<'_>) -> Vec<Finding> {
    let reach = Reach::of(&role.role);
    let mut found: Vec<(&Grant<'_>, BTreeSet<String>)> = Vec::new();
    for action in PULL {
        for pull in reach.of_action(action) {
            let wide = pull.resources.iter().filter(|resource| {
                let part = Arn::parse(resource).map_or(resource.as_str(), |arn| arn.resource);
                foreign_repository(part, &role.own).is_some()
            });
            let wide: BTreeSet<String> = wide.cloned().collect();
            if wide.is_empty() || narrowed(&pull.grant.conditions) {
                continue;
            }
            match found
                .iter_mut()
                .find(|(grant, _)| std::ptr::eq(*grant, pull.grant))
            {
                Some((_, known)) => known.extend(wide),
                None => found.push((pull.grant, wide)),
            }
        }
    }
    let finding = |(grant, wide): (&Grant<'_>, BTreeSet<String>)| Finding {
        severity: None,
        text: wide.into_iter().collect::<Vec<_>>().join(", "),
        evidence: grant_evidence(role, grant),
    };
    found.into_iter().map(finding).collect()
}
