//! What stands in the repository beside the project's folder: the code that calls its agents, and secrets.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs;
use std::path::Path;
use std::process::Command;

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

#[test]
fn code_that_lies_beside_the_project_is_its_code() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    fs::create_dir(root.join(".git")).unwrap();
    // Other projects stand in the repository: what one of them names is its own all the same.
    project(root, "agents/other");
    project(root, "agents/desk");
    let config = json!({"name": "Desk", "version": 1, "runtimes": [{
        "name": "Desk", "build": "CodeZip", "codeLocation": "../../services/desk/", "entrypoint": "main.py"}]});
    write(
        root,
        "agents/desk/agentcore/agentcore.json",
        &config.to_string(),
    );
    let agent = "\
from bedrock_agentcore.runtime import BedrockAgentCoreApp

from jobs.run import run

app = BedrockAgentCoreApp()


@app.entrypoint
def invoke(payload):
    return {'result': run(payload['word'])}
";
    let run = "\
import subprocess


def run(word):
    return subprocess.run(f'grep {word} notes', shell=True, capture_output=True).stdout
";
    let manifest = "\
[project]
name = 'desk'
version = '1.0.0'
requires-python = '>=3.10'
dependencies = ['bedrock-agentcore', 'rich']
";
    write(root, "services/desk/main.py", agent);
    write(root, "services/desk/jobs/run.py", run);
    write(root, "services/desk/pyproject.toml", manifest);
    let desk = root.join("agents/desk");
    let injection = result_of(&desk, "shell-command-injection");
    assert_eq!(injection["status"], "fail", "{injection}");
    assert_eq!(paths(&injection), ["../../services/desk/jobs/run.py"]);
    let unused = result_of(&desk, "perf-unused-dependencies");
    assert_eq!(
        paths(&unused),
        ["../../services/desk/pyproject.toml"],
        "{unused}"
    );
    let drawn = "Vb3xRk9TqLw7ZmY2cHn8JdFs5GpAe4UoXi6BtQyN1CvKzWlMjP0hDgEfSrTaUiOp";
    let key = format!("KEY = 'sk-ant-api03-{drawn}-Qw8rTy2uIp4aSd6fGh1jKl3zXc95AA'\n");
    write(root, "services/desk/jobs/keys.py", &key);
    let secret = result_of(&desk, "secrets-hardcoded");
    assert_eq!(secret["severity"], "critical", "{secret}");
    assert_eq!(paths(&secret), ["../../services/desk/jobs/keys.py"]);

    let command = Command::new(env!("CARGO_BIN_EXE_agentcore-harden"))
        .arg("check")
        .arg(&desk)
        .args([
            "--offline",
            "--format",
            "sarif",
            "--only",
            "shell-command-injection",
        ])
        .output()
        .unwrap();
    let sarif: Value = serde_json::from_slice(&command.stdout).unwrap();
    let result = &sarif["runs"][0]["results"][0];
    let uri = |location: &Value| location["physicalLocation"]["artifactLocation"]["uri"].clone();
    assert_eq!(uri(&result["locations"][0]), "services/desk/jobs/run.py");
    let steps = result["codeFlows"][0]["threadFlows"][0]["locations"].as_array();
    let first = steps.and_then(|steps| steps.first()).unwrap();
    assert_eq!(uri(&first["location"]), "services/desk/main.py");
}

#[test]
fn code_outside_of_the_repository_is_not_read() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    fs::create_dir_all(root.join("desk/.git")).unwrap();
    project(root, "desk");
    let config = json!({"name": "Desk", "version": 1, "runtimes": [{
        "name": "Desk", "build": "CodeZip", "codeLocation": "../code/", "entrypoint": "main.py"}]});
    write(root, "desk/agentcore/agentcore.json", &config.to_string());
    write(root, "desk/agentcore/aws-targets.json", "[]");
    write(root, "code/main.py", "import os\nos.system(input())\n");
    let desk = root.join("desk");
    let result = result_of(&desk, "shell-command-injection");
    assert_eq!(result["status"], "skipped", "{result}");
    let config = result_of(&desk, "config-valid");
    let message = config["message"].as_str().unwrap();
    assert!(
        message.contains("but for what lies outside of the repository"),
        "{message}"
    );
}
