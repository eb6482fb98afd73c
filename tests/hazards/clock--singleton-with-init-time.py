# snapshot-clock
import time
from bedrock_agentcore.runtime import BedrockAgentCoreApp
app = BedrockAgentCoreApp()
class Meter:
    def __init__(self):
        self.began = time.monotonic()  # expect: snapshot-clock medium
    def age(self):
        return time.monotonic() - self.began
meter = Meter()
@app.entrypoint
def run(p): return meter.age()
