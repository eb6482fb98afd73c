//! `iam-user-delegation`: Acting on behalf of a user granted only where it is used.

use super::delegation::{Uses, delegation_uses};
use super::foreign;
use super::roles::{self, Finding, Judgement, grant_evidence};
use crate::checks::unconfigured::{Listed, unconfigured};
use crate::checks::{Category, Check, Need};
use crate::context::{Context, Layer, Origin, RoleView};
use crate::iam::reach::{Grant, Reach};
use crate::model::finding::{Evidence, Outcome, Severity};
use crate::model::project::Agent;

pub(super) static CHECK: Check = Check {
    id: "iam-user-delegation",
    title: "Acting on behalf of a user granted only where it is used",
    category: Category::Iam,
    severity: Severity::Medium,
    needs: &[Need::Code, Need::Template, Need::Aws],
    page: include_str!("iam_user_delegation.md"),
    references: &[
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/runtime-security-best-practices.html",
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/runtime-oauth.html",
    ],
    run,
};

/// Actions by which a runtime is called in a user's name.
const FOR_USER: [&str; 2] = [
    "bedrock-agentcore:InvokeAgentRuntimeForUser",
    "bedrock-agentcore:InvokeAgentRuntimeWithWebSocketStreamForUser",
];
/// The action by which a token is got for a user id that nobody verifies.
const TOKEN: &str = "bedrock-agentcore:GetWorkloadAccessTokenForUserId";

fn run(context: &Context) -> Vec<Outcome> {
    let agents: Vec<Agent<'_>> = context.project.agents().collect();
    if agents.is_empty() {
        let message = "no runtime or harness is configured";
        return vec![unconfigured(context, &[Listed::Agent], message)];
    }
    agents
        .into_iter()
        .map(|agent| judge(context, agent))
        .collect()
}

fn judge(context: &Context, agent: Agent<'_>) -> Outcome {
    let predicted = |layer: &Layer<RoleView<'_>>| layer.origin == Origin::Predicted;
    if context.agent_roles(agent).iter().any(predicted) {
        let reason =
            roles::unread_prediction(context, agent, "whether it may act for users is not known");
        return Outcome::skipped(agent.resource(), reason);
    }
    let uses = delegation_uses(context, agent);
    let look = |role: &RoleView<'_>, _: Option<Agent<'_>>| look(role, &uses);
    let outcome = roles::of_agent(
        context,
        agent,
        &Judgement {
            look: &look,
            holds: &|role| !role.role.policies.is_empty(),
            permissions: true,
            fine: if uses.any() {
                "may act for users, on named resources, and its code does"
            } else {
                "may not act for users"
            },
            bad: "may act for users without need",
            action: "iam:GetRolePolicy",
            severity: Severity::Medium,
        },
    );
    let sites = uses.sites.iter().map(|site| Evidence::code(site).context());
    outcome.evidences(sites.collect::<Vec<_>>())
}

fn look(role: &RoleView<'_>, uses: &Uses) -> Vec<Finding> {
    let reach = Reach::of(&role.role);
    let mut found: Vec<(&Grant<'_>, Vec<String>)> = Vec::new();
    let actions = FOR_USER.iter().map(|action| (*action, uses.for_user));
    for (action, used) in actions.chain([(TOKEN, uses.token)]) {
        for granted in reach.of_action(action) {
            let open = granted
                .resources
                .iter()
                .any(|resource| foreign::is_foreign(resource, &role.own));
            let text = match (used, open) {
                (true, false) => continue,
                (true, true) => format!("{action} on {}", granted.resources.join(", ")),
                (false, _) => format!("{action}, which no reachable code uses"),
            };
            match found
                .iter_mut()
                .find(|(grant, _)| std::ptr::eq(*grant, granted.grant))
            {
                Some((_, texts)) => texts.push(text),
                None => found.push((granted.grant, vec![text])),
            }
        }
    }
    let finding = |(grant, texts): (&Grant<'_>, Vec<String>)| Finding {
        severity: None,
        text: texts.join(" and "),
        evidence: grant_evidence(role, grant),
    };
    found.into_iter().map(finding).collect()
}
