# snapshot-connections
import boto3, httpx, requests, redis, psycopg
from openai import OpenAI
from sqlalchemy import create_engine
from sqlalchemy.ext.asyncio import create_async_engine
from pymongo import MongoClient
from strands.tools.mcp import MCPClient
from bedrock_agentcore.runtime import BedrockAgentCoreApp
app = BedrockAgentCoreApp()
http = httpx.Client(); s = requests.Session(); r = redis.Redis(); oa = OpenAI(); m = MongoClient("x")
e = create_engine("x"); ae = create_async_engine("y")
with psycopg.connect("x") as c: ROWS = c.execute("select 1").fetchall()
@app.entrypoint
def run(p):
    with psycopg.connect("x") as c: return c.execute("x"), http, s, r, oa, m, e, ae, ROWS
