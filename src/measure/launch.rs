//! Starts the agent, waits until it answers, and ends its whole process group.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::io::Read;
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

use super::plan::{Container, Plan, Program};
use super::probe::{Probe, Ready};

/// How often readiness is asked for.
const PAUSE: Duration = Duration::from_millis(5);
/// How long a group may take to end by itself.
const GRACE: Duration = Duration::from_millis(500);
/// How much of what the child prints is kept: `-X importtime` prints a line for each module. In bytes.
const KEPT: usize = 4 * 1024 * 1024;
/// How many lines of it an error shows.
const SHOWN_LINES: usize = 30;

/// A start that succeeded.
#[derive(Clone, Debug)]
pub struct Started {
    /// From the start of the process to the first healthy answer.
    pub time: Duration,
    /// What the child printed to standard error.
    pub stderr: String,
}

/// Why a start failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StartError {
    /// The program could not be started.
    #[error("cannot run {program}: {reason}")]
    Spawn {
        /// The program.
        program: String,
        /// The system's reason.
        reason: String,
    },
    /// The process ended before it answered.
    #[error("the agent ended before it answered ({status}):\n{output}")]
    Ended {
        /// Its exit status.
        status: String,
        /// The end of what it printed.
        output: String,
    },
    /// It never answered.
    #[error("the agent did not answer within {} s; it printed:\n{output}", .limit.as_secs())]
    Silent {
        /// How long was waited.
        limit: Duration,
        /// The end of what it printed.
        output: String,
    },
    /// The image could not be built.
    #[error("the image could not be built:\n{output}")]
    Build {
        /// The end of what the engine printed.
        output: String,
    },
}

/// Starts the agent once and ends it. `import_time` adds `-X importtime` to a Python start.
///
/// # Errors
/// When it cannot be started, ends early, or does not answer within `limit`.
pub fn start(plan: &Plan, limit: Duration, import_time: bool) -> Result<Started, StartError> {
    let port = free_port().map_err(|error| spawn_error("a port", &error))?;
    // Nothing compiled before counts: what is deployed carries no bytecode of its dependencies either.
    let empty = tempfile::tempdir().map_err(|error| spawn_error("a temporary folder", &error))?;
    let mut command = match &plan.container {
        Some(container) => {
            build(container)?;
            run_container(container, plan, port)
        }
        None => process(plan, port, import_time, empty.path().as_os_str()),
    };
    let began = Instant::now();
    let child = command
        .current_dir(&plan.folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .spawn()
        .map_err(|error| spawn_error(&plan.shown, &error))?;
    let mut group = Group { child };
    let (stdout, stderr) = (
        Output::read(group.child.stdout.take()),
        Output::read(group.child.stderr.take()),
    );
    let told = || {
        let text = format!("{}{}", stdout.text(), stderr.text());
        let lines: Vec<&str> = text
            .lines()
            .filter(|line| !line.starts_with("import time:"))
            .collect();
        lines[lines.len().saturating_sub(SHOWN_LINES)..].join("\n")
    };
    let probe = Probe::new(&plan.protocol, port);
    loop {
        if let Ready::Yes = probe.ask() {
            let time = began.elapsed();
            group.end();
            return Ok(Started {
                time,
                stderr: stderr.text(),
            });
        }
        if let Ok(Some(status)) = group.child.try_wait() {
            // The pipes are read by their own threads; give them the moment to see the end.
            thread::sleep(PAUSE * 10);
            return Err(StartError::Ended {
                status: status.to_string(),
                output: told(),
            });
        }
        if began.elapsed() > limit {
            group.end();
            return Err(StartError::Silent {
                limit,
                output: told(),
            });
        }
        thread::sleep(PAUSE);
    }
}

fn spawn_error(program: &str, error: &std::io::Error) -> StartError {
    StartError::Spawn {
        program: program.to_owned(),
        reason: error.to_string(),
    }
}

fn free_port() -> std::io::Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

fn process(plan: &Plan, port: u16, import_time: bool, no_bytecode: &std::ffi::OsStr) -> Command {
    let mut argv: Vec<OsString> = plan.argv.clone();
    if import_time && plan.program == Program::Python {
        argv.splice(
            plan.options_at..plan.options_at,
            ["-X".into(), "importtime".into()],
        );
    }
    let mut words = argv.into_iter();
    let mut command = Command::new(words.next().unwrap_or_default());
    command
        .args(words)
        .envs(plan.env.iter().map(|(key, value)| (key, value)));
    command
        .env("HARDEN_PORT", port.to_string())
        .env("HARDEN_FIXED_PORT", plan.port.to_string());
    command
        .env("PORT", plan.port.to_string())
        .env("PYTHONPYCACHEPREFIX", no_bytecode);
    command
}

fn build(container: &Container) -> Result<(), StartError> {
    let output = Command::new(&container.engine)
        .args(["build", "-q", "-t", &container.tag, "-f"])
        .arg(&container.dockerfile)
        .arg(&container.context)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| spawn_error(&container.engine, &error))?;
    if output.status.success() {
        return Ok(());
    }
    let text = String::from_utf8_lossy(&output.stderr);
    let lines: Vec<&str> = text.lines().collect();
    Err(StartError::Build {
        output: lines[lines.len().saturating_sub(SHOWN_LINES)..].join("\n"),
    })
}

fn run_container(container: &Container, plan: &Plan, port: u16) -> Command {
    let mut command = Command::new(&container.engine);
    command.args([
        "run",
        "--rm",
        "--init",
        "-p",
        &format!("127.0.0.1:{port}:{}", plan.port),
    ]);
    for (key, value) in &plan.env {
        let mut pair = OsString::from(format!("{key}="));
        pair.push(value);
        command.arg("-e").arg(pair);
    }
    command.arg(&container.tag);
    command
}

/// A child that leads a process group of its own; the whole group ends when this is dropped.
struct Group {
    child: Child,
}

impl Group {
    fn end(&mut self) {
        let Some(pid) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) else {
            return;
        };
        let _ = kill_process_group(pid, Signal::TERM);
        let asked = Instant::now();
        while asked.elapsed() < GRACE && matches!(self.child.try_wait(), Ok(None)) {
            thread::sleep(PAUSE);
        }
        // Grandchildren may have ignored the first signal, even when the leader is gone.
        let _ = kill_process_group(pid, Signal::KILL);
        let _ = self.child.wait();
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.end();
    }
}

/// What a child prints, read by a thread so that a full pipe never stops the child.
struct Output(Arc<Mutex<VecDeque<u8>>>);

impl Output {
    fn read(pipe: Option<impl Read + Send + 'static>) -> Self {
        let kept = Arc::new(Mutex::new(VecDeque::new()));
        let shared = Arc::clone(&kept);
        if let Some(mut pipe) = pipe {
            thread::spawn(move || {
                let mut buffer = [0; 16 * 1024];
                while let Ok(count) = pipe.read(&mut buffer) {
                    if count == 0 {
                        break;
                    }
                    let Ok(mut kept) = shared.lock() else { break };
                    kept.extend(&buffer[..count]);
                    let over = kept.len().saturating_sub(KEPT);
                    kept.drain(..over);
                }
            });
        }
        Self(kept)
    }

    fn text(&self) -> String {
        self.0
            .lock()
            .map(|kept| {
                String::from_utf8_lossy(&kept.iter().copied().collect::<Vec<u8>>()).into_owned()
            })
            .unwrap_or_default()
    }
}
