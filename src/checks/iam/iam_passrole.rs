//! `iam-passrole`: Who makes AgentCore resources passes named roles, and takes tokens of the project's own workloads.

use crate::checks::{Category, Check, Need};
use crate::context::{Context, Layer, Origin, RoleView};
use crate::iam::arn::{Arn, Breadth, breadth};
use crate::iam::comparison::Comparison;
use crate::iam::glob::Pattern;
use crate::iam::reach::{ActionGrant, Grant, Reach, Via};
use crate::model::finding::{Evidence, Fix, Outcome, Severity};
use crate::model::known::Unread;

use super::roles::{grant_evidence, unread_prediction};

pub(super) static CHECK: Check = Check {
    id: "iam-passrole",
    title: "Roles passed to AgentCore and workload tokens are named",
    category: Category::Iam,
    severity: Severity::High,
    needs: &[Need::Config, Need::Template, Need::Aws],
    page: include_str!("iam_passrole.md"),
    references: &[
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html",
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/security-iam-service-with-iam.html",
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/runtime-security-best-practices.html",
    ],
    run,
};

/// What AgentCore is given a role with.
const TAKES_A_ROLE: [&str; 14] = [
    "bedrock-agentcore:CreateAgentRuntime",
    "bedrock-agentcore:UpdateAgentRuntime",
    "bedrock-agentcore:CreateHarness",
    "bedrock-agentcore:UpdateHarness",
    "bedrock-agentcore:CreateBrowser",
    "bedrock-agentcore:CreateCodeInterpreter",
    "bedrock-agentcore:CreateGateway",
    "bedrock-agentcore:UpdateGateway",
    "bedrock-agentcore:CreateMemory",
    "bedrock-agentcore:UpdateMemory",
    "bedrock-agentcore:CreateEvaluator",
    "bedrock-agentcore:CreateOnlineEvaluationConfig",
    "bedrock-agentcore:CreatePaymentManager",
    "bedrock-agentcore:UpdateOnlineEvaluationConfig",
];
/// What gets a token in the name of a workload.
const TOKENS: [&str; 3] = [
    "bedrock-agentcore:GetWorkloadAccessToken",
    "bedrock-agentcore:GetWorkloadAccessTokenForJWT",
    "bedrock-agentcore:GetWorkloadAccessTokenForUserId",
];
const SERVICE: &str = "bedrock-agentcore.amazonaws.com";

fn run(context: &Context) -> Vec<Outcome> {
    let resource = context.project.resource();
    let (principals, unread) = context.principals();
    let construct = context.construct_statements();
    let mut found: Vec<(Severity, String, Evidence)> = Vec::new();
    let mut part: Option<Unread> = None;
    for layer in principals
        .iter()
        .filter(|layer| layer.origin != Origin::Predicted)
    {
        let reach = Reach::of(&layer.value.role);
        found.extend(passes(layer, &reach));
        found.extend(tokens(context, layer, &reach, construct));
        if let Some((policy, reason)) = reach.unread.first() {
            let message = format!(
                "policy {} of {} was not read",
                policy.name, layer.value.title
            );
            let reason = reason.cloned().unwrap_or_else(|| {
                Unread::new(crate::model::known::ReasonCode::Absent, message)
                    .action("iam:GetPolicyVersion")
            });
            part = part.or(Some(reason));
        }
    }
    if !found.is_empty() {
        return vec![failure(resource, found)];
    }
    if let Some(reason) = part.or(unread) {
        return vec![Outcome::skipped(resource, reason)];
    }
    if principals.is_empty() {
        let reason = context.unread(
            "no principal of the account was read, so who may pass roles is not known",
            "iam:GetAccountAuthorizationDetails",
        );
        return vec![Outcome::skipped(resource, reason)];
    }
    if principals
        .iter()
        .all(|layer| layer.origin == Origin::Predicted)
        && let Some(agent) = context.project.agents().next()
    {
        let reason = unread_prediction(context, agent, "who may pass roles is not known");
        return vec![Outcome::skipped(resource, reason)];
    }
    let message = format!(
        "{} principal{} looked at: none passes a role by wildcard to AgentCore or takes tokens of other workloads",
        principals.len(),
        if principals.len() == 1 { "" } else { "s" }
    );
    vec![Outcome::pass(resource, message)]
}

fn failure(
    resource: crate::model::finding::Resource,
    mut found: Vec<(Severity, String, Evidence)>,
) -> Outcome {
    found.sort_by(|one, two| (one.0, &one.1).cmp(&(two.0, &two.1)));
    let texts: Vec<&str> = found.iter().map(|(_, text, _)| text.as_str()).collect();
    let message = texts.join("; ");
    let worst = found.iter().map(|(severity, ..)| *severity).min();
    let evidence: Vec<Evidence> = found
        .iter()
        .map(|(severity, _, evidence)| evidence.clone().severity(*severity))
        .collect();
    let mut outcome = Outcome::fail(resource, message).evidences(evidence);
    outcome.severity = worst;
    outcome.fix(Fix::new("Name the roles and the workloads").note(format!(
        "put the ARN of each role in place of the wildcard and add the condition StringEquals iam:PassedToService {SERVICE}; bind token actions to workload-identity-directory/default and workload-identity-directory/default/workload-identity/PROJECT_AGENT-*"
    )))
}

/// A role by a wildcard that AgentCore can be given, and an action that gives it.
fn passes(layer: &Layer<RoleView<'_>>, reach: &Reach<'_>) -> Option<(Severity, String, Evidence)> {
    let gives: Vec<&str> = TAKES_A_ROLE
        .into_iter()
        .filter(|action| reach.of_action(action).iter().any(|grant| !grant.inert))
        .collect();
    let first = gives.first()?;
    let wide = reach
        .of_action("iam:PassRole")
        .into_iter()
        .find(|granted| {
            named(granted)
                && to_agentcore(granted.grant)
                && granted.resources.iter().any(|resource| is_wide(resource))
        })?;
    let resources: Vec<&str> = wide
        .resources
        .iter()
        .map(String::as_str)
        .filter(|resource| is_wide(resource))
        .collect();
    let more = match gives.len() {
        1 => String::new(),
        count => format!(" and {} more", count - 1),
    };
    let text = format!(
        "{} can pass any role that matches {} (iam:PassRole with {first}{more}) and act with it",
        layer.value.title,
        resources.join(", ")
    );
    Some((
        Severity::High,
        text,
        grant_evidence(&layer.value, wide.grant),
    ))
}

/// An administrator needs no role of another.
fn named(granted: &ActionGrant<'_, '_>) -> bool {
    let whole = granted.grant.whole_services();
    granted.via != Via::NotAction && !whole.contains(&"*") && !whole.contains(&"iam")
}

/// The name of the role is not fixed.
fn is_wide(resource: &str) -> bool {
    let part = Arn::parse(resource).map_or(resource, |arn| arn.resource);
    breadth(resource) >= Breadth::Pattern && part.ends_with('*') && {
        // A prefix names the roles of one stack.
        let name = part.rsplit('/').next().unwrap_or(part);
        name.trim_end_matches('*').len() < SHORTEST_PREFIX
    }
}

/// Shortest start of a name that tells the roles of one project from those of others.
const SHORTEST_PREFIX: usize = 4;

/// No condition keeps the role from AgentCore.
fn to_agentcore(grant: &Grant<'_>) -> bool {
    grant.conditions.iter().all(|condition| {
        if !condition.is_on("iam:PassedToService") || condition.operator.negated {
            return true;
        }
        let wild = matches!(condition.operator.comparison, Some(Comparison::StringLike));
        condition.values.iter().any(|value| {
            value.contains("${")
                || value == SERVICE
                || (wild && Pattern::resource(value).matches(SERVICE))
        })
    })
}

/// Token actions on workload identities of others.
fn tokens(
    context: &Context,
    layer: &Layer<RoleView<'_>>,
    reach: &Reach<'_>,
    construct: &std::collections::BTreeSet<Vec<String>>,
) -> Vec<(Severity, String, Evidence)> {
    let mut found: Vec<(Severity, String, Evidence)> = Vec::new();
    let mut told: Vec<(&str, &str)> = Vec::new();
    for action in TOKENS {
        for granted in reach.of_action(action) {
            let statement = granted.grant.statement;
            let mut actions = statement.action.patterns().to_vec();
            actions.sort();
            let by_name = named(&granted)
                && !granted
                    .grant
                    .whole_services()
                    .contains(&"bedrock-agentcore");
            let place = (
                granted.grant.policy.name.as_str(),
                statement.pointer.as_str(),
            );
            // What the construct writes is the matter of iam-broad-permissions.
            if !by_name || construct.contains(&actions) || told.contains(&place) {
                continue;
            }
            let wide: Vec<&str> = granted
                .resources
                .iter()
                .map(String::as_str)
                .filter(|resource| of_others(context, resource))
                .collect();
            if wide.is_empty() {
                continue;
            }
            told.push(place);
            let text = format!(
                "{} can get tokens of every workload that matches {} ({action})",
                layer.value.title,
                wide.join(", ")
            );
            found.push((
                Severity::High,
                text,
                grant_evidence(&layer.value, granted.grant),
            ));
        }
    }
    found
}

/// A workload identity that is not the project's. The directory itself is always named beside them.
fn of_others(context: &Context, resource: &str) -> bool {
    let part = Arn::parse(resource).map_or(resource, |arn| arn.resource);
    if !part.ends_with('*') {
        return false;
    }
    let name = part
        .rsplit('/')
        .next()
        .unwrap_or(part)
        .trim_end_matches('*');
    let project = context.project.display_name().to_lowercase();
    let name = name.to_lowercase();
    let own = name.strip_prefix("harness_").unwrap_or(&name);
    !own.starts_with(&project) && !name.contains("${")
}
