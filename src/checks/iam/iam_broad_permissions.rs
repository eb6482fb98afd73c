//! `iam-broad-permissions`: Execution role grants no broad or escalating permissions.

use super::breadth::broad;
use super::roles::{self, Finding, Judgement};
use super::statements::statements;
use crate::checks::{Category, Check, Need};
use crate::context::{Context, RoleView};
use crate::report::{Outcome, Severity};

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
            look: &look,
            holds: &|role| {
                !role.policies.is_empty() || !role.managed.is_empty() || !role.unread.is_empty()
            },
            fine: "reaches nothing beyond what was named",
            bad: "reaches more than its own",
            action: "iam:GetRolePolicy",
            severity: Severity::High,
        },
    )
}

fn look(role: &RoleView) -> Vec<Finding> {
    let mut found = Vec::new();
    for policy in &role.policies {
        for statement in statements(&policy.document.value) {
            if let Some(broad) = broad(&statement, &role.own) {
                let evidence = roles::statement(
                    role,
                    &policy.document.evidence,
                    &policy.name,
                    &statement.label,
                    &statement.shown(),
                );
                found.push(Finding {
                    severity: Some(broad.severity),
                    text: broad.reason,
                    evidence,
                });
            }
        }
    }
    for arn in &role.managed {
        if let Some((severity, text)) = managed(&arn.value) {
            found.push(Finding {
                severity: Some(severity),
                text,
                evidence: arn.evidence.clone(),
            });
        }
    }
    found
}

/// AWS-managed policies that no agent needs, told by their names.
fn managed(arn: &str) -> Option<(Severity, String)> {
    let name = arn.split_once(":iam::aws:policy/")?.1.rsplit('/').next()?;
    match name {
        "AdministratorAccess" | "IAMFullAccess" | "PowerUserAccess" | "SystemAdministrator" => {
            Some((
                Severity::Critical,
                format!("the AWS-managed policy {name}, which is an administrator's"),
            ))
        }
        _ if name.contains("FullAccess") || name.starts_with("AdministratorAccess-") => Some((
            Severity::High,
            format!(
                "the AWS-managed policy {name}, which allows a whole service on every resource"
            ),
        )),
        _ => None,
    }
}
