# snapshot-connections
from contextlib import asynccontextmanager
from fastapi import FastAPI
from mcp import ClientSession
from mcp.client.streamable_http import streamablehttp_client
state = {}
@asynccontextmanager
async def lifespan(api):
    async with streamablehttp_client("https://x") as (r, w, _):
        async with ClientSession(r, w) as s:  # expect: snapshot-connections medium
            await s.initialize()  # expect: snapshot-connections medium
            state["s"] = s
            yield
api = FastAPI(lifespan=lifespan)
@api.get("/ping")
def ping(): return {"status": "Healthy"}
@api.post("/invocations")
async def inv(p: dict): return await state["s"].call_tool("x", p)
