# snapshot-unique-values
import uuid
from langgraph.prebuilt import create_react_agent
from bedrock_agentcore.runtime import BedrockAgentCoreApp
app = BedrockAgentCoreApp()
CONFIG = {"configurable": {"thread_id": str(uuid.uuid4())}}  # expect: snapshot-unique-values high
graph = create_react_agent("m", [])
@app.entrypoint
async def run(p): return await graph.ainvoke({"messages": []}, CONFIG)
