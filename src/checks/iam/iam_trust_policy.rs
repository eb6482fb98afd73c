//! `iam-trust-policy`: Trust policy scoped to your account ID.

use super::roles::{self, Finding, Judgement};
use super::trust::trust_faults;
use crate::checks::{Category, Check, Need};
use crate::context::{Context, RoleView};
use crate::report::{Outcome, Severity};

pub(super) static CHECK: Check = Check {
    id: "iam-trust-policy",
    title: "Trust policy scoped to your account ID",
    category: Category::Iam,
    severity: Severity::High,
    needs: &[Need::Config, Need::Template, Need::Aws],
    page: include_str!("iam_trust_policy.md"),
    references: &[
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/runtime-security-best-practices.html",
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html",
        "https://www.npmjs.com/package/@aws/agentcore-cdk",
    ],
    run,
};

fn run(context: &Context) -> Vec<Outcome> {
    let account = context
        .target
        .as_ref()
        .and_then(|target| target.account.clone());
    let look = |role: &RoleView| look(role, account.as_deref());
    roles::outcomes(
        context,
        &Judgement {
            look: &look,
            holds: &|role| role.trust.is_some(),
            fine: "can only be taken by AgentCore, for this account and its AgentCore resources",
            bad: "is not bound to this account and its AgentCore resources",
            action: "iam:GetRole",
            severity: Severity::High,
        },
    )
}

fn look(role: &RoleView, account: Option<&str>) -> Vec<Finding> {
    let Some(trust) = &role.trust else {
        return Vec::new();
    };
    // Documents that were predicted without a known account hold a word in its place.
    let faults = trust_faults(&trust.value, account);
    let mut found: Vec<Finding> = Vec::new();
    for (label, text) in faults {
        let evidence = roles::statement(
            role,
            &trust.evidence,
            "AssumeRolePolicyDocument",
            &label,
            &text,
        );
        found.push(Finding {
            severity: None,
            text: format!("the trust policy {text}"),
            evidence,
        });
    }
    found
}
