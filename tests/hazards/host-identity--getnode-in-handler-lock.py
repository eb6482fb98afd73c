# snapshot-host-identity
import uuid
from bedrock_agentcore.runtime import BedrockAgentCoreApp
app = BedrockAgentCoreApp()
@app.entrypoint
def run(p):
    lease_owner = f"{uuid.getnode():x}"  # expect: snapshot-host-identity medium
    return acquire(owner=lease_owner)
