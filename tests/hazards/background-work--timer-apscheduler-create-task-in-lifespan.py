# snapshot-background-work
import asyncio, threading
from contextlib import asynccontextmanager
from apscheduler.schedulers.background import BackgroundScheduler
from fastapi import FastAPI
STATE = {}
def tick():
    STATE["x"] = load()
    threading.Timer(60, tick).start()  # expect: snapshot-background-work medium
tick()
sched = BackgroundScheduler()
sched.add_job(tick, "interval", seconds=60)
sched.start()  # expect: snapshot-background-work medium
async def poll():
    while True:
        STATE["y"] = await load2()
        await asyncio.sleep(30)
@asynccontextmanager
async def lifespan(api):
    t = asyncio.create_task(poll())  # expect: snapshot-background-work medium
    yield
    t.cancel()
api = FastAPI(lifespan=lifespan)
@api.get("/ping")
def ping(): return {"status": "Healthy"}
@api.post("/invocations")
async def inv(p: dict): return STATE
