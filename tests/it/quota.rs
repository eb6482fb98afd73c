//! `quota` as a user runs it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::PathBuf;

use serde_json::Value;

fn fixture() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures/checks/quota-sessions/fail-default-idle")
}

fn run(arguments: &[&str], stdin: &str) -> (i32, String, String) {
    let elsewhere = tempfile::tempdir().unwrap();
    let mut command = assert_cmd::Command::cargo_bin("agentcore-harden").unwrap();
    let output = command
        .arg("quota")
        .args(arguments)
        .current_dir(elsewhere.path())
        .write_stdin(stdin)
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (
        output.status.code().unwrap(),
        text(&output.stdout),
        text(&output.stderr),
    )
}

fn page(arguments: &[&str], stdin: &str) -> (i32, Value) {
    let (exit, out, err) = run(arguments, stdin);
    (
        exit,
        serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out} {err}")),
    )
}

#[test]
fn a_pasted_error_leads_to_quota_mitigations_and_checks() {
    let log = "Traceback (most recent call last):\n  File \"call.py\", line 3\nbotocore.errorfactory.ServiceQuotaExceededException: An error occurred (ServiceQuotaExceededException) when calling the InvokeAgentRuntime operation: maxVms limit exceeded for account 123456789012\n";
    let path = fixture();
    let (exit, page) = page(&["diagnose", "-", path.to_str().unwrap(), "--json"], log);
    assert_eq!(exit, 0);
    let quota = &page["quotas"][0];
    assert_eq!(quota["id"], "active-sessions");
    assert_eq!(
        (quota["default"].as_f64(), quota["adjustable"].as_bool()),
        (Some(2500.0), Some(true))
    );
    assert!(
        quota["mitigations"][0]
            .as_str()
            .unwrap()
            .contains("stop a session")
    );
    let stands = quota["checks"].as_array().unwrap();
    assert!(
        stands
            .iter()
            .any(|check| check["check"] == "quota-sessions" && check["status"] == "fail"),
        "{stands:?}"
    );
    let (exit, out, _) = run(&["diagnose", "429 TOO MANY REQUESTS"], "");
    assert!(
        exit == 0
            && out.contains("Probably a quota error")
            && out.contains("quota request --quota"),
        "{out}"
    );
}

#[test]
fn other_errors_are_told_apart() {
    let (exit, out, _) = run(
        &[
            "diagnose",
            "An error occurred (AccessDeniedException) when calling the InvokeAgentRuntime operation: User is not authorized",
        ],
        "",
    );
    assert!(exit == 1 && out.starts_with("No quota error"), "{out}");
    let (exit, page) = page(&["diagnose", "--json", "ValidationException: bad"], "");
    assert_eq!((exit, page["quotaError"].as_bool()), (1, Some(false)));
    let (exit, _, err) = run(&["diagnose", "-"], "");
    assert!(exit == 2 && err.contains("holds no text"), "{err}");
    for unknown in ["the weather is fine", "\u{0}\u{1b}[31m"] {
        let (exit, _, err) = run(&["diagnose", "-"], unknown);
        assert!(
            exit == 2 && err.contains("not recognised") && err.contains("help: recognised are"),
            "{err}"
        );
    }
}

#[test]
fn values_stand_beside_the_expected_load() {
    let path = fixture();
    let (exit, page) = page(&["show", path.to_str().unwrap(), "--offline", "--json"], "");
    assert_eq!(exit, 0);
    let quotas = page["quotas"].as_array().unwrap();
    let sessions = quotas
        .iter()
        .find(|quota| quota["id"] == "active-sessions")
        .unwrap();
    assert_eq!(
        (
            sessions["applied"]["value"].as_f64(),
            sessions["expected"].as_f64()
        ),
        (Some(2500.0), Some(3780.0))
    );
    assert_eq!(sessions["applied"]["source"], "default");
    let (exit, out, _) = run(&["show", "--all"], "");
    assert!(
        exit == 0 && out.contains("memory-create-event") && out.contains("no project here"),
        "{out}"
    );
}

#[test]
fn a_request_is_filled_in_and_what_is_missing_is_marked() {
    let path = fixture();
    let (exit, page) = page(
        &[
            "request",
            "--quota",
            "active-sessions",
            path.to_str().unwrap(),
            "--json",
        ],
        "",
    );
    assert_eq!(exit, 0);
    assert_eq!(
        page["commands"][0],
        "aws service-quotas request-service-quota-increase --service-code bedrock-agentcore --quota-code L-3E5722B2 --desired-value 4800 --region eu-west-1"
    );
    let field = |label: &str| {
        page["justification"]
            .as_array()
            .unwrap()
            .iter()
            .find(|field| field["label"] == label)
            .unwrap()
            .clone()
    };
    assert_eq!(field("Account id")["value"], "123456789012");
    assert_eq!(field("Expected peak")["value"], "3,780 sessions");
    assert!(
        field("Blocked at the current value")["value"]
            .as_str()
            .unwrap()
            .contains("34 %")
    );
    assert!(field("Needed by")["missing"].as_bool().unwrap());
    // Without a project nothing is made up.
    let (exit, out, _) = run(&["request", "--quota", "L-8EE2AEA2"], "");
    assert!(
        exit == 0 && out.contains("give --value N") && out.contains("[MISSING: 12 digits]"),
        "{out}"
    );
    let (_, out, _) = run(
        &[
            "request",
            "--quota",
            "l-0123abcd",
            "--value",
            "7",
            "--region",
            "us-east-1",
        ],
        "",
    );
    assert!(
        out.contains("--quota-code L-0123ABCD --desired-value 7 --region us-east-1"),
        "{out}"
    );
}

#[test]
fn requests_that_make_no_sense_are_refused() {
    for (arguments, words) in [
        (
            &["request", "--quota", "new-sesions"][..],
            "did you mean new-sessions?",
        ),
        (
            &["request", "--quota", "control-plane-lists"][..],
            "cannot be raised",
        ),
        (
            &["request", "--quota", "model-rate"][..],
            "belong to Amazon Bedrock",
        ),
        (
            &["request", "--quota", "active-sessions", "--value", "-5"][..],
            "error: ",
        ),
        (
            &["request", "--quota", "active-sessions", "--value", "NaN"][..],
            "above 0",
        ),
        (
            &["request", "--quota", "active-sessions", "/nowhere"][..],
            "no such file",
        ),
    ] {
        let (exit, _, err) = run(arguments, "");
        assert!(exit == 2 && err.contains(words), "{arguments:?}: {err}");
    }
}

#[test]
fn the_account_s_value_comes_from_a_snapshot() {
    let project = tempfile::tempdir().unwrap();
    let agentcore = project.path().join("agentcore");
    std::fs::create_dir(&agentcore).unwrap();
    std::fs::write(
        agentcore.join("agentcore.json"),
        r#"{"name": "Shop", "version": 1, "runtimes": [{"name": "Main"}]}"#,
    )
    .unwrap();
    let snapshot = project.path().join("aws.json");
    let quota = r#"{"name": "x", "value": 7777.0, "applied": true, "adjustable": true}"#;
    std::fs::write(
        &snapshot,
        format!(
            r#"{{"schemaVersion": 1, "tool": {{"name": "agentcore-harden", "version": "0.1.0"}}, "takenAt": "2026-11-01T00:00:00Z",
                "project": "Shop", "target": null, "account": null, "region": null,
                "state": {{"quotas": {{"read": {{"L-3E5722B2": {quota}}}}}}}}}"#
        ),
    )
    .unwrap();
    let (path, snapshot) = (project.path().to_str().unwrap(), snapshot.to_str().unwrap());
    let active = |arguments: &[&str]| {
        let (exit, page) = page(arguments, "");
        assert_eq!(exit, 0);
        let quotas = page["quotas"].as_array().unwrap();
        let found = quotas.iter().find(|quota| quota["id"] == "active-sessions");
        found.unwrap()["applied"].clone()
    };
    let read = active(&["show", path, "--snapshot", snapshot, "--json"]);
    assert_eq!(
        (read["value"].as_f64(), read["source"].as_str()),
        (Some(7777.0), Some("service-quotas"))
    );
    let offline = active(&["show", path, "--offline", "--json"]);
    assert_eq!(offline["source"], "default");
}
