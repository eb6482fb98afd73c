//! `iam-broad-permissions`: Execution role grants no broad or escalating permissions.

use super::breadth;
use super::roles::{self, Judgement};
use crate::checks::{Category, Check, Need};
use crate::context::Context;
use crate::model::finding::{Outcome, Severity};

pub(super) static CHECK: Check = Check {
    id: "iam-broad-permissions",
    title: "Execution role grants no broad or escalating permissions",
    category: Category::Iam,
    severity: Severity::Medium,
    needs: &[Need::Config, Need::Template, Need::Aws],
    page: include_str!("iam_broad_permissions.md"),
    references: &[
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/runtime-security-best-practices.html",
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html",
        "https://unit42.paloaltonetworks.com/cracks-in-the-bedrock-agent-god-mode/",
        "https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html",
        "https://www.npmjs.com/package/@aws/agentcore-cdk",
    ],
    run,
};

fn run(context: &Context) -> Vec<Outcome> {
    roles::outcomes(
        context,
        &Judgement {
            look: &|role, _| breadth::look(role),
            holds: &|role| !role.role.policies.is_empty() || !role.unread.is_empty(),
            permissions: true,
            fine: "reaches nothing beyond what was named",
            bad: "grants access beyond this resource",
            action: "iam:GetRolePolicy",
            severity: Severity::High,
        },
    )
}
