# snapshot-credentials
import boto3
from bedrock_agentcore.runtime import BedrockAgentCoreApp
app = BedrockAgentCoreApp()
CREDS = boto3.Session().get_credentials()
@app.entrypoint
def run(p): return sign(CREDS.access_key, p)
