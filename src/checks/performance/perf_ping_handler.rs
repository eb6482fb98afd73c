//! `perf-ping-handler`: Ping handler reports the real state.

use crate::analysis::agent_code::{self, AgentCode};
use crate::analysis::background::{answering, launches, tasks};
use crate::analysis::call_sites::Callers;
use crate::analysis::ping::{self, Answering, State, routes, stamps};
use crate::checks::{Category, Check, Need};
use crate::context::{Context, PlatformView, absent_code, installed};
use crate::model::finding::{Evidence, Fix, Outcome, Severity};
use crate::model::project::Agent;
use crate::model::source::{ByteRange, EntrypointKind, Function};

pub(super) static CHECK: Check = Check {
    id: "perf-ping-handler",
    title: "Ping handler reports the real state",
    category: Category::Performance,
    severity: Severity::High,
    needs: &[Need::Code],
    page: include_str!("perf_ping_handler.md"),
    references: &[
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/runtime-http-protocol-contract.html",
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/runtime-troubleshooting.html",
    ],
    run,
};

fn run(context: &Context) -> Vec<Outcome> {
    crate::checks::agents::each_served(context, |code| judge(context, code))
}

fn judge(context: &Context, code: &AgentCode<'_>) -> Outcome {
    let view = context.platform(Agent::Runtime(code.runtime));
    let handlers = ping::handlers(code);
    if handlers.is_empty()
        && let Some(route) = no_ping(context, code)
    {
        return unanswered(code, route);
    }
    let answering = ping::answering(code, &handlers);
    let found = kept_alive(code, &answering);
    if !found.is_empty() {
        return never_idle(code, found);
    }
    let idle = always_idle(code, &answering);
    if !idle.is_empty() && outlives(code) {
        return reclaimed(code, idle);
    }
    if !view.is_v1()
        && let Some(frozen) = startup_stamp(code, &answering)
    {
        return frozen_stamp(code, &view, frozen);
    }
    let name = &code.runtime.name;
    let message = match answering.len() {
        0 if ping::has_sdk(code) => {
            format!("runtime {name} has no ping handler of its own: the SDK reports its real state")
        }
        0 => format!(
            "runtime {name} has no ping handler of its own that could keep a session alive ({})",
            code.scope()
        ),
        _ => format!("the ping handler of runtime {name} lets a session become idle"),
    };
    Outcome::pass(code.resource(), message)
}

/// A place of a handler.
fn at(code: &AgentCode<'_>, function: &Function, range: ByteRange) -> Evidence {
    agent_code::evidence(code.source, function.id.module, range)
}

/// What keeps a session alive for ever.
fn kept_alive(code: &AgentCode<'_>, answering: &[Answering<'_>]) -> Vec<Evidence> {
    let source = code.source;
    let mut found = Vec::new();
    for one in answering {
        let busy = ping::always(source, *one, State::Busy);
        let note = "answers HealthyBusy whatever the state is";
        found.extend(busy.map(|range| at(code, one.function, range).note(note)));
        // The helper that makes the answer stamps it as well as the handler does.
        let mut makers = one.makers(source).into_iter();
        let note = "stamps the answer with the time of asking: the idle clock starts again with every ping";
        found.extend(makers.find_map(|maker| {
            let stamp = stamps::of_asking(source, maker)?;
            Some(at(code, maker.function, stamp).note(note))
        }));
    }
    let note = "forces HealthyBusy, and nothing clears it";
    let forced = ping::forced_busy(code);
    found.extend(
        forced.map(|(module, range)| agent_code::evidence(source, module, range).note(note)),
    );
    found
}

fn never_idle(code: &AgentCode<'_>, found: Vec<Evidence>) -> Outcome {
    let name = &code.runtime.name;
    let message = format!(
        "the ping handler of runtime {name} never lets a session become idle: each lives to `maxLifetime` and counts against the session quota"
    );
    Outcome::fail(code.resource(), message).evidences(found).fix(
        Fix::new("Report what is really running").note(
            "Drop the handler: the SDK answers `HealthyBusy` while a task of `add_async_task` runs and `Healthy` otherwise, with the \
             time of the last change of state. A handler of your own must answer `HealthyBusy` only while work runs, and leave \
             `time_of_last_update` out or set it when the state changes, not when it is asked.",
        ),
    )
}

/// Handlers whose every answer is `Healthy`.
fn always_idle(code: &AgentCode<'_>, answering: &[Answering<'_>]) -> Vec<Evidence> {
    let answering = answering.iter();
    answering
        .filter_map(|one| {
            let range = ping::always(code.source, *one, State::Idle)?;
            Some(at(code, one.function, range).note("answers Healthy whatever runs"))
        })
        .collect()
}

/// Where an answer, or the helper that makes it, carries a time that was taken at startup.
fn startup_stamp(code: &AgentCode<'_>, answering: &[Answering<'_>]) -> Option<Evidence> {
    let source = code.source;
    let mut makers = answering.iter().flat_map(|one| one.makers(source));
    makers.find_map(|maker| {
        let stamp = stamps::of_startup(source, maker)?;
        Some(at(code, maker.function, stamp).note("a time that was taken at startup"))
    })
}

/// Programs that may stand before a server in an image and answer for it.
const PROXIES: [&str; 5] = ["nginx", "caddy", "envoy", "haproxy", "traefik"];

/// A route of a server of the code's own, all of whose routes are seen, where none answers `/ping`.
fn no_ping(context: &Context, code: &AgentCode<'_>) -> Option<Evidence> {
    let protocol = code.runtime.protocol.as_ref();
    let whole = code.unread().is_none() && absent_code::of(context, code).is_none();
    if protocol.is_some_and(|protocol| protocol.value != "HTTP") || !whole || ping::has_sdk(code) {
        return None;
    }
    if installed::is_container(code.runtime) {
        let manifests = context.manifests(Agent::Runtime(code.runtime))?;
        let text = manifests
            .dockerfile
            .read()?
            .source
            .text
            .to_ascii_lowercase();
        if PROXIES.iter().any(|proxy| text.contains(proxy)) {
            return None;
        }
    }
    let first = routes::without_ping(code)?;
    let at = agent_code::evidence(code.source, first.module, first.range);
    Some(at.note("no route answers /ping"))
}

/// A server that does not answer what the platform asks for.
fn unanswered(code: &AgentCode<'_>, route: Evidence) -> Outcome {
    let message = format!(
        "the server of runtime {} has no route GET /ping, which the platform asks for its health: no session gets healthy",
        code.runtime.name
    );
    Outcome::fail(code.resource(), message).evidence(route).fix(
        Fix::new("Answer /ping").note(
            "Add `GET /ping` beside the other routes and answer 200 with {\"status\": \"Healthy\"}, or {\"status\": \"HealthyBusy\"} while work goes on. \
             The platform asks for this path on port 8080 and for no other; a /health of your own may stay.",
        ),
    )
}

/// A handler that says Healthy while work goes on: the platform takes the session for idle.
fn reclaimed(code: &AgentCode<'_>, idle: Vec<Evidence>) -> Outcome {
    let message = format!(
        "the ping handler of runtime {} always answers Healthy, and work outlives the response: the session can be reclaimed in the middle of it",
        code.runtime.name
    );
    Outcome::fail(code.resource(), message).evidences(idle).fix(
        Fix::new("Say HealthyBusy while work runs").note(
            "Register the work with `add_async_task` and complete it in `finally`, and drop the handler: the SDK then answers HealthyBusy while it runs. In a server of your own, count what runs and answer \
             {\"status\": \"HealthyBusy\"} while the count is above zero.",
        ),
    )
}

/// Whether handlers start work that goes on after they have answered.
fn outlives(code: &AgentCode<'_>) -> bool {
    let decorated = code
        .code
        .entrypoints
        .iter()
        .any(|entry| entry.kind == EntrypointKind::AsyncTask);
    tasks::registers(code)
        || decorated
        || launches(&Callers::new(code), &answering(code))
            .iter()
            .any(|launch| !launch.service && !launch.program)
}

/// The time of the last change was taken at startup: on platform version V2 it is that of the deploy.
fn frozen_stamp(code: &AgentCode<'_>, view: &PlatformView, site: Evidence) -> Outcome {
    let message = format!(
        "the ping handler of runtime {} answers with a time that was taken at startup: on platform version V2 that is the time of the deploy, so that every restored session looks idle since then{}",
        code.runtime.name,
        view.words()
    );
    Outcome::fail(code.resource(), message)
        .severity(Severity::Low)
        .evidence(site)
        .fix(Fix::new("Stamp the last change of state").note(
            "Set the time in request code when the state changes (work starts, work ends), or leave `time_of_last_update` out: the SDK fills it in.",
        ))
}
