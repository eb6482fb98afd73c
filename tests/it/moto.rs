//! End to end against a moto server, whose URL is given in `AGENTCORE_HARDEN_MOTO` (with `AGENTCORE_HARDEN_PYTHON`, an
//! interpreter that has boto3); without them the tests pass and do nothing.
//!
//! moto answers for runtimes, gateways, memories, IAM, logs, events and trails, and refuses the rest with errors: an audit
//! must survive exactly that.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout
)]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::{Mutex, MutexGuard, PoisonError};

use assert_cmd::cargo::cargo_bin;
use serde_json::{Value, json};

/// One account serves every test: what one seeds another would read, so that they take turns.
static ACCOUNT: Mutex<()> = Mutex::new(());

struct Moto {
    url: String,
    python: String,
    _turn: Option<MutexGuard<'static, ()>>,
}

fn moto() -> Option<Moto> {
    Some(Moto {
        url: std::env::var("AGENTCORE_HARDEN_MOTO").ok()?,
        python: std::env::var("AGENTCORE_HARDEN_PYTHON").unwrap_or_else(|_| "python3".to_owned()),
        _turn: Some(ACCOUNT.lock().unwrap_or_else(PoisonError::into_inner)),
    })
}

/// A project of one runtime and a gateway, under a name that no other test uses.
fn project(moto: &Moto, name: &str, roles: usize) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join("agentcore")).unwrap();
    let config = json!({
        "name": name,
        "version": 1,
        "runtimes": [{"name": "Main", "build": "CodeZip", "entrypoint": "main.py", "codeLocation": "app/Main",
                      "runtimeVersion": "PYTHON_3_13", "networkMode": "PUBLIC"}],
        "agentCoreGateways": [{"name": "tools", "authorizerType": "AWS_IAM", "targets": []}],
        "policyEngines": [{"name": "Guard", "policies": []}],
    });
    fs::write(
        folder.path().join("agentcore/agentcore.json"),
        config.to_string(),
    )
    .unwrap();
    let seed = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/moto_seed.py");
    let made = Command::new(&moto.python)
        .arg(seed)
        .args([
            &moto.url,
            folder.path().to_str().unwrap(),
            &roles.to_string(),
        ])
        .output()
        .unwrap();
    assert!(
        made.status.success(),
        "{}",
        String::from_utf8_lossy(&made.stderr)
    );
    folder
}

fn run(moto: &Moto, project: &Path, arguments: &[&str]) -> Output {
    Command::new(cargo_bin("agentcore-harden"))
        .args(arguments)
        .current_dir(project)
        .env("AWS_ENDPOINT_URL", &moto.url)
        .env("AWS_ACCESS_KEY_ID", "testing")
        .env("AWS_SECRET_ACCESS_KEY", "testing")
        .env("AWS_CONFIG_FILE", "/nonexistent")
        .env("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env_remove("AWS_PROFILE")
        .output()
        .unwrap()
}

fn results(output: &Output) -> Vec<Value> {
    let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
        panic!("{error}: {}", String::from_utf8_lossy(&output.stderr));
    });
    report["results"].as_array().unwrap().clone()
}

fn status(results: &[Value], check: &str, resource: &str) -> String {
    let of = |result: &&Value| result["check"] == check && result["resource"]["name"] == resource;
    let result = results
        .iter()
        .find(of)
        .unwrap_or_else(|| panic!("no result of {check} for {resource}"));
    result["status"].as_str().unwrap().to_owned()
}

#[test]
fn a_deployed_project_is_audited_in_spite_of_refusals() {
    let Some(moto) = moto() else {
        return;
    };
    let folder = project(&moto, "Audited", 0);
    let output = run(&moto, folder.path(), &["check", "--json"]);
    assert_eq!(
        output.status.code(),
        Some(1),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(
        output.stderr.is_empty(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let results = results(&output);
    assert_eq!(status(&results, "auth-drift", "Main"), "pass");
    assert_eq!(status(&results, "auth-drift", "tools"), "pass");
    assert_eq!(status(&results, "obs-log-retention", "Main"), "fail");
    assert_eq!(status(&results, "runtime-mmds-v2", "Main"), "fail");
    // moto lacks the call: skipped, never passed.
    assert_eq!(status(&results, "iam-resource-policy", "Main"), "skipped");
    assert!(!String::from_utf8_lossy(&output.stdout).contains("a-value-that-no-report-may-show"));
    // With --live evidence that could not be read makes the run exit 2; the report is written all the same.
    let live = run(&moto, folder.path(), &["check", "--json", "--live"]);
    assert_eq!(live.status.code(), Some(2));
    assert_eq!(results.len(), self::results(&live).len());
}

#[test]
fn a_snapshot_gives_the_results_of_the_live_run() {
    let Some(moto) = moto() else {
        return;
    };
    let folder = project(&moto, "Snapped", 0);
    let taken = run(&moto, folder.path(), &["snapshot", "--output", "aws.json"]);
    assert_eq!(
        taken.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&taken.stderr)
    );
    let text = fs::read_to_string(folder.path().join("aws.json")).unwrap();
    assert!(!text.contains("a-value-that-no-report-may-show"));
    let live = run(&moto, folder.path(), &["check", "--json"]);
    let nowhere = Moto {
        url: "http://127.0.0.1:9".to_owned(),
        python: String::new(),
        _turn: None,
    };
    let replayed = run(
        &nowhere,
        folder.path(),
        &["check", "--json", "--snapshot", "aws.json"],
    );
    assert!(
        results(&live) == results(&replayed),
        "the replay differs from the live run"
    );
    let again = run(
        &nowhere,
        folder.path(),
        &["check", "--json", "--snapshot", "aws.json"],
    );
    assert!(replayed.stdout == again.stdout, "two replays differ");
}

#[test]
fn credentials_of_another_account_are_refused() {
    let Some(moto) = moto() else {
        return;
    };
    let folder = project(&moto, "Foreign", 0);
    let targets = folder.path().join("agentcore/aws-targets.json");
    let text = fs::read_to_string(&targets)
        .unwrap()
        .replace("123456789012", "999999999999");
    fs::write(&targets, text).unwrap();
    let taken = run(&moto, folder.path(), &["snapshot", "--output", "aws.json"]);
    assert_eq!(taken.status.code(), Some(2));
    let said = String::from_utf8_lossy(&taken.stderr).into_owned();
    assert!(
        said.contains("123456789012") && said.contains("999999999999"),
        "{said}"
    );
    let live = run(&moto, folder.path(), &["check", "--live"]);
    assert_eq!(live.status.code(), Some(2));
}

#[test]
fn an_account_of_many_roles_is_read_in_pages() {
    let Some(moto) = moto() else {
        return;
    };
    let folder = project(&moto, "Crowded", 1200);
    let taken = run(&moto, folder.path(), &["snapshot", "--output", "aws.json"]);
    assert_eq!(
        taken.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&taken.stderr)
    );
    let text = fs::read_to_string(folder.path().join("aws.json")).unwrap();
    let snapshot: Value = serde_json::from_str(&text).unwrap();
    let principals = snapshot["state"]["principals"]["read"].as_array().unwrap();
    let crowd = principals
        .iter()
        .filter(|one| one["arn"].as_str().unwrap().contains("role/other-"));
    assert_eq!(crowd.count(), 12);
    assert!(text.len() < 200_000, "{} bytes", text.len());
}

#[test]
fn a_host_that_does_not_answer_leaves_results_skipped() {
    let Some(moto) = moto() else {
        return;
    };
    let folder = project(&moto, "Unreachable", 0);
    let nowhere = Moto {
        url: "http://127.0.0.1:9".to_owned(),
        python: String::new(),
        _turn: None,
    };
    let output = run(&nowhere, folder.path(), &["check", "--json"]);
    let results = results(&output);
    assert_eq!(status(&results, "runtime-mmds-v2", "Main"), "skipped");
    assert_eq!(
        run(&nowhere, folder.path(), &["check", "--live"])
            .status
            .code(),
        Some(2)
    );
}

/// The calls that fixes print, run by the real AWS CLI (`AGENTCORE_HARDEN_AWS`), turn the live results.
#[test]
fn printed_calls_fix_what_is_live() {
    let (Some(moto), Some(aws)) = (moto(), std::env::var_os("AGENTCORE_HARDEN_AWS")) else {
        return;
    };
    let folder = project(&moto, "Fixed", 0);
    let mut sandbox = crate::commands::Sandbox::new();
    sandbox.set("REAL_AWS", aws);
    sandbox.set("AWS_MODE", "live");
    sandbox.set("AWS_ENDPOINT_URL", &moto.url);
    let (mut run_commands, mut passed) = (0, 0);
    for check in [
        "obs-log-retention",
        "runtime-mmds-v2",
        "shell-command-alert",
    ] {
        let asked = || {
            let output = run(&moto, folder.path(), &["check", "--json", "--only", check]);
            results(&output)
        };
        for result in asked().iter().filter(|result| result["status"] == "fail") {
            for command in result["fixes"][0]["commands"].as_array().unwrap() {
                let command = command.as_str().unwrap();
                let output = sandbox.run(command, folder.path());
                run_commands += 1;
                let told = String::from_utf8_lossy(&output.stderr).into_owned();
                assert!(output.status.success(), "{command}: {told}");
            }
            let name = result["resource"]["name"].as_str().unwrap();
            // moto takes the update and keeps nothing of the metadata settings.
            if check == "runtime-mmds-v2" {
                continue;
            }
            let after = asked();
            assert_eq!(status(&after, check, name), "pass", "{after:#?}");
            passed += 1;
        }
    }
    assert!(run_commands >= 2 && passed >= 1, "{run_commands} {passed}");
    println!("live fix loop: {run_commands} commands run, {passed} results turned to pass");
}
