# snapshot-stale-data
import json, time, boto3
from pathlib import Path
from cachetools import TTLCache, cached
from bedrock_agentcore.runtime import BedrockAgentCoreApp
from mcp.client.streamable_http import streamablehttp_client
from strands import Agent
from strands.tools.mcp import MCPClient
app = BedrockAgentCoreApp()
sm = boto3.client("secretsmanager"); appconfig = boto3.client("appconfigdata")
gateway = MCPClient(lambda: streamablehttp_client("https://x.example.com/mcp"))
SECRET = sm.get_secret_value(SecretId="crm")["SecretString"]  # expect: snapshot-stale-data medium
with gateway: TOOLS = gateway.list_tools_sync()  # expect: snapshot-stale-data medium
agent = Agent(tools=TOOLS)
CFG = json.loads(Path(__file__).with_name("agent.json").read_text())
@cached(TTLCache(1, 300, timer=time.time))
def flags(): return appconfig.get_latest_configuration(ConfigurationToken=next_token())
@app.entrypoint
def q(p): return agent(p["prompt"]), SECRET, CFG, flags()
app.run()
