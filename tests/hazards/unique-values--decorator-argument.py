# snapshot-unique-values
import uuid
from bedrock_agentcore.runtime import BedrockAgentCoreApp
app = BedrockAgentCoreApp()
def tagged(run_id):
    def outer(f):
        def inner(*a): return f(*a, run_id)
        return inner
    return outer
@tagged(uuid.uuid4().hex)  # expect: snapshot-unique-values medium
def work(x, run_id): return run_id
@app.entrypoint
def run(p): return work(1)
