//! What stands in the repository beside the project's folder: the code that calls its agents, and secrets.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::projects::{result_of, write};

const SERVER: &str = "\
import boto3
from fastapi import FastAPI, Request

app = FastAPI()
client = boto3.client('bedrock-agentcore')


@app.post('/chat')
async def chat(request: Request):
    body = await request.json()
    reply = client.invoke_agent_runtime(
        agentRuntimeArn='arn:aws:bedrock-agentcore:us-east-1:123456789012:runtime/Desk-abcdefghij',
        runtimeSessionId=body['session'],
        payload=b'{}',
    )
    return reply['response'].read()
";

fn project(root: &Path, at: &str) {
    let config = json!({"name": "Desk", "version": 1, "runtimes": [{
        "name": "Desk", "build": "CodeZip", "codeLocation": "app/Desk", "entrypoint": "main.py"}]});
    write(
        root,
        &format!("{at}/agentcore/agentcore.json"),
        &config.to_string(),
    );
    let agent = "\
from bedrock_agentcore.runtime import BedrockAgentCoreApp

app = BedrockAgentCoreApp()


@app.entrypoint
def invoke(payload):
    return {'result': 'hello'}


if __name__ == '__main__':
    app.run()
";
    write(root, &format!("{at}/app/Desk/main.py"), agent);
}

fn paths(result: &Value) -> Vec<&str> {
    let evidence = result["evidence"].as_array().unwrap().iter();
    evidence
        .filter_map(|evidence| evidence["path"].as_str())
        .collect()
}

#[test]
fn a_server_beside_the_project_is_a_caller() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    fs::create_dir(root.join(".git")).unwrap();
    project(root, "backend/agent");
    write(root, "backend/api/server.py", SERVER);
    // Neither what git ignores, nor tests, nor dependencies.
    write(root, ".gitignore", "generated/\n");
    write(root, "generated/server.py", SERVER);
    write(root, "tests/server.py", SERVER);
    write(root, "web/node_modules/server.py", SERVER);
    let agent = root.join("backend/agent");
    let result = result_of(&agent, "auth-session-binding");
    assert_eq!(result["status"], "fail", "{result}");
    assert_eq!(paths(&result), ["../api/server.py"]);
    let stop = result_of(&agent, "perf-session-stop");
    assert_eq!(paths(&stop), ["../api/server.py"]);
}

#[test]
fn without_a_repository_only_the_project_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    project(root, "agent");
    write(root, "api/server.py", SERVER);
    let result = result_of(&root.join("agent"), "auth-session-binding");
    assert_eq!(result["status"], "pass", "{result}");
}

#[test]
fn code_beside_several_projects_is_nobodys() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    fs::create_dir(root.join(".git")).unwrap();
    project(root, "agents/desk");
    project(root, "agents/other");
    write(root, "api/server.py", SERVER);
    let result = result_of(&root.join("agents/desk"), "auth-session-binding");
    assert_eq!(
        result["message"],
        "no code in the project invokes a runtime (looked at: 1 source file, none outside of the project: others stand in the repository)"
    );
}

#[test]
fn a_secret_beside_the_project_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    fs::create_dir(root.join(".git")).unwrap();
    project(root, "agent");
    let drawn = "Vb3xRk9TqLw7ZmY2cHn8JdFs5GpAe4UoXi6BtQyN1CvKzWlMjP0hDgEfSrTaUiOp";
    let key = format!("sk-ant-api03-{drawn}-Qw8rTy2uIp4aSd6fGh1jKl3zXc95AA");
    write(
        root,
        "web/config.js",
        &format!("export const key = '{key}';\n"),
    );
    let result = result_of(&root.join("agent"), "secrets-hardcoded");
    assert_eq!(result["status"], "fail", "{result}");
    assert_eq!(paths(&result), ["../web/config.js"]);
    assert!(!result.to_string().contains(&key));
}
