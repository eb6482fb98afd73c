# snapshot-clock
import time
from datetime import datetime, timezone
from strands import Agent
from bedrock_agentcore.runtime import BedrockAgentCoreApp
app = BedrockAgentCoreApp()
def today(): return datetime.now(timezone.utc).strftime("%Y-%m-%d")  # expect: snapshot-clock medium
PROMPT = "Today is {day}".format(day=today())
YEAR = time.localtime().tm_year  # expect: snapshot-clock medium
agent = Agent(system_prompt=PROMPT)
@app.entrypoint
def run(p): return agent(p["prompt"]), YEAR
