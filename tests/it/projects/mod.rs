//! Projects made for one test, and the program run over them.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

pub fn policy(root: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_agentcore-harden"))
        .arg("policy")
        .arg(root)
        .args(arguments)
        .env_remove("AWS_REGION")
        .env_remove("AWS_DEFAULT_REGION")
        .output()
        .unwrap()
}

pub fn write(root: &Path, path: &str, text: &str) {
    let path = root.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// Names the platform version of runtime Main in the project's configuration of the program.
pub fn pin_platform_version(root: &Path, version: &str) {
    let text = format!("[runtimes.Main]\nplatform-version = \"{version}\"\n");
    write(root, "agentcore-harden.toml", &text);
}

/// The one result that a check has at a project.
pub fn result_of(root: &Path, check: &str) -> Value {
    let output = Command::new(env!("CARGO_BIN_EXE_agentcore-harden"))
        .args(["check", "--offline", "--json", "--only", check])
        .current_dir(root)
        .output()
        .unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let results = report["results"].as_array().unwrap();
    assert_eq!(results.len(), 1, "{results:#?}");
    results[0].clone()
}
