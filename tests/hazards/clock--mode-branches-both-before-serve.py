# snapshot-clock
import os, time
from bedrock_agentcore.runtime import BedrockAgentCoreApp
app = BedrockAgentCoreApp()
@app.entrypoint
def run(p): return START
if os.path.exists("/etc/x"):
    START = time.time()  # expect: snapshot-clock medium
else:
    START = 0
app.run()
