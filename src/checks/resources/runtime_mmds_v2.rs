//! `runtime-mmds-v2`: Deployed runtime requires MMDSv2.

use crate::checks::{Category, Check, Need, live};
use crate::context::Context;
use crate::model::aws::Runtime;
use crate::model::finding::{Evidence, Fix, Outcome, Severity};
use crate::model::project::Agent;
use crate::shell::Command;

pub(super) static CHECK: Check = Check {
    id: "runtime-mmds-v2",
    title: "Deployed runtime requires MMDSv2",
    category: Category::Resources,
    severity: Severity::High,
    needs: &[Need::Aws],
    page: include_str!("runtime_mmds_v2.md"),
    references: &[
        "https://docs.aws.amazon.com/bedrock-agentcore-control/latest/APIReference/API_UpdateAgentRuntime.html",
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/runtime-security-best-practices.html",
    ],
    run,
};

/// Turns the answer of `GetAgentRuntime` into the input of `UpdateAgentRuntime`: an update replaces the whole configuration, so
/// that everything is carried over but what only an answer has.
const CARRIED_OVER: &str = "del(.agentRuntimeArn, .agentRuntimeName, .agentRuntimeVersion, .createdAt, .lastUpdatedAt, \
     .status, .failureReason, .workloadIdentityDetails) | .metadataConfiguration.requireMMDSV2 = true | \
     with_entries(select(.value != null and .value != \"\" and .value != {} and .value != []))";

fn run(context: &Context) -> Vec<Outcome> {
    live::each_agent(context, |agent| judge(context, agent))
}

fn judge(context: &Context, agent: Agent<'_>) -> Result<Outcome, Box<Outcome>> {
    let resource = agent.resource();
    let runtime = live::runtime(context, agent)?;
    let evidence = Evidence::aws(
        &runtime.arn,
        "GetAgentRuntime",
        "metadataConfiguration.requireMMDSV2",
    );
    // `agentcore validate` accepts the key, and nothing reads it.
    let dead = agent
        .runtime()
        .and_then(|runtime| runtime.node.member("metadataConfiguration"));
    let dead = dead.map(|member| {
        Evidence::config(&context.project.document.member_site(member))
            .note("this key has no effect: only UpdateAgentRuntime sets it")
            .context()
    });
    if runtime.require_mmds_v2 == Some(true) {
        let message = format!("{resource} is deployed with MMDSv2 required");
        return Ok(Outcome::pass(resource, message)
            .evidence(evidence.note("true"))
            .evidences(dead));
    }
    let seen = match runtime.require_mmds_v2 {
        Some(_) => "false",
        None => "not set",
    };
    Ok(Outcome::fail(
        resource.clone(),
        format!("{resource} does not require MMDSv2 ({seen}): since 2026-06-30 such a runtime cannot be invoked"),
    )
    .evidence(evidence.note(seen))
    .evidences(dead)
    .fix(fix(context, agent, runtime)))
}

fn fix(context: &Context, agent: Agent<'_>, runtime: &Runtime) -> Fix {
    let fix = Fix::new("Require MMDSv2");
    if agent.runtime().is_none() {
        return fix.note(
            "the runtime belongs to the harness: deploy the harness again, and where it stays unset open a support case",
        );
    }
    let pinned: Vec<&str> = runtime
        .endpoints
        .read()
        .into_iter()
        .flatten()
        .filter(|endpoint| endpoint.name != "DEFAULT")
        .map(|endpoint| endpoint.name.as_str())
        .collect();
    let mut note = "the update makes a new version; the endpoint DEFAULT follows it".to_owned();
    if !pinned.is_empty() {
        note.push_str(&format!(
            ", these stay on theirs until `aws bedrock-agentcore-control update-agent-runtime-endpoint` moves them: {}",
            pinned.join(", ")
        ));
    }
    let get = live::aws(context, "bedrock-agentcore-control", "get-agent-runtime")
        .opt("--agent-runtime-id", &runtime.id)
        .opt("--output", "json");
    // The CLI reads `file:///dev/stdin` twice and finds it empty; the document goes to it as one argument instead.
    let update = Command::new("xargs")
        .args([
            "-0",
            "aws",
            "bedrock-agentcore-control",
            "update-agent-runtime",
        ])
        .opt_if(
            "--region",
            context.aws.read().and_then(|state| state.region.as_deref()),
        )
        .arg("--cli-input-json");
    fix.command(get.pipe(Command::new("jq").arg(CARRIED_OVER)).pipe(update))
        .note(note)
}
