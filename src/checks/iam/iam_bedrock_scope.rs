//! `iam-bedrock-scope`: Execution role Bedrock access scoped to specific model ARNs.

use super::roles::{self, Finding, Judgement};
use super::statements::{calls_models, statements, unbound_models};
use crate::checks::{Category, Check, Need};
use crate::context::{Context, RoleView};
use crate::report::{Outcome, Severity};

pub(super) static CHECK: Check = Check {
    id: "iam-bedrock-scope",
    title: "Execution role Bedrock access scoped to specific model ARNs",
    category: Category::Iam,
    severity: Severity::High,
    needs: &[Need::Config, Need::Template, Need::Aws],
    page: include_str!("iam_bedrock_scope.md"),
    references: &[
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/runtime-security-best-practices.html",
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/runtime-permissions.html",
        "https://docs.aws.amazon.com/bedrock/latest/userguide/inference-profiles-prereq.html",
        "https://www.npmjs.com/package/@aws/agentcore-cdk",
    ],
    run,
};

fn run(context: &Context) -> Vec<Outcome> {
    roles::outcomes(
        context,
        &Judgement {
            look: &look,
            holds: &holds,
            fine: "allows model calls on named models only, or none",
            bad: "allows calls of models that the project does not name",
            action: "iam:GetRolePolicy",
            severity: Severity::High,
        },
    )
}

/// Other roles are of interest only where they may call a model at all.
fn holds(role: &RoleView) -> bool {
    let documents = role.policies.iter().map(|policy| &policy.document.value);
    let calls = |document| statements(document).iter().any(calls_models);
    !role.policies.is_empty() && (role.execution || documents.into_iter().any(calls))
}

fn look(role: &RoleView) -> Vec<Finding> {
    let mut found = Vec::new();
    for policy in &role.policies {
        for statement in statements(&policy.document.value) {
            if let Some(reason) = unbound_models(&statement) {
                let evidence = roles::statement(
                    role,
                    &policy.document.evidence,
                    &policy.name,
                    &statement.label,
                    &statement.shown(),
                );
                found.push(Finding {
                    severity: None,
                    text: reason,
                    evidence,
                });
            }
        }
    }
    found
}
