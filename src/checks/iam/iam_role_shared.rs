//! `iam-role-shared`: Each runtime has an execution role of its own.

use std::collections::BTreeSet;

use crate::checks::fixes;
use crate::checks::unconfigured::{Listed, unconfigured};
use crate::checks::{Category, Check, Need};
use crate::context::{Context, Origin};
use crate::model::finding::{Evidence, Outcome, Severity};
use crate::model::project::Agent;

pub(super) static CHECK: Check = Check {
    id: "iam-role-shared",
    title: "Each runtime has an execution role of its own",
    category: Category::Iam,
    severity: Severity::Medium,
    needs: &[Need::Config, Need::Template, Need::Aws],
    page: include_str!("iam_role_shared.md"),
    references: &[
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/runtime-security-best-practices.html",
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html",
        "https://schema.agentcore.aws.dev/v1/agentcore.json",
    ],
    run,
};

fn run(context: &Context) -> Vec<Outcome> {
    let project = &context.project;
    let agents: Vec<Agent<'_>> = project.agents().collect();
    if agents.is_empty() {
        return vec![unconfigured(
            context,
            &[Listed::Agent],
            "no runtime or harness is configured",
        )];
    }
    let roles: Vec<Vec<Given>> = agents.iter().map(|agent| roles(context, *agent)).collect();
    agents
        .iter()
        .zip(&roles)
        .map(|(agent, own)| outcome(context, *agent, own, agents.iter().copied().zip(&roles)))
        .collect()
}

/// A role that a source gives an agent: what identifies it, and where it was seen.
type Given = (Origin, String, Evidence);

/// The roles that the sources give an agent: what identifies each, and where it was seen. What the construct makes for the
/// agent alone needs no entry.
fn roles(context: &Context, agent: Agent<'_>) -> Vec<Given> {
    let mut found = Vec::new();
    if let Some(arn) = &agent.common().execution_role_arn {
        found.push((
            Origin::Config,
            arn.value.clone(),
            Evidence::config(&arn.site),
        ));
    }
    for layer in context.agent_roles(agent) {
        let arn = layer.value.role.arn.clone();
        if layer.origin == Origin::Template && !arn.is_empty() {
            found.push((Origin::Template, arn, layer.evidence));
        }
    }
    if let Some(arn) = context
        .live_role_arn(agent)
        .filter(|_| deployed(context, agent))
    {
        let api = match agent {
            Agent::Runtime(_) => "GetAgentRuntime",
            Agent::Harness(_) => "GetHarness",
        };
        let evidence = Evidence::aws(arn.as_str(), api, "roleArn");
        found.push((Origin::Live, arn, evidence));
    }
    found
}

fn deployed(context: &Context, agent: Agent<'_>) -> bool {
    let Some(state) = context.aws.read() else {
        return false;
    };
    match agent {
        Agent::Runtime(runtime) => state.runtime(&runtime.name).read().is_some(),
        Agent::Harness(harness) => state.harness(&harness.name).read().is_some(),
    }
}

fn outcome<'a>(
    context: &Context,
    agent: Agent<'_>,
    own: &[Given],
    agents: impl Iterator<Item = (Agent<'a>, &'a Vec<Given>)>,
) -> Outcome {
    let resource = agent.resource();
    let unreadable = matches!(agent, Agent::Harness(harness) if harness.document.read().is_none());
    if unreadable {
        return Outcome::skipped(resource, context.agent_unread(agent));
    }
    let mut names: Vec<String> = Vec::new();
    let mut evidence: Vec<Evidence> = Vec::new();
    let mut origins: BTreeSet<Origin> = BTreeSet::new();
    for (other, theirs) in agents.filter(|(other, _)| other.resource() != resource) {
        for (origin, role, seen) in theirs {
            let mine = own
                .iter()
                .find(|(from, mine, _)| from == origin && mine == role);
            let Some((_, _, mine)) = mine else {
                continue;
            };
            let name = other.resource().to_string();
            if !names.contains(&name) {
                names.push(name);
            }
            origins.insert(*origin);
            for evidence_of in [mine.clone(), seen.clone().context()] {
                if !evidence.contains(&evidence_of) {
                    evidence.push(evidence_of);
                }
            }
        }
    }
    if names.is_empty() {
        return fine(context, agent, own);
    }
    let words: Vec<&str> = origins.iter().rev().map(|origin| origin.words()).collect();
    let message = format!(
        "{resource} shares its role with {} ({}): both have each other's permissions, and neither can be restricted separately",
        names.join(", "),
        words.join(", ")
    );
    Outcome::fail(resource, message)
        .evidences(evidence)
        .fix(fixes::own_role(context, agent))
}

fn fine(context: &Context, agent: Agent<'_>, own: &[Given]) -> Outcome {
    let resource = agent.resource();
    if let Some(reason) = context
        .live_role_unread(agent)
        .filter(|_| !deployed(context, agent))
    {
        return Outcome::skipped(resource, reason);
    }
    match own.iter().max_by_key(|(origin, ..)| *origin) {
        Some((_, _, evidence)) => {
            let message =
                format!("no other runtime or harness of the project has the role of {resource}");
            Outcome::pass(resource, message).evidence(evidence.clone().context())
        }
        None => {
            let message =
                format!("{resource} gets a role of its own: the CLI creates one for each");
            Outcome::pass(resource, message).evidence(Evidence::config(agent.site()).context())
        }
    }
}
