# snapshot-clock
from datetime import datetime
from bedrock_agentcore.runtime import BedrockAgentCoreApp
app = BedrockAgentCoreApp()
def stamp(text, at=datetime.utcnow()):  # expect: snapshot-clock medium
    return {"text": text, "at": at.isoformat()}
@app.entrypoint
def run(p): return stamp(p["t"])
