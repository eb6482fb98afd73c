//! What fixes direct calls: the edits of the code, and the gateway targets that they need before.

use std::collections::{BTreeMap, BTreeSet};

use super::code_outbound_http::is_of_user;
use super::gateway_target::{self, Fronting, Operations, Sent};
use super::keys::{self, Client, Keys};
use crate::analysis::call_sites::Callers;
use crate::analysis::outbound::{Outbound, Reach};
use crate::analysis::providers::Held;
use crate::context::Context;
use crate::model::finding::Fix;
use crate::shell::{self, Command};

const CODE_EDIT: &str = "Add a gateway target for each service (`agentcore add gateway-target` with the type that the site names) and drop the \
     direct call: an MCP client connected to `AGENTCORE_GATEWAY_<NAME>_URL` finds the target's tools.";
const SIGNED: &str = "Where the gateway's authorizer is AWS_IAM it signs (Python: `aws_iam_streamablehttp_client` of mcp-proxy-for-aws). \
     Where a measured hot path must stay direct, keep it with an inline `agentcore-harden: ignore[code-outbound-http] reason`, and take its key \
     through `@requires_api_key` or `@requires_access_token`.";
const USER_EDIT: &str = "A call with a user's own token keeps that user's consent: leave it direct with its `@requires_access_token` and an inline \
     `agentcore-harden: ignore[code-outbound-http] reason`. A gateway target needs an OAuth provider with the authorization code grant, and each user's consent there.";
const DATA_EDIT: &str = "A gateway fronts services, not files. What does not change goes into the agent's folder; what does, into a bucket of yours that \
     `boto3` reads with the execution role (`s3:GetObject` on it), so that a start does not hang on somebody else's host.";

/// The commands for the services, and what is to be said of them.
#[derive(Default)]
struct Targets {
    commands: Vec<Command>,
    notes: Vec<String>,
    /// A credential is registered.
    registers: bool,
}

/// The edits of the code, and the commands that they need done before.
pub(super) fn fixes(
    context: &Context,
    callers: &Callers<'_>,
    keys: &Keys,
    hits: &[&Outbound],
) -> Vec<Fix> {
    let (gateway, create) = gateway_target::gateway(context);
    let targets = targets(context, (callers, keys), &gateway, hits);
    let is_aws = |call: &&&Outbound| matches!(call.reach, Reach::Aws(_));
    let is_data = |call: &&&Outbound| call.data && matches!(call.reach, Reach::External(_));
    let of_user = |call: &&&Outbound| {
        !call.data && matches!(call.reach, Reach::External(_)) && is_of_user(call)
    };
    let services = hits
        .iter()
        .filter(|call| !is_aws(call) && !is_data(call) && !of_user(call));
    let (fronted, bare): (Vec<&Outbound>, Vec<&Outbound>) = services
        .copied()
        .partition(|call| front(context, call).is_some());
    let mut found = Vec::new();
    if !bare.is_empty() {
        found.push(Fix::new("Use a gateway for the tools").note(format!("{CODE_EDIT} {SIGNED}")));
    }
    if !fronted.is_empty() {
        let said: BTreeSet<String> = fronted
            .iter()
            .filter_map(|call| front(context, call))
            .collect();
        let said: Vec<String> = said.into_iter().collect();
        found.push(
            Fix::new("Replace the direct call with the gateway's tool")
                .note(format!("{} {SIGNED}", said.join(" "))),
        );
    }
    if hits.iter().any(|call| is_aws(&call)) {
        found.push(Fix::new("Call AWS through its SDK").note(
            "Replace the HTTP call with the `boto3` client (TypeScript: `@aws-sdk/client-…`) of the service; the execution role signs it, and no credential is needed.",
        ));
    }
    if hits.iter().any(|call| of_user(&call)) {
        found.push(Fix::new("Keep the call that acts for a user").note(USER_EDIT));
    }
    if hits.iter().any(|call| is_data(&call)) {
        found.push(Fix::new("Ship the data, or read it from S3").note(DATA_EDIT));
    }
    let Targets {
        commands,
        notes,
        registers,
    } = targets;
    if !commands.is_empty() {
        let target = context.target.as_ref().map(|target| target.name.as_str());
        found.push(
            Fix::new("Front the services with gateway targets")
                .preparation()
                .commands(create)
                .commands(gateway_target::ignore_env_local(context).filter(|_| registers))
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

/// What is to be done where a target fronts the service of a call already.
fn front(context: &Context, call: &Outbound) -> Option<String> {
    let host = match &call.reach {
        Reach::External(host) if !call.data => host.clone(),
        Reach::Mcp(_) => call.host()?,
        _ => return None,
    };
    let front = gateway_target::fronted(context, &host)?;
    let Some(gateway) = front.gateway else {
        return Some(format!(
            "Target {} fronts {host} and is on no gateway: add it to one, then drop the direct call.",
            front.target
        ));
    };
    let name = gateway.to_uppercase().replace('-', "_");
    Some(format!(
        "Target {} of gateway {gateway} fronts {host} already: drop the direct call and take the tool from the gateway, whose tools an MCP client \
         connected to `AGENTCORE_GATEWAY_{name}_URL` finds.",
        front.target
    ))
}

/// A REST service: the operations that the code calls, and what it is seen to send.
#[derive(Default)]
struct Rest<'a> {
    operations: Operations,
    keyed: bool,
    variable: Option<String>,
    client: Option<&'a Client>,
    provider: Option<&'a Held>,
    /// The path of some call could not be read.
    unread: bool,
}

fn targets<'a>(
    context: &Context,
    (callers, keys): (&Callers<'_>, &'a Keys),
    gateway: &str,
    hits: &[&'a Outbound],
) -> Targets {
    let mut found = Targets::default();
    let mut rest: BTreeMap<&str, Rest<'_>> = BTreeMap::new();
    let mut unnamed = BTreeSet::new();
    let mut seen = BTreeSet::new();
    for call in hits {
        match &call.reach {
            Reach::Mcp(Some(url)) => {
                let host = call.host().unwrap_or_default();
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
            // One target would send one token for all users.
            Reach::External(_) if is_of_user(call) => {}
            Reach::External(host)
                if !call.data && gateway_target::fronted(context, host).is_none() =>
            {
                let service = rest.entry(host).or_default();
                service.keyed |= call.auth.is_some();
                let variable = call.auth.as_ref().and_then(|auth| auth.variable.clone());
                service.variable = service.variable.take().or(variable);
                service.client = service.client.or_else(|| keys.client_of(callers, call));
                let provider = call.auth.as_ref().and_then(|auth| auth.provider.as_ref());
                service.provider = service.provider.or(provider);
                match &call.operation.path {
                    Some(path) => {
                        let methods = service.operations.entry(path.clone()).or_default();
                        let query = methods.entry(call.method.clone()).or_default();
                        query.extend(call.operation.query.iter().cloned());
                    }
                    None => service.unread = true,
                }
            }
            _ => {}
        }
    }
    let mut keyless = Vec::new();
    let mut unread = Vec::new();
    for (host, service) in &mut rest {
        if !service.keyed {
            keyless.push(*host);
        }
        if service.unread {
            unread.push(*host);
        }
        // A document without a path makes no tool.
        if service.operations.is_empty() {
            let any = BTreeMap::from([("get".to_owned(), BTreeSet::new())]);
            service.operations.insert("/".to_owned(), any);
        }
        let variable = service.variable.as_deref();
        let sent = match (service.client, service.provider) {
            (Some(client), _) => Sent::Token(client),
            (None, Some(held)) => match keys::name_of(context, callers.code().runtime, held) {
                Some(name) => Sent::Provided(name, held),
                None => {
                    unnamed.insert(*host);
                    continue;
                }
            },
            (None, None) => {
                let name = variable.map(|variable| keys.name(variable));
                let name = name.unwrap_or_else(|| gateway_target::host_label(host));
                Sent::Key(name, variable)
            }
        };
        let Fronting {
            commands,
            registers: registered,
        } = gateway_target::rest(context, gateway, host, &service.operations, &sent);
        found.commands.extend(commands);
        found.registers |= registered;
        if registered {
            found
                .notes
                .extend(service.client.and_then(Client::discovery));
        }
    }
    let documents = rest.len() > unnamed.len();
    if documents {
        let said = "The OpenAPI document that is written holds the operations seen in the code; replace it with the service's own where \
             there is one.";
        let key = match found.registers {
            true => {
                " A target of this type needs a credential: export its key under the name in the command first."
            }
            false => "",
        };
        found.notes.insert(0, format!("{said}{key}"));
    } else if !found.commands.is_empty() {
        found
            .notes
            .push("A deploy sets `AGENTCORE_GATEWAY_<NAME>_URL` in the runtime.".to_owned());
    }
    if !unread.is_empty() {
        found.notes.push(format!(
            "Not every path that is called at {} can be read in the code: write those into the document before the target is made (where it holds `/` alone, \
             none could be read).",
            unread.join(", ")
        ));
    }
    if !unnamed.is_empty() {
        let unnamed: Vec<&str> = unnamed.into_iter().collect();
        found.notes.push(format!(
            "What is sent to {} comes from a provider whose name the code does not tell: add a target of type open-api-schema with `--credential-name` of that one.",
            unnamed.join(", ")
        ));
    }
    if !keyless.is_empty() {
        found.notes.push(format!(
            "No key was seen being sent to {}, and a target of type open-api-schema demands one all the same: where the service takes none, \
             give any text as its key, or keep the call direct with an ignore and that reason.",
            keyless.join(", ")
        ));
    }
    if !found.commands.is_empty() {
        found.notes.extend(enforced(context, gateway));
    }
    found
}

/// What a policy engine that is enforced means for a new target.
fn enforced(context: &Context, gateway: &str) -> Option<String> {
    let mut gateways = context.project.gateways.iter();
    let found = gateways.find(|one| one.name == gateway)?;
    let engine = found.policy_engine.as_ref()?;
    let mode = found.policy_mode.as_ref()?;
    (mode.value == "ENFORCE").then(|| {
        format!(
            "Gateway {gateway} enforces policy engine {}, which denies what no policy permits: add one that permits the new target's tools \
             (`AgentCore::Action::\"TARGET___TOOL\"`), or none of them can be called.",
            engine.value
        )
    })
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
