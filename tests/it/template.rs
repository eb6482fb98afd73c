//! The synthesized template: found by the manifest or by name, read into typed resources, and not judged when it is stale.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs;
use std::path::Path;

use agentcore_harden::audit::{self, Options};
use agentcore_harden::model::known::Known;
use agentcore_harden::model::template::{Reference, Template};
use serde_json::{Value, json};

fn config() -> Value {
    json!({
        "name": "My_Support", "version": 1,
        "runtimes": [{"name": "Main", "build": "CodeZip", "entrypoint": "main.py", "codeLocation": "app/Main",
            "authorizerType": "CUSTOM_JWT", "authorizerConfiguration": {"customJwtAuthorizer": {
                "discoveryUrl": "https://login.acme.test/.well-known/openid-configuration", "allowedAudience": ["b", "a"]}},
            "lifecycleConfiguration": {"idleRuntimeSessionTimeout": 300}}],
        "agentCoreGateways": [{"name": "tools", "targets": [{"name": "crm", "targetType": "mcpServer", "endpoint": "https://crm.acme.test/mcp"}]}],
        "memories": [{"name": "Notes", "eventExpiryDuration": 30, "strategies": []}],
    })
}

fn template() -> Value {
    json!({"Resources": {
        "Role": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {}}},
        "Main": {"Type": "AWS::BedrockAgentCore::Runtime", "Properties": {
            "AgentRuntimeName": "My_Support_Main",
            "AgentRuntimeArtifact": {"CodeConfiguration": {"Code": {"S3": {"Bucket": "b", "Prefix": "00ff.zip"}},
                "EntryPoint": ["opentelemetry-instrument", "main.py"], "Runtime": "PYTHON_3_13"}},
            "AuthorizerConfiguration": {"CustomJWTAuthorizer": {"AllowedAudience": ["a", "b"],
                "DiscoveryUrl": "https://login.acme.test/.well-known/openid-configuration"}},
            "LifecycleConfiguration": {"IdleRuntimeSessionTimeout": 300},
            "EnvironmentVariables": {"MODE": "x", "MEMORY_NOTES_ID": {"Fn::GetAtt": ["Notes", "MemoryId"]}},
            "NetworkConfiguration": {"NetworkMode": "PUBLIC"},
            "RoleArn": {"Fn::GetAtt": ["Role", "Arn"]}}},
        "Tools": {"Type": "AWS::BedrockAgentCore::Gateway", "Properties": {
            "Name": "My_Support-tools", "AuthorizerType": "NONE", "RoleArn": {"Fn::GetAtt": "Role.Arn"}}},
        "Crm": {"Type": "AWS::BedrockAgentCore::GatewayTarget", "Properties": {
            "Name": "crm", "GatewayIdentifier": {"Fn::GetAtt": ["Tools", "GatewayIdentifier"]},
            "TargetConfiguration": {"Mcp": {"McpServer": {"Endpoint": "https://crm.acme.test/mcp"}}}}},
        "Notes": {"Type": "AWS::BedrockAgentCore::Memory", "Properties": {
            "Name": "My_Support_Notes", "EventExpiryDuration": 30}},
    }})
}

const FILE: &str = "AgentCore-My-Support-default.template.json";

fn collect(write: impl FnOnce(&Path)) -> (Known<Template>, Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    let agentcore = folder.path().join("agentcore");
    fs::create_dir_all(agentcore.join("cdk/cdk.out")).unwrap();
    fs::write(agentcore.join("agentcore.json"), config().to_string()).unwrap();
    fs::write(
        agentcore.join("aws-targets.json"),
        "[{\"name\": \"default\", \"account\": \"123456789012\", \"region\": \"us-east-1\"}]",
    )
    .unwrap();
    write(&agentcore.join("cdk/cdk.out"));
    let options = Options {
        offline: true,
        ..Options::default()
    };
    let context = audit::collect(folder.path(), &options).unwrap();
    (context.template, context.notes)
}

fn with(template: &Value) -> (Known<Template>, Vec<String>) {
    collect(|out| fs::write(out.join(FILE), template.to_string()).unwrap())
}

#[test]
fn resources_are_read_with_their_places() {
    let (template, notes) = with(&template());
    let Known::Read(template) = template else {
        panic!("{template:?}");
    };
    assert!(notes.is_empty(), "{notes:?}");
    let runtime = template.runtime("My_Support", "Main").unwrap();
    assert_eq!(runtime.role, Some(Reference::Logical("Role".to_owned())));
    assert_eq!(runtime.idle_timeout.as_ref().unwrap().value, 300.0);
    assert_eq!(runtime.code_asset.as_ref().unwrap().value, "00ff.zip");
    assert_eq!(runtime.jwt.as_ref().unwrap().audience.len(), 2);
    let env: Vec<_> = runtime
        .env
        .iter()
        .map(|(name, value)| (name.value.as_str(), value.as_deref()))
        .collect();
    assert_eq!(env, [("MODE", Some("x")), ("MEMORY_NOTES_ID", None)]);
    assert!(runtime.resource.site.path.ends_with(FILE));
    let gateway = template.gateway("My_Support", "tools").unwrap();
    assert_eq!(gateway.role, Some(Reference::Logical("Role".to_owned())));
    let target = template.targets_of(gateway).next().unwrap();
    assert_eq!(
        (
            target.kind,
            target.endpoint.as_ref().unwrap().value.as_str()
        ),
        ("mcpServer", "https://crm.acme.test/mcp")
    );
    assert_eq!(
        template
            .memory("My_Support", "Notes")
            .unwrap()
            .event_expiry
            .as_ref()
            .unwrap()
            .value,
        30.0
    );
    assert_eq!(template.roles.len(), 1);
}

#[test]
fn no_template_is_absent_and_no_note() {
    let (template, notes) = collect(|_| {});
    assert!(matches!(template, Known::Absent) && notes.is_empty());
}

#[test]
fn what_contradicts_the_configuration_is_stale() {
    let stale = |pointer: &str, value: Value| {
        let mut changed = template();
        *changed.pointer_mut(pointer).unwrap() = value;
        let (template, notes) = with(&changed);
        assert!(matches!(template, Known::Unread(_)), "{pointer}");
        notes.join("\n")
    };
    let main = "/Resources/Main/Properties";
    assert!(
        stale(
            &format!("{main}/NetworkConfiguration/NetworkMode"),
            json!("VPC")
        )
        .contains("networkMode VPC there")
    );
    assert!(
        stale(&format!("{main}/LifecycleConfiguration"), json!({}))
            .contains("idleRuntimeSessionTimeout")
    );
    assert!(
        stale(&format!("{main}/AuthorizerConfiguration"), json!({})).contains("another authorizer")
    );
    assert!(
        stale(
            &format!("{main}/AuthorizerConfiguration/CustomJWTAuthorizer/AllowedAudience"),
            json!(["a"])
        )
        .contains("JWT authorizer")
    );
    assert!(
        stale(&format!("{main}/AgentRuntimeName"), json!("My_Support_Old"))
            .contains("lacks My_Support_Main")
    );
    assert!(
        stale(
            "/Resources/Tools/Properties/AuthorizerType",
            json!("AWS_IAM")
        )
        .contains("authorizerType AWS_IAM there and NONE")
    );
    let mut more = template();
    more["Resources"]["Old"] =
        json!({"Type": "AWS::BedrockAgentCore::Memory", "Properties": {"Name": "My_Support_Old"}});
    assert!(with(&more).1.join("").contains("it has My_Support_Old"));
}

#[test]
fn the_manifest_names_the_file_and_cannot_lead_outside() {
    let manifest = |file: &str| {
        json!({"artifacts": {"AgentCore-My-Support-default": {"type": "aws:cloudformation:stack",
            "properties": {"templateFile": file}}}})
        .to_string()
    };
    let (found, _) = collect(|out| {
        fs::write(out.join("manifest.json"), manifest("other.template.json")).unwrap();
        fs::write(out.join("other.template.json"), template().to_string()).unwrap();
    });
    assert!(found.read().unwrap().path.ends_with("other.template.json"));
    let (found, _) = collect(|out| {
        fs::write(out.join("manifest.json"), manifest("../../agentcore.json")).unwrap();
    });
    assert!(matches!(found, Known::Absent));
}

#[test]
fn a_broken_template_is_said_and_not_judged() {
    let (template, notes) = collect(|out| fs::write(out.join(FILE), "{\"Resources\": ").unwrap());
    assert!(matches!(template, Known::Unread(_)));
    assert!(notes[0].contains(FILE), "{notes:?}");
    for odd in [
        "[]",
        "{\"Resources\": []}",
        "{\"Resources\": {\"A\": 1, \"B\": {\"Type\": 3}}}",
    ] {
        let (template, _) = collect(|out| fs::write(out.join(FILE), odd).unwrap());
        assert!(!matches!(template, Known::Read(_)));
    }
}
