# snapshot-clock
import time
from datetime import date
from bedrock_agentcore.runtime import BedrockAgentCoreApp
from strands import Agent
model = "m"
SYSTEM_PROMPT = f"""You book trips.
Today is {date.today():%A %d %B %Y}."""  # expect: snapshot-clock medium
agent = Agent(model=model, system_prompt=SYSTEM_PROMPT)
app = BedrockAgentCoreApp()

BOOT = time.monotonic()  # expect: snapshot-clock medium
@app.entrypoint
def run(payload): return {"uptime": time.monotonic() - BOOT}

def prompt(): return f"Today is {date.today()}."
t0 = time.perf_counter(); import torch
print("torch imported in", time.perf_counter() - t0)
app.run()
