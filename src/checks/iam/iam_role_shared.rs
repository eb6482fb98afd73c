//! `iam-role-shared`: Each runtime has an execution role of its own.

use crate::checks::fixes;
use crate::checks::{Category, Check, Need};
use crate::context::Context;
use crate::model::project::Agent;
use crate::report::{Evidence, Outcome, Severity};

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
        return vec![Outcome::not_applicable(
            project.resource(),
            "no runtime or harness is configured",
        )];
    }
    agents
        .iter()
        .map(|agent| outcome(context, *agent, &agents))
        .collect()
}

/// The role that a source gives an agent: an ARN, or one that the construct makes for it alone.
fn outcome(context: &Context, agent: Agent<'_>, agents: &[Agent<'_>]) -> Outcome {
    let resource = agent.resource();
    let unreadable = matches!(agent, Agent::Harness(harness) if harness.document.read().is_none());
    if unreadable {
        return Outcome::skipped(resource, context.agent_unread(agent));
    }
    let Some(own) = &agent.common().execution_role_arn else {
        let message = format!("{resource} gets a role of its own: the CLI creates one for each");
        return Outcome::pass(resource, message).evidence(Evidence::config(agent.site()).context());
    };
    // Template (RoleArn) and live (GetAgentRuntime.roleArn) are to be compared here too.
    let sharing: Vec<&Agent<'_>> = agents
        .iter()
        .filter(|other| other.resource() != resource)
        .filter(|other| {
            other
                .common()
                .execution_role_arn
                .as_ref()
                .is_some_and(|arn| arn.value == own.value)
        })
        .collect();
    if sharing.is_empty() {
        let message =
            format!("no other runtime or harness of the project has the role of {resource}");
        return Outcome::pass(resource, message).evidence(Evidence::config(&own.site).context());
    }
    let names: Vec<String> = sharing
        .iter()
        .map(|other| other.resource().to_string())
        .collect();
    let message = format!(
        "{resource} shares its role with {}: each can do what the other may, and neither can be narrowed alone",
        names.join(", ")
    );
    let others = sharing
        .iter()
        .filter_map(|other| other.common().execution_role_arn.as_ref());
    Outcome::fail(resource, message)
        .evidence(Evidence::config(&own.site))
        .evidences(others.map(|arn| Evidence::config(&arn.site).context()))
        .fix(fixes::own_role(context, agent))
}
