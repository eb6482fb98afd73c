# snapshot-credentials
import boto3
from bedrock_agentcore.runtime import BedrockAgentCoreApp
app = BedrockAgentCoreApp()
CA = boto3.client("codeartifact").get_authorization_token(domain="d")["authorizationToken"]  # expect: snapshot-credentials high
SESSION = boto3.client("sts").get_session_token()["Credentials"]  # expect: snapshot-credentials high
WEB = boto3.client("sts").assume_role_with_web_identity(RoleArn="r", RoleSessionName="s", WebIdentityToken="t")  # expect: snapshot-credentials high
@app.entrypoint
def run(p): return CA, SESSION, WEB
