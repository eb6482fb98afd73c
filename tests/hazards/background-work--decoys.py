# snapshot-background-work
import threading, asyncio
from concurrent.futures import ThreadPoolExecutor
from bedrock_agentcore.runtime import BedrockAgentCoreApp
app = BedrockAgentCoreApp()
loop = asyncio.new_event_loop()
pool = ThreadPoolExecutor()
def warm():
    open("x").read()
threading.Thread(target=warm).start()
lock = threading.Lock()
def poll():
    while True: pass
@app.entrypoint
async def run(p):
    t = threading.Thread(target=poll); t.start()
    return {}
app.run()
