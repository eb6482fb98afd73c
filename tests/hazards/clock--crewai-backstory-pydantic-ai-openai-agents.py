# snapshot-clock
from datetime import date
from agents import Agent as OA, Runner
from crewai import Agent as CA, Crew, Task
from bedrock_agentcore.runtime import BedrockAgentCoreApp
app = BedrockAgentCoreApp()
helper = OA(name="a", instructions=f"Today is {date.today()}")  # expect: snapshot-clock medium
who = CA(role="r", goal="g", backstory=f"It is {date.today():%Y}")  # expect: snapshot-clock medium
crew = Crew(agents=[who], tasks=[])
@app.entrypoint
async def run(p): return (await Runner.run(helper, p["prompt"])).final_output, crew.kickoff()
