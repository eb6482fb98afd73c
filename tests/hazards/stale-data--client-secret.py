# snapshot-stale-data
import boto3
from bedrock_agentcore.runtime import BedrockAgentCoreApp
app = BedrockAgentCoreApp()
cognito = boto3.client("cognito-idp")
SECRET = cognito.describe_user_pool_client(UserPoolId="p", ClientId="c")["UserPoolClient"]["ClientSecret"]  # expect: snapshot-stale-data medium
@app.entrypoint
def run(p): return SECRET
