//! `perf-cold-start`: Agent initialization time measured and optimized.

use std::collections::BTreeMap;

use crate::checks::unconfigured::{Listed, or_unconfigured};
use crate::checks::{Category, Check, Need};
use crate::context::{Context, PlatformVersion, PlatformView};
use crate::model::finding::{Evidence, Fix, Outcome, Severity};
use crate::model::known::{ReasonCode, Unread};
use crate::model::measurement::Measurement;
use crate::model::project::{Agent, Runtime};
use crate::shell::Command;

pub(super) static CHECK: Check = Check {
    id: "perf-cold-start",
    title: "Agent initialization time measured and optimized",
    category: Category::Performance,
    severity: Severity::Medium,
    needs: &[Need::Measurement],
    page: include_str!("perf_cold_start.md"),
    references: &[
        "https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/runtime-troubleshooting.html",
    ],
    run,
};

/// Milliseconds from which a start is too slow: a third of the 30 s in which a code deployment has to be up
/// (an observed limit: see the page), which leaves room for the download and for a machine under load.
const SLOW_MS: f64 = 10_000.0;
/// Milliseconds within which `/ping` must be healthy, or the deploy fails, and from which that is near: on platform version V2 the
/// start is paid once, when the version is made
/// (<https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/runtime-how-it-works.html>).
const DEADLINE_MS: f64 = 120_000.0;
const NEAR_MS: f64 = 90_000.0;
/// How many of the heaviest imports a message names.
const NAMED: usize = 5;

fn run(context: &Context) -> Vec<Outcome> {
    let outcomes = context
        .project
        .runtimes
        .iter()
        .map(|runtime| judge(context, runtime))
        .collect();
    or_unconfigured(
        outcomes,
        context,
        &[Listed::Agent],
        "no runtime with code of its own is configured",
    )
}

fn judge(context: &Context, runtime: &Runtime) -> Outcome {
    let resource = Agent::Runtime(runtime).resource();
    let measurements = match context.measurements.known() {
        Ok(measurements) => measurements,
        Err(reason) => {
            return Outcome::skipped(resource, reason.command_if(command(runtime).text()));
        }
    };
    let never = |message: String| {
        let reason = Unread::new(
            ReasonCode::Absent,
            "no measurement of this code is recorded",
        )
        .command_if(command(runtime).text());
        Outcome::manual(resource.clone(), message, reason)
            .fix(Fix::new("Measure it").command(command(runtime)))
    };
    let Some(measured) =
        measurements.and_then(|all: &BTreeMap<String, Measurement>| all.get(&runtime.name))
    else {
        return never(format!(
            "the start of runtime {} was never measured",
            runtime.name
        ));
    };
    if !measured.current {
        return never(format!(
            "the code of runtime {} has changed since its start was measured ({})",
            runtime.name, measured.measured_at
        ));
    }
    let seconds = measured.median_ms / 1000.0;
    let heaviest: Vec<String> = measured
        .heaviest
        .iter()
        .take(NAMED)
        .map(|(package, ms)| format!("{package} {ms:.0} ms"))
        .collect();
    let imports = if heaviest.is_empty() {
        String::new()
    } else {
        format!("; heaviest imports: {}", heaviest.join(", "))
    };
    let message = format!(
        "runtime {} answers a healthy /ping after {seconds:.1} s (median of {}, measured {}){imports}",
        runtime.name, measured.runs, measured.measured_at
    );
    let evidence = Evidence::config(&runtime.site).note("measured by `agentcore-harden measure`");
    let view = context.platform(Agent::Runtime(runtime));
    let (severity, says) = verdict(measured.median_ms, &view);
    let message = format!("{message}{says}");
    let Some(severity) = severity else {
        return Outcome::pass(resource, message).evidence(evidence);
    };
    let note = format!(
        "Import {} inside the function that needs it, or drop what is not used; then measure again.",
        measured
            .heaviest
            .first()
            .map_or("what is heavy", |(package, _)| package.as_str())
    );
    let fix = if view.is_v2() {
        Fix::new("Shorten the start").note(
            "Work that is done once per version may stay at startup, within 120 s: build what can be built when the package or image is made (indexes, converted models), and drop what nothing uses; then measure again.",
        )
    } else {
        Fix::new("Defer the heaviest imports").note(note)
    };
    Outcome::fail(resource, message)
        .severity(severity)
        .evidence(evidence)
        .fix(fix)
}

/// `None`: fast enough; and what it means on the platform version that the runtime has.
fn verdict(ms: f64, view: &PlatformView) -> (Option<Severity>, String) {
    const ONCE: &str =
        "on platform version V2 that is paid once per deploy, within a deadline of 120 s";
    const EACH: &str =
        "on platform version V1 every new session waits for it, and 10 s are too long";
    match view.version {
        Some(PlatformVersion::V1) if ms >= SLOW_MS => (
            Some(Severity::Medium),
            "; on platform version V1 every new session waits for it".to_owned(),
        ),
        Some(PlatformVersion::V1) => (None, String::new()),
        Some(PlatformVersion::V2) if ms >= DEADLINE_MS => (
            Some(Severity::High),
            "; on platform version V2 /ping must be healthy within 120 s: the deploy fails"
                .to_owned(),
        ),
        Some(PlatformVersion::V2) if ms >= NEAR_MS => (Some(Severity::Medium), format!("; {ONCE}")),
        Some(PlatformVersion::V2) => (None, format!("; {ONCE}")),
        None if ms >= DEADLINE_MS => (
            Some(Severity::High),
            format!(
                "; {EACH}; on V2 /ping must be healthy within 120 s or the deploy fails{}",
                view.words()
            ),
        ),
        None if ms >= SLOW_MS => (
            Some(Severity::Low),
            format!("; {EACH}; {ONCE}{}", view.words()),
        ),
        None => (None, String::new()),
    }
}

fn command(runtime: &Runtime) -> Command {
    Command::new("agentcore-harden")
        .arg("measure")
        .arg(".")
        .opt("--runtime", &runtime.name)
        .arg("--yes")
}
