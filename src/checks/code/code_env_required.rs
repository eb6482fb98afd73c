//! `code-env-required`: Every environment variable that the code requires is set.

use std::collections::BTreeSet;

use crate::analysis::agent_code::{self, AgentCode};
use crate::analysis::call_sites::Callers;
use crate::analysis::environment::{Variable, has_default, variables};
use crate::analysis::reachability::{Absent, Live};
use crate::analysis::startup::Startup;
use crate::checks::{Category, Check, Need};
use crate::context::Context;
use crate::model::finding::{Fix, Outcome, Severity};
use crate::model::known::{ReasonCode, Unread};
use crate::secrets::names::secret_like_name;

use crate::analysis::required::{self, Needed};
use crate::context::developers;
use crate::context::variables::{self, Environment};

pub(super) static CHECK: Check = Check {
    id: "code-env-required",
    title: "Every environment variable that the code requires is set",
    category: Category::Code,
    severity: Severity::High,
    needs: &[Need::Config, Need::Code, Need::Files],
    page: include_str!("code_env_required.md"),
    references: &[
        "https://docs.aws.amazon.com/bedrock-agentcore-control/latest/APIReference/API_CreateAgentRuntime.html",
        "https://docs.python.org/3/library/os.html#os.environ",
        "https://docs.pydantic.dev/latest/concepts/pydantic_settings/",
    ],
    run,
};

/// How many variables are named in a message.
const NAMED: usize = 4;

fn run(context: &Context) -> Vec<Outcome> {
    crate::checks::agents::each(context, |code| judge(context, code))
}

fn judge(context: &Context, code: &AgentCode<'_>) -> Outcome {
    let callers = Callers::new(code);
    let live = Live::new(&callers, Absent::Unset);
    let startup = Startup::before_serving(code, &live);
    let needed = required::of(&callers, &live, &startup);
    let name = &code.runtime.name;
    let environment = Environment::of(context, &callers, &live);
    let missing: Vec<&Needed> = needed
        .iter()
        .filter(|needed| !needed.names.iter().any(|name| environment.sets(name)))
        .collect();
    let defaults = match environment.unknown {
        Some(_) => Vec::new(),
        None => developers::defaults(context, &callers, &live, &environment),
    };
    if missing.is_empty() && defaults.is_empty() {
        let names: BTreeSet<&str> = needed.iter().flat_map(Needed::all).collect();
        let message = match names.len() {
            0 => format!(
                "runtime {name} requires no environment variable in the {}",
                code.scope()
            ),
            _ => format!(
                "each environment variable that runtime {name} requires is set: {}",
                listed(&names)
            ),
        };
        return with_misnamed(context, code, &callers, &environment, message);
    }
    let mut names: BTreeSet<&str> = missing.iter().copied().filter_map(Needed::first).collect();
    if let Some(why) = environment.unknown {
        let reason = Unread::new(
            ReasonCode::Unsupported,
            format!(
                "whether {} of runtime {name} {} set cannot be told: {why}",
                listed(&names),
                if names.len() == 1 { "is" } else { "are" }
            ),
        );
        return Outcome::skipped(code.resource(), reason);
    }
    let starts = missing.iter().any(|needed| needed.starts);
    let (consequence, severity) = match (starts, missing.is_empty()) {
        (true, _) => ("it cannot start", Severity::High),
        (false, false) => ("the code that reads it fails", Severity::Medium),
        (false, true) => (
            "its default is this machine, where nothing is seen to listen",
            Severity::Medium,
        ),
    };
    names.extend(defaults.iter().map(|(_, name)| name.as_str()));
    let required: BTreeSet<String> = missing.iter().map(|one| one.alternatives()).collect();
    let called = defaults.iter().map(|(_, name)| name.as_str());
    let required = required.iter().map(String::as_str).chain(called).collect();
    let message = format!(
        "runtime {name} requires {}, which nothing sets: {consequence}",
        listed(&required)
    );
    let evidence = missing.iter().map(|needed| {
        let one = needed.alternatives();
        let (note, severity) = match needed.starts {
            true => (format!("requires {one} at the start"), Severity::High),
            false => (format!("requires {one} when it runs"), Severity::Medium),
        };
        agent_code::evidence(code.source, needed.module, needed.range)
            .note(note)
            .severity(severity)
    });
    let calls = defaults.iter().map(|(call, name)| {
        agent_code::evidence(code.source, call.module, call.range)
            .note(format!(
                "calls this machine where {name} is not set, and nothing is seen to listen there"
            ))
            .severity(Severity::Medium)
    });
    Outcome::fail(code.resource(), message)
        .severity(severity)
        .evidences(evidence)
        .evidences(calls)
        .fix(fix(context, name, &names))
}

/// The pass of code that requires nothing more, with what is set under another name: whether that is meant, or the code does without,
/// nobody can tell here.
fn with_misnamed(
    context: &Context,
    code: &AgentCode<'_>,
    callers: &Callers<'_>,
    environment: &Environment,
    message: String,
) -> Outcome {
    let found = misnamed(context, callers, environment);
    let names: BTreeSet<&str> = found.iter().map(|read| read.name.as_str()).collect();
    if names.is_empty() {
        return Outcome::pass(code.resource(), message);
    }
    let message = format!(
        "{message}; it reads {}, which nothing sets: the deploy sets {}",
        listed(&names),
        alike(context, &names).join(", ")
    );
    let notes = found.iter().map(|read| {
        agent_code::evidence(code.source, read.module, read.range)
            .note(format!("reads {}, which nothing sets", read.name))
    });
    Outcome::pass(code.resource(), message).evidences(notes)
}

/// The reads of variables that nothing sets and that are called almost as those of the project's memories and gateways, where the code
/// reads none of these.
fn misnamed<'a>(
    context: &Context,
    callers: &Callers<'a>,
    environment: &Environment,
) -> Vec<&'a Variable> {
    if environment.unknown.is_some() {
        return Vec::new();
    }
    let read = variables(callers);
    let all: BTreeSet<&str> = read.iter().map(|one| one.name.as_str()).collect();
    let is_misnamed = |name: &str| {
        let others = alike(context, &BTreeSet::from([name]));
        let words = others.iter().flat_map(|other| other.split('_'));
        let known: BTreeSet<&str> = words.chain(["AGENTCORE"]).collect();
        !others.is_empty()
            && (name.ends_with("_ID") || name.ends_with("_URL"))
            && name.split('_').all(|word| known.contains(word))
            && !others.iter().any(|other| all.contains(other.as_str()))
            && !environment.sets(name)
    };
    let found = read.iter().filter(|one| is_misnamed(&one.name));
    found.filter(|one| !has_default(callers, one)).collect()
}

/// What a deploy sets under another name for what a variable seems to hold: `MEMORY_USERS_ID` for `AGENTCORE_MEMORY_ID`.
fn alike(context: &Context, names: &BTreeSet<&str>) -> Vec<String> {
    let end = |name: &str| name.rsplit('_').next().unwrap_or_default().to_owned();
    let held = |name: &str| {
        ["MEMORY", "GATEWAY"]
            .into_iter()
            .find(|kind| name.contains(kind))
    };
    let mut found: Vec<String> = variables::vended(context)
        .filter(|vended| {
            let same = |name: &&&str| {
                held(name).is_some() && held(name) == held(vended) && end(name) == end(vended)
            };
            names.iter().any(|name| same(&name))
        })
        .collect();
    found.sort();
    found.truncate(NAMED);
    found
}

fn fix(context: &Context, runtime: &str, names: &BTreeSet<&str>) -> Fix {
    let (secret, plain): (Vec<&str>, Vec<&str>) =
        names.iter().partition(|name| secret_like_name(name));
    let entries: Vec<String> = plain
        .iter()
        .map(|name| format!("{{\"name\": \"{name}\", \"value\": \"…\"}}"))
        .collect();
    let mut note = String::new();
    if !entries.is_empty() {
        note = format!(
            "In agentcore/agentcore.json add to `envVars` of runtime {runtime}: {}, then `agentcore deploy`; or give the read a default.",
            entries.join(", ")
        );
    }
    if !secret.is_empty() {
        let space = if note.is_empty() { "" } else { " " };
        note = format!(
            "{note}{space}{} is a secret by its name: environment variables are plain text, so fetch it from AgentCore Identity (see secrets-env-read) instead of setting it.",
            secret.join(", ")
        );
    }
    let alike = alike(context, names);
    if !alike.is_empty() {
        note = format!(
            "A deploy sets {} for what the project has: read that name. Else: {note}",
            alike.join(", ")
        );
    }
    Fix::new("Set the variables, or do without them").note(note)
}

fn listed(names: &BTreeSet<&str>) -> String {
    let shown: Vec<&str> = names.iter().copied().take(NAMED).collect();
    match names.len() - shown.len() {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}
