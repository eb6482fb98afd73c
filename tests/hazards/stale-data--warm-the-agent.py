# snapshot-stale-data
from strands import Agent
from bedrock_agentcore.runtime import BedrockAgentCoreApp
app = BedrockAgentCoreApp()
agent = Agent(system_prompt="x")
def warm(): agent("warm up")  # expect: snapshot-stale-data medium
warm()
@app.entrypoint
def run(p): return agent(p["prompt"])
