"""Empties a moto server and seeds it with a deployed project for tests/moto.rs and writes the project's deployed state.

    moto_seed.py ENDPOINT PROJECT_DIR [EXTRA_ROLES]

PROJECT_DIR gets agentcore/aws-targets.json and agentcore/.cli/deployed-state.json. Prints the runtime's id and role.
"""

import json
import pathlib
import sys
import urllib.request

import boto3

endpoint, project = sys.argv[1], pathlib.Path(sys.argv[2])
extra = int(sys.argv[3]) if len(sys.argv) > 3 else 0
urllib.request.urlopen(urllib.request.Request(f"{endpoint}/moto-api/reset", method="POST"))
options = dict(
    endpoint_url=endpoint,
    region_name="us-east-1",
    aws_access_key_id="testing",
    aws_secret_access_key="testing",
)
iam = boto3.client("iam", **options)
control = boto3.client("bedrock-agentcore-control", **options)
logs = boto3.client("logs", **options)
account = boto3.client("sts", **options).get_caller_identity()["Account"]

config = json.loads((project / "agentcore/agentcore.json").read_text())
name = config["name"]
trust = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "bedrock-agentcore.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    ],
}
invoke = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "bedrock-agentcore:InvokeAgentRuntime*", "Resource": "*"}],
}
for number in range(extra):
    role = iam.create_role(RoleName=f"other-{number:05}", AssumeRolePolicyDocument=json.dumps(trust))
    if number % 100 == 0:
        iam.put_role_policy(
            RoleName=f"other-{number:05}", PolicyName="invoke", PolicyDocument=json.dumps(invoke)
        )

resources = {"runtimes": {}, "gateways": {}, "memories": {}}
for runtime in config["runtimes"]:
    role = iam.create_role(
        RoleName=f"{name}-{runtime['name']}-role", AssumeRolePolicyDocument=json.dumps(trust)
    )["Role"]
    iam.put_role_policy(
        RoleName=role["RoleName"],
        PolicyName="DefaultPolicy",
        PolicyDocument=json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": [{"Effect": "Allow", "Action": "bedrock:InvokeModel", "Resource": "*"}],
            }
        ),
    )
    made = control.create_agent_runtime(
        agentRuntimeName=f"{name}_{runtime['name']}",
        agentRuntimeArtifact={
            "codeConfiguration": {
                "code": {"s3": {"bucket": "assets", "prefix": "a.zip"}},
                "runtime": "PYTHON_3_13",
                "entryPoint": ["main.py"],
            }
        },
        roleArn=role["Arn"],
        networkConfiguration={"networkMode": "PUBLIC"},
        environmentVariables={"LOG_LEVEL": "INFO", "SETTING": "a-value-that-no-report-may-show"},
    )
    resources["runtimes"][runtime["name"]] = {
        "runtimeId": made["agentRuntimeId"],
        "runtimeArn": made["agentRuntimeArn"],
        "roleArn": role["Arn"],
    }
    logs.create_log_group(
        logGroupName=f"/aws/bedrock-agentcore/runtimes/{made['agentRuntimeId']}-DEFAULT"
    )
for memory in config.get("memories", []):
    made = control.create_memory(name=f"{name}_{memory['name']}", eventExpiryDuration=30)["memory"]
    resources["memories"][memory["name"]] = {"memoryId": made["id"], "memoryArn": made["arn"]}
for gateway in config.get("agentCoreGateways", []):
    role = iam.create_role(
        RoleName=f"{name}-{gateway['name']}-role", AssumeRolePolicyDocument=json.dumps(trust)
    )["Role"]
    made = control.create_gateway(
        name=f"{name}-{gateway['name']}",
        roleArn=role["Arn"],
        protocolType="MCP",
        authorizerType=gateway.get("authorizerType", "NONE"),
    )
    resources["gateways"][gateway["name"]] = {
        "gatewayId": made["gatewayId"],
        "gatewayArn": made["gatewayArn"],
    }

(project / "agentcore/.cli").mkdir(parents=True, exist_ok=True)
(project / "agentcore/aws-targets.json").write_text(
    json.dumps([{"name": "default", "account": account, "region": "us-east-1"}])
)
(project / "agentcore/.cli/deployed-state.json").write_text(
    json.dumps({"targets": {"default": {"resources": resources}}}, indent=2)
)
print(json.dumps(resources))
