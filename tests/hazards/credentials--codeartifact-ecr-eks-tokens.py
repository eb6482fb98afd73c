# snapshot-credentials
import boto3
from bedrock_agentcore.runtime import BedrockAgentCoreApp
app = BedrockAgentCoreApp()
CA = boto3.client("codeartifact").get_authorization_token(domain="d")["authorizationToken"]  # fails
SESSION = boto3.client("sts").get_session_token()["Credentials"]  # fails
WEB = boto3.client("sts").assume_role_with_web_identity(RoleArn="r", RoleSessionName="s", WebIdentityToken="t")  # fails
@app.entrypoint
def run(p): return CA, SESSION, WEB
