# snapshot-ready-ping
import asyncio
from contextlib import asynccontextmanager
from fastapi import FastAPI
from fastapi.responses import JSONResponse
READY = asyncio.Event()
STATE = {}
async def load():
    STATE["m"] = 1
    READY.set()
@asynccontextmanager
async def lifespan(api):
    asyncio.create_task(load())
    yield
api = FastAPI(lifespan=lifespan)
@api.get("/ping")
def ping(): return {"status": "Healthy"} if READY.is_set() else JSONResponse({}, 503)
@api.post("/invocations")
def run(p: dict): return STATE["m"]
