# snapshot-ready-ping
import threading
from fastapi import FastAPI
import uvicorn
api = FastAPI()
INDEX = None
def load_index():
    global INDEX
    INDEX = open("x").read()
threading.Thread(target=load_index).start()  # expect: snapshot-ready-ping high
@api.get("/ping")
def ping(): return {"status": "Healthy"}
@api.post("/invocations")
def run(payload: dict): return {"n": len(INDEX)}
uvicorn.run(api, host="0.0.0.0", port=8080)
