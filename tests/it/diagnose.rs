//! `diagnose` as a user runs it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::{Path, PathBuf};

use serde_json::Value;

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures/checks/iam-missing-permissions")
        .join(name)
}

fn run(error: &str, path: Option<&Path>, more: &[&str]) -> (i32, String, String) {
    let elsewhere = tempfile::tempdir().unwrap();
    let mut command = assert_cmd::Command::cargo_bin("agentcore-harden").unwrap();
    command.args(["diagnose", error]).args(path).args(more);
    let output = command.current_dir(elsewhere.path()).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (
        output.status.code().unwrap(),
        text(&output.stdout),
        text(&output.stderr),
    )
}

fn page(error: &str, path: Option<&Path>) -> Value {
    let (exit, out, err) = run(error, path, &["--json"]);
    assert_eq!(exit, 0, "{out} {err}");
    serde_json::from_str(&out).unwrap()
}

const REFUSED: &str = "An error occurred (AccessDenied) when calling the GetObject operation: User: arn:aws:sts::123456789012:assumed-role/AgentCore-Shop-default-ApplicationAgentMainRuntimeExe-a1/s is not authorized to perform: s3:GetObject on resource: \"arn:aws:s3:::acme-claims/rules.json\" because no identity-based policy allows the s3:GetObject action";

#[test]
fn a_refusal_leads_to_the_call_the_role_and_the_command() {
    let project = fixture("fail-client-given-to-a-class");
    let page = page(REFUSED, Some(&project));
    assert_eq!(page["kind"], "access-denied");
    assert_eq!(page["agent"], "runtime Main");
    assert_eq!(page["usedAt"][0]["path"], "app/Main/store.py");
    assert_eq!(page["usedAt"][0]["line"], 15);
    let statement = &page["policy"]["Statement"][0];
    assert_eq!(statement["Action"], "s3:GetObject");
    assert_eq!(statement["Resource"][0], "arn:aws:s3:::acme-claims/*");
    let commands = page["commands"].as_array().unwrap();
    assert!(commands[0].as_str().unwrap().starts_with("jq -n "));
    assert!(
        commands
            .last()
            .unwrap()
            .as_str()
            .unwrap()
            .starts_with("agentcore deploy")
    );
    assert_eq!(page["checks"][0]["status"], "fail");
}

#[test]
fn an_explicit_deny_gets_no_statement() {
    let text = REFUSED.replace(
        "because no identity-based policy allows the s3:GetObject action",
        "with an explicit deny in a service control policy",
    );
    let page = page(&text, Some(&fixture("fail-client-given-to-a-class")));
    assert_eq!(page["explicit"], true);
    assert!(page["policy"].is_null());
    assert!(page["commands"].as_array().unwrap().is_empty());
    assert!(page["notes"][0].as_str().unwrap().contains("organization"));
}

#[test]
fn without_a_project_the_role_is_still_named() {
    let page = page(REFUSED, None);
    assert!(page["role"].as_str().unwrap().starts_with("AgentCore-Shop"));
    let (exit, out, _) = run(REFUSED, None, &[]);
    assert_eq!(exit, 0);
    assert!(out.contains("IAM refuses s3:GetObject"), "{out}");
}

#[test]
fn other_errors_lead_to_their_cause_and_quotas_to_their_page() {
    let cause = page("exec /usr/bin/python3: exec format error", None);
    assert_eq!(cause["kind"], "architecture");
    let quota = page("ServiceQuotaExceededException: maxVms limit exceeded", None);
    assert_eq!(quota["quotaError"], true);
}

#[test]
fn an_unknown_text_is_exit_2() {
    let (exit, out, err) = run("the cat sat on the mat", None, &[]);
    assert_eq!((exit, out.as_str()), (2, ""));
    assert!(err.contains("this error is not known"), "{err}");
}

#[test]
fn what_a_terminal_acts_on_is_taken_out() {
    let text = "User: arn:aws:sts::123456789012:assumed-role/\u{1b}[31mmain/x is not authorized to perform: s3:GetObject on resource: arn:aws:s3:::b/\u{1b}]0;x\u{7}k because no identity-based policy allows";
    let (_, out, _) = run(text, Some(&fixture("fail-client-given-to-a-class")), &[]);
    assert!(!out.contains('\u{1b}') && !out.contains('\u{7}'), "{out:?}");
}

#[test]
fn a_text_without_a_resource_gets_the_one_that_the_project_needs() {
    let text = REFUSED.replace(" on resource: \"arn:aws:s3:::acme-claims/rules.json\"", "");
    let found = page(&text, Some(&fixture("fail-client-given-to-a-class")));
    let statement = &found["policy"]["Statement"][0];
    assert_eq!(statement["Resource"][0], "arn:aws:s3:::acme-claims/*");
    // Nothing of the project names a stream, and a statement on every one is no fix.
    let text = text.replace("s3:GetObject", "kinesis:PutRecord");
    let found = page(&text, Some(&fixture("fail-client-given-to-a-class")));
    assert!(found["policy"].is_null(), "{found}");
    let note = found["notes"][0].as_str().unwrap();
    assert!(note.contains("names no resource"), "{note}");
}

#[test]
fn an_arn_without_the_word_resource_is_the_resource() {
    let text = "role arn:aws:sts::123456789012:assumed-role/AgentCore-Shop-default-ApplicationAgentMainRuntimeExe-a1/s is not authorized to perform: lambda:InvokeFunction on arn:aws:lambda:us-east-1:123456789012:function:tool";
    let found = page(text, Some(&fixture("fail-client-given-to-a-class")));
    assert_eq!(
        found["policy"]["Statement"][0]["Resource"][0],
        "arn:aws:lambda:us-east-1:123456789012:function:tool"
    );
}

#[test]
fn a_role_that_allows_it_misses_no_statement() {
    for targets in [
        r#"[{"name": "default", "account": "123456789012", "region": "us-east-1"}]"#,
        // As the CLI makes a project: what the text names is compared all the same.
        "[]",
    ] {
        let folder = tempfile::tempdir().unwrap();
        let project = fixture("pass-model-through-the-profile-alone");
        crate::commands::copy(&project, folder.path());
        std::fs::write(folder.path().join("agentcore/aws-targets.json"), targets).unwrap();
        std::fs::write(
            folder.path().join("app/Main/main.py"),
            "from bedrock_agentcore.runtime import BedrockAgentCoreApp\nfrom strands import Agent\nfrom strands.models import BedrockModel\n\napp = BedrockAgentCoreApp()\n\n\n@app.entrypoint\ndef invoke(payload):\n    return {\"said\": str(Agent(model=BedrockModel(model_id=\"amazon.nova-lite-v1:0\"))(\"hello\"))}\n\n\napp.run()\n",
        )
        .unwrap();
        let config = folder.path().join("agentcore/agentcore.json");
        let mut document: Value =
            serde_json::from_str(&std::fs::read_to_string(&config).unwrap()).unwrap();
        let runtime = document["runtimes"][0].as_object_mut().unwrap();
        runtime.remove("executionRoleArn");
        std::fs::write(&config, document.to_string()).unwrap();
        let text = "User: arn:aws:sts::123456789012:assumed-role/AgentCore-Shop-default-ApplicationAgentMainRuntimeExe-a1/s is not authorized to perform: bedrock:InvokeModelWithResponseStream on resource: arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0 because no identity-based policy allows it";
        let found = page(text, Some(folder.path()));
        assert!(found["policy"].is_null(), "{found}");
        assert!(found["commands"].as_array().unwrap().is_empty(), "{found}");
        assert_eq!(found["usedAt"][0]["path"], "app/Main/main.py", "{found}");
        let notes = found["notes"].to_string();
        assert!(notes.contains("no statement is missing"), "{notes}");
    }
}
