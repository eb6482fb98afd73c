//! `measure`: starts the agent locally as the platform would and times it until `/ping` is healthy.
//!
//! This is the one part of the program that runs code of the project under audit, and only when the user asks for it by name.

mod launch;
mod plan;
mod probe;

pub use crate::collect::measurement::{
    ImportNode, ImportTime, RuntimeRecord, content_hash, parse_import_time, record_file,
    write_record,
};
pub use launch::{StartError, start};
pub use plan::{Plan, Program, plan};

use std::time::Duration;

/// Runs `runs` starts of one runtime, one after the other.
///
/// # Errors
/// The first start that fails, with what the child printed.
pub fn measure(
    plan: &Plan,
    runs: usize,
    limit: Duration,
    progress: &mut dyn FnMut(usize, Duration),
) -> Result<Vec<Duration>, StartError> {
    let mut times = Vec::with_capacity(runs);
    for run in 0..runs {
        let started = start(plan, limit, false)?;
        progress(run + 1, started.time);
        times.push(started.time);
    }
    Ok(times)
}

/// The import-time tree of a Python agent, from one more start. Empty for other languages.
///
/// # Errors
/// When the agent does not start.
pub fn import_times(plan: &Plan, limit: Duration) -> Result<ImportTime, StartError> {
    if plan.program != Program::Python {
        return Ok(ImportTime::default());
    }
    let started = start(plan, limit, true)?;
    Ok(parse_import_time(&started.stderr))
}

/// The middle value; zero of nothing.
pub fn median(times: &[Duration]) -> Duration {
    let mut sorted = times.to_vec();
    sorted.sort_unstable();
    match sorted.len() {
        0 => Duration::ZERO,
        count if count % 2 == 1 => sorted[count / 2],
        count => (sorted[count / 2 - 1] + sorted[count / 2]) / 2,
    }
}
