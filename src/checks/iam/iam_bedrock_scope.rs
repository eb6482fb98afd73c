//! `iam-bedrock-scope`: Execution role Bedrock access scoped to specific model ARNs.

use super::models;
use super::roles::{self, Judgement};
use crate::checks::{Category, Check, Need};
use crate::context::{Context, RoleView};
use crate::model::finding::{Outcome, Severity};
use crate::model::project::Agent;

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
    let look = |role: &RoleView<'_>, agent: Option<Agent<'_>>| {
        let used = agent.map(|agent| context.bedrock_models(agent));
        models::look(role, used.as_ref())
    };
    roles::outcomes(
        context,
        &Judgement {
            look: &look,
            holds: &holds,
            permissions: true,
            fine: "allows model calls on named models only, or none",
            bad: "allows calls of models that the project does not name",
            action: "iam:GetRolePolicy",
            severity: Severity::High,
        },
    )
}

/// Other roles are of interest only where they may call a model at all.
fn holds(role: &RoleView<'_>) -> bool {
    !role.role.policies.is_empty() && (role.execution || models::called(role))
}
