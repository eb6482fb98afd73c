//! `secrets-env-read`: No secrets read from runtime environment variables.

use std::collections::BTreeSet;

use super::gateway_target::label;
use super::keys::{self, Client, Keys};
use crate::analysis::agent_code::{self, AgentCode};
use crate::analysis::call_sites::Callers;
use crate::analysis::environment::fills::Fills;
use crate::analysis::environment::{Variable, variables};
use crate::analysis::reachability::{Absent, Live};
use crate::checks::{Category, Check, Need};
use crate::context::Context;
use crate::model::finding::{Evidence, Fix, Outcome, Severity};
use crate::model::known::{ReasonCode, Unread};
use crate::secrets::names::secret_like_name;
use crate::shell::{self, EnvName};

pub(super) static CHECK: Check = Check {
    id: "secrets-env-read",
    title: "No secrets read from runtime environment variables",
    category: Category::Code,
    severity: Severity::High,
    needs: &[Need::Code],
    page: include_str!("secrets_env_read.md"),
    references: &[
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/runtime-security-best-practices.html",
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/identity.html",
    ],
    run,
};

/// The variables that `agentcore dev` sets from `agentcore/.env.local`; no deploy sets them.
const DEVELOPMENT: &str = "AGENTCORE_CREDENTIAL_";

/// Keys and tokens of AWS itself: the execution role is what a runtime has in their place.
const OF_AWS: [&str; 4] = [
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_BEARER_TOKEN_BEDROCK",
];

/// Whether a variable holds a key or a token of AWS itself.
pub(super) fn is_of_aws(variable: &str) -> bool {
    OF_AWS.contains(&variable)
}

fn run(context: &Context) -> Vec<Outcome> {
    crate::checks::agents::each(context, |code| judge(context, code))
}

/// The reads of secret-like variables that run in the deployed runtime and that no code fills itself.
pub(super) fn reads(callers: &Callers<'_>) -> Vec<Variable> {
    all_reads(callers).found
}

/// Reads of secret-like variables.
struct Reads {
    /// Those that run in the deployed runtime and that no code fills itself.
    found: Vec<Variable>,
    /// Those in functions that nothing calls.
    idle: Vec<Variable>,
    /// Those that the code may fill: it fills variables whose names are not known.
    unsure: Vec<Variable>,
}

fn all_reads(callers: &Callers<'_>) -> Reads {
    let code = callers.code();
    let set = |variable: &str| {
        let mut env = code.runtime.common.env.iter();
        env.any(|(set, _)| set == variable)
    };
    let wanted = |variable: &str| {
        secret_like_name(variable) && (!variable.starts_with(DEVELOPMENT) || set(variable))
    };
    let variables = variables(callers).iter();
    let mut found: Vec<Variable> = variables
        .filter(|variable| wanted(&variable.name))
        .cloned()
        .collect();
    let (mut idle, mut unsure) = (Vec::new(), Vec::new());
    if !found.is_empty() {
        let stands_idle = |read: &Variable| {
            let module = callers.source().module(read.module);
            let function = module.and_then(|module| module.function_at(read.range.start));
            function.is_some_and(|function| callers.is_idle(function))
        };
        (idle, found) = found.into_iter().partition(stands_idle);
        let live = Live::new(callers, Absent::Unknown);
        let fills = Fills::new(callers, &live, secret_like_name);
        found.retain(|read| {
            live.runs(read.module, read.range)
                && !fills.come_before(read)
                && !fills.follow_test(read)
        });
        let may_be_filled = |read: &Variable| !set(&read.name) && fills.may_come_before(read);
        (unsure, found) = found.into_iter().partition(may_be_filled);
    }
    Reads {
        found,
        idle,
        unsure,
    }
}

fn judge(context: &Context, code: &AgentCode<'_>) -> Outcome {
    let callers = Callers::new(code);
    let name = &code.runtime.name;
    let Reads {
        found,
        idle,
        unsure,
    } = all_reads(&callers);
    let idle = idle.iter().map(|read| {
        let note = format!("reads {}; nothing calls this function", read.name);
        agent_code::evidence(code.source, read.module, read.range)
            .note(note)
            .context()
    });
    if found.is_empty() && !unsure.is_empty() {
        let names: BTreeSet<&str> = unsure.iter().map(|read| read.name.as_str()).collect();
        let message = format!(
            "the code of runtime {name} fills its environment under names that are not known here: whether it fetches {} was not seen",
            listed(&names)
        );
        let reason = Unread::new(ReasonCode::Unsupported, message);
        let sites = unsure.iter().map(|read| site(code, read));
        return Outcome::skipped(code.resource(), reason).evidences(sites);
    }
    if found.is_empty() {
        let message = format!(
            "runtime {name} reads no secret from its environment variables in the {}",
            code.scope()
        );
        return Outcome::pass(code.resource(), message).evidences(idle);
    }
    let names: BTreeSet<&str> = found.iter().map(|read| read.name.as_str()).collect();
    let message = format!(
        "runtime {name} reads {} from its environment, where every value is plain text (agentcore.json, the template, GetAgentRuntime)",
        listed(&names)
    );
    let sites = found.iter().map(|read| site(code, read));
    let failed = Outcome::fail(code.resource(), message)
        .evidences(sites)
        .evidences(idle);
    let (of_aws, others): (BTreeSet<&str>, BTreeSet<&str>) =
        names.iter().partition(|name| is_of_aws(name));
    let failed = match of_aws.is_empty() {
        true => failed,
        false => failed.fix(by_the_role(&of_aws)),
    };
    if others.is_empty() {
        return failed;
    }
    let keys = Keys::new(&callers, &Live::new(&callers, Absent::Unknown));
    fixes(context, &others, &keys)
        .into_iter()
        .fold(failed, Outcome::fix)
}

fn site(code: &AgentCode<'_>, read: &Variable) -> Evidence {
    agent_code::evidence(code.source, read.module, read.range).note(format!("reads {}", read.name))
}

fn listed(names: &BTreeSet<&str>) -> String {
    let shown: Vec<&str> = names.iter().copied().take(4).collect();
    match names.len() - shown.len() {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// No key of AWS is needed where the code has a role.
fn by_the_role(names: &BTreeSet<&str>) -> Fix {
    let note = format!(
        "Drop the read of {} and what is made of it: a client without keys of its own signs with the execution role, which `agentcore-harden \
         policy` writes the permissions for. For another account assume a role of it. Unset the variables for the runtime; a developer's \
         machine keeps its own, which the SDK reads by itself.",
        listed(names)
    );
    Fix::new("Let the execution role sign the calls").note(note)
}

/// The edit of the code, and the commands that it needs done before.
fn fixes(context: &Context, names: &BTreeSet<&str>, keys: &Keys) -> Vec<Fix> {
    let missing: Vec<&str> = names
        .iter()
        .copied()
        .filter(|name| registered(context, keys, name).is_none())
        .filter(|name| EnvName::new(*name).is_some())
        .collect();
    let clients: Vec<&Client> = names.iter().filter_map(|name| keys.client(name)).collect();
    let mut seen = BTreeSet::new();
    let add = missing
        .iter()
        // Two variables of one service are two keys of it.
        .map(
            |name| match (seen.insert(keys.name(name)), keys.client(name)) {
                (_, Some(client)) => client.register(),
                (true, None) => keys::register(&keys.name(name), Some(name)),
                (false, None) => keys::register(&label(name), Some(name)),
            },
        );
    let target = context.target.as_ref().map(|target| target.name.as_str());
    let mut note = String::new();
    for client in &clients {
        note.push_str(&format!(
            "Drop the request for a token, give the function that sends the token an `access_token` parameter, and decorate it with {}. ",
            client.edit()
        ));
    }
    let plain_keys: Vec<String> = names
        .iter()
        .filter(|name| keys.client(name).is_none())
        .map(|name| registered(context, keys, name).unwrap_or_else(|| keys.name(name)))
        .collect();
    if !plain_keys.is_empty() {
        note.push_str(&format!(
            "Give the function that needs the key an `api_key` parameter, decorate it with `@requires_api_key(provider_name=\"{}\")` \
             (TypeScript: `withApiKey`), and drop the read of the environment. ",
            keys::provider(&plain_keys)
        ));
    }
    if clients.is_empty() {
        note.push_str("For an OAuth service use `@requires_access_token`. ");
    }
    note.push_str("For local runs `agentcore dev` fills the provider from `agentcore/.env.local`.");
    let edit = Fix::new("Fetch the secret from AgentCore Identity when it is needed").note(note);
    if missing.is_empty() {
        return vec![edit];
    }
    let discovery: String = missing
        .iter()
        .filter_map(|name| keys.client(name)?.discovery())
        .map(|note| format!(" {note}"))
        .collect();
    let oauth = match clients.is_empty() {
        true => " An OAuth client is registered with `--type oauth`.",
        false => "",
    };
    let register = Fix::new("Register the secrets")
        .preparation()
        .commands(super::gateway_target::ignore_env_local(context))
        .commands(add)
        .command(shell::deploy(target))
        .note(format!(
            "Export the variables in your own shell first, so that no key ends up in its history; `agentcore add credential` without \
             flags asks for the value instead.{discovery}{oauth}"
        ));
    vec![edit, register]
}

/// The credential of the project that can hold the key in a variable, by its name.
fn registered(context: &Context, keys: &Keys, variable: &str) -> Option<String> {
    let (own, told) = (plain(&keys.name(variable)), telling(variable));
    let mut credentials = context.project.credentials.iter();
    let found = credentials.find(|credential| {
        let known = plain(&credential.name);
        known == own || told.iter().any(|word| known.contains(word.as_str()))
    });
    found.map(|credential| credential.name.clone())
}

/// The words of a variable's name that say whose secret it is: `gemini` of `GEMINI_API_KEY`.
fn telling(name: &str) -> Vec<String> {
    const KINDS: [&str; 14] = [
        "api",
        "key",
        "token",
        "secret",
        "access",
        "auth",
        "bot",
        "password",
        "passwd",
        "private",
        "client",
        "credential",
        "credentials",
        "bearer",
    ];
    let words = name.split('_').map(str::to_lowercase);
    words
        .filter(|word| word.len() > 2 && !KINDS.contains(&word.as_str()))
        .collect()
}

fn plain(name: &str) -> String {
    name.chars()
        .filter(|c| c.is_ascii_alphanumeric())
        .collect::<String>()
        .to_lowercase()
}
