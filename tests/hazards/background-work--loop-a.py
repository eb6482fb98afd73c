# snapshot-background-work
import threading, time
from bedrock_agentcore.runtime import BedrockAgentCoreApp
app = BedrockAgentCoreApp()
STATE = {}
def refresh():
    while True: STATE["token"] = fetch(); time.sleep(600)
threading.Thread(target=refresh, daemon=True).start()  # expect: snapshot-background-work medium
@app.entrypoint
def q(p): return STATE["token"]
app.run()
