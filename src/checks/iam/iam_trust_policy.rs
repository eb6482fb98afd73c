//! `iam-trust-policy`: Trust policy scoped to your account ID.

use super::roles::{self, Finding, Judgement};
use super::trust::{self, Home};
use crate::checks::{Category, Check, Need};
use crate::context::{Context, RoleView};
use crate::model::finding::{Outcome, Severity};
use crate::model::project::Agent;

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
    let target = context.target.as_ref();
    let state = context.aws.read();
    let account = target
        .and_then(|target| target.account.as_deref())
        .or_else(|| state?.account.as_deref());
    let region = target
        .and_then(|target| target.region.as_deref())
        .or_else(|| state?.region.as_deref());
    let home = Home { account, region };
    let look = |role: &RoleView<'_>, _: Option<Agent<'_>>| look(role, &home);
    roles::outcomes(
        context,
        &Judgement {
            look: &look,
            holds: &|role| role.role.trust.is_some(),
            permissions: false,
            fine: "can only be taken by AgentCore, for this account and its AgentCore resources",
            bad: "can be assumed for any account and any AgentCore resource",
            action: "iam:GetRole",
            severity: Severity::High,
        },
    )
}

fn look(role: &RoleView<'_>, home: &Home<'_>) -> Vec<Finding> {
    let Some(trust) = &role.role.trust else {
        return Vec::new();
    };
    // Documents that were predicted without a known account hold a word in its place.
    let faults = trust::faults(trust, home).into_iter();
    faults
        .map(|(statement, text)| Finding {
            severity: None,
            evidence: roles::statement(role, role.at(None, statement), text.clone()),
            text: format!("the trust policy {text}"),
        })
        .collect()
}
