//! The way of a value to a finding: in the results, in SARIF, in the text.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;
use std::process::Command;

const CHAIN: &str = "fixtures/checks/shell-command-injection/fail-chain-of-11-helpers";
const SCRIPT: &str = "fixtures/checks/shell-command-injection/fail-tool-that-a-script-runs";

/// What the program prints of a fixture with these modules, judged outside of this repository.
fn printed(fixture: &str, modules: &[&str], arguments: &[&str]) -> String {
    let place = tempfile::tempdir().unwrap();
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join(fixture);
    let modules = modules.iter().map(|module| format!("app/Main/{module}.py"));
    for file in modules.chain(["agentcore/agentcore.json".to_owned()]) {
        let file = file.as_str();
        let to = place.path().join(file);
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(from.join(file), to).unwrap();
    }
    let mut command = Command::new(env!("CARGO_BIN_EXE_agentcore-harden"));
    command
        .current_dir(place.path())
        .args([
            "check",
            ".",
            "--offline",
            "--only",
            "shell-command-injection",
        ])
        .args(arguments);
    String::from_utf8(command.output().unwrap().stdout).unwrap()
}

#[test]
fn a_flow_is_told_from_its_source_to_its_sink() {
    let text = fs::read_to_string(
        Path::new(env!("CARGO_MANIFEST_DIR"))
            .join(CHAIN)
            .join("app/Main/main.py"),
    )
    .unwrap();
    let line_of = |part: &str| {
        let at = text.lines().position(|line| line.contains(part)).unwrap();
        u64::try_from(at + 1).unwrap()
    };
    let sarif: serde_json::Value =
        serde_json::from_str(&printed(CHAIN, &["main"], &["--format", "sarif"])).unwrap();
    let result = &sarif["runs"][0]["results"][0];
    let steps = result["codeFlows"][0]["threadFlows"][0]["locations"]
        .as_array()
        .unwrap();
    let line = |step: &serde_json::Value| {
        step["location"]["physicalLocation"]["region"]["startLine"]
            .as_u64()
            .unwrap()
    };
    assert_eq!(
        line(steps.first().unwrap()),
        line_of("payload.get(\"cmd\")")
    );
    assert_eq!(line(steps.last().unwrap()), line_of("os.system(value)"));
    assert!(steps.len() >= 12, "{}", steps.len());

    let json: serde_json::Value =
        serde_json::from_str(&printed(CHAIN, &["main"], &["--json"])).unwrap();
    let results = json["results"].as_array().unwrap();
    let runtime = results
        .iter()
        .find(|result| result["status"] == "fail")
        .unwrap();
    let told = runtime["evidence"][0]["steps"].as_array().unwrap();
    assert_eq!(told.len(), steps.len());

    let verbose = printed(CHAIN, &["main"], &["-v"]);
    assert!(verbose.contains("it comes from here"), "{verbose}");
}

#[test]
fn what_comes_from_the_state_of_a_program_is_told_from_the_handler_that_keeps_it() {
    let text = printed(SCRIPT, &["main", "proposer", "loop"], &[]);
    assert!(text.contains("text that the model gives a tool"), "{text}");
}
