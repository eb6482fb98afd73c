# snapshot-host-identity
import os, socket, platform, logging
from bedrock_agentcore.runtime import BedrockAgentCoreApp
app = BedrockAgentCoreApp()
logging.info("pid %s on %s", os.getpid(), socket.gethostname())
PORT = int(os.environ.get("PORT", "8080"))
@app.entrypoint
def run(p):
    if platform.system() == "Linux" and os.getpid() == 1: return {"python": platform.python_version()}
    return {"debug": {"host": socket.gethostname()}}
