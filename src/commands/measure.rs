//! `measure`: times the start of each runtime, and records it for `perf-cold-start`.

use std::io::{self, BufRead, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use serde::Serialize;

use crate::collect::project;
use crate::exit::{Exit, Failure};
use crate::measure::{self, RuntimeRecord};
use crate::model::project::{Project, Runtime};
use crate::render::json;

/// Arguments of `measure`.
#[derive(Args, Clone, Debug)]
pub struct MeasureArgs {
    /// The project
    #[arg(default_value = ".")]
    pub path: PathBuf,
    /// Only this runtime (repeatable)
    #[arg(long, value_name = "NAME")]
    pub runtime: Vec<String>,
    /// How many starts to time
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u8).range(1..=50))]
    pub runs: u8,
    /// How long a start may take, in seconds
    #[arg(long, default_value_t = 120, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub timeout: u64,
    /// Keep the record here instead of agentcore/.cli/harden-measure.json
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Run the project's code without asking
    #[arg(long, short)]
    pub yes: bool,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Out<'a> {
    schema_version: u32,
    runtimes: Vec<Named<'a>>,
}

#[derive(Serialize)]
struct Named<'a> {
    name: &'a str,
    #[serde(flatten)]
    record: &'a RuntimeRecord,
}

/// Measures the runtimes of the project.
///
/// # Errors
/// When there is no project, the user does not agree, or an agent does not start.
pub fn run(arguments: &MeasureArgs, out: &mut dyn Write) -> Result<Exit, Failure> {
    let roots =
        project::discover(&arguments.path).map_err(|error| Failure::new(error.to_string()))?;
    let [root] = roots.as_slice() else {
        return Err(Failure::new("several projects are here").help("give the path of one"));
    };
    let project = project::collect(root, ".").map_err(|error| Failure::new(error.to_string()))?;
    let runtimes = select(&project, &arguments.runtime)?;
    confirm(&project, arguments.yes)?;
    let target = project
        .targets
        .iter()
        .find(|target| target.name == "default")
        .or(project.targets.first());
    let region = target.and_then(|target| target.region.as_deref());
    let record = arguments
        .output
        .clone()
        .unwrap_or_else(|| measure::record_file(root));
    let mut measured = Vec::new();
    for runtime in runtimes {
        let result = one(root, runtime, region, arguments)?;
        measure::write_record(&record, &runtime.name, result.clone())
            .map_err(|error| Failure::new(format!("{}: {error}", record.display())))?;
        if !arguments.json {
            text(out, &runtime.name, &result)?;
        }
        measured.push((runtime.name.as_str(), result));
    }
    if arguments.json {
        let runtimes = measured
            .iter()
            .map(|(name, record)| Named { name, record })
            .collect();
        let page = Out {
            schema_version: 1,
            runtimes,
        };
        json::pretty(&page, out)?;
    }
    Ok(Exit::Ready)
}

fn select<'a>(project: &'a Project, names: &[String]) -> Result<Vec<&'a Runtime>, Failure> {
    let known = || {
        project
            .runtimes
            .iter()
            .map(|runtime| runtime.name.as_str())
            .collect::<Vec<_>>()
            .join(", ")
    };
    for name in names {
        if !project.runtimes.iter().any(|runtime| runtime.name == *name) {
            return Err(Failure::new(format!("no runtime is named {name:?}"))
                .help(format!("runtimes: {}", known())));
        }
    }
    let chosen: Vec<&Runtime> = project
        .runtimes
        .iter()
        .filter(|runtime| names.is_empty() || names.contains(&runtime.name))
        .collect();
    if chosen.is_empty() {
        return Err(Failure::new("the project has no runtime to start")
            .help("a harness has no code of its own"));
    }
    Ok(chosen)
}

/// The project's code is untrusted until its owner says so.
fn confirm(project: &Project, yes: bool) -> Result<(), Failure> {
    if yes {
        return Ok(());
    }
    let stdin = io::stdin();
    if !stdin.is_terminal() {
        return Err(
            Failure::new("measure runs the project's code, and nobody can be asked here")
                .help("add --yes"),
        );
    }
    let mut err = io::stderr().lock();
    write!(
        err,
        "measure runs the code of {:?} on this machine. Go on? [y/N] ",
        project.display_name()
    )?;
    err.flush()?;
    let mut answer = String::new();
    stdin.lock().read_line(&mut answer)?;
    if matches!(answer.trim(), "y" | "Y" | "yes") {
        Ok(())
    } else {
        Err(Failure::new("not started"))
    }
}

fn one(
    root: &Path,
    runtime: &Runtime,
    region: Option<&str>,
    arguments: &MeasureArgs,
) -> Result<RuntimeRecord, Failure> {
    let plan = measure::plan(root, runtime, region)
        .map_err(|error| Failure::new(error.message).help(error.help))?;
    let limit = Duration::from_secs(arguments.timeout);
    let failed = |error: measure::StartError| {
        Failure::new(format!("runtime {}: {error}", runtime.name)).help(format!(
            "it was started in {} as: {}",
            plan.folder.display(),
            plan.shown
        ))
    };
    let talk = io::stderr().is_terminal();
    let mut progress = |run: usize, time: Duration| {
        if talk {
            let _ = writeln!(
                io::stderr(),
                "{}: start {run} of {}: {:.2} s",
                runtime.name,
                arguments.runs,
                time.as_secs_f64()
            );
        }
    };
    let times = measure::measure(&plan, usize::from(arguments.runs), limit, &mut progress)
        .map_err(failed)?;
    let imports = measure::import_times(&plan, limit).map_err(failed)?;
    let content_hash = measure::content_hash(&plan.folder)?;
    let milliseconds = |time: &Duration| (time.as_secs_f64() * 1e5).round() / 100.0;
    Ok(RuntimeRecord {
        content_hash,
        measured_at: jiff::Timestamp::now().to_string(),
        command: plan.shown.clone(),
        median_ms: milliseconds(&measure::median(&times)),
        times_ms: times.iter().map(milliseconds).collect(),
        imports,
        notes: plan.notes.clone(),
    })
}

fn text(out: &mut dyn Write, name: &str, record: &RuntimeRecord) -> io::Result<()> {
    let lowest = record
        .times_ms
        .iter()
        .copied()
        .fold(f64::INFINITY, f64::min);
    let highest = record.times_ms.iter().copied().fold(0.0, f64::max);
    writeln!(
        out,
        "{name}: {:.2} s to a healthy answer (median of {}; {:.2} to {:.2} s)",
        record.median_ms / 1000.0,
        record.times_ms.len(),
        lowest / 1000.0,
        highest / 1000.0
    )?;
    writeln!(
        out,
        "  at startup: on platform version V1 every new session waits that long; on V2 it is paid once per deploy, within 120 s, before the snapshot"
    )?;
    writeln!(
        out,
        "  per session: on V2 the restore (about 2 s at any size, not measured here) and what request code loads on first use"
    )?;
    writeln!(out, "  started as: {}", record.command)?;
    for note in &record.notes {
        writeln!(out, "  note: {note}")?;
    }
    if !record.imports.heaviest.is_empty() {
        writeln!(
            out,
            "  imports: {:.2} s in all, with the interpreter's own accounting on; heaviest packages, without what they import:",
            record.imports.total_ms / 1000.0
        )?;
        for (package, milliseconds) in &record.imports.heaviest {
            writeln!(out, "    {milliseconds:8.0} ms  {package}")?;
        }
        writeln!(out, "  tree (from 1 %), each with what it imports:")?;
        for node in &record.imports.tree {
            tree(out, node, 2)?;
        }
    }
    Ok(())
}

fn tree(out: &mut dyn Write, node: &measure::ImportNode, depth: usize) -> io::Result<()> {
    writeln!(
        out,
        "  {:8.0} ms  {}{}",
        node.cumulative_ms,
        "  ".repeat(depth - 1),
        node.module
    )?;
    node.children
        .iter()
        .try_for_each(|child| tree(out, child, depth + 1))
}
