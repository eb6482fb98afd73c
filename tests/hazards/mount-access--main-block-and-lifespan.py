# snapshot-mount-access
# {"filesystemConfigurations": [{"sessionStorage": {"mountPath": "/mnt/data"}}]}
import os
from contextlib import asynccontextmanager
from pathlib import Path
from fastapi import FastAPI
import uvicorn
WORK = Path("/mnt") / "data"
@asynccontextmanager
async def lifespan(api):
    (WORK / "index").mkdir(parents=True)  # expect: snapshot-mount-access high
    yield
    (WORK / "bye").touch()
api = FastAPI(lifespan=lifespan)
@api.get("/ping")
def ping(): return {"status": "Healthy"}
@api.post("/invocations")
async def inv(p: dict): return {"n": len(os.listdir(WORK))}
if __name__ == "__main__":
    if not WORK.exists():  # expect: snapshot-mount-access high
        print("no mount")
    uvicorn.run(api, port=8080)
