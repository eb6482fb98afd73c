//! `perf-cold-start`: Agent initialization time measured and optimized.

use std::collections::BTreeMap;

use crate::checks::unconfigured::{Listed, unconfigured};
use crate::checks::{Category, Check, Need};
use crate::context::Context;
use crate::model::known::{ReasonCode, Unread};
use crate::model::measurement::Measurement;
use crate::model::project::{Agent, Runtime};
use crate::report::{Evidence, Fix, Outcome, Severity};
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
/// How many of the heaviest imports a message names.
const NAMED: usize = 5;

fn run(context: &Context) -> Vec<Outcome> {
    if context.project.runtimes.is_empty() {
        return vec![unconfigured(
            context,
            &[Listed::Agent],
            "no runtime with code of its own is configured",
        )];
    }
    context
        .project
        .runtimes
        .iter()
        .map(|runtime| judge(context, runtime))
        .collect()
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
    if measured.median_ms < SLOW_MS {
        return Outcome::pass(resource, message).evidence(evidence);
    }
    let note = format!(
        "Import {} inside the function that needs it, or drop what is not used; then measure again.",
        measured
            .heaviest
            .first()
            .map_or("what is heavy", |(package, _)| package.as_str())
    );
    Outcome::fail(resource, message)
        .evidence(evidence)
        .fix(Fix::new("Defer the heaviest imports").note(note))
}

fn command(runtime: &Runtime) -> Command {
    Command::new("agentcore-harden")
        .arg("measure")
        .arg(".")
        .opt("--runtime", &runtime.name)
        .arg("--yes")
}
