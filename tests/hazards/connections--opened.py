# snapshot-connections
import os, boto3, psycopg
from sqlalchemy import create_engine
from bedrock_agentcore.runtime import BedrockAgentCoreApp
from mcp.client.streamable_http import streamablehttp_client
from strands import Agent
from strands.tools.mcp import MCPClient
app = BedrockAgentCoreApp()
URL = "https://x.example.com/mcp"
SQL = "select 1"; DSN = os.environ["DB_DSN"]
conn = psycopg.connect(os.environ["DB_DSN"])  # expect: snapshot-connections medium
@app.entrypoint
def q(p): return conn.execute(SQL).fetchall(), Agent(tools=tools)(p["prompt"]), engine.connect()
gw = MCPClient(lambda: streamablehttp_client(URL)); gw.start()  # expect: snapshot-connections medium
tools = gw.list_tools_sync()
engine = create_engine(DSN, pool_pre_ping=True)
s3 = boto3.client("s3"); s3.list_buckets(MaxBuckets=1)
app.run()
