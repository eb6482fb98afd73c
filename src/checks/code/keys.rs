//! What the keys of a runtime are called: one name and one variable for each, whichever check speaks of it.

use std::collections::{BTreeMap, BTreeSet};

use super::gateway_target::{host_label, label};
use crate::analysis::call_sites::Callers;
use crate::analysis::outbound::{Grant, Outbound, Reach, calls, grants, is_sent, keyed};
use crate::analysis::providers::Held;
use crate::analysis::reachability::Live;
use crate::context::Context;
use crate::model::project::{Credential, Runtime};
use crate::model::site::Sited;
use crate::shell::{Command, EnvName};

/// The keys that the code reads from its environment, by their variables, and the clients of OAuth that it is.
pub(super) struct Keys {
    names: BTreeMap<String, String>,
    clients: Vec<Client>,
}

/// A client of OAuth: the name of its credential, and what the code says of it.
#[derive(Clone)]
pub(super) struct Client {
    /// The credential's name.
    pub(super) name: String,
    grant: Grant,
}

impl Keys {
    pub(super) fn new<'a>(callers: &Callers<'a>, live: &Live<'_, 'a>) -> Self {
        let mut all = calls(callers, live);
        all.extend(keyed(callers, live));
        let grants = grants(callers, live);
        let mut names = BTreeMap::new();
        for call in all.iter().filter(|call| !call.token) {
            let variable = call.auth.as_ref().and_then(|auth| auth.variable.clone());
            if let (Some(variable), Some(service)) = (variable, service(call)) {
                names.entry(variable).or_insert(service);
            }
        }
        let clients = grants.into_iter().filter_map(|grant| {
            let secret = grant.secret.clone()?;
            let served = all
                .iter()
                .filter(|call| !call.token && is_sent(callers, call, &grant));
            let name = of_variable(&secret)
                .or_else(|| served.filter_map(service).next())
                .or_else(|| grant.host.as_deref().map(host_label))
                .unwrap_or_else(|| "oauth-client".to_owned());
            Some(Client { name, grant })
        });
        let clients: Vec<Client> = clients.collect();
        for client in &clients {
            names.extend(
                client
                    .grant
                    .secret
                    .clone()
                    .map(|key| (key, client.name.clone())),
            );
        }
        Self { names, clients }
    }

    /// The name of the credential for the key in a variable.
    pub(super) fn name(&self, variable: &str) -> String {
        let known = self.names.get(variable).cloned();
        known
            .or_else(|| of_variable(variable))
            .unwrap_or_else(|| label(variable))
    }

    /// The client whose secret a variable holds.
    pub(super) fn client(&self, variable: &str) -> Option<&Client> {
        let mut clients = self.clients.iter();
        clients.find(|client| client.grant.secret.as_deref() == Some(variable))
    }

    /// The client that gets the token that a call sends.
    pub(super) fn client_of(&self, callers: &Callers<'_>, call: &Outbound) -> Option<&Client> {
        let mut clients = self.clients.iter();
        clients.find(|client| is_sent(callers, call, &client.grant))
    }
}

impl Client {
    /// The command that registers it.
    pub(super) fn register(&self) -> Command {
        let Grant {
            discovery,
            client,
            secret,
            ..
        } = &self.grant;
        let add = register_client(
            &self.name,
            discovery.as_deref(),
            [client.as_deref(), secret.as_deref()],
        );
        match self.grant.scopes.is_empty() {
            true => add,
            false => add.opt("--scopes", self.grant.scopes.join(",")),
        }
    }

    /// What to say of its discovery URL, where the code does not tell it.
    pub(super) fn discovery(&self) -> Option<String> {
        self.grant.discovery.is_none().then(|| {
            format!(
                "{} is the address of the identity provider's description: it ends in `/.well-known/openid-configuration` (of Amazon Cognito \
                 `https://cognito-idp.REGION.amazonaws.com/POOL_ID/.well-known/openid-configuration`).",
                EnvName::of(&self.name, "DISCOVERY_URL").as_str()
            )
        })
    }

    /// The edit of the code.
    pub(super) fn edit(&self) -> String {
        let scopes: Vec<String> = self
            .grant
            .scopes
            .iter()
            .map(|scope| format!("\"{scope}\""))
            .collect();
        let scopes = scopes.join(", ");
        format!(
            "`@requires_access_token(provider_name=\"{name}\", scopes=[{scopes}], auth_flow=\"M2M\")` (TypeScript: `withAccessToken({{ providerName: '{name}', scopes: [{}], authFlow: 'M2M' }})`)",
            scopes.replace('"', "'"),
            name = self.name,
        )
    }
}

/// The credential whose name a deploy puts into this variable: `CREDENTIAL_<NAME>_NAME`.
pub(super) fn of_deploy<'c>(context: &'c Context, variable: &str) -> Option<&'c Credential> {
    let mut credentials = context.project.credentials.iter();
    credentials.find(|credential| {
        let upper = credential.name.to_uppercase().replace('-', "_");
        *variable == format!("CREDENTIAL_{upper}_NAME")
    })
}

/// The value that the configuration of a runtime gives a variable.
pub(super) fn configured<'c>(runtime: &'c Runtime, variable: &str) -> Option<&'c Sited<String>> {
    let mut set = runtime.common.env.iter();
    set.find_map(|(name, value)| (name == variable).then_some(value))
}

/// The name of the provider whose credential a value holds, where it is known.
pub(super) fn name_of(context: &Context, runtime: &Runtime, held: &Held) -> Option<String> {
    let variable = held.variable.as_deref();
    let deployed = variable.and_then(|variable| of_deploy(context, variable));
    let set = || variable.and_then(|variable| configured(runtime, variable));
    deployed
        .map(|credential| credential.name.clone())
        .or_else(|| Some(set()?.value.clone()))
        .or_else(|| held.names.iter().find(|name| !name.is_empty()).cloned())
}

/// The provider that a decorator names, where it is one alone.
pub(super) fn provider<'n>(names: impl IntoIterator<Item = &'n String>) -> &'n str {
    let names: BTreeSet<&String> = names.into_iter().collect();
    match Vec::from_iter(names).as_slice() {
        [one] => one,
        _ => "…",
    }
}

/// The command that registers an API key.
pub(super) fn register(name: &str, variable: Option<&str>) -> Command {
    let variable = variable.and_then(EnvName::new);
    let variable = variable.unwrap_or_else(|| EnvName::of(name, "API_KEY"));
    Command::new("agentcore")
        .args(["add", "credential"])
        .opt("--name", name)
        .opt("--type", "api-key")
        .opt_env("--api-key", &variable)
}

/// The command that registers a client of OAuth: its discovery URL, and the variables of its id and its secret, as far as they are known.
pub(super) fn register_client(
    name: &str,
    discovery: Option<&str>,
    [client, secret]: [Option<&str>; 2],
) -> Command {
    let variable = |known: Option<&str>, kind: &str| {
        let known = known.and_then(EnvName::new);
        known.unwrap_or_else(|| EnvName::of(name, kind))
    };
    let add = Command::new("agentcore")
        .args(["add", "credential"])
        .opt("--name", name)
        .opt("--type", "oauth");
    let add = match discovery {
        Some(url) => add.opt("--discovery-url", url),
        None => add.opt_env("--discovery-url", &EnvName::of(name, "DISCOVERY_URL")),
    };
    add.opt_env("--client-id", &variable(client, "CLIENT_ID"))
        .opt_env("--client-secret", &variable(secret, "CLIENT_SECRET"))
}

/// The service that a call reaches, as its credential is called; of one whose host is not known it is what its key is called.
pub(super) fn service(call: &Outbound) -> Option<String> {
    let variable = || call.auth.as_ref()?.variable.as_deref();
    match &call.reach {
        Reach::External(host) => Some(host_label(host)),
        Reach::Mcp(_) | Reach::Streaming => Some(host_label(&call.host()?)),
        Reach::Library(service) => Some(label(service)),
        // Where the host is not known, the key's name says whose it is.
        Reach::Unknown => Some(of_variable(variable()?).unwrap_or_else(|| label(""))),
        _ => None,
    }
}

/// The service that a variable's name tells: `LLAMA_CLOUD_API_KEY` is that of `llama-cloud`; none where it says the kind alone.
fn of_variable(name: &str) -> Option<String> {
    const KINDS: [&str; 11] = [
        "api", "key", "token", "secret", "access", "auth", "client", "bearer", "apikey",
        "password", "private",
    ];
    let lower = name.to_ascii_lowercase();
    let kept: Vec<&str> = lower
        .split('_')
        .filter(|part| !part.is_empty() && !KINDS.contains(part))
        .collect();
    (!kept.is_empty()).then(|| label(&kept.join("-")))
}
