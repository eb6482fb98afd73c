# snapshot-clock
import time, asyncio
from bedrock_agentcore.runtime import BedrockAgentCoreApp
app = BedrockAgentCoreApp()
class Stats:
    began = time.monotonic_ns()  # expect: snapshot-clock medium
    def age(self): return time.monotonic_ns() - self.began
s = Stats()
@app.entrypoint
def run(p): return s.age()
