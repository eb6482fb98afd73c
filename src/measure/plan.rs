//! How the platform starts a runtime, and what stands in for it on this machine.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tempfile::TempDir;

use crate::model::project::Runtime;

/// Listens where the platform would expect it, moved to a free port: only the contract's port is moved, and only in this process.
const PYTHON_BOOT: &str = "\
import os, runpy, socket, sys
_free, _fixed = int(os.environ.pop('HARDEN_PORT')), int(os.environ.pop('HARDEN_FIXED_PORT'))
_bind = socket.socket.bind
def bind(self, address):
    if isinstance(address, tuple) and len(address) >= 2 and address[1] == _fixed:
        address = ('127.0.0.1' if self.family == socket.AF_INET else '::1', _free) + tuple(address[2:])
    return _bind(self, address)
socket.socket.bind = bind
sys.argv = [sys.argv[1]]
sys.path.insert(0, os.getcwd())
runpy.run_path(sys.argv[0], run_name='__main__')
";

/// The same for Node.
const NODE_BOOT: &str = "\
import net from 'node:net';
const free = Number(process.env.HARDEN_PORT), fixed = Number(process.env.HARDEN_FIXED_PORT);
const listen = net.Server.prototype.listen;
net.Server.prototype.listen = function (...args) {
  if (args[0] && typeof args[0] === 'object' && Number(args[0].port) === fixed) args[0] = { ...args[0], port: free, host: '127.0.0.1' };
  else if (Number(args[0]) === fixed) { args[0] = free; if (typeof args[1] === 'string') args[1] = '127.0.0.1'; }
  return listen.apply(this, args);
};
";

/// What runs the agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Program {
    /// A Python interpreter.
    Python,
    /// Node.js.
    Node,
    /// A container engine.
    Container,
}

/// A start, ready to run.
#[derive(Clone, Debug)]
pub struct Plan {
    /// What runs it.
    pub program: Program,
    /// The command in words, for the report.
    pub shown: String,
    /// Program and arguments; for Python the interpreter's own options go in before the boot code.
    pub argv: Vec<OsString>,
    /// Where in `argv` interpreter options such as `-X importtime` go.
    pub options_at: usize,
    /// The working folder.
    pub folder: PathBuf,
    /// Environment on top of this process's own.
    pub env: Vec<(String, OsString)>,
    /// The port of the service contract.
    pub port: u16,
    /// The runtime's protocol.
    pub protocol: String,
    /// What the user should know about how this differs from the platform.
    pub notes: Vec<String>,
    /// The environment that was installed for this start; it lives as long as the plan.
    pub environment: Option<Arc<TempDir>>,
    /// The image and engine of a container start.
    pub container: Option<Container>,
}

/// What a container start needs besides.
#[derive(Clone, Debug)]
pub struct Container {
    /// `docker`, `finch` or `podman`.
    pub engine: String,
    /// The Dockerfile.
    pub dockerfile: PathBuf,
    /// The build context.
    pub context: PathBuf,
    /// The image's tag.
    pub tag: String,
}

/// Why a runtime cannot be started here.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct PlanError {
    /// What is missing.
    pub message: String,
    /// What to do.
    pub help: String,
}

fn missing(message: impl Into<String>, help: impl Into<String>) -> PlanError {
    PlanError {
        message: message.into(),
        help: help.into(),
    }
}

/// Ports of the service contract by protocol:
/// <https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/runtime-service-contract.html>.
fn contract_port(protocol: &str) -> u16 {
    match protocol {
        "MCP" => 8000,
        "A2A" => 9000,
        _ => 8080,
    }
}

/// Works out how to start `runtime` of the project at `root`.
///
/// # Errors
/// When its code, its environment or a container engine is missing.
pub fn plan(root: &Path, runtime: &Runtime, region: Option<&str>) -> Result<Plan, PlanError> {
    let name = &runtime.name;
    let text = |value: &Option<crate::model::site::Sited<String>>| {
        value.as_ref().map(|sited| sited.value.clone())
    };
    let location = text(&runtime.code_location).ok_or_else(|| {
        missing(
            format!("runtime {name} has no codeLocation"),
            "run `agentcore validate`",
        )
    })?;
    let folder = root.join(&location);
    if !folder.is_dir() {
        return Err(missing(
            format!("the codeLocation of {name} is no folder: {location}"),
            "run `agentcore validate`",
        ));
    }
    let protocol = text(&runtime.protocol).unwrap_or_else(|| "HTTP".to_owned());
    let mut env: Vec<(String, OsString)> = runtime
        .common
        .env
        .iter()
        .map(|(key, value)| (key.clone(), OsString::from(&value.value)))
        .collect();
    if std::env::var_os("AWS_REGION").is_none() {
        env.push((
            "AWS_REGION".to_owned(),
            OsString::from(region.unwrap_or("us-east-1")),
        ));
    }
    // Without a role on this machine, SDKs would wait for the instance metadata service.
    env.push(("AWS_EC2_METADATA_DISABLED".to_owned(), "true".into()));
    let base = Plan {
        program: Program::Python,
        shown: String::new(),
        argv: Vec::new(),
        options_at: 0,
        folder,
        env,
        port: contract_port(&protocol),
        protocol,
        notes: Vec::new(),
        environment: None,
        container: None,
    };
    if text(&runtime.build).as_deref() == Some("Container") {
        return container(base, root, runtime);
    }
    let entrypoint = text(&runtime.entrypoint).ok_or_else(|| {
        missing(
            format!("runtime {name} has no entrypoint"),
            "run `agentcore validate`",
        )
    })?;
    let written = entrypoint.split(':').next().unwrap_or_default();
    // A TypeScript runtime names what the packager's bundle will be called; its source stands beside it as `.ts`.
    let source = written.strip_suffix(".js").map(|stem| format!("{stem}.ts"));
    let there = |file: &String| base.folder.join(file).is_file();
    let file = [Some(written.to_owned()), source]
        .into_iter()
        .flatten()
        .find(there)
        .unwrap_or_else(|| written.to_owned());
    if !base.folder.join(&file).is_file() {
        return Err(missing(
            format!("the entrypoint of {name} is not there: {location}/{file}"),
            "run `agentcore validate`",
        ));
    }
    if file.ends_with(".py") {
        python(base, runtime, &file, &location)
    } else {
        node(base, &file, &location)
    }
}

fn python(
    mut plan: Plan,
    runtime: &Runtime,
    file: &str,
    location: &str,
) -> Result<Plan, PlanError> {
    let venv = plan.folder.join(".venv/bin");
    let otel = runtime
        .enable_otel
        .as_ref()
        .is_none_or(|enabled| enabled.value);
    let mut argv: Vec<OsString> = Vec::new();
    if venv.join("python").exists() {
        if otel {
            let wrapper = venv.join("opentelemetry-instrument");
            if !wrapper.exists() {
                return Err(missing(
                    format!(
                        "the environment of {} has no opentelemetry-instrument; the deployed runtime is started through it and would not start",
                        runtime.name
                    ),
                    format!(
                        "add aws-opentelemetry-distro to {location}/pyproject.toml and run `uv sync`, or set instrumentation.enableOtel to false"
                    ),
                ));
            }
            argv.push(wrapper.into());
        }
        argv.push(venv.join("python").into());
        plan.shown = format!(
            "{}python {file}",
            if otel {
                "opentelemetry-instrument "
            } else {
                ""
            }
        );
    } else if on_path("uv") && plan.folder.join("pyproject.toml").exists() {
        let environment = Arc::new(install(&plan, location)?);
        let bin = environment.path().join("venv/bin");
        if otel {
            argv.push(bin.join("opentelemetry-instrument").into());
        }
        argv.push(bin.join("python").into());
        plan.shown = format!(
            "{}python {file}",
            if otel {
                "opentelemetry-instrument "
            } else {
                ""
            }
        );
        plan.notes.push("dependencies resolved from pyproject.toml by uv into a temporary environment, as the packager does".to_owned());
        plan.environment = Some(environment);
    } else {
        return Err(missing(
            format!("{location} has no .venv, and uv is not on PATH"),
            format!("cd {} && uv sync", crate::shell::quote(location)),
        ));
    }
    plan.options_at = argv.len();
    argv.extend(["-c".into(), PYTHON_BOOT.into(), OsString::from(file)]);
    plan.argv = argv;
    plan.env
        .push(("PYTHONDONTWRITEBYTECODE".to_owned(), "1".into()));
    plan.env.push(("PYTHONUNBUFFERED".to_owned(), "1".into()));
    if otel {
        // The distribution that the platform configures, without an exporter: there is no collector here.
        for (key, value) in [
            ("OTEL_PYTHON_DISTRO", "aws_distro"),
            ("OTEL_PYTHON_CONFIGURATOR", "aws_configurator"),
            ("OTEL_TRACES_EXPORTER", "none"),
            ("OTEL_METRICS_EXPORTER", "none"),
            ("OTEL_LOGS_EXPORTER", "none"),
        ] {
            plan.env.push((key.to_owned(), value.into()));
        }
    }
    Ok(plan)
}

/// Installs what the manifest asks for into a temporary folder: nothing is written into the project.
fn install(plan: &Plan, location: &str) -> Result<TempDir, PlanError> {
    let help = || format!("cd {} && uv sync", crate::shell::quote(location));
    let folder = tempfile::tempdir()
        .map_err(|error| missing(format!("no temporary folder: {error}"), "set TMPDIR"))?;
    let venv = folder.path().join("venv");
    let python = venv.join("bin/python");
    let steps: [Vec<OsString>; 2] = [
        vec!["venv".into(), "-q".into(), venv.into()],
        vec![
            "pip".into(),
            "install".into(),
            "-q".into(),
            "--python".into(),
            python.into(),
            "-r".into(),
            "pyproject.toml".into(),
        ],
    ];
    for step in steps {
        let output = std::process::Command::new("uv")
            .args(&step)
            .env("UV_PYTHON_DOWNLOADS", "never")
            .current_dir(&plan.folder)
            .stdin(std::process::Stdio::null())
            .output()
            .map_err(|error| missing(format!("cannot run uv: {error}"), help()))?;
        if !output.status.success() {
            let told = String::from_utf8_lossy(&output.stderr);
            return Err(missing(
                format!(
                    "uv could not install the dependencies of {location}:\n{}",
                    told.trim()
                ),
                help(),
            ));
        }
    }
    Ok(folder)
}

fn node(mut plan: Plan, file: &str, location: &str) -> Result<Plan, PlanError> {
    if !on_path("node") {
        return Err(missing(
            "node is not on PATH",
            "install Node.js 20 or newer",
        ));
    }
    if !plan.folder.join("node_modules").is_dir() {
        let help = format!("cd {} && npm install", crate::shell::quote(location));
        return Err(missing(format!("{location} has no node_modules"), help));
    }
    plan.program = Program::Node;
    let boot = format!("data:text/javascript,{}", encode(NODE_BOOT));
    let mut argv: Vec<OsString> = vec!["node".into(), "--import".into(), boot.into()];
    if file.ends_with(".ts") {
        if !plan.folder.join("node_modules/tsx").is_dir() {
            let help = format!("cd {} && npm install tsx", crate::shell::quote(location));
            return Err(missing(
                format!("{location}/{file} needs tsx to run here"),
                help,
            ));
        }
        argv.extend(["--import".into(), "tsx".into()]);
        plan.notes.push("tsx compiles at start; the platform runs a bundle made by esbuild, which starts faster".to_owned());
    }
    argv.push(file.into());
    plan.shown = format!("node {file}");
    plan.argv = argv;
    Ok(plan)
}

/// Percent-encodes for a `data:` URL.
fn encode(text: &str) -> String {
    text.bytes()
        .map(|byte| {
            if byte.is_ascii_alphanumeric() {
                char::from(byte).to_string()
            } else {
                format!("%{byte:02X}")
            }
        })
        .collect()
}

fn container(mut plan: Plan, root: &Path, runtime: &Runtime) -> Result<Plan, PlanError> {
    let answers = |engine: &str| {
        std::process::Command::new(engine)
            .arg("info")
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .stdin(std::process::Stdio::null())
            .status()
            .is_ok_and(|status| status.success())
    };
    let Some(engine) = ["docker", "finch", "podman"]
        .into_iter()
        .find(|engine| on_path(engine) && answers(engine))
    else {
        return Err(missing(
            format!(
                "runtime {} is built as a container, and no container engine answers (docker, finch, podman)",
                runtime.name
            ),
            "start one of them, or measure where one runs",
        ));
    };
    let dockerfile = runtime
        .dockerfile
        .as_ref()
        .map_or("Dockerfile", |file| file.value.as_str());
    let context = runtime
        .build_context
        .as_ref()
        .map_or_else(|| plan.folder.clone(), |context| root.join(&context.value));
    let dockerfile = plan.folder.join(dockerfile);
    if !dockerfile.is_file() {
        return Err(missing(
            format!("no Dockerfile at {}", dockerfile.display()),
            "run `agentcore validate`",
        ));
    }
    plan.program = Program::Container;
    plan.shown = format!(
        "{engine} run (image built from {})",
        dockerfile.file_name().unwrap_or_default().to_string_lossy()
    );
    plan.notes.push("the image is local: its pull from ECR is not in the time, and the machine's architecture may differ".to_owned());
    let tag = format!(
        "agentcore-harden-measure-{}:latest",
        runtime.name.to_lowercase()
    );
    plan.container = Some(Container {
        engine: engine.to_owned(),
        dockerfile,
        context,
        tag,
    });
    Ok(plan)
}

fn on_path(program: &str) -> bool {
    let Some(path) = std::env::var_os("PATH") else {
        return false;
    };
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}
