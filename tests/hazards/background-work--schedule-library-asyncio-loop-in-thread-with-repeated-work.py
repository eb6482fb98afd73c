# snapshot-background-work
import asyncio, threading, schedule, time
from bedrock_agentcore.runtime import BedrockAgentCoreApp
app = BedrockAgentCoreApp()
S = {}
async def refresh():
    while True:
        S["x"] = await get()
        await asyncio.sleep(5)
def run_loop(): asyncio.run(refresh())
threading.Thread(target=run_loop, daemon=True).start()  # expect: snapshot-background-work medium
schedule.every(10).minutes.do(lambda: S.update(y=1))  # expect: snapshot-background-work medium
def pump():
    while True:
        schedule.run_pending(); time.sleep(1)
threading.Thread(target=pump, daemon=True).start()
@app.entrypoint
def run(p): return S
