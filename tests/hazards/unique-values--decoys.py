# snapshot-unique-values
import uuid, secrets, hashlib
from bedrock_agentcore.runtime import BedrockAgentCoreApp
app = BedrockAgentCoreApp()
NS = uuid.uuid5(uuid.NAMESPACE_URL, "https://x")
new_id = uuid.uuid4
pick = secrets.token_hex
print("boot", uuid.uuid4())
tmp = uuid.uuid4().hex
del tmp
class Job:
    def __init__(self, id=None): self.id = id or uuid.uuid4().hex
@app.entrypoint
def run(p): return Job().id, new_id(), pick(8), str(NS)
