//! `credentials-registered`: Credentials registered via agentcore add credential.

use std::collections::BTreeSet;

use super::gateway_target::{ignore_env_local, words};
use super::keys::{self, Client, Keys};
use super::secrets_env_read;
use crate::analysis::agent_code::{self, AgentCode};
use crate::analysis::call_sites::Callers;
use crate::analysis::outbound::{Outbound, asks_vault, calls, keyed};
use crate::analysis::providers::{Provider, ProviderKind, providers};
use crate::analysis::reachability::{Absent, Live};
use crate::checks::{Category, Check, Need};
use crate::context::Context;
use crate::model::finding::{Evidence, Fix, Outcome, Severity};
use crate::model::known::{ReasonCode, Unread};
use crate::model::project::Credential;
use crate::shell;

pub(super) static CHECK: Check = Check {
    id: "credentials-registered",
    title: "Credentials registered via agentcore add credential",
    category: Category::Code,
    severity: Severity::Medium,
    needs: &[Need::Config, Need::Code],
    page: include_str!("credentials_registered.md"),
    references: &[
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/identity.html",
        "https://github.com/aws/bedrock-agentcore-sdk-python/blob/main/src/bedrock_agentcore/identity/auth.py",
    ],
    run,
};

fn run(context: &Context) -> Vec<Outcome> {
    crate::checks::agents::each(context, |code| judge(context, code))
}

/// Something that is not registered: what to call it, and how it is got.
struct Missing {
    name: String,
    kind: ProviderKind,
    variable: Option<String>,
    /// The client of OAuth that it is the secret of.
    client: Option<Client>,
}

fn judge(context: &Context, code: &AgentCode<'_>) -> Outcome {
    let callers = Callers::new(code);
    let live = Live::new(&callers, Absent::Unknown);
    let used = providers(&callers, &live);
    let mut sites = Vec::new();
    let mut missing: Vec<Missing> = Vec::new();
    let mut claimed = BTreeSet::new();
    let mut other_kind = false;
    for provider in &used {
        match named(context, code, provider) {
            Named::Registered(name) => {
                claimed.insert(name);
            }
            Named::Unknown => sites.push(
                evidence(code, provider)
                    .note("the provider's name is not a constant: it could not be compared with `credentials`")
                    .context(),
            ),
            Named::Missing(name) => {
                let variable = provider.variable.as_deref();
                let set = variable.filter(|variable| keys::configured(code.runtime, variable).is_some());
                let whence = set.map_or(String::new(), |variable| format!(" ({variable} in agentcore.json)"));
                sites.push(
                    evidence(code, provider)
                        .note(format!("provider {name}{whence} is not in `credentials`")),
                );
                missing.push(Missing {
                    name,
                    kind: provider.kind,
                    variable: None,
                    client: None,
                });
            }
            Named::OtherKind(name, kind) => {
                other_kind = true;
                sites.push(
                evidence(code, provider).note(format!("provider {name} is registered as {kind}, which this cannot fetch")),
                );
            }
        }
    }
    let reads: BTreeSet<String> = secrets_env_read::reads(&callers)
        .into_iter()
        .map(|read| read.name)
        // The execution role is in their place, no credential.
        .filter(|name| !secrets_env_read::is_of_aws(name))
        .collect();
    for (site, one) in calls_without(context, &callers, &live, &reads, &claimed) {
        sites.push(site);
        missing.push(one);
    }
    let name = &code.runtime.name;
    if !sites.iter().any(|site| site.primary) && claimed.is_empty() && !used.is_empty() {
        let message = format!(
            "the credential provider that runtime {name} uses gets its name from outside of the code, so whether it is in `credentials` is not known"
        );
        let reason = Unread::new(ReasonCode::Absent, message);
        return Outcome::skipped(code.resource(), reason).evidences(sites);
    }
    if !sites.iter().any(|site| site.primary) {
        let known: Vec<&str> = reads.iter().map(String::as_str).take(3).collect();
        let message = match used.len() {
            0 if !known.is_empty() => format!(
                "no call that runtime {name} makes was seen to need a credential that is not registered; which service takes {}, that it \
                 reads from its environment (secrets-env-read), could not be followed to its end",
                known.join(", ")
            ),
            0 if asks_vault(callers.code()) => format!(
                "runtime {name} fetches its keys from a secrets store when it runs, and names no credential provider of Identity in the {}",
                code.scope()
            ),
            0 => format!(
                "runtime {name} calls no authenticated external service in the {}",
                code.scope()
            ),
            _ => format!("every credential provider that runtime {name} names is in `credentials`"),
        };
        return Outcome::pass(code.resource(), message).evidences(sites);
    }
    let names: BTreeSet<&str> = missing.iter().map(|one| one.name.as_str()).collect();
    let message = if names.is_empty() {
        format!("runtime {name} uses credential providers of another kind than is registered")
    } else {
        let listed: Vec<&str> = names.into_iter().collect();
        format!(
            "runtime {name} needs credentials that agentcore.json does not register: {}",
            listed.join(", ")
        )
    };
    let mut failed = Outcome::fail(code.resource(), message).evidences(sites);
    if other_kind {
        failed = failed.fix(Fix::new("Make kind and use agree").note(
            "`requires_api_key` fetches an API key and `requires_access_token` an OAuth token: use the one that fits what is registered, \
             or remove the credential and add it again with the other `--type`.",
        ));
    }
    if !missing.is_empty() {
        failed = failed.fix(fix(context, &missing));
    }
    failed
}

/// The authenticated calls for which there is no credential; `reads` are the secrets that the environment is asked for.
fn calls_without<'a>(
    context: &Context,
    callers: &Callers<'a>,
    live: &Live<'_, 'a>,
    reads: &BTreeSet<String>,
    claimed: &BTreeSet<String>,
) -> Vec<(Evidence, Missing)> {
    let mut all = calls(callers, live);
    all.extend(keyed(callers, live));
    for auth in all.iter_mut().filter_map(|call| call.auth.as_mut()) {
        // What only a developer's machine sets is no key of the deployed runtime.
        auth.variable = auth.variable.take().filter(|name| reads.contains(name));
    }
    // What is asked of a vault may be the key of any call that shows no other.
    let from_vault = asks_vault(callers.code());
    all.retain(|call| {
        let auth = call.auth.as_ref();
        auth.is_some_and(|auth| !from_vault || auth.variable.is_some())
    });
    if all.is_empty() {
        return Vec::new();
    }
    let keys = Keys::new(callers, live);
    all.iter()
        .filter_map(|call| unregistered(context, callers, (call, &keys), claimed))
        .collect()
}

fn evidence(code: &AgentCode<'_>, provider: &Provider) -> Evidence {
    agent_code::evidence(code.source, provider.module, provider.range)
}

enum Named {
    Registered(String),
    Missing(String),
    OtherKind(String, String),
    Unknown,
}

fn named(context: &Context, code: &AgentCode<'_>, provider: &Provider) -> Named {
    let credentials = &context.project.credentials;
    let variable = provider.variable.as_deref();
    if let Some(credential) = variable.and_then(|variable| keys::of_deploy(context, variable)) {
        return Named::Registered(credential.name.clone());
    }
    // What `envVars` sets holds, whatever the code falls back to.
    let set = variable.and_then(|variable| keys::configured(code.runtime, variable));
    let set: Vec<String> = set.into_iter().map(|set| set.value.clone()).collect();
    let names = if set.is_empty() {
        &provider.names
    } else {
        &set
    };
    // A fallback of nothing names none.
    let Some(first) = names.iter().find(|name| !name.is_empty()) else {
        return Named::Unknown;
    };
    let registered = |name: &&String| {
        credentials
            .iter()
            .find(|credential| credential.name == **name)
    };
    match names.iter().find_map(|name| registered(&name)) {
        Some(credential) if fits(credential, provider.kind) => {
            Named::Registered(credential.name.clone())
        }
        Some(credential) => {
            let kind = credential
                .kind
                .as_ref()
                .map_or("?", |kind| kind.value.as_str());
            Named::OtherKind(credential.name.clone(), kind.to_owned())
        }
        None => Named::Missing(first.clone()),
    }
}

fn fits(credential: &Credential, kind: ProviderKind) -> bool {
    let Some(registered) = &credential.kind else {
        return true;
    };
    match kind {
        ProviderKind::ApiKey => registered.value.starts_with("ApiKey"),
        ProviderKind::OAuth => registered.value.starts_with("OAuth"),
        ProviderKind::Payment => registered.value.starts_with("Payment"),
    }
}

/// An authenticated call of an external service that no registered credential can be for.
fn unregistered(
    context: &Context,
    callers: &Callers<'_>,
    (call, keys): (&Outbound, &Keys),
    claimed: &BTreeSet<String>,
) -> Option<(Evidence, Missing)> {
    let code = callers.code();
    let auth = call.auth.as_ref()?;
    let secret = auth.variable.as_deref();
    let client = secret.and_then(|secret| keys.client(secret));
    let service = match client {
        Some(client) => client.name.clone(),
        None => keys::service(call)?,
    };
    let words = words(&service);
    let mut free = false;
    for credential in &context.project.credentials {
        let known = credential.name.to_lowercase();
        // One key for two services has one name.
        let named = secret.is_some_and(|secret| keys.name(secret) == credential.name);
        if named || words.iter().any(|word| known.contains(word.as_str())) {
            return None;
        }
        free |= !claimed.contains(&credential.name);
    }
    // A key that is neither read from the environment nor written there is handed in from elsewhere: a provider, the caller's own
    // token. And a credential that nothing else claims may be for any service.
    if free || auth.variable.is_none() && !auth.literal {
        return None;
    }
    let note = format!(
        "an authenticated call of {service} ({}{}): no credential registered in agentcore.json matches it",
        auth.by,
        auth.variable
            .as_ref()
            .map_or(String::new(), |name| format!(", {name}"))
    );
    let site = agent_code::evidence(code.source, call.module, call.range).note(note);
    let missing = Missing {
        name: secret.map_or(service, |secret| keys.name(secret)),
        kind: match client {
            Some(_) => ProviderKind::OAuth,
            None => ProviderKind::ApiKey,
        },
        variable: auth.variable.clone(),
        client: client.cloned(),
    };
    Some((site, missing))
}

fn fix(context: &Context, missing: &[Missing]) -> Fix {
    let mut seen = BTreeSet::new();
    let mut commands = Vec::new();
    let mut notes: Vec<String> = Vec::new();
    let mut oauth = false;
    for one in missing.iter().filter(|one| seen.insert(one.name.as_str())) {
        match (&one.client, one.kind) {
            (Some(client), _) => {
                commands.push(client.register());
                notes.extend(client.discovery());
                notes.push(format!(
                    "In place of the request for a token: {}.",
                    client.edit()
                ));
            }
            (None, ProviderKind::ApiKey) => {
                commands.push(keys::register(&one.name, one.variable.as_deref()));
            }
            (None, ProviderKind::OAuth) => {
                oauth = true;
                commands.push(keys::register_client(&one.name, None, [None, None]));
            }
            (None, ProviderKind::Payment) => {}
        }
    }
    let target = context.target.as_ref().map(|target| target.name.as_str());
    if !commands.is_empty() {
        if let Some(ignore) = ignore_env_local(context) {
            commands.insert(0, ignore);
        }
        commands.push(shell::deploy(target));
    }
    if oauth {
        notes.push("The discovery URL is the one of the identity provider, ending in `/.well-known/openid-configuration`.".to_owned());
    }
    let more: String = notes.iter().map(|note| format!(" {note}")).collect();
    let plain = || missing.iter().filter(|one| one.client.is_none());
    let taken = match plain().next() {
        None => String::new(),
        Some(_) => format!(
            " Code that took its key from elsewhere then takes it through `@requires_api_key(provider_name=\"{}\")` or \
             `@requires_access_token` (TypeScript: `withApiKey`, `withAccessToken`).",
            keys::provider(plain().map(|one| &one.name))
        ),
    };
    Fix::new("Register the credentials").commands(commands).note(format!(
        "Export the variables in your own shell first, so that no key ends up in its history; `agentcore add credential` without \
         flags asks for them instead.{more}{taken}"
    ))
}
