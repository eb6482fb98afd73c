# snapshot-connections
from langgraph.checkpoint.postgres import PostgresSaver
from langgraph.graph import StateGraph
from bedrock_agentcore.runtime import BedrockAgentCoreApp
app = BedrockAgentCoreApp()
import psycopg
conn = psycopg.connect("x", autocommit=True)  # expect: snapshot-connections medium
saver = PostgresSaver(conn)
graph = StateGraph(dict).compile(checkpointer=saver)
@app.entrypoint
def run(p): return graph.invoke({})
