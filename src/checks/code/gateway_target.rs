//! The commands that put a service behind a gateway.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use super::keys::{self, Client};
use crate::analysis::providers::{Held, ProviderKind};
use crate::context::Context;
use crate::shell::Command;

/// The gateway that new targets are added to, and the command that makes it where there is none.
pub(super) fn gateway(context: &Context) -> (String, Option<Command>) {
    let gateways = &context.project.gateways;
    let open = |kind: &str| kind == "NONE";
    let safe = gateways.iter().find(|gateway| {
        let kind = gateway.authorizer_type.as_ref();
        kind.is_some_and(|kind| !open(&kind.value))
    });
    if let Some(gateway) = safe.or_else(|| gateways.first()) {
        return (gateway.name.clone(), None);
    }
    let name = format!("{}-gateway", label(context.project.display_name()));
    let command = Command::new("agentcore")
        .args(["add", "gateway"])
        .opt("--name", name.as_str())
        .opt("--authorizer-type", "AWS_IAM");
    (name, Some(command))
}

/// Keeps `agentcore/.env.local`, which `agentcore add credential` writes the key to, out of git, where nothing does yet.
pub(super) fn ignore_env_local(context: &Context) -> Option<Command> {
    let ignored = context.files.ignored.env_local;
    (!ignored).then(|| {
        Command::new("printf")
            .args(["%s\\n", ".env.local"])
            .append_to_file("agentcore/.gitignore")
    })
}

/// A name that the CLI accepts for a target, a credential or a gateway: letters, digits and hyphens.
pub(super) fn label(text: &str) -> String {
    let mut name = String::new();
    for c in text.chars().take(60) {
        if c.is_ascii_alphanumeric() {
            name.push(c);
        } else if !name.ends_with('-') && !name.is_empty() {
            name.push('-');
        }
    }
    let name = name.trim_end_matches('-');
    if name.is_empty() {
        "service".to_owned()
    } else {
        name.to_owned()
    }
}

/// What a host is called: `api.open-meteo.com` is `open-meteo`.
pub(super) fn host_label(host: &str) -> String {
    const GENERIC: [&str; 9] = [
        "www", "api", "apis", "mcp", "rest", "app", "data", "service", "gateway",
    ];
    let labels: Vec<&str> = host.split('.').collect();
    // The public suffix: one label, or two of the kind of `co.uk`.
    const SECOND: [&str; 8] = ["co", "com", "org", "net", "gov", "edu", "ac", "or"];
    let suffix = match labels.as_slice() {
        [_, .., second, last] if SECOND.contains(second) && last.len() == 2 => 2,
        _ => 1,
    };
    let kept = labels.len().saturating_sub(suffix).max(1);
    let named: Vec<&str> = labels
        .iter()
        .take(kept)
        .copied()
        .filter(|part| !GENERIC.contains(part) && !part.starts_with("api-"))
        .collect();
    label(&if named.is_empty() {
        labels.join("-")
    } else {
        named.join("-")
    })
}

/// A target that fronts a host already: its gateway, where it is on one, and its name.
pub(super) struct Front {
    pub(super) gateway: Option<String>,
    pub(super) target: String,
}

/// The target of the project that fronts a host: by its endpoint, or, of one that is made of a schema, by the name that the commands
/// here give it.
pub(super) fn fronted(context: &Context, host: &str) -> Option<Front> {
    let gateways = context.project.gateways.iter().flat_map(|gateway| {
        let on = move |target| (Some(&gateway.name), target);
        gateway.targets.iter().map(on)
    });
    let unassigned = context.project.unassigned_targets.iter();
    let mut targets = gateways.chain(unassigned.map(|target| (None, target)));
    let name = host_label(host);
    let found = targets.find(|(_, target)| {
        let endpoint = target
            .endpoint
            .as_ref()
            .map(|endpoint| endpoint.value.as_str());
        let by_endpoint = endpoint
            .and_then(|endpoint| endpoint.split_once("://"))
            .is_some_and(|(_, rest)| rest.split(['/', ':', '?']).next() == Some(host));
        let kind = target.kind.as_ref().map(|kind| kind.value.as_str());
        by_endpoint
            || endpoint.is_none()
                && kind == Some("openApiSchema")
                && target.name.eq_ignore_ascii_case(&name)
    });
    found.map(|(gateway, target)| Front {
        gateway: gateway.cloned(),
        target: target.name.clone(),
    })
}

fn free(context: &Context, name: String) -> String {
    let taken: BTreeSet<&str> = context
        .project
        .gateways
        .iter()
        .flat_map(|gateway| &gateway.targets)
        .chain(&context.project.unassigned_targets)
        .map(|target| target.name.as_str())
        .collect();
    (2..100)
        .map(|number| format!("{name}-{number}"))
        .find(|next| taken.contains(name.as_str()) && !taken.contains(next.as_str()))
        .unwrap_or(name)
}

fn target(context: &Context, name: &str, gateway: &str, kind: &str) -> Command {
    Command::new("agentcore")
        .args(["add", "gateway-target"])
        .opt("--name", free(context, name.to_owned()))
        .opt("--gateway", gateway)
        .opt("--type", kind)
}

/// The OAuth credential of the project that is for a host, by its name.
pub(super) fn oauth_credential<'a>(context: &'a Context, host: &str) -> Option<&'a str> {
    let service = host_label(host).to_lowercase();
    let credential = context.project.credentials.iter().find(|credential| {
        let kind = credential.kind.as_ref();
        kind.is_some_and(|kind| kind.value.starts_with("OAuth"))
            && credential.name.to_lowercase().contains(&service)
    });
    credential.map(|credential| credential.name.as_str())
}

/// The name that a target for an MCP server gets.
pub(super) fn mcp_name(context: &Context, host: &str) -> String {
    free(context, host_label(host))
}

/// An MCP server as a target.
pub(super) fn mcp(context: &Context, gateway: &str, host: &str, url: &str) -> Command {
    target(context, &host_label(host), gateway, "mcp-server").opt("--endpoint", url)
}

/// A REST API of Amazon API Gateway as a target.
pub(super) fn api_gateway(context: &Context, gateway: &str, id: &str, stage: &str) -> Command {
    target(
        context,
        &label(&format!("api-{id}")),
        gateway,
        "api-gateway",
    )
    .opt("--rest-api-id", id)
    .opt("--stage", stage)
}

/// What a service is asked: the names in the query by method and path.
pub(super) type Operations = BTreeMap<String, BTreeMap<String, BTreeSet<String>>>;

/// The credential that a target for a REST service sends.
pub(super) enum Sent<'a> {
    /// The key in a variable, or one that is not seen, under this name.
    Key(String, Option<&'a str>),
    /// The token of a client of OAuth.
    Token(&'a Client),
    /// What a provider of Identity gives, under its name.
    Provided(String, &'a Held),
}

/// The commands that front a REST service, and whether they register its credential.
pub(super) struct Fronting {
    pub(super) commands: Vec<Command>,
    pub(super) registers: bool,
}

/// A REST service: an OpenAPI document of the operations that the code calls, a credential where none of that name is there, and
/// the target.
pub(super) fn rest(
    context: &Context,
    gateway: &str,
    host: &str,
    operations: &Operations,
    sent: &Sent<'_>,
) -> Fronting {
    let name = host_label(host);
    let path = format!("agentcore/{name}.openapi.json");
    let mut commands = vec![
        Command::new("printf")
            .arg("%s\\n")
            .arg(document(host, &name, operations))
            .to_file(&path),
    ];
    let (own, kind, auth) = match sent {
        Sent::Key(own, _) => (own, "ApiKey", "api-key"),
        Sent::Token(client) => (&client.name, "OAuth", "oauth"),
        Sent::Provided(own, held) if held.kind == ProviderKind::OAuth => (own, "OAuth", "oauth"),
        Sent::Provided(own, _) => (own, "ApiKey", "api-key"),
    };
    let by_name = !matches!(sent, Sent::Provided(..));
    let credentials = &context.project.credentials;
    let known = credentials.iter().find(|credential| {
        let fits = credential
            .kind
            .as_ref()
            .is_none_or(|known| known.value.starts_with(kind));
        let known = credential.name.to_lowercase();
        fits && (by_name && known.contains(&name.to_lowercase()) || known == own.to_lowercase())
    });
    let credential = known.map_or_else(|| own.clone(), |credential| credential.name.clone());
    if known.is_none() {
        commands.push(match sent {
            Sent::Key(own, variable) => keys::register(own, *variable),
            Sent::Token(client) => client.register(),
            Sent::Provided(own, _) if kind == "OAuth" => {
                keys::register_client(own, None, [None, None])
            }
            Sent::Provided(own, _) => keys::register(own, None),
        });
    }
    let made = target(context, &name, gateway, "open-api-schema")
        .opt("--schema", path)
        .opt("--outbound-auth", auth)
        .opt("--credential-name", credential);
    commands.push(match sent {
        Sent::Provided(_, held) if !held.scopes.is_empty() => {
            made.opt("--oauth-scopes", held.scopes.join(","))
        }
        _ => made,
    });
    Fronting {
        commands,
        registers: known.is_none(),
    }
}

/// The words of a service's name that tell it from others.
pub(super) fn words(service: &str) -> Vec<String> {
    let words = service.split('-').map(str::to_lowercase);
    words.filter(|word| word.len() > 2).collect()
}

fn document(host: &str, name: &str, operations: &Operations) -> String {
    let mut paths = serde_json::Map::new();
    let mut taken = BTreeSet::new();
    for (path, methods) in operations {
        let mut entry = serde_json::Map::new();
        let in_path: Vec<&str> = path
            .split('{')
            .skip(1)
            .filter_map(|rest| Some(rest.split_once('}')?.0))
            .collect();
        for (method, query) in methods {
            let name = label(&format!("{method}-{path}")).replace('-', "_");
            let numbered = (2..).map(|number| format!("{name}_{number}"));
            let mut ids = std::iter::once(name.clone()).chain(numbered);
            let id = ids.find(|id| taken.insert(id.clone())).unwrap_or(name);
            let parameter = |name: &str, place: &str| match place {
                "path" => {
                    json!({"name": name, "in": place, "required": true, "schema": {"type": "string"}})
                }
                _ => json!({"name": name, "in": place, "schema": {"type": "string"}}),
            };
            let parameters: Vec<_> = in_path
                .iter()
                .map(|name| parameter(name, "path"))
                .chain(query.iter().map(|name| parameter(name, "query")))
                .collect();
            let mut asked = json!({"operationId": id});
            if !parameters.is_empty() {
                asked["parameters"] = parameters.into();
            }
            asked["responses"] = json!({"200": {"description": "OK"}});
            entry.insert(method.clone(), asked);
        }
        paths.insert(path.clone(), entry.into());
    }
    json!({
        "openapi": "3.0.3",
        "info": {"title": name, "version": "1.0.0"},
        "servers": [{"url": format!("https://{host}")}],
        "paths": paths,
    })
    .to_string()
}

#[cfg(test)]
mod tests {
    use super::{host_label, label};

    #[test]
    fn hosts_are_called_by_what_tells_them_apart() {
        for (host, name) in [
            ("mcp.exa.ai", "exa"),
            ("api.open-meteo.com", "open-meteo"),
            ("api-us.storyblok.com", "storyblok"),
            ("gmail.googleapis.com", "gmail-googleapis"),
            ("shop.vendor.co.uk", "shop-vendor"),
            ("api.io", "api-io"),
        ] {
            assert_eq!(host_label(host), name);
        }
        assert_eq!(label("/v1/{id}//x"), "v1-id-x");
        assert_eq!(label("$(id)"), "id");
        assert_eq!(label("…"), "service");
    }
}
