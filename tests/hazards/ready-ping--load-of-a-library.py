# snapshot-ready-ping
import threading
from fastapi import FastAPI
from whisper import load_model
import uvicorn
api = FastAPI()
threading.Thread(target=load_model).start()  # expect: snapshot-ready-ping high
@api.get("/ping")
def ping(): return {"status": "Healthy"}
@api.post("/invocations")
def run(payload: dict): return {"n": 1}
uvicorn.run(api, host="0.0.0.0", port=8080)
