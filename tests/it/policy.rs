//! `policy`: what it writes is valid for IAM, and a role with it passes every check of roles.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use agentcore_harden::audit::{self, Options};
use agentcore_harden::report::Status;
use serde_json::{Value, json};

use crate::projects::{policy, write};

const ACCOUNT: &str = "123456789012";

/// An agent that uses something of everything.
fn project(root: &Path) {
    let configuration = json!({
        "name": "Shop", "version": 1, "managedBy": "CDK",
        "runtimes": [{
            "name": "Main", "build": "Container", "entrypoint": "main.py", "codeLocation": "app/Main/",
            "runtimeVersion": "PYTHON_3_13", "networkMode": "PUBLIC", "protocol": "HTTP",
            "envVars": [{"name": "ORDERS_TABLE", "value": "orders"}]
        }],
        "memories": [{"name": "History", "eventExpiryDuration": 30, "strategies": []},
                     {"name": "Unused", "eventExpiryDuration": 30, "strategies": []}],
        "credentials": [{"name": "maps", "authorizerType": "ApiKeyCredentialProvider"}],
        "agentCoreGateways": [{"name": "tools", "authorizerType": "AWS_IAM", "targets": []}],
        "evaluators": [], "onlineEvalConfigs": [], "policyEngines": []
    });
    write(root, "agentcore/agentcore.json", &configuration.to_string());
    let target = json!([{"name": "default", "account": ACCOUNT, "region": "us-gov-west-1"}]);
    write(root, "agentcore/aws-targets.json", &target.to_string());
    write(
        root,
        "app/Main/main.py",
        r#"
import os
import boto3
from bedrock_agentcore import BedrockAgentCoreApp
from bedrock_agentcore.identity.auth import requires_api_key
from bedrock_agentcore.memory import MemoryClient
from strands import Agent
from strands.models import BedrockModel

app = BedrockAgentCoreApp()
memory = MemoryClient()
s3 = boto3.client("s3")
orders = boto3.resource("dynamodb").Table(os.environ["ORDERS_TABLE"])
queue = boto3.client("sqs")
GATEWAY = os.environ["AGENTCORE_GATEWAY_TOOLS_URL"]
agent = Agent(model=BedrockModel(model_id="us-gov.anthropic.claude-sonnet-4-5-20250929-v1:0"))


@requires_api_key(provider_name="maps")
def key(api_key):
    return api_key


@app.entrypoint
def invoke(payload, context):
    memory.create_event(memory_id=os.environ["MEMORY_HISTORY_ID"], actor_id="a", session_id="s", messages=[])
    s3.head_object(Bucket="shop-data", Key="catalogue")
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket="shop-data"):
        pass
    orders.query(KeyConditionExpression="x")
    queue.send_message_batch(QueueUrl=payload["queue"], Entries=[])
    boto3.client("sts").assume_role(RoleArn=payload["role"], RoleSessionName="s")
    return {"result": str(agent(payload["prompt"]))}
"#,
    );
}

fn actions(document: &Value) -> BTreeSet<String> {
    let statements = document["Statement"].as_array().unwrap().iter();
    let actions = statements.flat_map(|statement| statement["Action"].as_array().unwrap());
    actions
        .map(|action| action.as_str().unwrap().to_owned())
        .collect()
}

fn resources(document: &Value, action: &str) -> Vec<String> {
    let statements = document["Statement"].as_array().unwrap().iter();
    let with = statements.filter(|statement| {
        let actions = statement["Action"].as_array().unwrap();
        actions.iter().any(|own| own == action)
    });
    with.flat_map(|statement| statement["Resource"].as_array().unwrap())
        .map(|resource| resource.as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn the_policy_holds_what_the_agent_uses_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    project(folder.path());
    let output = policy(folder.path(), &["--json"]);
    let page: Value = serde_json::from_slice(&output.stdout).unwrap();
    let document = &page["policy"];
    let has = actions(document);
    for wanted in [
        "bedrock:InvokeModel",
        "s3:GetObject",
        "s3:ListBucket",
        "dynamodb:Query",
        "sqs:SendMessage",
        "ecr:BatchGetImage",
        "bedrock-agentcore:CreateEvent",
        "bedrock-agentcore:InvokeGateway",
        "bedrock-agentcore:GetResourceApiKey",
        "secretsmanager:GetSecretValue",
    ] {
        assert!(has.contains(wanted), "{wanted} is missing: {has:?}");
    }
    for unwanted in [
        "sts:AssumeRole",
        "bedrock-agentcore:ListEvents",
        "bedrock-agentcore:GetWorkloadAccessTokenForUserId",
    ] {
        assert!(!has.contains(unwanted), "{unwanted}");
    }
    let gov = "arn:aws-us-gov";
    assert_eq!(
        resources(document, "s3:GetObject"),
        [format!("{gov}:s3:::shop-data/*")]
    );
    assert_eq!(
        resources(document, "s3:ListBucket"),
        [format!("{gov}:s3:::shop-data")]
    );
    let table = format!("{gov}:dynamodb:us-gov-west-1:{ACCOUNT}:table/orders");
    assert_eq!(
        resources(document, "dynamodb:Query"),
        [table.clone(), format!("{table}/index/*")]
    );
    let models = resources(document, "bedrock:InvokeModel");
    assert!(
        models.contains(&format!(
            "{gov}:bedrock:*::foundation-model/anthropic.claude-sonnet-4-5-20250929-v1:0"
        )),
        "{models:?}"
    );
    let notes = page["notes"].to_string();
    for told in ["memory Unused", "sts:AssumeRole is left out", "sqs"] {
        assert!(notes.contains(told), "{told}: {notes}");
    }
    let size = page["size"].as_u64().unwrap();
    assert!(size < 10_240, "{size}");
    let sids = document["Statement"]
        .as_array()
        .unwrap()
        .iter()
        .map(|statement| statement["Sid"].as_str().unwrap());
    let sids: Vec<&str> = sids.collect();
    assert!(
        sids.iter()
            .all(|sid| sid.bytes().all(|byte| byte.is_ascii_alphanumeric()))
    );
    assert_eq!(sids.iter().collect::<BTreeSet<_>>().len(), sids.len());
}

#[test]
fn a_role_with_the_policy_passes_every_check_of_roles() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    project(root);
    let document = |kind: &str| -> Value {
        let output = policy(root, &["--kind", kind, "--runtime", "Main"]);
        serde_json::from_slice(&output.stdout).unwrap()
    };
    let arn = format!("arn:aws-us-gov:iam::{ACCOUNT}:role/Shop_Main-runtime");
    let snapshot = json!({
        "schemaVersion": 1, "tool": {"name": "agentcore-harden", "version": "0.1.0"}, "takenAt": "2026-11-01T00:00:00Z",
        "project": "Shop", "target": "default", "account": ACCOUNT, "region": "us-gov-west-1",
        "state": {
            "account": ACCOUNT, "region": "us-gov-west-1", "partition": "aws-us-gov",
            "runtimes": {"Main": {"read": {"id": "Shop_Main-abcdefghij", "name": "Shop_Main", "roleArn": arn}}},
            "memories": {"History": "absent", "Unused": "absent"}, "gateways": {"tools": "absent"},
            "roles": {&arn: {"read": {"name": "Shop_Main-runtime", "arn": arn, "trust": document("trust"),
                "policies": [{"name": "agent", "document": {"read": document("execution-role")}, "managed": false}]}}}
        }
    });
    write(root, "aws.json", &snapshot.to_string());
    let options = Options {
        snapshot: Some(root.join("aws.json")),
        offline: true,
        ..Options::default()
    };
    let context = audit::collect(root, &options).unwrap();
    let results = audit::evaluate(&context, |check| {
        check.category.id() == "iam" && check.id != "iam-resource-policy"
    });
    let of_main = results
        .iter()
        .filter(|result| result.resource.name == "Main");
    let bad: Vec<String> = of_main
        // The policy leaves out sts:AssumeRole of a role that the code does not show, and says so.
        .filter(|result| result.status != Status::Pass)
        .filter(|result| {
            let shown =
                result.check == "iam-missing-permissions" && result.status == Status::Manual;
            !(shown && result.message.contains("sts:AssumeRole"))
        })
        .map(|result| {
            format!(
                "{} {}: {}",
                result.check,
                result.status.as_str(),
                result.message
            )
        })
        .collect();
    assert!(bad.is_empty(), "{bad:#?}");
}

#[test]
fn callers_and_commands_are_apart() {
    let folder = tempfile::tempdir().unwrap();
    project(folder.path());
    let document = |kind: &str| -> Value {
        serde_json::from_slice(&policy(folder.path(), &["--kind", kind]).stdout).unwrap()
    };
    let (invoke, command) = (actions(&document("invoke")), actions(&document("command")));
    assert!(invoke.contains("bedrock-agentcore:InvokeAgentRuntime"));
    assert!(command.contains("bedrock-agentcore:InvokeAgentRuntimeCommandShell"));
    assert!(invoke.is_disjoint(&command));
}

#[test]
fn what_is_not_known_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    project(folder.path());
    fs::remove_file(folder.path().join("agentcore/aws-targets.json")).unwrap();
    for (arguments, told) in [
        (&["--runtime", "Mian"][..], "did you mean \"Main\""),
        (&[][..], "--account"),
        (
            &["--account", "12", "--region", "us-east-1"][..],
            "twelve digits",
        ),
    ] {
        let output = policy(folder.path(), arguments);
        assert_eq!(output.status.code(), Some(2));
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(text.contains(told), "{text}");
    }
}

/// What the policy lets an agent do whose code is this, with a memory and a gateway that asks for a token.
fn allowed(code: &str, credentials: &Value) -> (BTreeSet<String>, String) {
    let root = tempfile::tempdir().unwrap();
    let configuration = json!({
        "name": "Shop", "version": 1, "managedBy": "CDK",
        "runtimes": [{
            "name": "Main", "build": "CodeZip", "entrypoint": "main.py", "codeLocation": "app/Main/",
            "runtimeVersion": "PYTHON_3_13", "networkMode": "PUBLIC", "protocol": "HTTP"
        }],
        "memories": [{"name": "History", "eventExpiryDuration": 30, "strategies": []}],
        "credentials": credentials,
        "agentCoreGateways": [{"name": "tools", "authorizerType": "CUSTOM_JWT", "targets": []}],
    });
    write(
        root.path(),
        "agentcore/agentcore.json",
        &configuration.to_string(),
    );
    let target = json!([{"name": "default", "account": ACCOUNT, "region": "us-east-1"}]);
    write(
        root.path(),
        "agentcore/aws-targets.json",
        &target.to_string(),
    );
    write(root.path(), "app/Main/main.py", code);
    let output = policy(root.path(), &["--json"]);
    let page: Value = serde_json::from_slice(&output.stdout).unwrap();
    (actions(&page["policy"]), page["notes"].to_string())
}

#[test]
fn the_session_manager_of_strands_may_replace_events() {
    let manager = |import: &str, name: &str| {
        let code = format!(
            "import os\nfrom {import} import {name}\nmanager = {name}(os.environ[\"MEMORY_HISTORY_ID\"])\n"
        );
        allowed(&code, &json!([])).0
    };
    let strands = manager(
        "bedrock_agentcore.memory.integrations.strands.session_manager",
        "AgentCoreMemorySessionManager",
    );
    assert!(
        strands.contains("bedrock-agentcore:DeleteEvent"),
        "{strands:?}"
    );
    let graph = manager("langgraph_checkpoint_aws", "AgentCoreMemorySaver");
    assert!(graph.contains("bedrock-agentcore:CreateEvent"), "{graph:?}");
    assert!(
        !graph.contains("bedrock-agentcore:DeleteEvent"),
        "{graph:?}"
    );
}

#[test]
fn a_gateway_s_token_is_granted_to_who_fetches_it() {
    const OAUTH: &str = "bedrock-agentcore:GetResourceOauth2Token";
    let silent = "import os\nurl = os.environ[\"AGENTCORE_GATEWAY_TOOLS_URL\"]\n";
    let (has, notes) = allowed(silent, &json!([]));
    assert!(!has.contains(OAUTH), "{has:?}");
    assert!(notes.contains("gateway tools asks for a token"), "{notes}");
    let registered = json!([{"name": "tools-oauth", "authorizerType": "OAuthCredentialProvider"}]);
    assert!(allowed(silent, &registered).0.contains(OAUTH));
    let fetching = format!(
        "{silent}from bedrock_agentcore.identity.auth import requires_access_token\n\n\n\
         @requires_access_token(provider_name=\"tools-oauth\", scopes=[], auth_flow=\"M2M\")\n\
         def token(access_token):\n    return access_token\n"
    );
    assert!(allowed(&fetching, &json!([])).0.contains(OAUTH));
}

#[test]
fn a_model_of_the_marketplace_is_said_to_be_subscribed_by_its_first_call() {
    let agent = |model: &str| {
        let code = format!(
            "from strands import Agent\nfrom strands.models import BedrockModel\nagent = Agent(model=BedrockModel(model_id=\"{model}\"))\n"
        );
        allowed(&code, &json!([]))
    };
    let (has, notes) = agent("us.anthropic.claude-sonnet-4-5-20250929-v1:0");
    assert!(
        notes.contains("anthropic.claude-sonnet-4-5-20250929-v1:0 is sold on AWS Marketplace"),
        "{notes}"
    );
    assert!(!has.contains("aws-marketplace:Subscribe"), "{has:?}");
    let (_, notes) = agent("amazon.nova-pro-v1:0");
    assert!(!notes.contains("Marketplace"), "{notes}");
}
