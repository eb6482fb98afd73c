# snapshot-clock
import time
from bedrock_agentcore.runtime import BedrockAgentCoreApp
app = BedrockAgentCoreApp()
class Meter:
    def __init__(self):
        self.began = time.monotonic()
    def age(self):
        return time.monotonic() - self.began
@app.entrypoint
def run(p):
    meter = Meter()
    return meter.age()
