//! `check --fix`: safe edits in place, nothing else touched.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::{Command, Output};

use crate::commands::{Sandbox, copy, on_path};
use agentcore_harden::audit::{self, Options};
use serde_json::{Value, json};

const CONFIG: &str = "agentcore/agentcore.json";

fn config() -> Value {
    json!({
        "name": "Shop", "version": 1,
        "runtimes": [
            {"name": "Main", "build": "CodeZip", "entrypoint": "main.py", "codeLocation": "app/Main/", "runtimeVersion": "PYTHON_3_13",
             "networkMode": "PUBLIC", "protocol": "HTTP", "instrumentation": {"enableOtel": false}},
            {"name": "Second", "build": "CodeZip", "entrypoint": "main.py", "codeLocation": "app/Main/", "runtimeVersion": "PYTHON_3_13",
             "networkMode": "PUBLIC", "protocol": "HTTP", "lifecycleConfiguration": {"maxLifetime": 3600}}
        ],
        "onlineEvalConfigs": [],
        "policyEngines": [{"name": "Guard", "policies": [{"name": "p", "statement": "permit(principal, action, resource) when { context.input.x == 1 };", "enforcementMode": "ACTIVE"}]}],
        "agentCoreGateways": [
            {"name": "tools", "authorizerType": "NONE", "exceptionLevel": "DEBUG", "targets": [],
             "policyEngineConfiguration": {"policyEngineName": "Guard", "mode": "LOG_ONLY"}}
        ]
    })
}

fn project(text: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    fs::create_dir_all(root.join("agentcore")).unwrap();
    fs::create_dir_all(root.join("app/Main")).unwrap();
    fs::write(root.join(CONFIG), text).unwrap();
    let settings = "[runtimes.Main]\nworkload = \"chat\"\n[runtimes.Second]\nworkload = \"chat\"\n";
    fs::write(root.join("agentcore-harden.toml"), settings).unwrap();
    fs::write(root.join("app/Main/main.py"), "print('hello')\n").unwrap();
    let manifest = "[project]\nname = \"main\"\nversion = \"1\"\ndependencies = [\"aws-opentelemetry-distro~=0.18.0\", \"bedrock-agentcore\"]\n";
    fs::write(root.join("app/Main/pyproject.toml"), manifest).unwrap();
    folder
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap() + "\n"
}

fn check(root: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_agentcore-harden"))
        .args(["check", "--offline"])
        .args(arguments)
        .current_dir(root)
        .output()
        .unwrap()
}

fn read(root: &Path, path: &str) -> String {
    fs::read_to_string(root.join(path)).unwrap()
}

fn told(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

#[test]
fn every_safe_edit_is_made_and_the_second_run_changes_nothing() {
    let folder = project(&pretty(&config()));
    let root = folder.path();
    let output = check(root, &["--fix"]);
    let text = read(root, CONFIG);
    let fixed: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        fixed["agentCoreGateways"][0]["authorizerType"],
        "AWS_IAM",
        "{}",
        told(&output)
    );
    assert_eq!(fixed["agentCoreGateways"][0]["exceptionLevel"], "NONE");
    assert_eq!(
        fixed["agentCoreGateways"][0]["policyEngineConfiguration"]["mode"],
        "ENFORCE"
    );
    assert_eq!(fixed["runtimes"][0]["instrumentation"]["enableOtel"], true);
    assert_eq!(
        fixed["runtimes"][0]["lifecycleConfiguration"]["idleRuntimeSessionTimeout"],
        900
    );
    assert_eq!(
        fixed["runtimes"][1]["lifecycleConfiguration"],
        json!({"maxLifetime": 3600, "idleRuntimeSessionTimeout": 900})
    );
    // An online evaluation costs model calls with every session: it is offered, and left to the owner.
    assert_eq!(fixed["onlineEvalConfigs"], json!([]));
    let shown = told(&output);
    assert!(
        shown.contains("--- a/agentcore/agentcore.json")
            && shown.contains("+      \"exceptionLevel\": \"NONE\","),
        "{shown}"
    );
    let again = check(root, &["--fix"]);
    assert_eq!(read(root, CONFIG), text);
    assert!(!told(&again).contains("--- a/"), "{}", told(&again));
    assert!(told(&again).contains("--fix found nothing that it may edit"));
    // What cannot be fixed by an edit still fails the run.
    assert_eq!(again.status.code(), Some(1));
}

#[test]
fn a_dry_run_shows_the_diff_and_changes_nothing() {
    let folder = project(&pretty(&config()));
    let before = read(folder.path(), CONFIG);
    let output = check(folder.path(), &["--fix", "--dry-run"]);
    assert!(
        told(&output).contains("-      \"authorizerType\": \"NONE\","),
        "{}",
        told(&output)
    );
    assert_eq!(read(folder.path(), CONFIG), before);
    let json = check(folder.path(), &["--fix", "--dry-run", "--json"]);
    let report: Value = serde_json::from_slice(&json.stdout).unwrap();
    assert!(String::from_utf8_lossy(&json.stderr).contains("+++ b/agentcore/agentcore.json"));
    let result = report["results"]
        .as_array()
        .unwrap()
        .iter()
        .find(|r| r["check"] == "gateway-error-detail")
        .unwrap();
    assert!(
        result["fixes"][0]["edits"][0]["diff"]
            .as_str()
            .unwrap()
            .contains("NONE")
    );
    assert_eq!(check(folder.path(), &["--dry-run"]).status.code(), Some(2));
}

#[test]
fn the_layout_of_the_file_is_kept() {
    let two = pretty(&config());
    let layouts = [
        two.clone(),
        two.replace("  ", "    "),
        two.replace("  ", "\t"),
        two.replace('\n', "\r\n"),
        two.trim_end().to_owned(),
        config().to_string(),
    ];
    for text in layouts {
        let folder = project(&text);
        check(
            folder.path(),
            &[
                "--fix",
                "--only",
                "gateway-error-detail,perf-session-timeouts",
            ],
        );
        let fixed = read(folder.path(), CONFIG);
        let value: Value = serde_json::from_str(&fixed).unwrap();
        assert_eq!(value["agentCoreGateways"][0]["exceptionLevel"], "NONE");
        // A file that was laid out in one way throughout still is.
        let same = if text.contains('\n') {
            let mut same = serde_json::to_string_pretty(&value).unwrap();
            if text.contains("\n    \"name\"") && !text.contains("\n  \"name\"") {
                same = same.replace("  ", "    ");
            }
            if text.contains('\t') {
                same = same.replace("  ", "\t");
            }
            if text.contains('\r') {
                same = same.replace('\n', "\r\n");
            }
            let end = &text[text.trim_end().len()..];
            same + end
        } else {
            fixed.clone()
        };
        assert_eq!(fixed, same);
        assert_eq!(fixed.lines().count() == 1, text.lines().count() == 1);
    }
}

#[test]
fn permissions_stay_and_nothing_is_left_behind() {
    let folder = project(&pretty(&config()));
    let file = folder.path().join(CONFIG);
    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
    check(folder.path(), &["--fix"]);
    assert_eq!(
        fs::metadata(&file).unwrap().permissions().mode() & 0o777,
        0o640
    );
    let names: Vec<_> = fs::read_dir(folder.path().join("agentcore"))
        .unwrap()
        .map(|e| e.unwrap().file_name())
        .collect();
    assert_eq!(names, ["agentcore.json"]);
}

#[test]
fn a_read_only_file_is_an_error() {
    let folder = project(&pretty(&config()));
    let file = folder.path().join(CONFIG);
    let before = read(folder.path(), CONFIG);
    fs::set_permissions(&file, fs::Permissions::from_mode(0o444)).unwrap();
    let output = check(folder.path(), &["--fix"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        told(&output).contains("agentcore/agentcore.json: is read-only"),
        "{}",
        told(&output)
    );
    assert_eq!(read(folder.path(), CONFIG), before);
}

#[test]
fn a_file_outside_of_the_project_is_refused() {
    let elsewhere = tempfile::tempdir().unwrap();
    let folder = project("{}");
    let target = elsewhere.path().join("agentcore.json");
    fs::write(&target, pretty(&config())).unwrap();
    fs::remove_file(folder.path().join(CONFIG)).unwrap();
    symlink(&target, folder.path().join(CONFIG)).unwrap();
    let output = check(folder.path(), &["--fix"]);
    assert_eq!(output.status.code(), Some(2), "{}", told(&output));
    assert_eq!(fs::read_to_string(&target).unwrap(), pretty(&config()));
}

#[test]
fn a_deployed_gateway_and_engines_that_permit_nothing_are_left_to_a_person() {
    let mut value = config();
    value["policyEngines"][0]["policies"][0]["statement"] =
        json!("// permit\nforbid(principal, action, resource) when { context.input.x == 1 };");
    let folder = project(&pretty(&value));
    let state = json!({"targets": {"default": {"resources": {"gateways": {"tools": {
        "gatewayId": "tools-abcdefghij", "gatewayArn": "arn:aws:bedrock-agentcore:us-east-1:123456789012:gateway/tools-abcdefghij"}}}}}});
    fs::create_dir_all(folder.path().join("agentcore/.cli")).unwrap();
    fs::write(
        folder.path().join("agentcore/.cli/deployed-state.json"),
        pretty(&state),
    )
    .unwrap();
    let targets = json!([{"name": "default", "account": "123456789012", "region": "us-east-1"}]);
    fs::write(
        folder.path().join("agentcore/aws-targets.json"),
        pretty(&targets),
    )
    .unwrap();
    let output = check(folder.path(), &["--fix"]);
    let fixed: Value = serde_json::from_str(&read(folder.path(), CONFIG)).unwrap();
    assert_eq!(
        fixed["agentCoreGateways"][0]["authorizerType"],
        "NONE",
        "{}",
        told(&output)
    );
    assert_eq!(
        fixed["agentCoreGateways"][0]["policyEngineConfiguration"]["mode"],
        "LOG_ONLY"
    );
    assert_eq!(fixed["agentCoreGateways"][0]["exceptionLevel"], "NONE");
}

#[test]
fn tracing_is_not_turned_on_where_its_program_is_not_installed() {
    let folder = project(&pretty(&config()));
    fs::write(
        folder.path().join("app/Main/pyproject.toml"),
        "[project]\nname = \"main\"\nversion = \"1\"\ndependencies = []\n",
    )
    .unwrap();
    check(folder.path(), &["--fix"]);
    let fixed: Value = serde_json::from_str(&read(folder.path(), CONFIG)).unwrap();
    assert_eq!(fixed["runtimes"][0]["instrumentation"]["enableOtel"], false);
}

#[test]
fn ignored_findings_are_not_edited() {
    let folder = project(&pretty(&config()));
    let rule = "[[ignore]]\ncheck = \"gateway-error-detail\"\nresource = \"tools\"\nreason = \"development\"\n";
    fs::write(folder.path().join("agentcore-harden.toml"), rule).unwrap();
    let output = check(folder.path(), &["--fix"]);
    let fixed: Value = serde_json::from_str(&read(folder.path(), CONFIG)).unwrap();
    assert_eq!(
        fixed["agentCoreGateways"][0]["exceptionLevel"],
        "DEBUG",
        "{}",
        told(&output)
    );
}

#[test]
fn ignore_files_are_made_and_extended() {
    let mut value = config();
    value["runtimes"][0]["build"] = json!("Container");
    let folder = project(&pretty(&value));
    let root = folder.path();
    fs::write(root.join("app/Main/Dockerfile"), "FROM python:3.13-slim\nCOPY . .\nUSER 1000\nCMD [\"opentelemetry-instrument\", \"python\", \"main.py\"]\n").unwrap();
    fs::write(root.join("agentcore/.env.local"), "A=1\n").unwrap();
    fs::write(root.join("agentcore/.gitignore"), "cdk.out").unwrap();
    assert!(
        Command::new("git")
            .arg("init")
            .arg("-q")
            .current_dir(root)
            .status()
            .unwrap()
            .success()
    );
    let output = check(root, &["--fix"]);
    assert_eq!(
        read(root, "agentcore/.gitignore"),
        "cdk.out\n.env.local\n",
        "{}",
        told(&output)
    );
    assert!(read(root, "app/Main/.dockerignore").contains(".env*\n"));
    let again = check(root, &["--fix"]);
    assert!(!told(&again).contains("+++ b/"), "{}", told(&again));
    // A link in the file's place is not followed out of the project.
    fs::remove_file(root.join("app/Main/.dockerignore")).unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    symlink(
        elsewhere.path().join("new"),
        root.join("app/Main/.dockerignore"),
    )
    .unwrap();
    check(root, &["--fix"]);
    assert!(fs::read_dir(elsewhere.path()).unwrap().next().is_none());
}

/// What the printed commands do with jq, the edit does too.
#[test]
fn edits_and_commands_come_to_the_same() {
    if !on_path("jq") {
        return;
    }
    let checks = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/checks");
    let mut compared = 0;
    for check in fs::read_dir(checks)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
    {
        for fixture in fs::read_dir(&check)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.is_dir())
        {
            let context = audit::collect(
                &fixture,
                &Options {
                    offline: true,
                    ..Options::default()
                },
            );
            let Ok(context) = context else { continue };
            let id = check.file_name().unwrap().to_string_lossy().into_owned();
            for result in audit::evaluate(&context, |candidate| candidate.id == id) {
                // No command makes the edit of the stack.
                let fixes = result.fixes.iter().filter(|fix| {
                    let first = fix.safe.first();
                    first.is_some_and(|edit| !edit.path.starts_with("agentcore/cdk/"))
                });
                for fix in fixes.filter(|fix| fix.commands[0].starts_with("jq ")) {
                    let folder = tempfile::tempdir().unwrap();
                    copy(&fixture, folder.path());
                    assert!(
                        Sandbox::new()
                            .run(&fix.commands[0], folder.path())
                            .status
                            .success()
                    );
                    let edit = &fix.safe[0];
                    let by_jq: Value =
                        serde_json::from_str(&read(folder.path(), &edit.path)).unwrap();
                    let by_edit: Value = serde_json::from_str(&edit.new_text().unwrap()).unwrap();
                    assert_eq!(by_jq, by_edit, "{}", fixture.display());
                    compared += 1;
                }
            }
        }
    }
    assert!(compared >= 10, "{compared}");
}

#[test]
fn a_proposed_test_is_of_the_value_that_the_code_has() {
    let folder = project(&pretty(&config()));
    let code = r#"from bedrock_agentcore.runtime import BedrockAgentCoreApp
from pydantic import BaseModel, Field
from strands import Agent

app = BedrockAgentCoreApp()


class Asked(BaseModel):
    prompt: str = Field(max_length=100)
    user_id: str = Field(max_length=100)


@app.entrypoint
def invoke(payload, context):
    asked = Asked.model_validate(payload)
    return str(Agent(system_prompt=f"You serve {asked.user_id}")(asked.prompt))
"#;
    fs::write(folder.path().join("app/Main/main.py"), code).unwrap();
    let text = told(&check(
        folder.path(),
        &["-v", "--only", "code-input-validation"],
    ));
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains("isinstance(asked.user_id, str)"), "{text}");
    assert!(
        text.contains("in its pydantic model `user_id: str = Field(pattern="),
        "{text}"
    );
    let tested = code.replace(
        "user_id: str = Field(max_length=100)",
        r#"user_id: str = Field(pattern=r"^[A-Za-z0-9_-]{1,128}$")"#,
    );
    fs::write(folder.path().join("app/Main/main.py"), tested).unwrap();
    let output = check(folder.path(), &["--only", "code-input-validation"]);
    assert!(output.status.success(), "{}", told(&output));
}
