# snapshot-ready-ping
import threading
from bedrock_agentcore.runtime import BedrockAgentCoreApp
from bedrock_agentcore.runtime.models import PingStatus
app = BedrockAgentCoreApp()
MODEL = None
def init():
    global MODEL
    MODEL = heavy()
@app.ping
def ping(): return PingStatus.HEALTHY
threading.Thread(target=init, daemon=True).start()  # expect: snapshot-ready-ping high
@app.entrypoint
def run(p): return MODEL(p)
app.run()
