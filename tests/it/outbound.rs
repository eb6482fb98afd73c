//! What `code-outbound-http` proposes: the kinds of its fixes, and the commands of those that have some.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::Path;
use std::process::Command;

use serde_json::Value;

const FRONT: &str = "Front the services with gateway targets";
const GATEWAY: &str = "Use a gateway for the tools";
const DATA: &str = "Ship the data, or read it from S3";
const AWS: &str = "Call AWS through its SDK";

/// The fixes for a fixture of the check.
fn fixes(fixture: &str) -> Vec<Value> {
    let folder = Path::new("fixtures/checks/code-outbound-http").join(fixture);
    let output = Command::new(env!("CARGO_BIN_EXE_agentcore-harden"))
        .args([
            "check",
            "--offline",
            "--json",
            "--only",
            "code-outbound-http",
        ])
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(folder))
        .output()
        .unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let result = &report["results"][0];
    assert_eq!(result["status"], "fail", "{fixture}");
    result["fixes"].as_array().unwrap().clone()
}

fn titles(fixes: &[Value]) -> Vec<&str> {
    fixes
        .iter()
        .map(|fix| fix["title"].as_str().unwrap())
        .collect()
}

fn commands(fixes: &[Value]) -> Vec<&str> {
    fixes
        .iter()
        .flat_map(|fix| fix["commands"].as_array().unwrap())
        .map(|command| command.as_str().unwrap())
        .collect()
}

#[test]
fn each_kind_of_call_has_its_own_fix() {
    for (fixture, expected) in [
        ("fail-rest", vec![GATEWAY, FRONT]),
        ("fail-mcp-and-aws", vec![GATEWAY, AWS, FRONT]),
        ("fail-data-file", vec![DATA]),
    ] {
        let fixes = fixes(fixture);
        assert_eq!(titles(&fixes), expected, "{fixture}");
    }
}

#[test]
fn a_file_of_data_gets_no_gateway_and_a_service_gets_a_target_with_a_credential() {
    assert_eq!(commands(&fixes("fail-data-file")), Vec::<&str>::new());
    let rest = fixes("fail-rest");
    let commands = commands(&rest);
    let target = "--type open-api-schema --schema agentcore/crm-vendor.openapi.json --outbound-auth api-key --credential-name crm-vendor";
    assert!(
        commands.iter().any(|command| command.ends_with(target)),
        "{commands:?}"
    );
    assert_eq!(commands.last(), Some(&"agentcore deploy -y"));
    // The gateway that is made takes signed calls alone: whoever follows the note must sign.
    let note = rest[0]["note"].as_str().unwrap();
    assert!(note.contains("aws_iam_streamablehttp_client"), "{note}");
}
