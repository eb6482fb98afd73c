# snapshot-clock
import time
from datetime import date
from bedrock_agentcore.runtime import BedrockAgentCoreApp
from strands import Agent
app = BedrockAgentCoreApp()
@app.entrypoint
def run(payload): return str(Agent(system_prompt=prompt())(payload["prompt"]))

def prompt(): return f"Today is {date.today()}."
t0 = time.perf_counter(); import torch
print("torch imported in", time.perf_counter() - t0)
app.run()
