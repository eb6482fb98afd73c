//! `measure` against small real processes: a healthy one, one that ends, one that never answers.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use assert_cmd::Command;
use tempfile::TempDir;

const SERVER: &str = r#"
import subprocess, sys
from http.server import BaseHTTPRequestHandler, HTTPServer

class Ping(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"status": "Healthy"}')
    def log_message(self, *words):
        pass

if __name__ == "__main__":
    open("child.pid", "w").write(str(subprocess.Popen(["sleep", "60"]).pid))
    HTTPServer(("0.0.0.0", 8080), Ping).serve_forever()
"#;

/// A project whose environment is this machine's own Python.
fn project(code: &str) -> Option<TempDir> {
    let python = std::env::split_paths(&std::env::var_os("PATH")?)
        .map(|folder| folder.join("python3"))
        .find(|program| program.is_file())?;
    let folder = tempfile::tempdir().unwrap();
    let app: PathBuf = folder.path().join("app/Main");
    fs::create_dir_all(app.join(".venv/bin")).unwrap();
    fs::create_dir(folder.path().join("agentcore")).unwrap();
    symlink(python, app.join(".venv/bin/python")).unwrap();
    fs::write(app.join("main.py"), code).unwrap();
    let config = r#"{"name": "T", "version": 1, "runtimes": [{"name": "Main", "build": "CodeZip", "entrypoint": "main.py",
        "codeLocation": "app/Main", "runtimeVersion": "PYTHON_3_13", "instrumentation": {"enableOtel": false}}]}"#;
    fs::write(folder.path().join("agentcore/agentcore.json"), config).unwrap();
    Some(folder)
}

fn measure(folder: &Path) -> Command {
    let mut command = Command::cargo_bin("agentcore-harden").unwrap();
    command
        .arg("measure")
        .arg(folder)
        .timeout(Duration::from_secs(60));
    command
}

fn alive(pid: &str) -> bool {
    // A zombie that nobody has reaped yet is dead as well.
    fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| {
        !stat
            .rsplit(')')
            .next()
            .unwrap_or("")
            .trim_start()
            .starts_with('Z')
    })
}

#[test]
fn a_healthy_start_is_timed_recorded_and_ended_with_its_children() {
    let Some(folder) = project(SERVER) else {
        return;
    };
    let output = measure(folder.path())
        .args(["--yes", "--runs", "2", "--json"])
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let runtime = &report["runtimes"][0];
    assert_eq!(runtime["timesMs"].as_array().unwrap().len(), 2);
    assert!(runtime["medianMs"].as_f64().unwrap() > 1.0);
    assert!(
        runtime["imports"]["heaviest"]
            .as_array()
            .is_some_and(|packages| !packages.is_empty())
    );
    assert!(
        folder
            .path()
            .join("agentcore/.cli/harden-measure.json")
            .is_file()
    );
    let pid = fs::read_to_string(folder.path().join("app/Main/child.pid")).unwrap();
    assert!(!alive(&pid), "the agent's child {pid} is still running");
}

#[test]
fn a_start_that_fails_shows_what_the_agent_said() {
    let Some(folder) = project("raise RuntimeError('no model configured')") else {
        return;
    };
    let output = measure(folder.path()).arg("--yes").output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("RuntimeError: no model configured"), "{said}");
    assert!(!folder.path().join("agentcore/.cli").exists());
}

#[test]
fn an_agent_that_never_answers_costs_the_timeout_and_no_more() {
    let Some(folder) = project("import time\nprint('warming up', flush=True)\ntime.sleep(60)")
    else {
        return;
    };
    let began = Instant::now();
    let output = measure(folder.path())
        .args(["--yes", "--timeout", "5"])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(
        said.contains("did not answer within 5 s") && said.contains("warming up"),
        "{said}"
    );
    assert!(began.elapsed() < Duration::from_secs(40));
}

#[test]
fn nothing_runs_before_the_user_agrees() {
    let Some(folder) = project("open('ran', 'w')") else {
        return;
    };
    let output = measure(folder.path()).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("--yes"));
    assert!(!folder.path().join("app/Main/ran").exists());
}
