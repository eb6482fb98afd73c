# snapshot-credentials always
import os, boto3
from requests_aws4auth import AWS4Auth
from bedrock_agentcore.runtime import BedrockAgentCoreApp
from bedrock_agentcore.identity.auth import requires_access_token
from mcp.client.streamable_http import streamablehttp_client
from strands import Agent
from strands.tools.mcp import MCPClient
from opensearchpy import OpenSearch
REGION = os.environ["AWS_REGION"]
URL = "https://crm.example.com/mcp"
frozen = boto3.Session().get_credentials().get_frozen_credentials()  # expect: snapshot-credentials high
AUTH = AWS4Auth(frozen.access_key, frozen.secret_key, REGION, "es",
                session_token=frozen.token)
@requires_access_token(provider_name="crm", scopes=[], auth_flow="M2M")
def crm_token(*, access_token): return access_token
HEADERS = {"Authorization": f"Bearer {crm_token()}"}  # expect: snapshot-credentials high
bedrock = boto3.client("bedrock-runtime")
account = boto3.client("sts").get_caller_identity()["Account"]
def crm():
    return MCPClient(lambda: streamablehttp_client(URL, headers={"Authorization": f"Bearer {crm_token()}"}))
app = BedrockAgentCoreApp()
@app.entrypoint
def run(payload):
    found = OpenSearch(http_auth=AUTH).search(body=payload)
    with crm() as client:
        return str(Agent(tools=client.list_tools_sync(), system_prompt=str(HEADERS) + account + str(found))(payload["prompt"]))
app.run()
