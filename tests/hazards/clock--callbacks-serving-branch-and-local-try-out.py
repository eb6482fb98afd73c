# snapshot-clock
import sys
from datetime import datetime
from fastapi import FastAPI
from strands import Agent
_agent = None
def get_agent():
    global _agent
    if _agent is None:
        _agent = Agent(system_prompt=f"It is {datetime.now()}.")
    return _agent
def invoke(p): return str(get_agent()(p["prompt"]))
def create_app():
    api = FastAPI()
    @api.get("/ping")
    def ping(): return {"status": "Healthy"}
    @api.post("/invocations")
    def inv(p: dict): return invoke(p)
    return api
if __name__ == "__main__":
    if "--serve" in sys.argv:
        import uvicorn
        uvicorn.run(create_app(), host="0.0.0.0", port=8080)
    else:
        print(invoke({"prompt": "hello"}))
