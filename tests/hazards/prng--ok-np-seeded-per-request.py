# snapshot-prng
import numpy as np
from bedrock_agentcore.runtime import BedrockAgentCoreApp
app = BedrockAgentCoreApp()
@app.entrypoint
def run(p):
    rng = np.random.default_rng()
    return {"token": int(rng.integers(1 << 60))}
