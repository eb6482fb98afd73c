# snapshot-unique-values
import uuid
from bedrock_agentcore.runtime import BedrockAgentCoreApp
app = BedrockAgentCoreApp()
_id = None
def session_id():
    global _id
    if _id is None: _id = uuid.uuid4().hex  # expect: snapshot-unique-values medium
    return _id
session_id()
@app.entrypoint
def run(p): return session_id()
