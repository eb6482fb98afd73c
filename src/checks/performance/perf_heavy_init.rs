//! `perf-heavy-init`: Startup work fits the platform version.

use std::collections::BTreeSet;

use crate::analysis::agent_code::{self, AgentCode};
use crate::analysis::api::Tag;
use crate::analysis::call_sites::Callers;
use crate::analysis::heavy::{
    self, ASKS_HTTP, AtStartup, CALLS_AWS, CONNECTS, EMBEDS, FETCHES, LOADS, MCP, STREAMS,
};
use crate::analysis::reachability::{Absent, Live};
use crate::analysis::startup::{Startup, snapshot};
use crate::checks::{Category, Check, Need};
use crate::context::{Context, PlatformVersion};
use crate::model::finding::{Evidence, Fix, Outcome, Severity};
use crate::model::project::Agent;
use crate::model::source::{ByteRange, ModuleId};

pub(super) static CHECK: Check = Check {
    id: "perf-heavy-init",
    title: "Startup work fits the platform version",
    category: Category::Performance,
    severity: Severity::Medium,
    needs: &[Need::Code],
    page: include_str!("perf_heavy_init.md"),
    references: &[
        "https://github.com/aws/agent-toolkit-for-aws/blob/main/plugins/aws-agents/skills/agents-harden/SKILL.md",
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/runtime-troubleshooting.html",
    ],
    run,
};

fn run(context: &Context) -> Vec<Outcome> {
    crate::checks::agents::each(context, |code| judge(context, code))
}

fn judge(context: &Context, code: &AgentCode<'_>) -> Outcome {
    let view = context.platform(Agent::Runtime(code.runtime));
    let callers = Callers::new(code);
    let live = Live::new(&callers, Absent::Unset);
    let startup = Startup::before_serving(code, &live);
    let found = heavy::at_startup(code, &startup);
    if view.is_v2() {
        return once_per_version(code, &found);
    }
    let name = &code.runtime.name;
    let count = startup.modules.len();
    if found.is_empty() {
        let message = format!(
            "runtime {name} does nothing heavy while its {count} {}",
            if count == 1 {
                "module loads"
            } else {
                "modules load"
            }
        );
        return Outcome::pass(code.resource(), message);
    }
    let sites: Vec<Evidence> = found
        .iter()
        .map(|((module, range), (does, from))| {
            let through = from.map_or(String::new(), |(module, range)| place(code, module, range));
            agent_code::evidence(code.source, *module, *range)
                .note(format!("{does} at import{through}"))
        })
        .collect();
    let waits = match view.version {
        Some(PlatformVersion::V1) => "on platform version V1 every cold start waits for it",
        _ => "every cold start waits for it on platform version V1",
    };
    let message = format!(
        "runtime {name} {} before it can answer: {waits}{}",
        listed(&found),
        match view.version {
            Some(_) => String::new(),
            None => format!("; on V2 it is done once per version{}", view.words()),
        }
    );
    // Right on V2, but for what does not live through a snapshot.
    let breaks = found.values().any(|(does, _)| OPENS.contains(does));
    let severity = match view.version {
        None if !breaks => Severity::Low,
        _ => Severity::Medium,
    };
    let outcome = Outcome::fail(code.resource(), message).severity(severity).evidences(sites).fix(
        Fix::new("Defer it to the first request").note(
            "Move the call into a function that makes the object once and keeps it (a module global that starts as None, or \
             `functools.lru_cache`; in TypeScript a promise kept in a variable), and call that function from the handler.",
        ),
    );
    match view.version {
        None if lives(context, code, &found) => outcome.fix(Fix::new("Keep it at startup where the runtime is pinned to V2").note(
            "On platform version V2 models and indexes belong at startup: the snapshot is taken when they are there. Pin the version \
             (runtime-platform-version) or declare it (`platform-version` in agentcore-harden.toml), once the checks of the snapshot \
             (snapshot-…) find nothing.",
        )),
        _ => outcome,
    }
}

/// Whether all of it may stay at startup on platform version V2: models, data and indexes that a deploy alone changes. A connection is
/// dead after a restore, and an answer of another service grows old in the snapshot.
fn lives(context: &Context, code: &AgentCode<'_>, found: &AtStartup) -> bool {
    let stays = |does: &&str| [LOADS, FETCHES, EMBEDS].contains(does);
    if !found.values().all(|(does, _)| stays(does)) {
        return false;
    }
    let facts = snapshot(&context.startup, code, &context.warmups(code.runtime));
    let mut made = facts.made.iter();
    !made.any(|value| value.api.is(Tag::RemoteRead) && found.contains_key(&value.place))
}

/// What opens a connection that is dead after a restore.
const OPENS: [&str; 3] = [CONNECTS, MCP, STREAMS];

/// On platform version V2 startup runs once, when the version is made: what is heavy belongs there. What does not live through the
/// snapshot is judged by checks of its own.
fn once_per_version(code: &AgentCode<'_>, found: &AtStartup) -> Outcome {
    let name = &code.runtime.name;
    let sites = found.iter().map(|((module, range), (does, _))| {
        let whose = match *does {
            does if OPENS.contains(&does) => {
                ": the connection is dead after a restore (snapshot-connections judges it)"
            }
            CALLS_AWS | ASKS_HTTP => {
                ": right for warming up; what it keeps is frozen (snapshot-stale-data judges it)"
            }
            _ => ": the right place on platform version V2",
        };
        agent_code::evidence(code.source, *module, *range)
            .note(format!("{does} at startup{whose}"))
            .context()
    });
    let sites: Vec<Evidence> = sites.collect();
    let lazy = lazy(code);
    let late = match lazy.is_empty() {
        true => String::new(),
        false => "; what is loaded on first use is paid by the first request of every session, and could be loaded at startup".to_owned(),
    };
    let message = match found.is_empty() {
        true => format!(
            "runtime {name} does nothing heavy at startup, which runs once per version on platform version V2{late}"
        ),
        false => format!(
            "runtime {name} {} at startup: on platform version V2 that is done once per version, before the snapshot, within 120 s{late}",
            listed(found)
        ),
    };
    Outcome::pass(code.resource(), message)
        .evidences(sites)
        .evidences(lazy)
}

/// Models and data that request code loads.
fn lazy(code: &AgentCode<'_>) -> Vec<Evidence> {
    let found = heavy::in_requests(code).into_iter();
    let loads = found.filter(|(does, _)| [LOADS, FETCHES, EMBEDS].contains(does));
    loads
        .map(|(does, (module, range))| {
            agent_code::evidence(code.source, module, range)
                .note(format!(
                    "{does} in request code: on platform version V2 move it to startup"
                ))
                .context()
        })
        .collect()
}

fn place(code: &AgentCode<'_>, module: ModuleId, range: ByteRange) -> String {
    let site = code.source.module(module).map(|module| module.site(range));
    site.and_then(|site| Some(format!(", called from {}:{}", site.path, site.span?.line)))
        .unwrap_or_default()
}

fn listed(found: &AtStartup) -> String {
    let does: BTreeSet<&str> = found.values().map(|(does, _)| *does).collect();
    does.into_iter().collect::<Vec<_>>().join(", ")
}
