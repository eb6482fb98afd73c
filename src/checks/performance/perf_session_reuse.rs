//! `perf-session-reuse`: Session reuse strategy chosen for multi-turn / batch workloads.

use crate::analysis::clients::places::Places;
use crate::analysis::clients::{self, Call, Kind, http};
use crate::analysis::{agent_code, provenance};
use crate::checks::unconfigured::{Listed, unconfigured};
use crate::checks::{Category, Check, Need};
use crate::config::Workload;
use crate::context::Context;
use crate::context::sessions;
use crate::model::finding::{Evidence, Fix, Outcome, Severity};
use crate::model::project::Agent;

pub(super) static CHECK: Check = Check {
    id: "perf-session-reuse",
    title: "Session reuse strategy chosen for multi-turn / batch workloads",
    category: Category::Performance,
    severity: Severity::Medium,
    needs: &[Need::Code],
    page: include_str!("perf_session_reuse.md"),
    references: &[
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/runtime-sessions.html",
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/APIReference/API_InvokeAgentRuntime.html",
    ],
    run,
};

fn run(context: &Context) -> Vec<Outcome> {
    let resource = context.project.resource();
    if context.project.agents().next().is_none() {
        return vec![unconfigured(
            context,
            &[Listed::Agent],
            "no runtime is configured",
        )];
    }
    let source = &context.source;
    let calls = clients::find(source);
    let places = Places::new(source);
    let begun: Vec<&Call<'_>> = calls
        .iter()
        .filter(|call| matches!(call.kind, Kind::Invoke | Kind::Command | Kind::Socket))
        .collect();
    let mut found: Vec<Evidence> = Vec::new();
    let mut notes: Vec<Evidence> = Vec::new();
    for call in &begun {
        let mut here = Vec::new();
        faults(context, call, &mut found);
        renewed(context, &places, &calls, call, &mut here);
        if sessions::of_a_person(context, &places, call) {
            let place = match places.serves_a_developer(call.function) {
                true => "a server that a developer starts for themselves",
                false => "a script that a person runs",
            };
            notes.extend(here.into_iter().map(|evidence| {
                let note = format!("{}, in {place}", evidence.note);
                evidence.note(note).context()
            }));
        } else {
            found.extend(here);
        }
    }
    for call in &begun {
        notes.extend(falls_back(context, &places, call));
    }
    notes.sort_by_key(place);
    notes.dedup_by(|one, other| one.site == other.site);
    found.sort_by_key(place);
    found.dedup_by(|one, other| one.site == other.site);
    let scope = crate::checks::callers::scope(context);
    let outcome = if found.is_empty() {
        let message = match begun.len() {
            0 => crate::checks::callers::nowhere(context, "invokes a runtime"),
            count => format!(
                "{count} call{} of runtimes in {scope} begin{} no session anew for every message{}",
                if count == 1 { "" } else { "s" },
                if count == 1 { "s" } else { "" },
                if notes.is_empty() {
                    ""
                } else {
                    ", where the notes do not say otherwise"
                }
            ),
        };
        Outcome::pass(resource, message)
    } else {
        let first = &found[0];
        let path = first.site.as_ref().map_or("", |site| &*site.path);
        let message = format!(
            "{path}: {}; each new session is a cold start and a VM that idles against the quota{}",
            first.note,
            warm_pool(context)
        );
        Outcome::fail(resource, message)
            .fix(Fix::new("Keep one session per conversation or batch").note(
                "Make the id where the conversation (or batch) begins, keep it with the user's state, and give the same \
                 runtimeSessionId to every related call. For conversations also set `workload = \"chat\"` under `[runtimes.NAME]` in \
                 agentcore-harden.toml: perf-session-stop then asks for no stop.",
            ))
            .fix(Fix::new("Stop the session after the answer").note(
                "Where no call follows on another, end each session when its answer is there: that also satisfies perf-session-stop. \
                 `workload = \"request-reply\"` under `[runtimes.NAME]` in agentcore-harden.toml says as much for this check, not for that one.",
            ))
            .evidences(found)
    };
    vec![crate::checks::callers::honest_of_callers(
        context,
        outcome.evidences(notes),
    )]
}

/// What a session more costs on the platform version of the runtimes.
fn warm_pool(context: &Context) -> &'static str {
    let mut views = context
        .project
        .runtimes
        .iter()
        .map(|runtime| context.platform(Agent::Runtime(runtime)));
    if views.any(|view| view.is_v2()) {
        "; on platform version V2 no VM is kept warm, so that each costs about two seconds"
    } else {
        ""
    }
}

/// Where a call begins a new session whenever it is given no id: fine only where the caller gets the new id back.
fn falls_back<'a>(context: &'a Context, places: &Places<'a>, call: &Call<'a>) -> Option<Evidence> {
    let source = &context.source;
    let made = provenance::of(source, places, call.session?);
    let is_fresh = |part: &provenance::Part<'a>| part.root == provenance::Root::Fresh;
    let fresh = made
        .alternatives
        .iter()
        .find_map(|parts| parts.iter().find(|part| is_fresh(part)))?;
    let given = made
        .alternatives
        .iter()
        .any(|parts| !parts.iter().any(is_fresh));
    given.then(|| {
        agent_code::evidence(source, fresh.at.module, fresh.at.expr.range)
            .note("a new session whenever no id is given: the caller has to get this id back and send it again")
            .context()
    })
}

fn place(evidence: &Evidence) -> (String, u32, u32) {
    let site = evidence.site.as_ref();
    let span = site.and_then(|site| site.span);
    (
        site.map_or_else(String::new, |site| site.path.to_string()),
        span.map_or(0, |span| span.line),
        span.map_or(0, |span| span.column),
    )
}

/// What is wrong with the ids themselves.
fn faults(context: &Context, call: &Call<'_>, found: &mut Vec<Evidence>) {
    if call.session.is_some() && call.mcp_session.is_some() {
        found.push(call.evidence().note(
            "runtimeSessionId and mcpSessionId are given together, which can bind two VMs to one session",
        ));
    }
    if let Some((name, value)) = http::misspelt(call) {
        found.push(
            agent_code::evidence(&context.source, value.module, value.expr.range).note(format!(
                "the session id is sent as {name}, which the service never honours: every call begins a new session"
            )),
        );
    }
}

/// Where a call begins a session anew for every message.
fn renewed<'a>(
    context: &'a Context,
    places: &Places<'a>,
    calls: &[Call<'a>],
    call: &Call<'a>,
    found: &mut Vec<Evidence>,
) {
    let self_contained = sessions::declared(context, call, Workload::RequestReply)
        || sessions::stopped(context, calls, call);
    if self_contained {
        return;
    }
    for renewal in sessions::renewals(context, places, call) {
        let note = if renewal.why.starts_with("no ") {
            renewal.why
        } else {
            format!("a new session id {}", renewal.why)
        };
        found.push(agent_code::evidence(&context.source, renewal.module, renewal.range).note(note));
    }
}
