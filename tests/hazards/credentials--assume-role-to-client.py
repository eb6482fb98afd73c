# snapshot-credentials
import boto3
from bedrock_agentcore.runtime import BedrockAgentCoreApp
app = BedrockAgentCoreApp()
def other(service):
    c = boto3.client("sts").assume_role(RoleArn="arn:aws:iam::123456789012:role/x", RoleSessionName="s")["Credentials"]  # expect: snapshot-credentials high
    return boto3.client(service, aws_access_key_id=c["AccessKeyId"], aws_secret_access_key=c["SecretAccessKey"], aws_session_token=c["SessionToken"])
ddb = other("dynamodb")
@app.entrypoint
def run(p): return ddb.scan(TableName="t")
