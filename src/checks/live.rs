//! What the checks of deployed resources share: how a runtime is looked up, what is said when it cannot be, `aws` commands.

use crate::checks::unconfigured::{Listed, unconfigured};
use crate::context::Context;
use crate::model::aws::{AwsState, Runtime};
use crate::model::finding::{Outcome, Resource};
use crate::model::known::{Known, ReasonCode, Unread};
use crate::model::project::Agent;
use crate::shell::Command;

/// The AWS state, or the outcome that says why it was not read.
pub fn state<'a>(context: &'a Context, resource: &Resource) -> Result<&'a AwsState, Box<Outcome>> {
    match &context.aws {
        Known::Read(state) => Ok(state),
        Known::Absent | Known::Unread(_) => Err(Box::new(context.without_aws(resource.clone()))),
    }
}

/// A value that was read, or the outcome that says why it was not; `Absent` means that it is not deployed.
pub fn read<T>(value: Known<T>, resource: &Resource) -> Result<T, Box<Outcome>> {
    let reason = match value {
        Known::Read(value) => return Ok(value),
        Known::Absent => Unread::new(
            ReasonCode::Absent,
            format!("{resource} is not deployed to this target yet"),
        )
        .command("agentcore deploy -y"),
        Known::Unread(reason) => reason,
    };
    Err(Box::new(Outcome::skipped(resource.clone(), reason)))
}

/// The deployed runtime of a runtime or harness.
pub fn runtime<'a>(context: &'a Context, agent: Agent<'_>) -> Result<&'a Runtime, Box<Outcome>> {
    let resource = agent.resource();
    let state = state(context, &resource)?;
    match agent {
        Agent::Runtime(runtime) => read(state.runtime(&runtime.name), &resource),
        Agent::Harness(harness) => {
            let harness = read(state.harness(&harness.name), &resource)?;
            read(harness.runtime.as_ref(), &resource)
        }
    }
}

/// `aws SERVICE OPERATION --region REGION`.
pub fn aws(context: &Context, service: &str, operation: &str) -> Command {
    let region = context.aws.read().and_then(|state| state.region.as_deref());
    Command::new("aws")
        .arg(service)
        .arg(operation)
        .opt_if("--region", region)
}

/// Judges every runtime and harness; a project without any is not applicable.
pub fn each_agent(
    context: &Context,
    judge: impl Fn(Agent<'_>) -> Result<Outcome, Box<Outcome>>,
) -> Vec<Outcome> {
    let outcomes: Vec<Outcome> = context
        .project
        .agents()
        .map(|agent| judge(agent).unwrap_or_else(|outcome| *outcome))
        .collect();
    if outcomes.is_empty() {
        let message = "the project has neither runtimes nor harnesses";
        return vec![unconfigured(context, &[Listed::Agent], message)];
    }
    outcomes
}
