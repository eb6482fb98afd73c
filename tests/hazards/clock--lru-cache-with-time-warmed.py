# snapshot-clock
import functools, datetime
from strands import Agent
from bedrock_agentcore.runtime import BedrockAgentCoreApp
app = BedrockAgentCoreApp()
@functools.lru_cache(maxsize=None)
def system_prompt():
    return f"Today is {datetime.date.today()}"  # expect: snapshot-clock medium
system_prompt()
@app.entrypoint
def run(p): return Agent(system_prompt=system_prompt())(p["prompt"])
