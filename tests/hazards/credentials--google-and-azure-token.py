# snapshot-credentials
import google.auth, google.auth.transport.requests
from azure.identity import DefaultAzureCredential
from bedrock_agentcore.runtime import BedrockAgentCoreApp
app = BedrockAgentCoreApp()
cred = DefaultAzureCredential()
TOKEN = cred.get_token("https://management.azure.com/.default").token  # expect: snapshot-credentials high
@app.entrypoint
def run(p): return TOKEN, cred
