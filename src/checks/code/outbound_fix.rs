//! What fixes direct calls: the edits of the code, and the gateway targets that they need before.

use std::collections::{BTreeMap, BTreeSet};

use super::gateway_target;
use crate::analysis::outbound::{Outbound, Reach};
use crate::context::Context;
use crate::model::finding::Fix;
use crate::shell::{self, Command};

const CODE_EDIT: &str = "Add a gateway target for each service (`agentcore add gateway-target` with the type that the site names) and drop the \
     direct call: an MCP client connected to `AGENTCORE_GATEWAY_<NAME>_URL` finds the target's tools. Where the gateway's authorizer is AWS_IAM it signs \
     (Python: `aws_iam_streamablehttp_client` of mcp-proxy-for-aws). Where a measured hot path must stay \
     direct, keep it with an inline `agentcore-harden: ignore[code-outbound-http] reason`, and take its key through \
     `@requires_api_key` or `@requires_access_token`.";
const DATA_EDIT: &str = "A gateway fronts services, not files. What does not change goes into the agent's folder; what does, into a bucket of yours that \
     `boto3` reads with the execution role (`s3:GetObject` on it), so that a start does not hang on somebody else's host.";

/// The commands for the services, and what is to be said of them.
#[derive(Default)]
struct Targets {
    commands: Vec<Command>,
    notes: Vec<String>,
    /// One is of a type that demands a credential.
    schemas: bool,
}

/// The edits of the code, and the commands that they need done before.
pub(super) fn fixes(context: &Context, hits: &[&Outbound]) -> Vec<Fix> {
    let (gateway, create) = gateway_target::gateway(context);
    let targets = targets(context, &gateway, hits);
    let is_aws = |call: &&&Outbound| matches!(call.reach, Reach::Aws(_));
    let is_data = |call: &&&Outbound| call.data && matches!(call.reach, Reach::External(_));
    let services = hits.iter().any(|call| !is_aws(&call) && !is_data(&call));
    let mut found = Vec::new();
    if services {
        found.push(Fix::new("Use a gateway for the tools").note(CODE_EDIT));
    }
    if hits.iter().any(|call| is_aws(&call)) {
        found.push(Fix::new("Call AWS through its SDK").note(
            "Replace the HTTP call with the `boto3` client (TypeScript: `@aws-sdk/client-…`) of the service; the execution role signs it, and no credential is needed.",
        ));
    }
    if hits.iter().any(|call| is_data(&call)) {
        found.push(Fix::new("Ship the data, or read it from S3").note(DATA_EDIT));
    }
    let Targets {
        commands,
        notes,
        schemas,
    } = targets;
    if !commands.is_empty() {
        let target = context.target.as_ref().map(|target| target.name.as_str());
        found.push(
            Fix::new("Front the services with gateway targets")
                .preparation()
                .commands(create)
                .commands(gateway_target::ignore_env_local(context).filter(|_| schemas))
                .commands(commands)
                .command(shell::deploy(target))
                .note(notes.join(" ")),
        );
    } else if !notes.is_empty() {
        found.push(
            Fix::new("Register what the target needs")
                .preparation()
                .note(notes.join(" ")),
        );
    }
    found
}

/// A REST service: the operations that the code calls, and whether it is seen to send a key.
#[derive(Default)]
struct Rest {
    operations: BTreeMap<String, BTreeSet<String>>,
    keyed: bool,
}

fn targets(context: &Context, gateway: &str, hits: &[&Outbound]) -> Targets {
    let mut found = Targets::default();
    let mut rest: BTreeMap<&str, Rest> = BTreeMap::new();
    let mut seen = BTreeSet::new();
    for call in hits {
        match &call.reach {
            Reach::Mcp(Some(url)) => {
                let host = call.address.host().unwrap_or_default();
                let new = gateway_target::fronted(context, &host).is_none();
                if new && url.starts_with("https://") && seen.insert(url.clone()) {
                    mcp(context, gateway, call, &host, url, &mut found);
                }
            }
            Reach::ApiGateway(Some((id, stage))) if seen.insert(format!("{id}/{stage}")) => {
                found
                    .commands
                    .push(gateway_target::api_gateway(context, gateway, id, stage));
            }
            Reach::External(host)
                if !call.data && gateway_target::fronted(context, host).is_none() =>
            {
                let service = rest.entry(host).or_default();
                service.keyed |= call.auth.is_some();
                service
                    .operations
                    .entry(call.address.whole_path().unwrap_or("/").to_owned())
                    .or_default()
                    .insert(call.method.clone());
            }
            _ => {}
        }
    }
    let keyless: Vec<&str> = rest
        .iter()
        .filter(|(_, service)| !service.keyed)
        .map(|(host, _)| *host)
        .collect();
    for (host, service) in &rest {
        let commands = gateway_target::rest(context, gateway, host, &service.operations);
        found.commands.extend(commands);
        found.schemas = true;
    }
    if found.schemas {
        found.notes.push(
            "The OpenAPI document that is written holds the operations seen in the code; replace it with the service's own where \
             there is one. A target of this type needs a credential: export its key under the name in the command first."
                .to_owned(),
        );
    } else if !found.commands.is_empty() {
        found
            .notes
            .push("A deploy sets `AGENTCORE_GATEWAY_<NAME>_URL` in the runtime.".to_owned());
    }
    if !keyless.is_empty() {
        found.notes.push(format!(
            "No key was seen being sent to {}, and a target of type open-api-schema demands one all the same: where the service takes none, \
             give any text as its key, or keep the call direct with an ignore and that reason.",
            keyless.join(", ")
        ));
    }
    found
}

/// A target for an MCP server proves itself by OAuth or not at all; what the check of targets says of it is said here.
fn mcp(
    context: &Context,
    gateway: &str,
    call: &Outbound,
    host: &str,
    url: &str,
    found: &mut Targets,
) {
    let target = gateway_target::mcp(context, gateway, host, url);
    match (&call.auth, gateway_target::oauth_credential(context, host)) {
        (_, Some(credential)) => found.commands.push(
            target
                .opt("--outbound-auth", "oauth")
                .opt("--credential-name", credential),
        ),
        (Some(_), None) => found.notes.push(format!(
            "MCP server {host} is sent a credential, and a target of type mcp-server takes OAuth only: register its client with `agentcore add credential`, \
             then run `{target} --outbound-auth oauth --credential-name NAME`. Where it takes nothing but a static key, the call stays direct, with its key through `@requires_api_key`."
        )),
        (None, None) => {
            let name = gateway_target::mcp_name(context, host);
            found.notes.push(format!(
                "The code sends no credential to MCP server {host}. A target without one fails `gateway-outbound-auth` (high), because anyone who finds the server can call it: \
                 register a client with `agentcore add credential`, then run `{target} --outbound-auth oauth --credential-name NAME`. Where the server is public on purpose, run `{target}` \
                 and add to agentcore-harden.toml an [[ignore]] with check = \"gateway-outbound-auth\", resource = \"{gateway}/{name}\" and that reason; where the agent does without it, drop the call."
            ));
        }
    }
}
