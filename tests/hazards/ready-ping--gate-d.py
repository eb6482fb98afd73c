# snapshot-ready-ping
from bedrock_agentcore.runtime import BedrockAgentCoreApp
app = BedrockAgentCoreApp()
def load_index(): return open("x").read()
@app.entrypoint
def run(p): return INDEX
INDEX = load_index(); app.run()
