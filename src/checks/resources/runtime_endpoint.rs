//! Endpoints that are a runtime of AgentCore: it takes SigV4 or a token, never a call without either.

use crate::context::Context;
use crate::model::project::Runtime;

/// A runtime behind an address.
pub(super) struct RuntimeEndpoint<'a> {
    /// The runtime, where it is one of the project.
    pub(super) own: Option<&'a Runtime>,
}

impl RuntimeEndpoint<'_> {
    /// Whether it is a runtime of the project that takes SigV4; what another one takes is not known.
    pub(super) fn signed(&self) -> bool {
        self.own.is_some_and(|runtime| {
            let kind = runtime.common.authorizer_type.as_ref();
            kind.is_none_or(|kind| kind.value == "AWS_IAM")
        })
    }
}

/// The runtime that an address calls: `https://bedrock-agentcore.REGION.amazonaws.com/runtimes/ARN/invocations`, the ARN (or id)
/// percent-encoded. `None` where the address is something else.
pub(super) fn of<'a>(context: &'a Context, url: &str) -> Option<RuntimeEndpoint<'a>> {
    let (_, rest) = url.split_once("://")?;
    let (host, path) = rest.split_once('/')?;
    let host = host.split(':').next()?.to_ascii_lowercase();
    let aws = [".amazonaws.com", ".amazonaws.com.cn", ".api.aws"];
    if !host.starts_with("bedrock-agentcore.") || !aws.iter().any(|end| host.ends_with(end)) {
        return None;
    }
    let called = path.strip_prefix("runtimes/")?.split('/').next()?;
    let called = called
        .replace("%3A", ":")
        .replace("%3a", ":")
        .replace("%2F", "/")
        .replace("%2f", "/");
    let called = called.split('?').next().unwrap_or_default();
    let own = context
        .project
        .runtimes
        .iter()
        .find(|runtime| is(context, runtime, called));
    Some(RuntimeEndpoint { own })
}

/// Whether an ARN or id is a runtime's: as deployed, else by its name and the ten characters that AWS puts behind it.
fn is(context: &Context, runtime: &Runtime, called: &str) -> bool {
    let id = called.rsplit_once("runtime/").map_or(called, |(_, id)| id);
    let mut targets = context.project.deployed.values();
    let deployed = targets.any(|target| {
        target.runtimes.get(&runtime.name).is_some_and(|known| {
            known.arn.as_deref() == Some(called) || known.id.as_deref() == Some(id)
        })
    });
    let name = format!("{}_{}-", context.project.display_name(), runtime.name);
    deployed
        || id.strip_prefix(&name).is_some_and(|end| {
            end.len() == 10 && end.bytes().all(|byte| byte.is_ascii_alphanumeric())
        })
}
