//! Stacks of the project's own: where they are looked for, and what is said where the search ends.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::projects::write;

const OPEN: &str = r#"{"Resources":{"Tools":{"Type":"AWS::BedrockAgentCore::Gateway","Properties":{"Name":"tools","AuthorizerType":"NONE","ProtocolType":"MCP"}}}}"#;

fn report(root: &Path) -> Value {
    let output = Command::new(env!("CARGO_BIN_EXE_agentcore-harden"))
        .args([
            "check",
            "--offline",
            "--json",
            "--only",
            "auth-inbound-type",
        ])
        .current_dir(root)
        .output()
        .unwrap();
    serde_json::from_slice(&output.stdout).unwrap()
}

fn project(root: &Path, at: &str) {
    let config = json!({"name": "Desk", "version": 1});
    let path = format!("{at}/agentcore/agentcore.json");
    write(root, path.trim_start_matches('/'), &config.to_string());
}

/// The stacks that failed.
fn failed(report: &Value) -> Vec<String> {
    let results = report["results"].as_array().unwrap().iter();
    results
        .filter(|result| result["status"] == "fail")
        .map(|result| result["resource"]["name"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn they_are_found_in_the_whole_repository() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    fs::create_dir(root.join(".git")).unwrap();
    project(root, "agents/desk");
    project(root, "agents/other");
    write(root, "infra/cdk.out/Shared.template.json", OPEN);
    write(root, "agents/desk/infra/cdk.out/Own.template.json", OPEN);
    write(root, "agents/other/infra/cdk.out/Other.template.json", OPEN);
    let report = report(&root.join("agents/desk"));
    assert_eq!(failed(&report), ["Own/tools", "Shared/tools"]);
    let text = report.to_string();
    assert!(
        text.contains("../../infra/cdk.out/Shared.template.json"),
        "{text}"
    );
}

#[test]
fn without_a_repository_they_are_those_of_the_project() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    project(root, "desk");
    write(root, "infra/cdk.out/Shared.template.json", OPEN);
    write(root, "desk/infra/cdk.out/Own.template.json", OPEN);
    assert_eq!(failed(&report(&root.join("desk"))), ["Own/tools"]);
}

#[test]
fn a_note_says_that_folders_are_too_deep() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    project(root, "");
    let deep = "a/".repeat(20);
    write(root, &format!("{deep}cdk.out/Deep.template.json"), OPEN);
    let report = report(root);
    assert!(failed(&report).is_empty());
    let notes = report["notes"].as_array().unwrap().iter();
    let mut notes = notes.filter_map(Value::as_str);
    assert!(notes.any(|note| note.contains("levels down")), "{report:#}");
}
